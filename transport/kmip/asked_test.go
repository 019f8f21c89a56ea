package kmip_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// formatGiven is the format in which Get gives an object out.
func (w *world) formatGiven(id string) string {
	w.t.Helper()
	p := w.one("2.1", "Get "+byID(id))
	for c := range p.Children() {
		if b := c.Find(wire.TagKeyBlock); b.Present() {
			v, _ := b.Find(wire.TagKeyFormatType).Enumeration()
			return wire.KeyFormatType(v).String()
		}
	}
	return ""
}

// TestAFormatIsAnAttributeSince20: as it was asked for or as the object came, told, listed and found; and no attribute before.
func TestAFormatIsAnAttributeSince20(t *testing.T) {
	w := open(t)
	create := func(format string) string {
		return "Create " + strings.Replace(makeAES, "<CryptographicUsageMask", wordOf("KeyFormatType", format)+"<CryptographicUsageMask", 1)
	}
	pair := func(private, public string) string {
		return "CreateKeyPair " + strings.NewReplacer("<PrivateKeyAttributes>", "<PrivateKeyAttributes>"+wordOf("KeyFormatType", private),
			"<PublicKeyAttributes>", "<PublicKeyAttributes>"+wordOf("KeyFormatType", public)).Replace(makePair)
	}
	answers := items(w.ask(request("2.1", "", create("TransparentSymmetricKey"), "Create "+makeAES, pair("ECPrivateKey", "TransparentECPublicKey"))))
	for i, a := range answers {
		if got := outcome(t, a); got != "Success" {
			t.Fatalf("%d: %s", i, got)
		}
	}
	halves := toldBy(answers[2])
	for id, want := range map[string]string{toldBy(answers[0])[0]: "TransparentSymmetricKey", toldBy(answers[1])[0]: "Raw", halves[0]: "ECPrivateKey", halves[1]: "TransparentECPublicKey"} {
		if got := w.formatGiven(id); got != want {
			t.Errorf("given out as %s, want %s", got, want)
		}
		for _, v := range []string{"1.4", "2.0", "2.1"} {
			told, list := xmlOf(t, w.one(v, "GetAttributes "+byID(id))), xmlOf(t, w.one(v, "GetAttributeList "+byID(id)))
			if v >= "2.0" && !strings.Contains(told, wordOf("KeyFormatType", want)) || strings.Contains(list, "KeyFormatType") != (v >= "2.0") || strings.Contains(told+list, "Key Format Type") {
				t.Errorf("%s: %s, %s", v, told, list)
			}
			if v >= "2.0" && !strings.Contains(told, `<ProtectionStorageMask type="Integer" value="Software"/>`) {
				t.Errorf("%s: %s", v, told)
			}
		}
		if got := xmlOf(t, w.one("2.1", "Locate <Attributes>"+wordOf("KeyFormatType", want)+"</Attributes>")); !strings.Contains(got, id) || strings.Count(got, "UniqueIdentifier") != 1 {
			t.Errorf("%s is located: %s", want, got)
		}
	}
	for _, item := range []string{create("PKCS_8"), create("X_509"), pair("PKCS_1", "X_509"), pair("PKCS_8", "PKCS_1")} {
		if got := outcomes(t, w.ask(request("2.1", "", item)))[0]; !strings.HasPrefix(got, "KeyFormatTypeNotSupported: ") {
			t.Errorf("%s: %s", item, got)
		}
	}
	other := "ReKey " + byID(toldBy(answers[1])[0]) + "<Attributes>" + wordOf("KeyFormatType", "Opaque") + "</Attributes>"
	if got := outcomes(t, w.ask(request("2.1", "", other)))[0]; !strings.HasPrefix(got, "InvalidField: ") {
		t.Errorf("another format for a replacement: %s", got)
	}
}

// TestStorageThatIsNotHereIsRefused: masks are what would do, each by itself.
func TestStorageThatIsNotHereIsRefused(t *testing.T) {
	w := open(t)
	mask := func(v string) string { return `<ProtectionStorageMask type="Integer" value="` + v + `"/>` }
	masks := func(tag string, all ...string) string {
		return "<" + tag + ">" + strings.Join(all, "") + "</" + tag + ">"
	}
	for _, c := range []struct{ item, want string }{
		{"Create " + makeAES + masks("ProtectionStorageMasks", mask("Software")), "Success"},
		{"Create " + makeAES + masks("ProtectionStorageMasks", mask("Hardware"), mask("Software")), "Success"},
		{"Create " + makeAES + masks("ProtectionStorageMasks"), "Success"},
		{"Create " + makeAES + masks("ProtectionStorageMasks", mask("Hardware")), "ProtectionStorageUnavailable: Protection Storage Masks: keys lie in software here"},
		{"Create " + makeAES + masks("ProtectionStorageMasks", mask("Software Validated")), "ProtectionStorageUnavailable: "},
		{"CreateKeyPair " + makePair + masks("PrivateProtectionStorageMasks", mask("Hardware")), "PrivateProtectionStorageUnavailable: "},
		{"CreateKeyPair " + makePair + masks("PublicProtectionStorageMasks", mask("Hardware")), "PublicProtectionStorageUnavailable: "},
		{"CreateKeyPair " + makePair + masks("CommonProtectionStorageMasks", mask("Hardware")), "ProtectionStorageUnavailable: "},
		{"Create " + strings.Replace(makeAES, "<ObjectGroup", mask("Hardware")+"<ObjectGroup", 1), "ProtectionStorageUnavailable: "},
		{"Create " + strings.Replace(makeAES, "<ObjectGroup", mask("Software")+"<ObjectGroup", 1), "Success"},
	} {
		if got := outcomes(t, w.ask(request("2.1", "", c.item)))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.item, got, c.want)
		}
	}
}

// TestWhatAQuantumComputerBreaksIsNotQuantumSafe.
func TestWhatAQuantumComputerBreaksIsNotQuantumSafe(t *testing.T) {
	w := open(t)
	safe := func(v string) string { return `<QuantumSafe type="Boolean" value="` + v + `"/>` }
	of := func(name string) string {
		return "CreateKeyPair " + strings.Replace(makePair, "</"+name+">", safe("true")+"</"+name+">", 1)
	}
	for _, c := range []struct{ item, want string }{
		{of("CommonAttributes"), "InvalidField: a key of "},
		{of("PublicKeyAttributes"), "InvalidField: a key of "},
		{"CreateKeyPair " + strings.Replace(makePair, "</CommonAttributes>", safe("false")+"</CommonAttributes>", 1), "Success"},
		{"Create " + strings.Replace(makeAES, "<ObjectGroup", safe("true")+"<ObjectGroup", 1), "Success"},
	} {
		if got := outcomes(t, w.ask(request("2.1", "", c.item)))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.item, got, c.want)
		}
	}
	private, _ := w.pairOf("RSA", 2048)
	if got := outcomes(t, w.ask(request("2.1", "", "SetAttribute "+byID(private)+"<NewAttribute>"+safe("true")+"</NewAttribute>")))[0]; got != "InvalidField: a key of RSA is not Quantum Safe; ask for it without that" {
		t.Error(got)
	}
}

// wordOf is an enumeration.
func wordOf(tag, value string) string {
	return `<` + tag + ` type="Enumeration" value="` + value + `"/>`
}
