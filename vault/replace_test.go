package vault_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
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

// TestAKeyThatAnImportReplacedIsNotHeldOpened: nor what the node held of its limit, which another unit may count now.
func TestAKeyThatAnImportReplacedIsNotHeldOpened(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	spec := vault.RegisterSpec{
		Key:      vault.KeySpec{Name: "k", Algorithm: key.AES256GCM, UsageLimit: 1000},
		Material: []byte("0123456789abcdef0123456789abcdef"), ID: vault.ForeignID("k"),
	}
	ok(t, "importing", err1(v.RegisterKey(ctx, f.Root(), spec)))
	if _, err := encrypt(v, f.Root(), "k", "plain"); err != nil {
		t.Fatal(err)
	}
	if !v.Holds(spec.ID) {
		t.Fatal("a key that is in use is not held opened")
	}
	spec.Replace, spec.Key.LimitBytes = true, true
	if _, err := v.RegisterKey(ctx, f.Root(), spec); !errors.Is(err, fault.BadState) {
		t.Errorf("what was used lately is replaced without force: %v", err)
	}
	spec.Force = true
	r, err := v.RegisterKey(ctx, f.Root(), spec)
	ok(t, "replacing", err)
	if v.Holds(spec.ID) {
		t.Error("it is still held opened under the record that it had before")
	}
	if left := r.Shows().UsageLeft; left != 1000 {
		t.Errorf("%d of 1000 are left of a limit that nothing was taken off", left)
	}
}

// TestNothingOfTheVaultsOwnIsReplaced: neither its own keys nor what opens with a key-encrypting key only.
func TestNothingOfTheVaultsOwnIsReplaced(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	own, err := v.WrappingKey(ctx, f.Root(), key.X25519)
	ok(t, "asking for a wrapping key", err)
	kek, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, "drawing a key", err)
	public, err := x509.MarshalPKIXPublicKey(&kek.PublicKey)
	ok(t, "encoding it", err)
	dual, err := v.CreateDual(ctx, f.Root(), public)
	ok(t, "making a data key", err)
	for _, r := range []*key.Record{own.Record, dual} {
		_, err := v.RegisterKey(ctx, f.Root(), vault.RegisterSpec{
			Key: vault.KeySpec{Name: "new", Algorithm: key.AES256GCM}, Material: []byte("0123456789abcdef0123456789abcdef"), ID: r.ID, Replace: true,
		})
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s is replaced: %v", r.Name, err)
		}
	}
}
