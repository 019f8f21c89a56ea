package kmip_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// attr is an Attribute of 1.x; value is of the form `type="…" value="…"/>` or `>…</AttributeValue>`.
func attr(name, value string) string {
	return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue` + value + `</Attribute>`
}

func textAttr(name, value string) string { return attr(name, ` type="TextString" value="`+value+`"/>`) }

func nameValue(v string) string {
	return `><NameValue type="TextString" value="` + v + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></AttributeValue>`
}

func (w *world) record(id string) *key.Record {
	w.t.Helper()
	r, err := w.f.Vault(0).Key(w.t.Context(), w.f.Root(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// values are the attribute's as 1.4 shows them.
func (w *world) values(id, name string) string {
	w.t.Helper()
	p := xmlOf(w.t, w.one("1.4", "GetAttributes "+byID(id)+`<AttributeName type="TextString" value="`+name+`"/>`))
	return strings.TrimSuffix(strings.TrimPrefix(p, "<ResponsePayload>"+byID(id)), "</ResponsePayload>")
}

// TestAttributesAreAddedChangedAndDeleted tells a story in 1.x, with every step's result or reason.
func TestAttributesAreAddedChangedAndDeleted(t *testing.T) {
	w := open(t)
	r := w.key("app/disk", true)
	id := r.ID.String()
	indexed := func(name, index, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeIndex type="Integer" value="` + index + `"/><AttributeValue` + value + `</Attribute>`
	}
	remove := func(name string, more ...string) string {
		return `<AttributeName type="TextString" value="` + name + `"/>` + strings.Join(more, "")
	}
	second := `<AttributeIndex type="Integer" value="1"/>`
	for _, c := range []struct{ op, more, want string }{
		{"AddAttribute", textAttr("x-Vendor", "VMware"), "Success"},
		{"AddAttribute", attr("x-Level", ` type="Integer" value="7"/>`), "Success"},
		{"AddAttribute", attr("x-Blob", `><ApplicationNamespace type="TextString" value="n"/></AttributeValue>`), "Success"},
		{"AddAttribute", textAttr("x-Vendor", "another"), "Success"},
		{"ModifyAttribute", indexed("x-Vendor", "1", ` type="TextString" value="third"/>`), "Success"},
		{"ModifyAttribute", indexed("x-Vendor", "2", ` type="TextString" value="none"/>`), "ItemNotFound"},
		{"DeleteAttribute", remove("x-Vendor"), "Success"}, // the first; the index of the other stays
		{"ModifyAttribute", indexed("x-Vendor", "1", ` type="TextString" value="fourth"/>`), "Success"},
		{"DeleteAttribute", remove("x-Vendor", `<AttributeIndex type="Integer" value="0"/>`), "ItemNotFound"},
		{"AddAttribute", attr("Contact Information", ` type="TextString" value="Joe"/>`), "Success"},
		{"AddAttribute", attr("Contact Information", ` type="TextString" value="Jim"/>`), "IllegalOperation"},
		{"AddAttribute", attr("Contact Information", ` type="Integer" value="1"/>`), "InvalidField"},
		{"AddAttribute", attr("Name", nameValue("an other näme")), "Success"},
		{"ModifyAttribute", attr("Name", nameValue("app/disk-2")), "Success"}, // Synology: without an index
		{"AddAttribute", attr("State", ` type="Enumeration" value="Destroyed"/>`), "PermissionDenied"},
		{"ModifyAttribute", attr("State", ` type="Enumeration" value="Destroyed"/>`), "PermissionDenied"},
		{"DeleteAttribute", remove("State"), "PermissionDenied"},
		{"DeleteAttribute", remove("Sensitive"), "PermissionDenied"},
		{"DeleteAttribute", remove("x-none"), "ItemNotFound"},
		{"DeleteAttribute", remove("No Attribute"), "ItemNotFound"},
		{"ModifyAttribute", textAttr("x-none", "v"), "ItemNotFound"},
		{"AddAttribute", textAttr("y-server", "v"), "PermissionDenied"},
		{"AddAttribute", textAttr("Nothing", "v"), "InvalidField"},
		{"AddAttribute", textAttr("Certificate Length", "v"), "InvalidField"},
		{"AddAttribute", textAttr("Object Group", "g1"), "Success"},
		{"AddAttribute", textAttr("Object Group", "g2"), "Success"},
		{"DeleteAttribute", remove("Object Group", second), "Success"},
		{"AddAttribute", attr("Application Specific Information", `><ApplicationNamespace type="TextString" value="LIBRARY-LTO"/></AttributeValue>`), "Success"},
		{"AddAttribute", attr("Link", `><LinkType type="Enumeration" value="NextLink"/><LinkedObjectIdentifier type="TextString" value="`+id+`"/></AttributeValue>`), "Success"},
		{"AddAttribute", attr("Link", `><LinkType type="Enumeration" value="NextLink"/><LinkedObjectIdentifier type="TextString" value="elsewhere"/></AttributeValue>`), "InvalidField"},
		{"AddAttribute", attr("Usage Limits", `><UsageLimitsTotal type="LongInteger" value="9"/><UsageLimitsCount type="LongInteger" value="9"/><UsageLimitsUnit type="Enumeration" value="Object"/></AttributeValue>`), "Success"},
		{"ModifyAttribute", attr("Usage Limits", `><UsageLimitsTotal type="LongInteger" value="9"/><UsageLimitsUnit type="Enumeration" value="Byte"/></AttributeValue>`), "Success"}, // nothing was used of it
		{"ModifyAttribute", attr("Activation Date", ` type="DateTime" value="2099-01-01T00:00:00Z"/>`), "PermissionDenied"},
		{"AddAttribute", attr("Deactivation Date", ` type="DateTime" value="2099-01-01T00:00:00Z"/>`), "Success"},
		{"AddAttribute", attr("Protect Stop Date", ` type="DateTime" value="2098-01-01T00:00:00Z"/>`), "Success"},
		{"ModifyAttribute", attr("Sensitive", ` type="Boolean" value="true"/>`), "Success"},
		{"ModifyAttribute", attr("Extractable", ` type="Boolean" value="false"/>`), "Success"},
		{"ModifyAttribute", attr("Extractable", ` type="Boolean" value="true"/>`), "PermissionDenied"},
	} {
		before := w.record(id).Revision
		got := outcomes(t, w.ask(request("1.4", "", c.op+" "+byID(id)+c.more)))[0]
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: got %s, want %s", c.op, c.more, got, c.want)
		}
		after := w.record(id).Revision
		if entries := after - before; got == "Success" && entries != 1 || got != "Success" && entries != 0 {
			t.Errorf("%s %s took %d entries", c.op, c.more, entries)
		}
	}
	for name, want := range map[string]string{
		"x-Vendor":           indexed("x-Vendor", "1", ` type="TextString" value="fourth"/>`),
		"x-Level":            attr("x-Level", ` type="Integer" value="7"/>`),
		"x-Blob":             attr("x-Blob", `><ApplicationNamespace type="TextString" value="n"/></AttributeValue>`),
		"Name":               attr("Name", nameValue("app/disk-2")) + indexed("Name", "1", nameValue("an other näme")),
		"Object Group":       textAttr("Object Group", "g1"),
		"Link":               attr("Link", `><LinkType type="Enumeration" value="NextLink"/><LinkedObjectIdentifier type="TextString" value="`+id+`"/></AttributeValue>`),
		"Usage Limits":       attr("Usage Limits", `><UsageLimitsTotal type="LongInteger" value="9"/><UsageLimitsCount type="LongInteger" value="9"/><UsageLimitsUnit type="Enumeration" value="Byte"/></AttributeValue>`),
		"Never Extractable":  attr("Never Extractable", ` type="Boolean" value="false"/>`),
		"Sensitive":          attr("Sensitive", ` type="Boolean" value="true"/>`),
		"Always Sensitive":   attr("Always Sensitive", ` type="Boolean" value="false"/>`), // it was made without
		"Extractable":        attr("Extractable", ` type="Boolean" value="false"/>`),
		"Certificate Length": "",
	} {
		if got := w.values(id, name); got != want {
			t.Errorf("%s: got %s\nwant %s", name, got, want)
		}
	}
	if got := w.values(id, "Application Specific Information"); !strings.Contains(got, `<ApplicationData type="TextString" value="`) {
		t.Errorf("no data was made up: %s", got)
	}
	now := w.record(id)
	if now.Name != "app/disk" || len(now.Names) != 2 || now.Names[0].Value != "app/disk-2" || now.Groups[0].Value != "g1" || now.UsageLimit != 9 || now.DeactivAt == 0 || now.Exportable || !now.Sensitive() || len(now.Attributes["Sensitive"])+len(now.Attributes["Never Extractable"]) > 0 {
		t.Errorf("to the vault it is %+v", now)
	}
	if got := outcomes(t, w.as("stranger").ask(request("1.4", "", "AddAttribute "+byID(id)+textAttr("x-a", "b"))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("a stranger: %s", got)
	}
}

// TestAttributesInTheWordsOfTwo tells the same in 2.x, where values are named by what they are.
func TestAttributesInTheWordsOfTwo(t *testing.T) {
	w := open(t)
	id := w.key("k", true).ID.String()
	vendor := func(value string) string {
		return `<Attribute><VendorIdentification type="TextString" value="acme"/><AttributeName type="TextString" value="level"/><AttributeValue ` + value + `/></Attribute>`
	}
	fresh := func(s string) string { return `<NewAttribute>` + s + `</NewAttribute>` }
	current := func(s string) string { return `<CurrentAttribute>` + s + `</CurrentAttribute>` }
	group := func(s string) string { return `<ObjectGroup type="TextString" value="` + s + `"/>` }
	level := `<AttributeReference><VendorIdentification type="TextString" value="acme"/><AttributeName type="TextString" value="level"/></AttributeReference>`
	contact := `<AttributeReference type="Enumeration" value="ContactInformation"/>`
	how := func(s string) string { return `<AdjustmentType type="Enumeration" value="` + s + `"/>` }
	for _, c := range []struct{ op, more, want string }{
		{"AddAttribute", fresh(group("g1")), "Success"},
		{"AddAttribute", fresh(group("g2")), "Success"},
		{"ModifyAttribute", current(group("g1")) + fresh(group("g3")), "Success"},
		{"ModifyAttribute", current(group("g1")) + fresh(group("g4")), "AttributeInstanceNotFound"},
		{"DeleteAttribute", current(group("g2")), "Success"},
		{"DeleteAttribute", current(group("g2")), "AttributeInstanceNotFound"},
		{"SetAttribute", fresh(group("g5")), "MultiValuedAttribute"},
		{"SetAttribute", fresh(`<ContactInformation type="TextString" value="Joe"/>`), "Success"},
		{"AddAttribute", fresh(`<ContactInformation type="TextString" value="Jim"/>`), "AttributeSingleValued"},
		{"DeleteAttribute", contact, "Success"},
		{"DeleteAttribute", contact, "AttributeNotFound"},
		{"SetAttribute", fresh(`<State type="Enumeration" value="Destroyed"/>`), "AttributeReadOnly"},
		{"SetAttribute", fresh(`<OperationPolicyName type="TextString" value="p"/>`), "UnsupportedAttribute"},
		{"SetAttribute", fresh(vendor(`type="Integer" value="7"`)), "Success"},
		{"AdjustAttribute", level + how("Increment"), "Success"},
		{"AdjustAttribute", level + how("Decrement") + `<AdjustmentValue type="Integer" value="20"/>`, "Success"},
		{"AdjustAttribute", level + how("Negate"), "Success"},
		{"AdjustAttribute", level + how("Increment") + `<AdjustmentValue type="Integer" value="2147483647"/>`, "NumericRange"},
		{"AdjustAttribute", `<AttributeReference type="Enumeration" value="QuantumSafe"/>` + how("Negate"), "AttributeNotFound"},
		{"SetAttribute", fresh(`<QuantumSafe type="Boolean" value="true"/>`), "Success"},
		{"AdjustAttribute", `<AttributeReference type="Enumeration" value="QuantumSafe"/>` + how("Negate"), "Success"},
	} {
		if got := outcomes(t, w.ask(request("2.1", "", c.op+" "+byID(id)+c.more)))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s: got %s, want %s", c.op, c.more, got, c.want)
		}
	}
	got := xmlOf(t, w.one("2.1", "GetAttributes "+byID(id)+level+`<AttributeReference type="Enumeration" value="ObjectGroup"/><AttributeReference type="Enumeration" value="QuantumSafe"/>`))
	want := `<ResponsePayload>` + byID(id) + `<Attributes>` + group("g3") + `<QuantumSafe type="Boolean" value="false"/>` + vendor(`type="Integer" value="12"`) + `</Attributes></ResponsePayload>`
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	list := xmlOf(t, w.one("2.1", "GetAttributeList "+byID(id)))
	if !strings.Contains(list, level) || strings.Count(list, `"ObjectGroup"`) != 1 {
		t.Errorf("the list is %s", list)
	}
	if got := w.values(id, "acme:level"); !strings.Contains(got, `value="12"`) {
		t.Errorf("1.4 says %s", got)
	}
}

// TestEveryAttributeHasOneRule: the table names each once, and what objects here show is in it.
func TestEveryAttributeHasOneRule(t *testing.T) {
	seen := map[wire.Tag]bool{}
	for _, r := range attribute.Rules {
		if seen[r.Tag] || !r.Tag.Known() || r.Type == 0 {
			t.Errorf("%v is there twice, unknown or without a type", r.Tag)
		}
		seen[r.Tag] = true
	}
	w := open(t)
	for item := range w.one("2.1", "GetAttributes "+byID(w.key("k", true).ID.String())).Find(wire.TagAttributes).Children() {
		r, ok := attribute.RuleOf(item.Tag(), "")
		if !ok || r.Type != item.Type() {
			t.Errorf("%v of type %v is not as in the table", item.Tag(), item.Type())
		}
	}
}

// TestKeptValuesKeepTheirPlaces: several values of one attribute, also when some are gone.
func TestKeptValuesKeepTheirPlaces(t *testing.T) {
	var e ttlv.Encoder
	for _, v := range []string{"a", "b", "c"} {
		e.Text(wire.TagAttributeValue, v)
	}
	b, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	all := attribute.Decode(b)
	if len(all) != 3 || all[2].Index != 2 {
		t.Fatalf("read %v", all)
	}
	if b, err = attribute.Encode(0, []attribute.Value{all[1], all[2]}); err != nil {
		t.Fatal(err)
	}
	rest := attribute.Decode(b)
	var places []int
	for _, v := range rest {
		places = append(places, v.Index)
	}
	if !slices.Equal(places, []int{1, 2}) {
		t.Errorf("the places are %v", places)
	}
	for i := range b { // whatever is cut off, nothing but whole values are read
		if n := len(attribute.Decode(b[:i])); n > len(rest) {
			t.Errorf("%d bytes make %d values", i, n)
		}
	}
}
