package kmip_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// folder is one node's operation policies, with what it told its operator.
type folder struct {
	*kmip.Policies
	t    *testing.T
	told bytes.Buffer
}

func newFolder(t *testing.T, w *world) *folder {
	f := &folder{t: t}
	f.Policies = &kmip.Policies{Vault: w.f.Vault(0), Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&f.told, nil))}
	return f
}

func (f *folder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.Dir, name), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.Dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *folder) load() {
	f.t.Helper()
	if err := f.Load(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// policyText is what the cluster's policy says; "" if there is none.
func (w *world) policyText(name string) string {
	w.t.Helper()
	p, err := w.f.Vault(0).Policy(w.t.Context(), w.f.Root(), "kmip/"+name)
	if errors.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return p.Text
}

const (
	teamReads  = `{"team": {"SYMMETRIC_KEY": {"GET": "ALLOW_ALL"}}}`
	teamLooks  = `{"team": {"SYMMETRIC_KEY": {"LOCATE": "ALLOW_ALL"}}}`
	teamSigns  = `{"team": {"PRIVATE_KEY": {"SIGN": "ALLOW_ALL"}}}`
	overruled  = "was changed elsewhere"
	unknownOne = "that are in no file here"
)

// TestNodesWithDifferentPoliciesDoNotFight: the last change of a file counts, each node says once that its own does not, and what one takes away the
// other does not put back.
func TestNodesWithDifferentPoliciesDoNotFight(t *testing.T) {
	w := open(t)
	a, b := newFolder(t, w), newFolder(t, w)
	a.write("team.json", teamReads)
	b.write("team.json", teamLooks)
	a.load()
	first := w.policyText("team")
	b.load()
	second := w.policyText("team")
	if first == second || !strings.Contains(first, "reveal") || strings.Contains(second, "reveal") {
		t.Fatalf("first\n%s\nthen\n%s", first, second)
	}
	for range 3 {
		a.load()
		b.load()
	}
	if got := w.policyText("team"); got != second {
		t.Errorf("the older file came back:\n%s", got)
	}
	if n := strings.Count(a.told.String(), overruled); n != 1 || strings.Contains(b.told.String(), overruled) {
		t.Errorf("told %d times:\n%sand by the other\n%s", n, &a.told, &b.told)
	}
	a.write("team.json", teamSigns)
	a.load()
	b.load()
	if got := w.policyText("team"); !strings.Contains(got, "sign") {
		t.Errorf("a changed file does not count:\n%s", got)
	}
	a.remove("team.json")
	a.load()
	b.load()
	if got := w.policyText("team"); got != "" {
		t.Errorf("what was taken away came back:\n%s", got)
	}
	b.write("team.json", teamReads)
	b.load()
	restarted := newFolder(t, w)
	restarted.load()
	restarted.load()
	if n := strings.Count(restarted.told.String(), unknownOne); n != 1 || !strings.Contains(restarted.told.String(), "kmip/team") {
		t.Errorf("a node that has no such file said %d times:\n%s", n, &restarted.told)
	}
}

// TestWhatAFileSaidIsTakenAwayAfterErrors: also what was put although the node was told otherwise, and what could not be taken away at once.
func TestWhatAFileSaidIsTakenAwayAfterErrors(t *testing.T) {
	w := open(t)
	f := newFolder(t, w)
	f.load()
	f.write("team.json", teamReads)
	w.f.FailNext(vaulttest.Committed)
	if err := f.Load(t.Context()); err == nil || w.policyText("team") == "" {
		t.Fatalf("nothing went wrong (%v), or nothing was put", err)
	}
	f.remove("team.json")
	w.f.FailNext(vaulttest.Lost)
	if err := f.Load(t.Context()); err == nil || w.policyText("team") == "" {
		t.Fatalf("nothing went wrong: %v", err)
	}
	f.load()
	if got := w.policyText("team"); got != "" {
		t.Errorf("it is still there:\n%s", got)
	}
}

// TestAFileBreaksBeforeItWasTaken: what it said counts all the same, though the cluster could not be told yet.
func TestAFileBreaksBeforeItWasTaken(t *testing.T) {
	w := open(t)
	f := newFolder(t, w)
	f.load()
	f.write("team.json", teamReads)
	w.f.FailNext(vaulttest.Lost)
	if err := f.Load(t.Context()); err == nil {
		t.Fatal("nothing went wrong")
	}
	f.write("team.json", `{"team": {`)
	f.load()
	if got := w.policyText("team"); !strings.Contains(got, "reveal") {
		t.Errorf("it says %q", got)
	}
}

// TestClientsMakeObjectsInTheirFolderOnly: the names that objects bear are not those by which policies know them, unless a policy lets the
// client make a key there.
func TestClientsMakeObjectsInTheirFolderOnly(t *testing.T) {
	w := open(t)
	newFolder(t, w).load()
	w.f.Grant("app", `permit (principal == Certificate::"app", action, resource in Folder::"app");`)
	client := w.as("app")
	client.caller.Door = "kmip"
	for name, want := range map[string]string{"payments/master": "", "app/disk": "app/disk", "kmip/disk": "kmip/disk", "disk": ""} {
		id := idOf(t, client.one("1.2", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(byName(name),
			enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 12))))
		if want == "" {
			want = "kmip/" + id
		}
		if got := w.record(id).Name; got != want {
			t.Errorf("the object that bears the name %s is known as %s, want %s", name, got, want)
		}
		if got := idOf(t, client.one("1.2", "Locate "+byName(name))); got != id {
			t.Errorf("%s is found as %s, want %s", name, got, id)
		}
		secret := `<ObjectType type="Enumeration" value="SecretData"/>` + template(byName(name+"-secret")) + `<SecretData><SecretDataType type="Enumeration" value="Password"/>` +
			`<KeyBlock><KeyFormatType type="Enumeration" value="Opaque"/><KeyValue><KeyMaterial type="ByteString" value="00112233445566778899AABBCCDDEEFF"/></KeyValue></KeyBlock></SecretData>`
		id = idOf(t, client.one("1.2", "Register "+secret))
		if got, own := w.record(id).Name, "kmip/"+id; (got == own) != (want != name) {
			t.Errorf("the secret %s-secret is known as %s", name, got)
		}
	}
}
