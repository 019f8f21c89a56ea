package kmip_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestAKeyUnderLegalHoldIsNotDestroyedByKMIP: with the runbook's policy neither Revoke and Destroy in turn nor either in one batch
// ends a key with the tag (its use may end), for whoever may do everything else. What is forbidden reads as absent at this door, as ever.
func TestAKeyUnderLegalHoldIsNotDestroyedByKMIP(t *testing.T) {
	w := open(t)
	hold := held(t, w)
	r, free := w.key("held", true), w.key("free", true)
	v := w.f.Vault(0)
	hold("held")
	revoke := func(id string) string { return "Revoke " + id + ended }
	for _, version := range []string{"1.2", "1.4", "2.1"} {
		id := byID(r.ID.String())
		w.ask(request(version, "", revoke(id)))
		if got := outcomes(t, w.ask(request(version, "", "Destroy "+id)))[0]; !strings.HasPrefix(got, "ItemNotFound: ") {
			t.Errorf("KMIP %s destroys a key under hold: %s", version, got)
		}
		if got := outcomes(t, w.ask(request(version, "", "Locate "+byName("held"), "Destroy "))); len(got) != 2 || !strings.HasPrefix(got[1], "ItemNotFound: ") {
			t.Errorf("KMIP %s destroys a key under hold that it found: %s", version, got)
		}
	}
	now, err := v.Key(t.Context(), w.f.Root(), "held")
	if err != nil || now.State != key.Deactivated || now.Versions[0].State.Gone() || now.DestroyAt != 0 {
		t.Errorf("the key under hold is %v, to be destroyed at %v (%v)", now.State, now.DestroyAt, err)
	}
	w.one("1.4", revoke(byID(free.ID.String()))) // what is not held ends as ever
	w.one("1.4", "Destroy "+byID(free.ID.String()))
}

// held is a door with the runbook's policy, and what puts a key under hold.
func held(t *testing.T, w *world) (hold func(id string)) {
	t.Helper()
	policy, err := os.ReadFile("../../deployments/config/policies/legal-hold.cedar")
	if err != nil {
		t.Fatal(err)
	}
	w.f.Grant("legal-hold", string(policy))
	return func(id string) {
		t.Helper()
		if _, err := w.f.Vault(0).UpdateKey(t.Context(), w.f.Root(), id, vault.KeyPatch{Tags: &map[string]string{"legal-hold": "case 7"}}); err != nil {
			t.Fatal(err)
		}
	}
}

const ended = `<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`

