package vault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestAReplacedKeyStaysUnderItsPolicies: its name is its successor's now, but what policies said of the key by name or folder they still
// say; and the successor belongs to whom the key belonged.
func TestAReplacedKeyStaysUnderItsPolicies(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	f.Grant("work", `permit (principal, action, resource); forbid (principal, action == Action::"reveal", resource in Folder::"prod");`)
	old, err := v.CreateKey(ctx, as("maker"), vault.KeySpec{Name: "prod/x", Exportable: true})
	ok(t, "creating", err)
	next, err := v.ReplaceKey(ctx, as("other"), "prod/x", vault.ReplaceSpec{})
	ok(t, "replacing", err)
	if next.Name != "prod/x" || next.Owner != "maker" || next.ID == old.ID {
		t.Errorf("the new key is %q of %q", next.Name, next.Owner)
	}
	was := f.State(0).Key(old.ID)
	if was.Name != "prod/x/"+old.ID.String() {
		t.Errorf("the old key is %q", was.Name)
	}
	if _, err := reveal(v, as("other"), old.ID.String(), 0); !errors.Is(err, fault.Denied) {
		t.Errorf("the old key is given out: %v", err)
	}
	f.Grant("work", `permit (principal, action, resource); forbid (principal, action == Action::"update", resource in Folder::"prod");`)
	ok(t, "activating", err1(v.ChangeState(ctx, as("other"), next.ID.String(), vault.StateChange{Action: access.Activate})))
	if _, err := v.ReplaceKey(ctx, as("other"), "prod/x", vault.ReplaceSpec{}); !errors.Is(err, fault.Denied) {
		t.Errorf("a key that nobody may change is replaced: %v", err)
	}
	long := strings.Repeat("n", 250)
	_, err = v.CreateKey(ctx, as("maker"), vault.KeySpec{Name: long})
	ok(t, "creating", err)
	if _, err := v.ReplaceKey(ctx, as("maker"), long, vault.ReplaceSpec{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a key with too long a name: %v", err)
	}
}

// TestAReplacedKeyIsNotHeldOpened: what was opened of it under its old record is dropped on every node that applies the replacement.
func TestAReplacedKeyIsNotHeldOpened(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	old := f.MustCreate("k")
	if _, err := encrypt(v, f.Root(), "k", "plain"); err != nil {
		t.Fatal(err)
	}
	if !v.Holds(old.ID) {
		t.Fatal("a key that is in use is not held opened")
	}
	if _, err := v.ReplaceKey(ctx, f.Root(), "k", vault.ReplaceSpec{}); err != nil {
		t.Fatal(err)
	}
	if v.Holds(old.ID) {
		t.Error("it is still held opened under the record that it had before")
	}
}
