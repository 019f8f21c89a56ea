package kmip_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/wire"
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
		byID(old) + template(enumeration("Cryptographic Algorithm", "AES")): "FeatureNotSupported: ",
		byID(key.ID{7: 1}.String()):                                         "ItemNotFound: ",
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
