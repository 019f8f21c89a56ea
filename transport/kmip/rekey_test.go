package kmip_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestReKeyHandsTheNameOver: to another object with other material, that each says the other's identifier of; the old one opens on.
func TestReKeyHandsTheNameOver(t *testing.T) {
	w := open(t)
	old := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(byName("disk 17"), byName("app/disk"),
		enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 12))))
	w.one("1.4", "Activate "+byID(old))
	before := w.material(old, "")
	for _, c := range []struct {
		offset string
		state  key.State
	}{
		{"", key.PreActive},
		{`<Offset type="Interval" value="0"/>`, key.Active},
		{`<Offset type="Interval" value="3600"/>`, key.PreActive},
	} {
		fresh := idOf(t, w.one("1.4", "ReKey "+byID(old)+c.offset))
		was, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), old)
		if err != nil {
			t.Fatal(err)
		}
		now, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), fresh)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(was.Links, key.Link{Kind: key.LinkReplacement, To: now.ID}) || !slices.Contains(now.Links, key.Link{Kind: key.LinkReplaced, To: was.ID}) {
			t.Errorf("the links are %v and %v", was.Links, now.Links)
		}
		if now.State != c.state || now.Usage != was.Usage || !now.RevealIdle || len(now.Names) != 2 || len(was.Names) != 0 || now.Origin != key.Generated {
			t.Errorf("with offset %q the new one is %+v", c.offset, now)
		}
		if (now.ActivateAt != 0) != strings.Contains(c.offset, "3600") {
			t.Errorf("with offset %q it activates at %v", c.offset, now.ActivateAt)
		}
		if got := w.material(fresh, ""); got == before || w.material(old, "") == got {
			t.Error("both have the same material")
		}
		if got := xmlOf(t, w.one("1.4", "Locate "+byName("disk 17"))); !strings.Contains(got, fresh) || strings.Contains(got, old) {
			t.Errorf("the name finds %s", got)
		}
		if got := outcomes(t, w.ask(request("1.4", "", "ReKey "+byID(old))))[0]; !strings.HasPrefix(got, "PermissionDenied: ") {
			t.Errorf("replaced twice: %s", got)
		}
		old = fresh
	}
	if got := w.material(idOf(t, w.one("1.4", "Locate "+byName("disk 17"))), ""); got != w.material(old, "") {
		t.Error("the name does not lead to the newest")
	}
	w.f.Advance(2 * time.Hour)
	for payload, want := range map[string]string{
		byID(old) + template(enumeration("Cryptographic Algorithm", "DES3")): "InvalidField: ",
		byID(old) + template(integer("Cryptographic Length", 128)):           "InvalidField: ",
		byID(old) + template(enumeration("State", "Active")):                 "PermissionDenied: ",
		byID(key.ID{7: 1}.String()):                                          "ItemNotFound: ",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", "ReKey "+payload)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", payload, got)
		}
	}
	if got := outcomes(t, w.as("stranger").ask(request("1.4", "", "ReKey "+byID(old))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("a stranger: %s", got)
	}
}

// TestReKeyKeyPairReplacesBothHalves: in one step, and each half says which it replaced.
func TestReKeyKeyPairReplacesBothHalves(t *testing.T) {
	w := open(t)
	made := w.one("1.4", `CreateKeyPair <CommonTemplateAttribute>`+enumeration("Cryptographic Algorithm", "EC")+integer("Cryptographic Length", 256)+
		`</CommonTemplateAttribute><PrivateKeyTemplateAttribute>`+byName("pair/private")+`</PrivateKeyTemplateAttribute><PublicKeyTemplateAttribute>`+byName("pair/public")+`</PublicKeyTemplateAttribute>`)
	text := func(t0 wire.Tag) string {
		s, err := made.Find(t0).Text()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	private, public := text(wire.TagPrivateKeyUniqueIdentifier), text(wire.TagPublicKeyUniqueIdentifier)
	by := func(id string) string { return `<PrivateKeyUniqueIdentifier type="TextString" value="` + id + `"/>` }
	if got := outcomes(t, w.ask(request("1.4", "", "ReKey "+byID(private), "ReKeyKeyPair "+by(public)))); got[0] == "Success" {
		t.Errorf("half a pair is replaced: %v", got)
	}
	if got := outcomes(t, w.ask(request("1.4", "", "ReKeyKeyPair "+by(public)))); !strings.HasPrefix(got[0], "InvalidField: ") {
		t.Errorf("a pair is replaced by its public half: %v", got)
	}
	made = w.one("1.4", "ReKeyKeyPair "+by(private))
	for name, c := range map[string]struct {
		tag wire.Tag
		old string
	}{"pair/private": {wire.TagPrivateKeyUniqueIdentifier, private}, "pair/public": {wire.TagPublicKeyUniqueIdentifier, public}} {
		r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), name)
		if err != nil || r.ID.String() != text(c.tag) || r.Links[0].Kind != key.LinkReplaced || r.Links[0].To.String() != c.old || len(r.Links) != 2 {
			t.Errorf("%s is %+v (%v)", name, r, err)
		}
	}
	if a, b := w.material(text(wire.TagPublicKeyUniqueIdentifier), ""), w.material(public, ""); a == b {
		t.Error("the new public key is the old one")
	}
}

