package kmip_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/vault"
)

// TestOperationPoliciesAreFollowed: the built-in ones first, then a file that comes, changes, breaks and goes, on every node; and who is
// denied gets the same answer, byte for byte, as about what is not there.
func TestOperationPoliciesAreFollowed(t *testing.T) {
	w := open(t)
	dir := t.TempDir()
	p := &kmip.Policies{Vault: w.f.Vault(0), Dir: dir, Log: slog.New(slog.DiscardHandler)}
	load := func(file string) {
		t.Helper()
		at := filepath.Join(dir, "team.json")
		if file == "" {
			if err := os.Remove(at); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(at, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := p.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner, other := w.as("owner"), w.as("other")
	owner.caller.Door, other.caller.Door = "kmip", "kmip"
	make1 := func(name, operationPolicy string) string {
		t.Helper()
		r, err := w.f.Vault(0).CreateKey(t.Context(), owner.caller, vault.KeySpec{Name: "kmip/" + name, Exportable: true, Tags: map[string]string{policy.Tag: operationPolicy}})
		if err != nil {
			t.Fatal(err)
		}
		return byID(r.ID.String())
	}
	standard, team := make1("standard", "default"), make1("team", "team")
	says := func(w *world, op, id, want string) {
		t.Helper()
		if got := outcomes(t, w.ask(request("1.2", "", op+" "+id)))[0]; got != want {
			t.Errorf("%s by %s: got %s, want %s", op, w.caller.Principal, got, want)
		}
	}
	const good, absent = "Success", "ItemNotFound: there is no such object"
	says(owner, "Get", standard, good)
	says(other, "Get", standard, absent)
	says(other, "Destroy", standard, absent)
	says(owner, "Get", team, absent) // there is no such policy yet
	revision := func() uint64 {
		t.Helper()
		text, err := w.f.Vault(0).Policy(t.Context(), w.f.Root(), "kmip/team")
		if err != nil {
			t.Fatal(err)
		}
		return text.Revision
	}
	load(`{"team": {"SYMMETRIC_KEY": {"GET": "ALLOW_ALL"}}}`)
	says(other, "Get", team, good)
	says(other, "Activate", team, absent)
	before := revision()
	if err := p.Load(t.Context()); err != nil || revision() != before {
		t.Errorf("what did not change was put again: revision %d after %d (%v)", revision(), before, err)
	}
	load(`{"team": {"SYMMETRIC_KEY": {"GET": "ALLOW_OWNER"}}}`)
	says(other, "Get", team, absent)
	says(owner, "Get", team, good)
	load(`{"team": {"SYMMETRIC_KEY": {"GET": "ALLOW_`)
	says(owner, "Get", team, good) // what it said before stays
	load("")
	says(owner, "Get", team, absent)
	says(owner, "Get", standard, good)
	if got := w.values(w.record("kmip/team").ID.String(), "Operation Policy Name"); got != textAttr("Operation Policy Name", "team") {
		t.Errorf("the policy of a key is shown as %s", got)
	}
}
