package kmip_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// importOf is an Import of an AES key in a version's form.
func importOf(version, id, name, material string, replace bool) string {
	attributes := `<Attributes><Name><NameValue type="TextString" value="` + name + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name><CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/></Attributes>`
	if version < "2.0" {
		attributes = byName(name) + integer("Cryptographic Usage Mask", 12)
	}
	again := ""
	if replace {
		again = `<ReplaceExisting type="Boolean" value="true"/>`
	}
	return "Import " + byID(id) + `<ObjectType type="Enumeration" value="SymmetricKey"/>` + again + attributes +
		`<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/><KeyValue><KeyMaterial type="ByteString" value="` + material + `"/></KeyValue>` +
		`<CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="128"/></KeyBlock></SymmetricKey>`
}

// TestWhatIsImportedKeepsItsIdentifier: one of ours and another's, on another node, for its owner and for strangers; again it is refused, and
// replaced where that is asked for.
func TestWhatIsImportedKeepsItsIdentifier(t *testing.T) {
	w := openCluster(t, 3)
	first, second := strings.Repeat("0A", 16), strings.Repeat("0B", 16)
	own, err := key.ParseID("01234567-89ab-4def-8123-456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range []string{"1.4", "2.0", "2.1"} {
		own[0] = byte(i)
		for _, id := range []string{own.String(), "other system/key #" + v} {
			name := "imported " + v + " " + id[:8]
			ask := func(node int, item string) string { return outcomes(t, w[node].ask(request(v, "", item)))[0] }
			if got := idOf(t, w[1].one(v, importOf(v, id, name, first, false))); got != id {
				t.Errorf("imported as %s, not %s", got, id)
			}
			material := func(node int, id string) string {
				return xmlOf(t, w[node].one(v, "Get "+byID(id)).Find(wire.TagSymmetricKey))
			}
			if !strings.Contains(material(2, id), first) {
				t.Error("another key is given out")
			}
			w[0].one(v, "Activate "+byID(id))
			located := idOf(t, w[0].one(v, "Locate "+map[bool]string{true: byName(name), false: `<Attributes><Name><NameValue type="TextString" value="` + name + `"/><NameType type="Enumeration" value="UninterpretedTextString"/></Name></Attributes>`}[v < "2.0"]))
			if !strings.Contains(material(1, located), first) {
				t.Errorf("located %s, which is another", located)
			}
			for _, replace := range []bool{false, true} {
				if got := outcomes(t, w[0].as("stranger").ask(request(v, "", importOf(v, id, name, second, replace))))[0]; got == "Success" {
					t.Error("a stranger imports it again")
				}
			}
			if got := ask(2, importOf(v, id, name, second, false)); !strings.HasPrefix(got, "ObjectAlreadyExists: ") {
				t.Errorf("again: %s", got)
			}
			if !strings.Contains(material(0, id), first) {
				t.Error("a refused import changed it")
			}
			w[2].one(v, importOf(v, id, name, second, true))
			for node := range w {
				if got := material(node, id); !strings.Contains(got, second) || strings.Contains(got, first) {
					t.Errorf("replaced, node %d gives %s", node, got)
				}
			}
			w[0].one(v, "Destroy "+byID(id))
			if got := ask(1, importOf(v, id, name, first, false)); !strings.HasPrefix(got, "ObjectAlreadyExists: ") {
				t.Errorf("over its tombstone: %s", got)
			}
			w[1].one(v, importOf(v, id, name, first, true))
			if !strings.Contains(material(0, id), first) {
				t.Error("what replaced the tombstone is another key")
			}
		}
	}
	if got := outcomes(t, w[0].ask(request("2.1", "", "Get "+byID("never imported"))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("of what was never imported: %s", got)
	}
	if got := outcomes(t, w[0].ask(request("1.3", "", importOf("1.3", "x", "x", first, false))))[0]; !strings.HasPrefix(got, "OperationNotSupported: ") {
		t.Errorf("in 1.3: %s", got)
	}
}

// TestAnImportTellsWhatIsTaken: an id is, or a name; and of an id that another has, whoever may not see it is told what he is told where he
// may not import.
func TestAnImportTellsWhatIsTaken(t *testing.T) {
	const v = "2.1"
	w := open(t)
	w.f.Grant("clients", `permit (principal is Certificate, action == Action::"import", resource); permit (principal is Certificate, action, resource) when { resource.owner == principal.name };`)
	material := strings.Repeat("0A", 16)
	w.one(v, importOf(v, "theirs", "first", material, false))
	ask := func(w *world, id, name string, replace bool) string {
		return outcomes(t, w.ask(request(v, "", importOf(v, id, name, material, replace))))[0]
	}
	if got := ask(w, "theirs", "second", false); !strings.HasPrefix(got, "ObjectAlreadyExists: ") {
		t.Errorf("the id is taken: %s", got)
	}
	if got := ask(w, "free", "first", false); !strings.HasPrefix(got, "NonUniqueNameAttribute: ") {
		t.Errorf("the name is taken: %s", got)
	}
	alice := w.as("alice")
	if plain, over := ask(alice, "theirs", "third", false), ask(alice, "theirs", "third", true); plain != over || plain != "ItemNotFound: there is no such object" {
		t.Errorf("of another's: %s, and replacing it: %s", plain, over)
	}
}

// TestAReplacementAsksWhatADestructionAsks: that it is not archived, and the permission to deactivate it; and its owner stays.
func TestAReplacementAsksWhatADestructionAsks(t *testing.T) {
	const v = "2.1"
	w := open(t)
	w.f.Grant("clients", `permit (principal is Certificate, action, resource); forbid (principal == Certificate::"bob", action == Action::"deactivate", resource);`)
	alice, bob, carol := w.as("alice"), w.as("bob"), w.as("carol")
	first, second := strings.Repeat("0A", 16), strings.Repeat("0B", 16)
	id := byID(idOf(t, alice.one(v, importOf(v, "k", "k", first, false))))
	alice.one(v, "Activate "+id)
	over := func(w *world) string {
		return outcomes(t, w.ask(request(v, "", importOf(v, "k", "k", second, true))))[0]
	}
	if got := over(bob); got != "ItemNotFound: there is no such object" && !strings.HasPrefix(got, "PermissionDenied: ") {
		t.Errorf("replaced by who may not deactivate it: %s", got)
	}
	alice.one(v, "Archive "+id)
	if got := over(carol); !strings.HasPrefix(got, "ObjectArchived: ") {
		t.Errorf("an archived one: %s", got)
	}
	alice.one(v, "Recover "+id)
	if got := over(carol); got != "Success" {
		t.Fatal(got)
	}
	r, err := w.f.Vault(0).Key(t.Context(), w.f.Root(), "k")
	if err != nil || r.Owner != "alice" {
		t.Fatalf("it belongs to %q (%v)", r.Owner, err)
	}
}

// TestAForeignIdentifierIsGoodEverywhere: Locate, by itself and in links, Derive Key and links take it as Get does; one of nothing finds nothing.
func TestAForeignIdentifierIsGoodEverywhere(t *testing.T) {
	w := open(t)
	const id, none = "other system/key #7", "nothing of theirs"
	link := func(to string) string {
		return attr("Link", `><LinkType type="Enumeration" value="NextLink"/><LinkedObjectIdentifier type="TextString" value="`+to+`"/></AttributeValue>`)
	}
	named := func(id string) string { return attr("Unique Identifier", ` type="TextString" value="`+id+`"/>`) }
	w.one("1.4", importOf("1.4", id, "theirs", strings.Repeat("0A", 16), false))
	other := w.key("ours", true).ID.String()
	w.one("1.4", "AddAttribute "+byID(other)+link(id))
	if got := outcomes(t, w.ask(request("1.4", "", "AddAttribute "+byID(other)+link(none))))[0]; !strings.HasPrefix(got, "InvalidField: ") {
		t.Errorf("a link to nothing: %s", got)
	}
	for filter, want := range map[string]string{named(id): vault.ForeignID(id).String(), link(id): other, named(none): "", link(none): "", named(id) + byName("theirs"): vault.ForeignID(id).String(), named(id) + byName("other"): ""} {
		found := ""
		for item := range w.one("1.4", "Locate "+filter).Children() {
			text, err := item.Text()
			if err != nil {
				t.Fatal(err)
			}
			found += text
		}
		if found != want {
			t.Errorf("%s finds %q, want %q", filter, found, want)
		}
	}
	got := outcomes(t, w.ask(request("1.4", "", deriveBy(byID(id), "SHA_256"))))[0]
	if !strings.HasPrefix(got, "IncompatibleCryptographicUsageMask: ") && !strings.HasPrefix(got, "PermissionDenied: the cryptographic usage mask") {
		t.Errorf("what was found is not for deriving, and it is said: %s", got)
	}
	if got := outcomes(t, w.ask(request("1.4", "", "Validate "+byID(id))))[0]; strings.HasPrefix(got, "ItemNotFound: ") {
		t.Errorf("what was found is no certificate, and it is said: %s", got)
	}
}