// TestReKeyTakesAttributes: the new key has what the request gives it, and the old one's else; dates that are given count more than an offset.
func TestReKeyTakesAttributes(t *testing.T) {
	w := open(t)
	parent := w.key("app/parent", false)
	child, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), vault.KeySpec{Name: "app/child", Parent: parent.Name})
	if err != nil {
		t.Fatal(err)
	}
	if r := w.record(idOf(t, w.one("1.4", "ReKey "+byID(child.ID.String())))); r.Parent != parent.ID || r.Name != "app/child" {
		t.Errorf("under a parent it is %+v", r)
	}
	for _, v := range []string{"1.0", "1.4", "2.1"} {
		old := idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(byName("old "+v), text("x-tag", "blue"), text("Contact Information", "Joe"), text("Object Group", "one"),
			enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 12))))
		attributes := template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 4), text("Contact Information", "Jane"),
			byName("new "+v), `<Attribute><AttributeName type="TextString" value="Activation Date"/><AttributeValue type="DateTime" value="2020-01-01T00:00:00Z"/></Attribute>`)
		if v == "2.1" {
			attributes = `<Attributes><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="256"/><CryptographicUsageMask type="Integer" value="4"/>` +
				`<ContactInformation type="TextString" value="Jane"/><Name><NameValue type="TextString" value="new 2.1"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name>` +
				`<ActivationDate type="DateTime" value="2020-01-01T00:00:00Z"/></Attributes>`
		}
		r := w.record(idOf(t, w.one(v, "ReKey "+byID(old)+`<Offset type="Interval" value="3600"/>`+attributes)))
		if r.State != key.Active || r.Usage != 4 || len(r.Names) != 1 || r.Names[0].Value != "new "+v || len(r.Groups) != 1 {
			t.Errorf("%s: it is %+v", v, r)
		}
		if got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(r.ID.String()))); !strings.Contains(got, text("Contact Information", "Jane")) || !strings.Contains(got, text("x-tag", "blue")) {
			t.Errorf("%s: it has %s", v, got)
		}
		if was := w.record(old); was.Usage != 12 || len(was.Names) != 0 {
			t.Errorf("%s: the old one is %+v", v, was)
		}
	}
}

// TestReKeyKeyPairTakesAttributes: each half its own, and both what is said of both.
func TestReKeyKeyPairTakesAttributes(t *testing.T) {
	w := open(t)
	for _, c := range []struct{ version, both, private, public string }{
		{
			"1.4", `<CommonTemplateAttribute>` + text("x-tag", "both") + `</CommonTemplateAttribute>`,
			`<PrivateKeyTemplateAttribute>` + integer("Cryptographic Usage Mask", 1) + `</PrivateKeyTemplateAttribute>`, `<PublicKeyTemplateAttribute>` + text("x-tag", "public") + `</PublicKeyTemplateAttribute>`,
		},
		{
			"2.1", `<CommonAttributes><Attribute><VendorIdentification type="TextString" value="x"/><AttributeName type="TextString" value="tag"/><AttributeValue type="TextString" value="both"/></Attribute></CommonAttributes>`,
			`<PrivateKeyAttributes><CryptographicUsageMask type="Integer" value="1"/></PrivateKeyAttributes>`,
			`<PublicKeyAttributes><Attribute><VendorIdentification type="TextString" value="x"/><AttributeName type="TextString" value="tag"/><AttributeValue type="TextString" value="public"/></Attribute></PublicKeyAttributes>`,
		},
	} {
		made := w.one("1.4", `CreateKeyPair <CommonTemplateAttribute>`+enumeration("Cryptographic Algorithm", "EC")+integer("Cryptographic Length", 256)+`</CommonTemplateAttribute>`)
		id, err := made.Find(wire.TagPrivateKeyUniqueIdentifier).Text()
		if err != nil {
			t.Fatal(err)
		}
		answer := w.one(c.version, `ReKeyKeyPair <PrivateKeyUniqueIdentifier type="TextString" value="`+id+`"/><Offset type="Interval" value="0"/>`+c.both+c.private+c.public)
		for tag, want := range map[wire.Tag]string{wire.TagPrivateKeyUniqueIdentifier: "both", wire.TagPublicKeyUniqueIdentifier: "public"} {
			id, err := answer.Find(tag).Text()
			if err != nil {
				t.Fatal(err)
			}
			r := w.record(id)
			if got := xmlOf(t, w.one("1.4", "GetAttributes "+byID(id))); !strings.Contains(got, text("x-tag", want)) || r.State != key.Active || (r.Usage == key.Sign) != (want == "both") {
				t.Errorf("%s %s: %s (%+v)", c.version, want, got, r)
			}
		}
	}
}
