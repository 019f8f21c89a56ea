package kmip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// found are the identifiers that Locate gives, as the names that ids have them by.
func (w *world) found(version, filter string, names map[string]string) string {
	w.t.Helper()
	var all []string
	for item := range w.one(version, "Locate "+filter).Children() {
		if item.Tag() == wire.TagUniqueIdentifier {
			id, err := item.Text()
			if err != nil {
				w.t.Fatal(err)
			}
			all = append(all, names[id])
		}
	}
	return strings.Join(all, " ")
}

// TestLocateByEveryKindOfAttribute: equal values, dates and ranges of them, all bits of a mask, fields of a structure, pages, storage.
func TestLocateByEveryKindOfAttribute(t *testing.T) {
	w := open(t)
	ids, names := map[string]string{}, map[string]string{}
	kept := func(text string) []byte {
		var e ttlv.Encoder
		e.Text(wire.TagAttributeValue, text)
		b, err := e.Message()
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(b)
	}
	start := w.f.Now()
	for i, s := range []vault.KeySpec{
		{Name: "a", Groups: []key.Label{{Value: "g"}}, Attributes: map[string][]byte{"x-site": kept("north")}},
		{Name: "b", Groups: []key.Label{{Value: "g"}}, Names: []key.Label{{Value: "bee", Kind: 1}}, Attributes: map[string][]byte{"x-site": kept("south")}},
		{Name: "c", Groups: []key.Label{{Value: "h"}}, Algorithm: key.HMACSHA256},
		{Name: "d", Groups: []key.Label{{Value: "g"}}, Algorithm: key.RSA2048},
	} {
		w.f.Advance(time.Minute)
		r, err := w.f.Vault(0).CreateKey(t.Context(), w.f.Root(), s)
		if err != nil {
			t.Fatal(i, err)
		}
		ids[s.Name], names[r.ID.String()] = r.ID.String(), s.Name
	}
	at := func(minutes int) string {
		return attr("Initial Date", ` type="DateTime" value="`+start.Add(time.Duration(minutes)*time.Minute).UTC().Format(time.RFC3339)+`"/>`)
	}
	mask := func(v string) string {
		return attr("Cryptographic Usage Mask", ` type="Integer" value="`+v+`"/>`)
	}
	kind := func(v string) string { return attr("Object Type", ` type="Enumeration" value="`+v+`"/>`) }
	group := textAttr("Object Group", "g")
	for _, c := range []struct{ version, filter, want string }{
		{"1.4", "", "d c b a"},
		{"1.4", group, "d b a"},
		{"1.4", group + kind("SymmetricKey"), "b a"},
		{"1.4", group + kind("SymmetricKey") + `<MaximumItems type="Integer" value="1"/>`, "b"},
		{"1.4", group + kind("SymmetricKey") + `<OffsetItems type="Integer" value="1"/>`, "a"},
		{"1.4", group + `<OffsetItems type="Integer" value="9"/>`, ""},
		{"1.4", group + `<ObjectGroupMember type="Enumeration" value="GroupMemberDefault"/>`, "d"},
		{"1.4", textAttr("Object Group", "none"), ""},
		{"1.4", textAttr("x-site", "north"), "a"},
		{"1.4", textAttr("x-site", "nor"), ""},
		{"1.4", attr("x-site", ` type="Integer" value="1"/>`), ""},
		{"1.4", byName("bee"), "b"},
		{"1.4", byName("b"), ""}, // to clients it has another name
		{"1.4", byName("bee") + byName("b"), ""},
		{"1.4", at(2), "b"},
		{"1.4", at(2) + at(3), "c b"},
		{"1.4", at(3) + at(2), "c b"},
		{"1.4", at(9), ""},
		{"1.4", mask("Encrypt Decrypt"), "d b a"},
		{"1.4", mask("Encrypt Sign"), "d"},
		{"1.4", mask("MACGenerate"), "c"},
		{"1.4", mask("MACGenerate Sign"), ""},
		{"1.4", mask("Sign"), "d"},
		{"1.4", textAttr("Unique Identifier", ids["c"]), "c"},
		{"1.4", textAttr("Unique Identifier", "c"), ""},
		{"1.4", attr("Cryptographic Length", ` type="Integer" value="256"/>`) + attr("Cryptographic Algorithm", ` type="Enumeration" value="AES"/>`), "b a"},
		{"1.0", `<TemplateAttribute>` + byName("a") + `</TemplateAttribute>`, "a"},
		{"2.1", `<Attributes><Attribute><VendorIdentification type="TextString" value="x"/><AttributeName type="TextString" value="site"/><AttributeValue type="TextString" value="south"/></Attribute></Attributes>`, "b"},
		{"2.1", `<Attributes><Name><NameValue type="TextString" value="bee"/></Name></Attributes>`, "b"},
		{"1.4", `<StorageStatusMask type="Integer" value="OnLineStorage"/>` + group, "d b a"},
		{"1.4", `<StorageStatusMask type="Integer" value="ArchivalStorage"/>` + group, ""},
	} {
		if got := w.found(c.version, c.filter, names); got != c.want {
			t.Errorf("%s: found %q, want %q", c.filter, got, c.want)
		}
	}
	if got := xmlOf(t, w.one("1.4", "Locate "+group+`<MaximumItems type="Integer" value="0"/>`)); got != `<ResponsePayload><LocatedItems type="Integer" value="3"/></ResponsePayload>` {
		t.Errorf("counted %s", got)
	}
	w.one("1.4", "Get "+byID(w.key("open", true).ID.String()))
	fresh := `<ObjectGroupMember type="Enumeration" value="GroupMemberFresh"/>`
	if got := w.found("1.4", group+fresh, names); got != "d b a" {
		t.Errorf("fresh are %s", got)
	}
	for filter, want := range map[string]string{
		at(1) + at(2) + at(3): "InvalidField", attr("Initial Date", ` type="Integer" value="1"/>`): "InvalidField", attr("State", ` type="Integer" value="1"/>`): "InvalidField",
		attr("No Such Attribute", ` type="Integer" value="1"/>`): "InvalidField", `<ObjectGroupMember type="Enumeration" value="0x00000009"/>`: "InvalidField",
		`<MaximumItems type="Integer" value="-1"/>`: "InvalidField", `<KeyFormatType type="Enumeration" value="Raw"/>`: "InvalidField",
	} {
		if got := outcomes(t, w.ask(request("1.4", "", "Locate "+filter)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", filter, got, want)
		}
	}
	// What is destroyed is found by who asks for it.
	w.one("1.4", "Revoke "+byID(ids["a"])+`<RevocationReason><RevocationReasonCode type="Enumeration" value="Superseded"/></RevocationReason>`)
	w.one("1.4", "Destroy "+byID(ids["a"]))
	for filter, want := range map[string]string{
		group: "d b", group + attr("State", ` type="Enumeration" value="Destroyed"/>`): "a", group + `<StorageStatusMask type="Integer" value="5"/>`: "d b a",
	} {
		if got := w.found("2.0", filter, names); got != want {
			t.Errorf("with a destroyed one, %s: found %q, want %q", filter, got, want)
		}
	}
}

// TestLocateShowsWhatTheCallerMaySee: also in the count; and who may list nothing finds nothing.
func TestLocateShowsWhatTheCallerMaySee(t *testing.T) {
	w := open(t)
	for i := range 4 {
		w.key(fmt.Sprintf("%s/k%d", []string{"ours", "theirs"}[i%2], i), true)
	}
	w.f.Grant("some", `permit (principal == Certificate::"us", action in [Action::"read", Action::"list"], resource in Folder::"ours"); permit (principal == Certificate::"us", action == Action::"list", resource == Vault::"quorate");`)
	if got := xmlOf(t, w.as("us").one("1.4", `Locate <MaximumItems type="Integer" value="0"/>`)); !strings.Contains(got, `value="2"`) {
		t.Errorf("we see %s", got)
	}
	if got := xmlOf(t, w.as("us").one("1.4", "Locate "+byName("theirs/k1")+`<MaximumItems type="Integer" value="1"/>`)); !strings.Contains(got, `value="0"`) {
		t.Errorf("we see theirs: %s", got)
	}
	if got := xmlOf(t, w.as("stranger").one("1.4", `Locate <OffsetItems type="Integer" value="0"/>`)); !strings.Contains(got, `value="0"`) {
		t.Errorf("a stranger sees %s", got)
	}
}

// TestOneAnswerHasSoManyIdentifiers: of more a part is given and told as such; the rest is asked for; where there is no word for it, it is an error.
func TestOneAnswerHasSoManyIdentifiers(t *testing.T) {
	w := open(t)
	const all, most = 10_003, 10_000
	w.f.Fill(all)
	located := func(version, filter string) (ids int, total int32, outcome1 string) {
		t.Helper()
		m, err := ttlv.DecodeXML([]byte(request(version, "", "Locate "+filter)), ttlv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		e := ttlv.NewEncoder()
		defer e.Release()
		w.server.Answer(t.Context(), w.caller, m.Root().Raw(), e)
		b, err := e.Message()
		if err != nil {
			t.Fatal(err)
		}
		if m, err = ttlv.Decode(b, ttlv.Limits{Bytes: len(b), Items: len(b)}); err != nil {
			t.Fatal(err)
		}
		item := items(m.Root())[0]
		for c := range item.Find(wire.TagResponsePayload).Children() {
			switch c.Tag() {
			case wire.TagUniqueIdentifier:
				ids++
			case wire.TagLocatedItems:
				if total, err = c.Integer(); err != nil {
					t.Fatal(err)
				}
			}
		}
		return ids, total, outcome(t, item)
	}
	for _, c := range []struct {
		version, filter string
		ids             int
		total           int32
	}{
		{"1.4", "", most, all},
		{"1.4", `<OffsetItems type="Integer" value="10000"/>`, all - most, all},
		{"1.4", `<OffsetItems type="Integer" value="5"/>`, all - 5, all},
		{"1.4", `<MaximumItems type="Integer" value="10002"/>`, most, all},
		{"1.2", `<MaximumItems type="Integer" value="3"/>`, 3, 0},
	} {
		ids, total, got := located(c.version, c.filter)
		if ids != c.ids || total != c.total || got != "Success" {
			t.Errorf("%s %s: %d of %d, want %d of %d: %s", c.version, c.filter, ids, total, c.ids, c.total, got)
		}
	}
	if ids, _, got := located("1.2", ""); ids != 0 || !strings.HasPrefix(got, "ResponseTooLarge: 10003 objects match") {
		t.Errorf("%d identifiers in a version that has no word for a part: %s", ids, got)
	}
}

// TestANameThatWasTakenAwayIsNone: of an object whose last name was deleted the vault's own name, which policies speak of, is not shown as one, nor is it
// located by that; until it has a name again.
func TestANameThatWasTakenAwayIsNone(t *testing.T) {
	for node := range 2 { // the leader, and one that forwards
		f := vaulttest.Cluster(t, 2)
		w := &world{t: t, f: f, caller: f.Root()}
		w.server = newServerOf(w, node)
		w.namesAreTakenAway()
	}
}

func (w *world) namesAreTakenAway() {
	t := w.t
	native := w.key("native/key", true).ID.String()
	made := idOf(t, w.one("1.4", strings.Replace(createItem(""), "<TemplateAttribute>", "<TemplateAttribute>"+byName("made here"), 1)))
	for id, name := range map[string]string{native: "native/key", made: "made here"} {
		found := func() []string { return identifiers(t, w.one("1.4", "Locate "+byName(name))) }
		if got := found(); len(got) != 1 || got[0] != id {
			t.Errorf("%s is located as %v", name, got)
		}
		w.one("1.4", "DeleteAttribute "+byID(id)+`<AttributeName type="TextString" value="Name"/>`)
		if got := found(); len(got) != 0 || w.values(id, "Name") != "" {
			t.Errorf("%s is located as %v, and its name is %s", name, got, w.values(id, "Name"))
		}
		w.one("1.4", "AddAttribute "+byID(id)+byName(name))
		if got := found(); len(got) != 1 || got[0] != id {
			t.Errorf("%s, named again, is located as %v", name, got)
		}
	}
}
