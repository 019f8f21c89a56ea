package kmip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

func text(name, value string) string {
	return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue type="TextString" value="` + value + `"/></Attribute>`
}

// by is a Template-Attribute that names templates, beside attributes of its own.
func by(templates []string, attributes ...string) string {
	var b strings.Builder
	for _, name := range templates {
		b.WriteString(`<Name><NameValue type="TextString" value="` + name + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name>`)
	}
	return `<TemplateAttribute>` + b.String() + strings.Join(attributes, "") + `</TemplateAttribute>`
}

// TestTemplatesLendTheirAttributes: in each version that has them, to whatever is made by their name; what a request says itself counts more, and
// what an object of the type cannot have is left out.
func TestTemplatesLendTheirAttributes(t *testing.T) {
	for _, v := range []string{"1.0", "1.1", "1.2", "1.3", "1.4"} {
		t.Run(v, func(t *testing.T) {
			w := open(t)
			held := []string{
				byName("disks"), enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), strings.Replace(integer("Cryptographic Usage Mask", 12), "12", "Encrypt Decrypt", 1),
				text("Object Group", "one"), text("Contact Information", "Joe"), text("x-Purpose", "demonstration"),
			}
			id := idOf(t, w.one(v, register("Template", strings.Join(held, ""))))
			if got, want := xmlOf(t, w.one(v, "Get "+byID(id))), `<ResponsePayload><ObjectType type="Enumeration" value="Template"/>`+byID(id)+`<Template>`; !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s", got, want)
			} else {
				for _, a := range held {
					if !strings.Contains(got, a) {
						t.Errorf("it holds no %s: %s", a, got)
					}
				}
			}
			shown := xmlOf(t, w.one(v, "GetAttributes "+byID(id)))
			for _, a := range append([]string{enumeration("Object Type", "Template"), `value="Initial Date"`}, held...) {
				if !strings.Contains(shown, a) {
					t.Errorf("there is no %s in %s", a, shown)
				}
			}
			for _, a := range []string{`"State"`, `"Lease Time"`, `"Digest"`, `"Fresh"`} {
				if strings.Contains(shown, a) {
					t.Errorf("a template has %s", a)
				}
			}
			if got := xmlOf(t, w.one(v, "Locate "+enumeration("Object Type", "Template")+byName("disks"))); !strings.Contains(got, id) {
				t.Errorf("it is not located: %s", got)
			}
			made := idOf(t, w.one(v, `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by([]string{"disks"}, byName("disk 1"), text("Contact Information", "Jane"))))
			r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), made)
			if err != nil || r.Algorithm != key.AES256GCM || r.Usage != 12 || len(r.Groups) != 1 || r.Groups[0].Value != "one" || len(r.Names) != 1 {
				t.Errorf("the key is %+v (%v)", r, err)
			}
			got := xmlOf(t, w.one(v, "GetAttributes "+byID(made)))
			if !strings.Contains(got, text("Contact Information", "Jane")) || strings.Contains(got, "Joe") || !strings.Contains(got, text("x-Purpose", "demonstration")) {
				t.Errorf("the key has %s", got)
			}
			w.one(v, register2("OpaqueObject", by([]string{"disks"}), `<OpaqueDataType type="Enumeration" value="0x80000001"/><OpaqueDataValue type="ByteString" value="00FF"/>`))
			w.one(v, "ModifyAttribute "+byID(id)+integer("Cryptographic Length", 128))
			w.one(v, "AddAttribute "+byID(id)+text("x-More", "more"))
			w.one(v, "DeleteAttribute "+byID(id)+`<AttributeName type="TextString" value="x-Purpose"/>`)
			made = idOf(t, w.one(v, `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by([]string{"disks"})))
			got = xmlOf(t, w.one(v, "GetAttributes "+byID(made)))
			if !strings.Contains(got, integer("Cryptographic Length", 128)) || !strings.Contains(got, text("x-More", "more")) || strings.Contains(got, "x-Purpose") {
				t.Errorf("by the template as it was changed: %s", got)
			}
			w.one(v, "Destroy "+byID(id))
			if got := outcomes(t, w.ask(request(v, "", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by([]string{"disks"}))))[0]; !strings.HasPrefix(got, "ItemNotFound: ") {
				t.Errorf("by a destroyed template: %s", got)
			}
		})
	}
}