// edits are changes of attributes, as the items of a version have them: dates that would act, the state, names, and the tag by whatever name.
func edits(v, it string, now time.Time) map[string][]string {
	at := func(d time.Duration) string {
		return `type="DateTime" value="` + now.Add(d).UTC().Format(time.RFC3339) + `"/>`
	}
	out := map[string][]string{}
	for _, c := range []struct{ name, value string }{
		{"Activation Date", at(-time.Hour)},
		{"Process Start Date", at(time.Hour)},
		{"Protect Stop Date", at(time.Hour)},
		{"Deactivation Date", at(time.Hour)},
		{"Destroy Date", at(-time.Hour)},
		{"Destroy Date", at(time.Second)},
		{"Compromise Date", at(-time.Hour)},
		{"Archive Date", at(-time.Hour)},
		{"State", `type="Enumeration" value="Destroyed"/>`},
		{"Cryptographic Usage Mask", `type="Integer" value="4"/>`},
		{"Contact Information", `type="TextString" value="nobody"/>`},
	} {
		for _, verb := range []string{"AddAttribute ", "ModifyAttribute ", "SetAttribute "} {
			switch element := strings.ReplaceAll(c.name, " ", ""); {
			case v >= "2.0":
				out[verb+c.name] = []string{verb + it + "<NewAttribute><" + element + " " + c.value + "</NewAttribute>"}
			case verb != "SetAttribute ":
				out[verb+c.name] = []string{verb + it + attr(c.name, " "+c.value)}
			}
		}
		if v < "2.0" {
			out["DeleteAttribute "+c.name] = []string{"DeleteAttribute " + it + `<AttributeName type="TextString" value="` + c.name + `"/>`}
			continue
		}
		reference := `<AttributeReference type="Enumeration" value="` + strings.ReplaceAll(c.name, " ", "") + `"/>`
		out["DeleteAttribute "+c.name] = []string{"DeleteAttribute " + it + reference}
		out["AdjustAttribute "+c.name] = []string{"AdjustAttribute " + it + reference + `<AdjustmentType type="Enumeration" value="Increment"/>`}
	}
	for _, tag := range []string{"legal-hold", "x-legal-hold", "Tag", "Tags"} {
		if v < "2.0" {
			out["AddAttribute "+tag] = []string{"AddAttribute " + it + textAttr(tag, "none")}
			out["ModifyAttribute "+tag] = []string{"ModifyAttribute " + it + textAttr(tag, "none")}
			out["DeleteAttribute "+tag] = []string{"DeleteAttribute " + it + `<AttributeName type="TextString" value="` + tag + `"/>`}
			continue
		}
		named := `<VendorIdentification type="TextString" value="x"/><AttributeName type="TextString" value="` + tag + `"/>`
		out["SetAttribute "+tag] = []string{"SetAttribute " + it + "<NewAttribute><Attribute>" + named + `<AttributeValue type="TextString" value="none"/></Attribute></NewAttribute>`}
		out["DeleteAttribute "+tag] = []string{"DeleteAttribute " + it + "<AttributeReference>" + named + "</AttributeReference>"}
	}
	if v < "2.0" {
		out["ModifyAttribute Name"] = []string{"ModifyAttribute " + it + attr("Name", nameValue("free"))}
		out["AddAttribute Name"] = []string{"AddAttribute " + it + attr("Name", nameValue("free"))}
		out["ModifyAttribute Operation Policy Name"] = []string{"ModifyAttribute " + it + textAttr("Operation Policy Name", "public")}
		return out
	}
	other := `<NameValue type="TextString" value="free"/><NameType type="Enumeration" value="UninterpretedTextString"/>`
	out["AddAttribute Name"] = []string{"AddAttribute " + it + "<NewAttribute><Name>" + other + "</Name></NewAttribute>"}
	return out
}

