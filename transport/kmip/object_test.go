package kmip_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// TestAKeyOfAnotherDoorIsUsedAndDestroyed: one batch finds and takes a key that was made elsewhere, by the ID
// placeholder, and the vault says the same as KMIP about its end.
func TestAKeyOfAnotherDoorIsUsedAndDestroyed(t *testing.T) {
	w := open(t)
	r := w.key("disk-17", true)
	answer := w.ask(request("1.4", "", "Locate "+byName("disk-17"), "Get ", "GetAttributeList ",
		`GetAttributes <AttributeName type="TextString" value="State"/><AttributeName type="TextString" value="x-none"/><AttributeName type="TextString" value="Cryptographic Length"/>`))
	if got := outcomes(t, answer); !slices.Equal(got, []string{"Success", "Success", "Success", "Success"}) {
		t.Fatal(got)
	}
	all := items(answer)
	material, err := all[1].Find(wire.TagResponsePayload).Find(wire.TagSymmetricKey).Find(wire.TagKeyBlock).Find(wire.TagKeyValue).Find(wire.TagKeyMaterial).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	err = w.f.Vault(0).Reveal(t.Context(), w.f.Root(), r.ID.String(), 0, func(_ *key.Record, _ uint32, want []byte) error {
		if !bytes.Equal(material, want) {
			t.Error("KMIP gives another key than the vault")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `<ResponsePayload>` + byID(r.ID.String()) +
		`<Attribute><AttributeName type="TextString" value="Cryptographic Length"/><AttributeValue type="Integer" value="256"/></Attribute>` +
		`<Attribute><AttributeName type="TextString" value="State"/><AttributeValue type="Enumeration" value="Active"/></Attribute></ResponsePayload>`
	if got := xmlOf(t, all[3].Find(wire.TagResponsePayload)); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}

	id := byID(r.ID.String())
	if got := outcomes(t, w.ask(request("1.4", "", "Destroy "+id)))[0]; !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Errorf("an active key is destroyed: %s", got)
	}
	if got := outcomes(t, w.ask(request("2.1", "", "Destroy "+id)))[0]; !strings.HasPrefix(got, "WrongKeyLifecycleState: ") {
		t.Errorf("an active key is destroyed: %s", got)
	}
	w.one("1.4", "Revoke "+id+`<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`)
	w.one("1.4", "Destroy "+id)
	now, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), "disk-17")
	if err != nil || now.State != key.Destroyed {
		t.Errorf("to the vault it is %v (%v)", now.State, err)
	}
	state := w.one("2.1", "GetAttributes "+id+`<AttributeReference type="Enumeration" value="State"/>`)
	if got, want := xmlOf(t, state), `<ResponsePayload>`+id+`<Attributes><State type="Enumeration" value="Destroyed"/></Attributes></ResponsePayload>`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := outcomes(t, w.ask(request("1.4", "", "Get "+id)))[0]; got == "Success" {
		t.Error("a destroyed key is given out")
	}
}

func TestACompromisedKeyIsSo(t *testing.T) {
	w := open(t)
	r := w.key("k", true)
	w.one("1.2", "Revoke "+byID(r.ID.String())+`<RevocationReason><RevocationReasonCode type="Enumeration" value="KeyCompromise"/><RevocationMessage type="TextString" value="seen in a mail"/></RevocationReason>`)
	now, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), "k")
	if err != nil || now.State != key.Compromised || now.Reason != "KeyCompromise: seen in a mail" {
		t.Errorf("it is %v because %q (%v)", now.State, now.Reason, err)
	}
	other := w.key("longago", true)
	revoke := func(reason, date string) string {
		return "Revoke " + byID(other.ID.String()) + `<RevocationReason><RevocationReasonCode type="Enumeration" value="` + reason + `"/></RevocationReason><CompromiseOccurrenceDate type="DateTime" value="` + date + `"/>`
	}
	for _, bad := range []string{revoke("KeyCompromise", "2999-01-01T00:00:00Z"), revoke("Superseded", "2001-01-01T00:00:00Z")} {
		if got := outcomes(t, w.ask(request("1.4", "", bad)))[0]; got == "Success" {
			t.Errorf("a date that cannot be: %s", bad)
		}
	}
	w.one("1.4", revoke("CACompromise", "2001-01-01T00:00:00Z"))
	for id, want := range map[key.ID]string{other.ID: "2001-01-01T00:00:00", r.ID: now.Created.Time().Format("2006-01-02T15:04:05")} {
		got := xmlOf(t, w.one("2.1", "GetAttributes "+byID(id.String())+`<AttributeReference type="Enumeration" value="CompromiseOccurrenceDate"/>`))
		if !strings.Contains(got, want) {
			t.Errorf("it occurred at %s, and is said to have at %s", want, got)
		}
	}
	made := idOf(t, w.one("1.2", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256),
		integer("Cryptographic Usage Mask", 12)))) // this door gives it out in other states, too
	w.one("1.2", "Revoke "+byID(made)+`<RevocationReason><RevocationReasonCode type="Enumeration" value="KeyCompromise"/></RevocationReason>`)
	get := request("1.2", "", "Get "+byID(made))
	if got := outcomes(t, w.ask(get))[0]; !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Errorf("a compromised object, without a policy that says so: %s", got)
	}
	w.f.Grant("rescue", `permit (principal, action == Action::"open-compromised", resource);`)
	if got := outcomes(t, w.ask(get))[0]; got != "Success" {
		t.Errorf("a compromised object, with one: %s", got)
	}
}

