package vault_test

import (
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestWhatIsArchivedIsUsedForNothing: on any node, in no way, nor what is below it, and after it is recovered as before.
func TestWhatIsArchivedIsUsedForNothing(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k", Exportable: true, UsageLimit: 1000})
	ok(t, "creating", err)
	_, err = f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "parent"})
	ok(t, "creating a parent", err)
	_, err = f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "child", Parent: "parent"})
	ok(t, "creating a child", err)
	dual, err := f.Vault(0).CreateDual(ctx, root, kekPublic())
	ok(t, "creating a dual key", err)
	_, err = openDual(f.Vault(2), root, kekPEM()) // it is held opened there
	ok(t, "opening it", err)
	text := mustEncrypt(t, f, "k", "secret")
	below := mustEncrypt(t, f, "child", "secret")
	for _, name := range []string{"k", "parent", dual.Name} {
		r, err := f.Vault(1).ArchiveKey(ctx, root, name, 0)
		ok(t, "archiving", err)
		if r.Archived == 0 || r.State != key.Active {
			t.Errorf("archived: %+v", r)
		}
	}
	for node := range 3 {
		v := f.Vault(node)
		for what, err := range map[string]error{
			"encrypting":                 err1(encrypt(v, root, "k", "x")),
			"decrypting":                 err1(decrypt(v, root, "k", text)),
			"taking out":                 err1(reveal(v, root, "k", 0)),
			"opening a dual key":         err1(openDual(v, root, kekPEM())),
			"opening a child":            err1(decrypt(v, root, "child", below)),
			"making a child":             err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "another", Parent: "parent"})),
			"rotating":                   err1(v.RotateKey(ctx, root, "k")),
			"reserving":                  err1(v.ReserveUses(ctx, root, "k", 1)),
			"replacing":                  err1(v.ReplaceKey(ctx, root, "k", vault.ReplaceSpec{})),
			"moving":                     err1(v.MoveKey(ctx, root, "k", "child", 0)),
			"deactivating":               err1(v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Deactivate})),
			"suspending":                 err1(v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Suspend})),
			"destroying":                 err1(v.DestroyKey(ctx, root, "k", vault.Destruction{})),
			"archiving again":            err1(v.ArchiveKey(ctx, root, "k", 0)),
			"recovering what is not":     err1(v.RecoverKey(ctx, root, "child", 0)),
			"archiving another revision": err1(v.ArchiveKey(ctx, root, "child", 77)),
		} {
			want := fault.BadState
			if what == "archiving another revision" {
				want = fault.Conflict
			}
			wants(t, what, err, want)
		}
		if r := show(t, f, node, "k"); r.Archived == 0 {
			t.Error("it is not shown as archived")
		}
	}
	_, err = f.Vault(2).UpdateKey(ctx, root, "k", vault.KeyPatch{Tags: &map[string]string{"a": "b"}})
	ok(t, "changing a tag", err)
	for _, name := range []string{"k", "parent"} {
		_, err = f.Vault(2).RecoverKey(ctx, root, name, 0)
		ok(t, "recovering", err)
	}
	for node := range 3 {
		if got, err := decrypt(f.Vault(node), root, "k", text); err != nil || string(got) != "secret" {
			t.Errorf("recovered: %q, %v", got, err)
		}
		_, err = decrypt(f.Vault(node), root, "child", below)
		ok(t, "opening a child again", err)
	}
	_, err = f.Vault(0).ArchiveKey(ctx, root, "k", 0)
	ok(t, "archiving", err)
	_, err = f.Vault(0).ChangeState(ctx, root, "k", vault.StateChange{Action: access.Compromise})
	ok(t, "compromising what is archived", err)
}

// TestTheArchiveStopsNoDate: a life ends in the archive as it would outside, and what is destroyed is not archived.
func TestTheArchiveStopsNoDate(t *testing.T) {
	f := vaulttest.New(t)
	root, v := f.Root(), f.Vault(0)
	at := func(d time.Duration) key.Time { return key.At(f.Now().Add(d)) }
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "k", DeactivAt: at(time.Hour), DestroyAt: at(2 * time.Hour), RotateEvery: time.Minute * 30})
	ok(t, "creating", err)
	_, err = v.ArchiveKey(ctx, root, "k", 0)
	ok(t, "archiving", err)
	if r := f.State(0).Key(show(t, f, 0, "k").ID); r.Due() != r.DeactivAt {
		t.Errorf("due at %v, which is not its deactivation", r.Due())
	}
}
