package kmip_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// splitInto is the payload of Create Split Key.
func splitInto(kind, of string, parts, threshold int, method, attributes string) string {
	s := `CreateSplitKey <ObjectType type="Enumeration" value="` + kind + `"/>`
	if of != "" {
		s += byID(of)
	}
	s += fmt.Sprintf(`<SplitKeyParts type="Integer" value="%d"/><SplitKeyThreshold type="Integer" value="%d"/><SplitKeyMethod type="Enumeration" value="%s"/>`, parts, threshold, method)
	if method == "PolynomialSharingPrimeField" { // 2^521 - 1
		s += `<PrimeFieldSize type="BigInteger" value="000000000000` + "01FF" + strings.Repeat("FF", 64) + `"/>`
	}
	return s + attributes
}

func identifiers(t testing.TB, payload ttlv.Item) (all []string) {
	t.Helper()
	for c := range payload.Children() {
		if c.Tag() == wire.TagUniqueIdentifier {
			id, err := c.Text()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, id)
		}
	}
	return all
}

func join(kind, attributes string, ids ...string) string {
	s := `JoinSplitKey <ObjectType type="Enumeration" value="` + kind + `"/>`
	for _, id := range ids {
		s += byID(id)
	}
	return s + attributes
}

// TestAKeyIsSplitAndJoined: by each method, in each version that has the operations; parts can be taken out, come back by Register, and make the key.
func TestAKeyIsSplitAndJoined(t *testing.T) {
	for _, v := range []string{"1.2", "1.4", "2.0", "2.1"} {
		w := open(t)
		attributes, usage := template(text("x-tag", "part"), byName("part")), template(integer("Cryptographic Usage Mask", 12))
		if v[0] == '2' {
			attributes = `<Attributes><Name><NameValue type="TextString" value="part"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name></Attributes>`
			usage = `<Attributes><CryptographicUsageMask type="Integer" value="12"/></Attributes>`
		}
		for i, c := range []struct {
			method           string
			parts, threshold int
		}{{"XOR", 3, 3}, {"PolynomialSharingGF2_8", 5, 3}, {"PolynomialSharingGF2_16", 4, 2}, {"PolynomialSharingPrimeField", 4, 3}} {
			k := w.made(vault.KeySpec{Name: fmt.Sprint("k", i), Exportable: true})
			of := strings.Split(k, `"`)[3]
			attributes := strings.ReplaceAll(attributes, `value="part"/><NameType`, `value="`+c.method+`"/><NameType`)
			ids := identifiers(t, w.one(v, splitInto("SplitKey", of, c.parts, c.threshold, c.method, attributes)))
			if len(ids) != c.parts {
				t.Fatalf("%s: %d parts", c.method, len(ids))
			}
			r := w.record(ids[1])
			if r.Type != key.SplitKey || r.Names[0].Value != c.method+"-2" || !hasLink(r, key.LinkBase, of) || !hasLink(r, key.LinkPrevious, ids[0]) || !hasLink(r, key.LinkNext, ids[2%len(ids)]) {
				t.Errorf("%s %s: the second part is %+v", v, c.method, r)
			}
			part := w.one(v, "Get "+byID(ids[1])).Find(wire.TagSplitKey)
			if got, want := xmlOf(t, part), fmt.Sprintf(`<SplitKey><SplitKeyParts type="Integer" value="%d"/><KeyPartIdentifier type="Integer" value="2"/><SplitKeyThreshold type="Integer" value="%d"/><SplitKeyMethod type="Enumeration" value="%s"/>`,
				c.parts, c.threshold, c.method); !strings.HasPrefix(got, want) || !strings.Contains(got, `<CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="256"/>`) {
				t.Errorf("%s: a part is %s", v, got)
			}
			again := idOf(t, w.one("1.4", register2("SplitKey", "<TemplateAttribute/>", strings.TrimSuffix(strings.TrimPrefix(xmlOf(t, part), "<SplitKey>"), "</SplitKey>"))))
			chosen := append([]string{again}, ids[2:]...)
			if c.threshold == c.parts {
				chosen = []string{ids[2], ids[0], again}
			}
			joined := idOf(t, w.one(v, join("SymmetricKey", usage, chosen...)))
			if r := w.record(joined); r.Algorithm != key.AES256GCM || r.Usage != 12 || r.Type != key.SymmetricKey || !hasLink(r, key.LinkBase, again) {
				t.Errorf("%s %s: the joined key is %+v", v, c.method, r)
			}
			if got := w.material(joined, ""); got != w.material(of, "") {
				t.Errorf("%s %s: %s", v, c.method, got)
			}
			if got := outcomes(t, w.ask(request(v, "", join("SymmetricKey", usage, chosen[:c.threshold-1]...))))[0]; !strings.HasPrefix(got, "InvalidField: ") {
				t.Errorf("%s %s: too few parts: %s", v, c.method, got)
			}
		}
	}
}