// TestDeniedLooksLikeAbsent: to who may not see a key, every operation answers byte for byte as if it were not there.
func TestDeniedLooksLikeAbsent(t *testing.T) {
	w := open(t)
	there, absent := w.key("k", true).ID.String(), key.ID{1}.String()
	stranger := w.as("stranger")
	for _, v := range []string{"1.0", "1.4", "2.1"} {
		for _, op := range []string{"Get ", "GetAttributes ", "GetAttributeList ", "Activate ", "Destroy ", "Revoke "} {
			more := ""
			if op == "Revoke " {
				more = `<RevocationReason><RevocationReasonCode type="Enumeration" value="KeyCompromise"/></RevocationReason>`
			}
			a := stranger.ask(request(v, "", op+byID(there)+more))
			b := stranger.ask(request(v, "", op+byID(absent)+more))
			if !bytes.Equal(a.Raw(), b.Raw()) || outcomes(t, a)[0] != "ItemNotFound: there is no such object" {
				t.Errorf("%s in %s: %v, and of what is not there %v", op, v, outcomes(t, a), outcomes(t, b))
			}
		}
	}
	if got := outcomes(t, stranger.ask(request("1.4", "", "Get "+byID("k"))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("a name is taken for an identifier: %s", got)
	}
	for _, name := range []string{"k", "none"} {
		if got := xmlOf(t, stranger.one("1.4", "Locate "+byName(name))); got != `<ResponsePayload/>` {
			t.Errorf("%s is located: %s", name, got)
		}
	}
}

func TestWhatMayNotLeaveStays(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", false).ID.String())
	for v, want := range map[string]string{"1.2": "PermissionDenied: the key is not extractable", "1.4": "NotExtractable: the key is not extractable"} {
		if got := outcomes(t, w.ask(request(v, "", "Get "+id)))[0]; got != want {
			t.Errorf("%s: got %s, want %s", v, got, want)
		}
	}
	id = byID(w.key("open", true).ID.String())
	for more, want := range map[string]string{
		`<KeyFormatType type="Enumeration" value="PKCS_8"/>`:                           "KeyFormatTypeNotSupported",
		`<KeyFormatType type="Enumeration" value="Raw"/>`:                              "Success",
		`<KeyWrappingSpecification/>`:                                                  "MissingData",
		`<KeyCompressionType type="Enumeration" value="ECPublicKeyTypeUncompressed"/>`: "KeyCompressionTypeNotSupported",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", "Get "+id+more)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", more, got, want)
		}
	}
}

func TestLocateUnderstandsOrRefuses(t *testing.T) {
	w := open(t)
	id := w.key("k", true).ID.String()
	attribute := func(name, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/>` + value + `</Attribute>`
	}
	kind := func(v string) string {
		return attribute("Object Type", `<AttributeValue type="Enumeration" value="`+v+`"/>`)
	}
	state := func(v string) string { return attribute("State", `<AttributeValue type="Enumeration" value="`+v+`"/>`) }
	algorithm := func(v string) string {
		return attribute("Cryptographic Algorithm", `<AttributeValue type="Enumeration" value="`+v+`"/>`)
	}
	for _, c := range []struct{ version, filter, want string }{
		{"1.0", byName("k"), id},
		{"1.0", byName("k") + kind("SymmetricKey") + state("Active") + algorithm("AES"), id},
		{"1.0", byName("k") + kind("Certificate"), ""},
		{"1.0", byName("k") + state("Destroyed"), ""},
		{"1.0", byName("k") + algorithm("RSA"), ""},
		{"1.0", byName("another"), ""},
		{"1.0", byName(id), ""},
		{"1.0", byName("not a name of the vault's"), ""},
		{"1.0", `<MaximumItems type="Integer" value="1"/>` + byName("k"), id},
		{"1.3", `<MaximumItems type="Integer" value="0"/>` + byName("k"), ""},
		{"1.3", `<OffsetItems type="Integer" value="1"/>` + byName("k"), ""},
		{"2.1", `<Attributes><Name><NameValue type="TextString" value="k"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name><State type="Enumeration" value="Active"/></Attributes>`, id},
	} {
		got, err := w.one(c.version, "Locate "+c.filter).Find(wire.TagUniqueIdentifier).Text()
		if c.want == "" {
			var e *ttlv.Error
			if !errors.As(err, &e) || !e.Missing {
				t.Errorf("%s: found %s", c.filter, got)
			}
		} else if got != c.want {
			t.Errorf("%s: found %q (%v)", c.filter, got, err)
		}
	}
	for filter, want := range map[string]string{
		state("Active") + state("Active"):                             "InvalidField",
		byName("k") + attribute("x-mine", ""):                         "MissingData",
		byName("k") + attribute("Contact", ""):                        "InvalidField",
		byName("k") + `<StorageStatusMask type="Integer" value="8"/>`: "InvalidField",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", "Locate "+filter)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", filter, got, want)
		}
	}
	// What an earlier operation found is not taken for what was not found.
	got := outcomes(t, w.ask(request("1.4", "", "Locate "+byName("k"), "Locate "+byName("none"), "Get ")))
	if want := []string{"Success", "Success", "ItemNotFound: there is no such object"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestSealedNodesSayTryAgain: what may succeed later is no final answer about the object.
func TestSealedNodesSayTryAgain(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	w.f.Restart(0)
	w.server = newServer(w)
	got := outcomes(t, w.ask(request("1.4", "", "Get "+id)))[0]
	if !strings.HasPrefix(got, "GeneralFailure: ") {
		t.Errorf("got %s", got)
	}
	if err := w.f.Vault(0).Ready(t.Context()); !errors.Is(err, fault.Sealed) {
		t.Fatalf("the node is not sealed: %v", err)
	}
}
