package vault_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// refusesAltered wants every use of a key refused by name, on every node.
func refusesAltered(t *testing.T, f *vaulttest.Fixture, ref string, id key.ID, text []byte) {
	t.Helper()
	root := f.Root()
	for node := range f.Len() {
		v := f.Vault(node)
		_, encErr := encrypt(v, root, ref, "x")
		_, decErr := decrypt(v, root, ref, text)
		_, revErr := reveal(v, root, ref, 1)
		for what, err := range map[string]error{"encrypt": encErr, "decrypt": decErr, "reveal": revErr} {
			if !errors.Is(err, fault.Internal) || !strings.Contains(fault.Of(err).Message, "altered") || !strings.Contains(fault.Of(err).Message, id.String()) {
				t.Errorf("%s on node %d gives %v", what, node, err)
			}
		}
	}
}

// edit commits a change of a record without the vault's MAC.
func edit(t *testing.T, f *vaulttest.Fixture, r *key.Record, cmd interface {
	fsm.Command
	SetMAC([]byte)
}, mac []byte,
) {
	t.Helper()
	cmd.SetMAC(mac)
	if out := f.Inject(cmd); out.Fault != nil {
		t.Fatalf("the edit of %s does not apply: %v", r.Name, out.Fault)
	}
}

func TestAnEditedRecordIsRefusedAndNamed(t *testing.T) {
	yes, owner := true, "mallory"
	for name, build := range map[string]func(ch fsm.Change) interface {
		fsm.Command
		SetMAC([]byte)
	}{
		"state": func(ch fsm.Change) interface {
			fsm.Command
			SetMAC([]byte)
		} {
			return &fsm.SetState{Change: ch, To: key.Active}
		},
		"exportable": func(ch fsm.Change) interface {
			fsm.Command
			SetMAC([]byte)
		} {
			return &fsm.UpdateKey{Change: ch, Exportable: &yes}
		},
		"owner": func(ch fsm.Change) interface {
			fsm.Command
			SetMAC([]byte)
		} {
			return &fsm.UpdateKey{Change: ch, Owner: &owner}
		},
	} {
		f := vaulttest.Cluster(t, 2)
		r := f.MustCreate("k")
		text := mustEncrypt(t, f, "k", "secret")
		opens(t, f, 1, "k", text, "secret") // cached on both
		if name == "state" {
			ok(t, "suspending", step(f, "k", 0, access.Suspend))
		}
		now := f.State(0).Key(r.ID)
		edit(t, f, now, build(fsm.Change{ID: r.ID, Expect: now.Revision, Updated: now.Updated}), now.MAC) // the old record's MAC
		refusesAltered(t, f, "k", r.ID, text)
		for what, err := range map[string]error{
			"rotate": err1(f.Vault(1).RotateKey(ctx, f.Root(), "k")), "update": err1(f.Vault(0).UpdateKey(ctx, f.Root(), "k", vault.KeyPatch{})),
			"read": err1(f.Vault(1).Key(ctx, f.Root(), "k")),
		} {
			if !errors.Is(err, fault.Internal) {
				t.Errorf("%s of an edited %s gives %v", what, name, err)
			}
		}
	}
}

func TestMaterialMovedBetweenRecordsOrVersionsIsRefused(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	a, b := f.MustCreate("a"), f.MustCreate("b")
	textA := mustEncrypt(t, f, "a", "secret")
	_, err := f.Vault(0).RotateKey(ctx, root, "b")
	ok(t, "rotating", err)
	_, err = f.Vault(0).RotateKeyring(ctx, root) // so that a rewrap of the old term applies
	ok(t, "rotating the keyring", err)
	opens(t, f, 1, "a", textA, "secret") // cached
	move := func(to key.ID, version uint32, m key.Material) {
		old := f.State(0).Key(to).Version(version).Material
		m.Term = 2
		if out := f.Inject(&fsm.RewrapKeys{Items: []fsm.RewrapItem{{ID: to, Version: version, Old: old.Term, New: m}}}); out.Fault != nil {
			t.Fatalf("the move does not apply: %v", out.Fault)
		}
	}
	_, err = f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "c", Exportable: true}) // wrapped by term 2
	ok(t, "creating", err)
	move(a.ID, 1, f.State(0).KeyByName("c").Versions[0].Material)
	refusesAltered(t, f, "a", a.ID, textA)
	move(b.ID, 2, f.State(0).KeyByName("b").Version(1).Material)
	if _, err := reveal(f.Vault(1), root, "b", 2); !errors.Is(err, fault.Internal) || !strings.Contains(fault.Of(err).Message, "version 2") {
		t.Errorf("material of version 1 in version 2 gives %v", err)
	}
	_, err = reveal(f.Vault(1), root, "b", 1)
	ok(t, "the version that was not touched", err)
}

func TestARecordOfItsOwnMakingIsRefused(t *testing.T) {
	f := vaulttest.New(t)
	real := f.MustCreate("real")
	forged := f.State(0).Key(real.ID).Clone()
	forged.ID[0] ^= 1
	forged.Name = "forged"
	if out := f.Inject(&fsm.CreateKey{Record: forged}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	refusesAltered(t, f, "forged", forged.ID, mustEncrypt(t, f, "real", "x"))
}

func TestAForgedOrEditedTokenIsRefused(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	tok, text, err := f.Vault(0).CreateToken(ctx, root, vault.TokenSpec{Principal: "app"})
	ok(t, "creating a token", err)
	if c := f.Caller(text); c.Principal != "app" {
		t.Fatalf("the token names %q", c.Principal)
	}
	forged := *f.State(0).Token(tok.ID)
	forged.ID[0] ^= 1
	forged.Groups = []string{access.RootGroup}
	if out := f.Inject(&fsm.CreateToken{Token: &forged}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	// its text: the forged id before the secret that its hash is of
	other := vault.RetitleToken(text, forged.ID)
	for node := range 2 {
		if _, err := f.Vault(node).Authenticate(ctx, other); !errors.Is(err, fault.Internal) || !strings.Contains(err.Error(), "altered") {
			t.Errorf("node %d lets a forged token in: %v", node, err)
		}
	}
	// an edited one: its life made longer behind the vault's back
	live := f.State(0).Token(tok.ID)
	if out := f.Inject(&fsm.RenewToken{ID: tok.ID, Expect: live.Revision, Expires: live.Expires + 1, MAC: live.MAC}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	for node := range 2 {
		if _, err := f.Vault(node).Authenticate(ctx, text); !errors.Is(err, fault.Internal) {
			t.Errorf("node %d lets an edited token in: %v", node, err)
		}
		_, err := f.Vault(node).LookupToken(ctx, root, tok.ID)
		wants(t, "looking an edited token up", err, fault.Internal)
	}
}

func TestAForeignMaterialIsRefused(t *testing.T) {
	f, g := vaulttest.New(t), vaulttest.New(t)
	mine := f.MustCreate("k")
	g.MustCreate("k")
	foreign := g.State(0).KeyByName("k").Clone()
	foreign.Name = "foreign"
	if out := f.Inject(&fsm.CreateKey{Record: foreign}); out.Fault != nil {
		t.Fatal(out.Fault)
	}
	f.Vault(0).Stamp(foreign) // even if its MAC were right, the material is another cluster's
	if bytes.Equal(foreign.MAC, f.State(0).Key(mine.ID).MAC) {
		t.Fatal("two records have one MAC")
	}
	_, err := encrypt(f.Vault(0), f.Root(), "foreign", "x")
	wants(t, "using a foreign record", err, fault.Internal)
}