// waysToEnd are batches by which a client may try to end an object, to put something else in its place or in its name's, to give it an end or to take
// its tag away; the first element is the header's where it is one.
func waysToEnd(v, id, name string, now time.Time) map[string][]string {
	it, second, found := byID(id), strings.Repeat("0B", 16), byName(name)
	if v >= "2.0" {
		found = `<Attributes><Name><NameValue type="TextString" value="` + name + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name></Attributes>`
	}
	ways := edits(v, it, now)
	maps.Copy(ways, map[string][]string{
		"Destroy":                          {"Destroy " + it},
		"Destroy what is found":            {"Locate " + found, "Destroy "},
		"Destroy what was read":            {"Get " + it, "Destroy "},
		"Re-key":                           {"ReKey " + it},
		"Re-key at once":                   {"ReKey " + it + `<Offset type="Interval" value="0"/>`},
		"Re-key, and destroy the old one":  {"ReKey " + it, "Destroy " + it},
		"Archive":                          {"Archive " + it},
		"Archive and destroy":              {"Archive " + it, "Destroy " + it},
		"Recover":                          {"Recover " + it},
		"Destroy, answered later":          {laterIn(v), "Destroy " + it},
		"Re-key, answered later":           {laterIn(v), "ReKey " + it},
		"all or nothing: revoke, destroy":  {undo, "Revoke " + it + ended, "Destroy " + it},
		"all or nothing: re-key, destroy":  {undo, "ReKey " + it, "Destroy " + it},
		"all or nothing: archive, destroy": {undo, "Archive " + it, "Destroy " + it},
	})
	if v >= "1.4" {
		ways["Import"] = []string{importOf(v, id, name, second, false)}
		ways["Import that replaces"] = []string{importOf(v, id, name, second, true)}
		ways["Import that replaces, of another name"] = []string{importOf(v, id, "free", second, true)}
		ways["beside it: Import of another"] = []string{importOf(v, "other/"+v, name, second, true)}
		ways["all or nothing: import, destroy"] = []string{undo, importOf(v, id, name, second, true), "Destroy " + it}
	}
	return ways
}

// refusedAll demands that no batch's last item succeeds, save what is done beside the objects, and that none leaves a trace on them.
func (w *world) refusedAll(v string, ways map[string][]string, ids ...string) {
	w.t.Helper()
	before := map[string]*key.Record{}
	for _, id := range ids {
		before[id] = w.record(id)
	}
	for what, steps := range ways {
		header := ""
		if strings.HasPrefix(steps[0], "<") {
			header, steps = steps[0], steps[1:]
		}
		var got []string
		for _, item := range items(w.ask(request(v, header, steps...))) {
			if isPending(item) {
				item = w.polled(v, pendingOf(w.t, item))
			}
			got = append(got, outcome(w.t, item))
		}
		if len(got) == 0 || got[len(got)-1] == "Success" && !strings.HasPrefix(what, "beside it") {
			w.t.Errorf("KMIP %s, %s: %q", v, what, got)
		}
		for _, id := range ids {
			if now := w.record(id); now.Revision != before[id].Revision {
				w.t.Fatalf("KMIP %s, %s (%q) changed %+v to %+v", v, what, got, before[id], now)
			}
		}
	}
}

// TestNothingOfKMIPEndsAKeyUnderLegalHold tries every operation and attribute by which an object ends, gets another in its place or its name's, or
// loses its tag: while it is active, and when its use has ended. Its material stays what it was, and lifting the hold is what lets it go.
func TestNothingOfKMIPEndsAKeyUnderLegalHold(t *testing.T) {
	w := open(t)
	hold := held(t, w)
	for _, v := range []string{"1.2", "1.4", "2.1"} {
		name := "held-" + v
		id := w.key(name, true).ID.String()
		hold(id)
		material := w.material(id, "")
		w.refusedAll(v, waysToEnd(v, id, name, w.f.Now()), id)
		if w.material(id, "") != material {
			t.Errorf("KMIP %s: its material is another", v)
		}
		w.one(v, "Revoke "+byID(id)+ended)
		w.refusedAll(v, waysToEnd(v, id, name, w.f.Now()), id)
		r := w.record(id)
		if r.State != key.Deactivated || r.Versions[0].State != key.Deactivated || r.DestroyAt != 0 || r.Name != name || r.Tags["legal-hold"] == "" {
			t.Errorf("KMIP %s: afterwards it is %+v", v, r)
		}
		counsel := w.f.Root()
		counsel.Groups = append(slices.Clone(counsel.Groups), "legal")
		if _, err := w.f.Vault(0).UpdateKey(t.Context(), counsel, id, vault.KeyPatch{Tags: &map[string]string{}}); err != nil {
			t.Fatal(err)
		}
		w.one(v, "Destroy "+byID(id))
	}
}

// TestAPairAndACertificateUnderLegalHoldEndByNothingOfKMIP: a hold on either half keeps both from being replaced, and a certificate from
// being certified anew.
func TestAPairAndACertificateUnderLegalHoldEndByNothingOfKMIP(t *testing.T) {
	w, _ := certifying(t, key.ECDSAP256)
	hold := held(t, w)
	for _, v := range []string{"1.4", "2.1"} {
		for half := range 2 {
			private, public := w.pairOf("ECDSA", 256)
			certificate := idOf(t, w.one(v, "Certify "+byID(public)))
			kept := []string{private, public}[half]
			hold(kept)
			hold(certificate)
			w.refusedAll(v, map[string][]string{
				"Destroy":                   {"Destroy " + byID(kept)},
				"Re-key Key Pair":           {`ReKeyKeyPair <PrivateKeyUniqueIdentifier type="TextString" value="` + private + `"/>`},
				"Re-key Key Pair, later":    {laterIn(v), `ReKeyKeyPair <PrivateKeyUniqueIdentifier type="TextString" value="` + private + `"/>`},
				"Archive":                   {"Archive " + byID(kept)},
				"Re-certify":                {"ReCertify " + byID(certificate)},
				"Destroy the certificate":   {"Destroy " + byID(certificate)},
				"Archive the certificate":   {"Archive " + byID(certificate)},
				"a revoked certificate":     {undo, "Revoke " + byID(certificate) + ended, "Destroy " + byID(certificate)},
				"Re-certify and destroy it": {undo, "ReCertify " + byID(certificate), "Destroy " + byID(certificate)},
			}, private, public, certificate)
		}
	}
}