func hasLink(r *key.Record, kind key.LinkKind, to string) bool {
	for _, l := range r.Links {
		if l.Kind == kind && l.To.String() == to {
			return true
		}
	}
	return false
}

// TestANewKeyIsKeptInItsParts: of every type that is split; there is no such key beside them.
func TestANewKeyIsKeptInItsParts(t *testing.T) {
	w := open(t)
	for _, c := range []struct{ kind, algorithm, joined, curve string }{
		{"SymmetricKey", "AES", "SymmetricKey", ""},
		{"SplitKey", "DES3", "SymmetricKey", ""},
		{"PrivateKey", "ECDSA", "PrivateKey", ""},
		{"SecretData", "", "SecretData", ""},
	} {
		attributes := ""
		bits := map[string]int{"AES": 256, "DES3": 168, "ECDSA": 256, "": 256}[c.algorithm]
		if c.algorithm != "" {
			attributes = enumeration("Cryptographic Algorithm", c.algorithm)
		}
		before := len(identifiers(t, w.one("1.4", "Locate ")))
		answer := w.ask(request("1.4", "", splitInto(c.kind, "", 3, 2, "PolynomialSharingGF2_8", template(attributes, integer("Cryptographic Length", bits))), "GetAttributes "))
		if got := outcomes(t, answer); got[0] != "Success" || got[1] != "Success" {
			t.Fatalf("%s: %v", c.kind, got)
		}
		ids := identifiers(t, items(answer)[0].Find(wire.TagResponsePayload))
		if idOf(t, items(answer)[1].Find(wire.TagResponsePayload)) != ids[0] {
			t.Error("the placeholder is not the first part")
		}
		if after := len(identifiers(t, w.one("1.4", "Locate "))); after != before+3 {
			t.Errorf("%s: %d objects more", c.kind, after-before)
		}
		secret := ""
		if c.kind == "SecretData" {
			secret = `<SecretDataType type="Enumeration" value="Password"/>`
		}
		one, two := idOf(t, w.one("1.4", join(c.joined, secret, ids[0], ids[2]))), idOf(t, w.one("1.4", join(c.joined, secret, ids[2], ids[1])))
		if w.material(one, "") != w.material(two, "") {
			t.Errorf("%s: two joins differ", c.kind)
		}
		if c.kind == "PrivateKey" && w.record(one).Algorithm != key.ECDSAP256 {
			t.Errorf("it is %+v", w.record(one))
		}
	}
}

