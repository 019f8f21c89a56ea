package vault_test

import (
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestSharesOpenWhateverOtherSlotsThereAre: the operators' shares do not lean on the members' slot in any state of it: every node is
// restarted, two of three shares open nothing, and the third opens all.
func TestSharesOpenWhateverOtherSlotsThereAre(t *testing.T) {
	add := func(t *testing.T, f *vaulttest.Fixture, spec vault.SlotSpec) {
		t.Helper()
		spec.Kind = "quorum"
		_, err := f.Vault(f.Leader()).AddSlot(ctx, f.Root(), spec)
		ok(t, "adding the slot", err)
	}
	spoil := func(t *testing.T, f *vaulttest.Fixture, with func([]byte) []byte) {
		t.Helper()
		for i := range f.Len() {
			for name, b := range sharesOf(f, i) {
				ok(t, "spoiling", f.Keeper(i).Write(name, with(b)))
			}
		}
	}
	for name, prepare := range map[string]func(*testing.T, *vaulttest.Fixture){
		"dealt, cold start off": func(t *testing.T, f *vaulttest.Fixture) { addQuorum(t, f, vault.SlotSpec{}) },
		"waits to be dealt":     func(t *testing.T, f *vaulttest.Fixture) { add(t, f, vault.SlotSpec{}) },
		"replaced, not yet dealt again": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{})
			add(t, f, vault.SlotSpec{Replace: true})
		},
		"removed": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{})
			ok(t, "removing", f.Vault(f.Leader()).RemoveSlot(ctx, f.Root(), "quorum"))
		},
		"all members lost their shares": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{})
			spoil(t, f, func([]byte) []byte { return nil })
		},
		"all members' shares altered": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{})
			spoil(t, f, func(b []byte) []byte { b[len(b)-2] ^= 1; return b })
		},
		"no member can read its disk": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{})
			for i := range f.Len() {
				f.Keeper(i).Break(true)
			}
		},
		"sealed by an operator": func(t *testing.T, f *vaulttest.Fixture) {
			addQuorum(t, f, vault.SlotSpec{ColdStart: true})
			ok(t, "sealing", f.Vault(0).Seal(ctx, f.Root(), false))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
			f.MustCreate("k")
			text := mustEncrypt(t, f, "k", "secret")
			prepare(t, f)
			for i := range 3 {
				f.Restart(i)
			}
			for given, share := range f.Shares()[2:] { // any three do
				for i := range 3 {
					if !f.Vault(i).Sealed() {
						t.Fatalf("node %d is open after %d shares", i, given)
					}
				}
				_, err := f.Vault(1).Unseal(ctx, access.Caller{Door: "test"}, share)
				ok(t, "handing in a share", err)
			}
			for i := range 3 {
				if f.Vault(i).Sealed() {
					t.Fatalf("node %d is sealed after three shares", i)
				}
				opens(t, f, i, "k", text, "secret")
			}
		})
	}
}