func register2(kind, attributes, object string) string {
	return `Register <ObjectType type="Enumeration" value="` + kind + `"/>` + attributes + `<` + kind + `>` + object + `</` + kind + `>`
}

// TestTemplatesOfPairsAndStrangers: a pair takes its halves' templates; who may not read a template makes nothing by it; 2.x has none.
func TestTemplatesOfPairsAndStrangers(t *testing.T) {
	w := open(t)
	id := idOf(t, w.one("1.2", register("Template", enumeration("Cryptographic Algorithm", "EC")+integer("Cryptographic Length", 256), byName("pairs"))))
	w.one("1.2", register("Template", text("x-half", "second"), byName("private")))
	w.one("1.2", register("Template", text("x-half", "third")+text("x-other", "third"), byName("late")))
	pair := w.one("1.2", "CreateKeyPair "+strings.ReplaceAll(by([]string{"pairs"}), "TemplateAttribute", "CommonTemplateAttribute")+
		strings.ReplaceAll(by([]string{"private", "late"}), "TemplateAttribute", "PrivateKeyTemplateAttribute"))
	private, err := pair.Find(wire.TagPrivateKeyUniqueIdentifier).Text()
	if err != nil {
		t.Fatal(err)
	}
	if got := xmlOf(t, w.one("1.2", "GetAttributes "+byID(private))); !strings.Contains(got, text("x-half", "second")) || !strings.Contains(got, text("x-other", "third")) || strings.Contains(got, text("x-half", "third")) {
		t.Errorf("the private half has %s", got)
	}
	stranger := w.as("stranger")
	if got, want := outcomes(t, stranger.ask(request("1.2", "", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by([]string{"pairs"})))),
		outcomes(t, stranger.ask(request("1.2", "", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by([]string{"nothing"})))); !slices.Equal(got, want) || got[0] != "ItemNotFound: there is no such object" {
		t.Errorf("a stranger learns %v, and of none %v", got, want)
	}
	if got := xmlOf(t, w.one("2.1", "Locate <Attributes>"+`<ObjectType type="Enumeration" value="0x00000006"/>`+"</Attributes>")); strings.Contains(got, id) {
		t.Errorf("2.1 finds %s", got)
	}
	for item, want := range map[string]string{
		"Get " + byID(id): "InvalidObjectType: ",
		`Register <ObjectType type="Enumeration" value="0x00000006"/><Attributes/><Template/>`: "InvalidField: ",
	} {
		if got := outcomes(t, w.ask(request("2.1", "", item)))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", item, got)
		}
	}
	if got := outcomes(t, w.ask(request("1.2", "", register("Template", enumeration("State", "Active")))))[0]; !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Errorf("a template with a state: %s", got)
	}
}

// TestTooManyTemplatesAreRefused: before a seventeenth is looked for; one that is named again counts once.
func TestTooManyTemplatesAreRefused(t *testing.T) {
	w := open(t)
	w.one("1.2", register("Template", enumeration("Cryptographic Algorithm", "AES")+integer("Cryptographic Length", 256), byName("disks")))
	create := func(names []string) string {
		return outcomes(t, w.ask(request("1.2", "", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+by(names, integer("Cryptographic Usage Mask", 4)))))[0]
	}
	if got := create(slices.Repeat([]string{"disks"}, 40)); got != "Success" {
		t.Errorf("the same again and again: %s", got)
	}
	var many []string
	for i := range 17 {
		name := fmt.Sprint("template ", i)
		w.one("1.2", register("Template", text("x-"+name, "given"), byName(name)))
		many = append(many, name)
	}
	if got := create(append(many[:15:15], "disks")); got != "Success" {
		t.Errorf("sixteen: %s", got)
	}
	if got := create(append(many, "disks")); !strings.HasPrefix(got, "InvalidField: ") || !strings.Contains(got, "16 templates at most") {
		t.Errorf("eighteen: %s", got)
	}
}