// TestPartsAreOfAllDoors: what another door split is joined here, and the other way round.
func TestPartsAreOfAllDoors(t *testing.T) {
	w := open(t)
	v, root := w.f.Vault(0), w.f.Root()
	plain := func(ref string) (b string) {
		t.Helper()
		if err := v.Reveal(t.Context(), root, ref, 0, func(_ *key.Record, _ uint32, m []byte) error {
			b = string(m)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return b
	}
	k := w.key("k", true)
	s := vault.SplitSpec{Of: "k", Sharing: vault.Sharing{Method: vault.SharingGF2_8, Parts: 3, Threshold: 2}}
	for _, name := range []string{"p1", "p2", "p3"} {
		s.Parts = append(s.Parts, vault.KeySpec{Name: name, Exportable: true})
	}
	parts, err := v.SplitKey(t.Context(), root, s)
	if err != nil {
		t.Fatal(err)
	}
	part := xmlOf(t, w.one("1.4", "Get "+byID(parts[2].ID.String())).Find(wire.TagSplitKey))
	if want := `<SplitKey><SplitKeyParts type="Integer" value="3"/><KeyPartIdentifier type="Integer" value="3"/><SplitKeyThreshold type="Integer" value="2"/><SplitKeyMethod type="Enumeration" value="PolynomialSharingGF2_8"/>`; !strings.HasPrefix(part, want) {
		t.Errorf("a part of another door is %s", part)
	}
	here := idOf(t, w.one("1.4", join("SymmetricKey", "", parts[0].ID.String(), parts[2].ID.String())))
	if r := w.record(here); r.Algorithm != key.AES256GCM || plain(here) != plain(k.ID.String()) {
		t.Errorf("joined here it is %+v", r)
	}
	ids := identifiers(t, w.one("2.1", splitInto("SplitKey", k.ID.String(), 3, 2, "PolynomialSharingPrimeField", "")))
	there, err := v.JoinKey(t.Context(), root, vault.JoinSpec{Key: vault.KeySpec{Name: "there", Exportable: true}, Parts: []vault.JoinPart{{Ref: ids[2]}, {Ref: ids[0]}}})
	if err != nil {
		t.Fatal(err)
	}
	if there.Algorithm != key.AES256GCM || plain("there") != plain("k") {
		t.Errorf("joined there it is %+v", there)
	}
}

// TestSplittingIsTakingOut: what may not leave is neither split nor joined; strangers learn nothing.
func TestSplittingIsTakingOut(t *testing.T) {
	w := open(t)
	of := func(s vault.KeySpec) string { return strings.Split(w.made(s), `"`)[3] }
	kept, k := of(vault.KeySpec{Name: "kept"}), of(vault.KeySpec{Name: "k", Exportable: true})
	sensitive := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256),
		`<Attribute><AttributeName type="TextString" value="Sensitive"/><AttributeValue type="Boolean" value="true"/></Attribute>`)))
	ids := identifiers(t, w.one("1.4", splitInto("SplitKey", k, 3, 2, "PolynomialSharingGF2_8", "")))
	other := identifiers(t, w.one("1.4", splitInto("SplitKey", k, 3, 3, "XOR", "")))
	second := identifiers(t, w.one("1.4", splitInto("SplitKey", k, 3, 2, "PolynomialSharingGF2_8", "")))
	w.one("1.4", "ModifyAttribute "+byID(ids[2])+`<Attribute><AttributeName type="TextString" value="Extractable"/><AttributeValue type="Boolean" value="false"/></Attribute>`)
	for item, want := range map[string]string{
		splitInto("SplitKey", kept, 3, 2, "PolynomialSharingGF2_8", ""):                  "NotExtractable: ",
		splitInto("SplitKey", sensitive, 3, 2, "PolynomialSharingGF2_8", ""):             "Sensitive: ",
		splitInto("SplitKey", key.ID{7: 1}.String(), 3, 2, "PolynomialSharingGF2_8", ""): "ItemNotFound: ",
		splitInto("SplitKey", ids[0], 3, 2, "PolynomialSharingGF2_8", ""):                "InvalidField: ",
		splitInto("SplitKey", k, 3, 4, "PolynomialSharingGF2_8", ""):                     "InvalidField: ",
		splitInto("SplitKey", k, 3, 2, "XOR", ""):                                        "InvalidField: ",
		splitInto("SymmetricKey", "", 3, 2, "PolynomialSharingGF2_8", ""):                "InvalidField: ",
		splitInto("Certificate", "", 3, 2, "PolynomialSharingGF2_8", ""):                 "InvalidField: ",
		join("SymmetricKey", "", ids[0], ids[2]):                                         "NotExtractable: ",
		join("SymmetricKey", "", ids[0], other[1]):                                       "InvalidField: ",
		join("SymmetricKey", "", ids[0], ids[0]):                                         "InvalidField: ",
		join("SymmetricKey", "", ids[0], k):                                              "InvalidField: ",
		join("Certificate", "", ids[0], ids[1]):                                          "InvalidField: ",
		join("SymmetricKey", "", ids[0], ids[1], second[2]):                              "InvalidField: ",
		strings.Replace(splitInto("SplitKey", k, 3, 2, "PolynomialSharingGF2_8", ""), `<SplitKeyThreshold type="Integer" value="2"/>`, "", 1): "MissingData: ",
	} {
		if got := outcomes(t, w.ask(request("2.1", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", item, got, want)
		}
	}
	stranger := w.as("stranger")
	for _, item := range []string{splitInto("SplitKey", k, 3, 2, "PolynomialSharingGF2_8", ""), join("SymmetricKey", "", ids[0], ids[1])} {
		if got := outcomes(t, stranger.ask(request("2.1", "", item)))[0]; got != "ItemNotFound: there is no such object" {
			t.Errorf("a stranger: %s", got)
		}
	}
}

// TestAFieldIsProvedForWhoMaySplit: and for nobody else, as it takes time: a stranger learns that there is no such object, whatever the field.
func TestAFieldIsProvedForWhoMaySplit(t *testing.T) {
	w := open(t)
	id := w.key("k", true).ID.String()
	item := strings.Replace(splitInto("SymmetricKey", id, 3, 2, "PolynomialSharingPrimeField", ""), "000000000000"+"01FF", "000000000000"+"03FF", 1) // 2^522 - 1 is no prime
	if got := outcomes(t, w.ask(request("1.4", "", item)))[0]; !strings.HasPrefix(got, "InvalidField: the size of the field is no prime") {
		t.Errorf("who may split it: %s", got)
	}
	fresh := splitInto("SymmetricKey", "", 3, 2, "PolynomialSharingPrimeField", template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256)))
	fresh = strings.Replace(fresh, "000000000000"+"01FF", "000000000000"+"03FF", 1)
	for _, item := range []string{item, fresh} {
		if got := outcomes(t, w.as("stranger").ask(request("1.4", "", item)))[0]; got != "ItemNotFound: there is no such object" {
			t.Errorf("a stranger: %s", got)
		}
	}
}
