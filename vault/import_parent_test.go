package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// wrappedBy holds a version of a key, as the state has it, to being wrapped by that version of a parent.
func wrappedBy(t *testing.T, f *vaulttest.Fixture, name string, version uint32, parent string, under uint32) {
	t.Helper()
	s := f.State(f.Leader())
	r, p := s.KeyByName(name), s.KeyByName(parent)
	if m := r.Version(version).Material; r.Parent != p.ID || m.Parent != under || m.Term != 0 {
		t.Errorf("version %d of %s is under %s, its version %d and term %d, want %s (%s), version %d", version, name, r.Parent, m.Parent, m.Term, p.ID, parent, under)
	}
}

// TestAnImportedKeyLivesUnderItsParent: its material, later versions from outside and versions made here, on every node.
func TestAnImportedKeyLivesUnderItsParent(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	v, root := f.Vault(1), f.Root()
	mustHave(t, f, "tenant", "")
	one, _ := drawKey(t, key.AES256GCM)
	two, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 1, vault.KeySpec{Name: "k", Algorithm: key.AES256GCM, Parent: "tenant", Exportable: true}, one)
	wrappedBy(t, f, "k", 1, "tenant", 1)
	texts := map[string][]byte{"k": mustEncrypt(t, f, "k", "k")}
	if got, err := reveal(f.Vault(2), root, "k", 1); err != nil || !bytes.Equal(got, one) {
		t.Errorf("what comes out is not what came in: %v", err)
	}
	rotate(t, f, "tenant")
	ok(t, "importing a version", err1(v.ImportVersion(ctx, root, "k", vault.ImportSpec{Wrapped: parcel(t, f, key.X25519, two)})))
	wrappedBy(t, f, "k", 2, "tenant", 2)
	rotate(t, f, "k")
	wrappedBy(t, f, "k", 3, "tenant", 2)
	duties(t, f)
	wrappedBy(t, f, "k", 1, "tenant", 2)
	allOpen(t, f, texts)
	if got, err := reveal(f.Vault(0), root, "k", 2); err != nil || !bytes.Equal(got, two) {
		t.Errorf("version 2 is not what came in: %v", err)
	}
	ok(t, "suspending the parent", step(f, "tenant", 0, access.Suspend))
	refused(t, f, root, "k", texts["k"], "tenant")
	wants(t, "a version under a suspended parent", err1(v.ImportVersion(ctx, root, "k", vault.ImportSpec{Wrapped: parcel(t, f, key.X25519, two)})), fault.BadState)
}

// TestAMovedImportGetsItsNextVersionUnderItsParent: of a key that came in without a parent.
func TestAMovedImportGetsItsNextVersionUnderItsParent(t *testing.T) {
	f := vaulttest.New(t)
	one, _ := drawKey(t, key.AES256GCM)
	two, _ := drawKey(t, key.AES256GCM)
	mustHave(t, f, "tenant", "")
	importPlain(t, f, 0, vault.KeySpec{Name: "k", Algorithm: key.AES256GCM, Exportable: true}, one)
	ok(t, "moving", err1(f.Vault(0).MoveKey(ctx, f.Root(), "k", "tenant", 0)))
	ok(t, "importing a version", err1(f.Vault(0).ImportVersion(ctx, f.Root(), "k", vault.ImportSpec{Wrapped: parcel(t, f, key.X25519, two)})))
	wrappedBy(t, f, "k", 2, "tenant", 1)
	opens(t, f, 0, "k", mustEncrypt(t, f, "k", "x"), "x")
}

// TestAnImportUnderAParentIsRefusedAsAKeyMadeThereIs: create and import are told the same, and neither writes anything.
func TestAnImportUnderAParentIsRefusedAsAKeyMadeThereIs(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for _, s := range []vault.KeySpec{{Name: "signer", Algorithm: key.Ed25519}, {Name: "no-wrap", Usage: key.Encrypt | key.Decrypt}, {Name: "stays"}, {Name: "waits", ActivateAt: key.At(vaulttest.Start.Add(time.Hour))}} {
		ok(t, "creating "+s.Name, err1(v.CreateKey(ctx, root, s)))
	}
	mustHave(t, f, "leaves", "")
	for name, a := range map[string]access.Action{"suspended": access.Suspend, "deactivated": access.Deactivate, "compromised": access.Compromise} {
		mustHave(t, f, name, "")
		ok(t, name, step(f, name, 0, a))
	}
	mustHave(t, f, "destroyed", "")
	ok(t, "deactivating", step(f, "destroyed", 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, "destroyed", 0))
	mustHave(t, f, "away", "")
	ok(t, "archiving", err1(v.ArchiveKey(ctx, root, "away", 0)))
	parent := ""
	for level := range fsm.MaxDepth {
		name := fmt.Sprintf("level%d", level+1)
		mustHave(t, f, name, parent)
		parent = name
	}
	f.Grant("maker", `permit (principal == User::"maker", action in [Action::"create", Action::"import", Action::"unwrap"], resource);`)
	material, _ := drawKey(t, key.AES256GCM)
	p := parcel(t, f, key.X25519, material)
	for _, c := range []struct {
		parent     string
		exportable bool
		caller     access.Caller
		want       fault.Kind
	}{
		{"signer", true, root, fault.Invalid},
		{"no-wrap", false, root, fault.Denied},
		{"nobody", true, root, fault.NotFound},
		{"leaves", false, root, fault.Denied}, // who exported the parent could open it
		{"leaves", true, as("maker"), fault.Denied},
		{"suspended", true, root, fault.BadState},
		{"deactivated", true, root, fault.BadState},
		{"compromised", true, root, fault.BadState},
		{"destroyed", true, root, fault.BadState},
		{"waits", true, root, fault.BadState},
		{"away", true, root, fault.BadState},
		{parent, true, root, fault.Invalid},
		{"new", true, root, fault.NotFound}, // itself
	} {
		s := vault.KeySpec{Name: "new", Algorithm: key.AES256GCM, Parent: c.parent, Exportable: c.exportable}
		state := f.State(0).ContentDigest()
		_, made := v.CreateKey(ctx, c.caller, s)
		_, imported := v.ImportKey(ctx, c.caller, vault.ImportSpec{Key: s, Wrapped: p})
		if !errors.Is(imported, c.want) || made == nil || imported.Error() != made.Error() {
			t.Errorf("under %s: imported %v, made %v", c.parent, imported, made)
		}
		if f.State(0).ContentDigest() != state {
			t.Errorf("under %s: something was written", c.parent)
		}
	}
	importPlain(t, f, 0, vault.KeySpec{Name: "new", Algorithm: key.AES256GCM, Parent: "stays"}, material)
	importPlain(t, f, 0, vault.KeySpec{Name: "deepest", Algorithm: key.AES256GCM, Parent: fmt.Sprintf("level%d", fsm.MaxDepth-1), Exportable: true}, material)
}

// TestAnImportFollowsAParentThatIsRotatedMeanwhile: nothing comes under a version that was replaced.
func TestAnImportFollowsAParentThatIsRotatedMeanwhile(t *testing.T) {
	random := &interrupting{}
	f := vaulttest.New(t, vaulttest.WithConfig(func(c *vault.Config) { c.Random = random }))
	mustHave(t, f, "tenant", "")
	material, _ := drawKey(t, key.AES256GCM)
	p := parcel(t, f, key.X25519, material)
	random.meanwhile = func() { rotate(t, f, "tenant") }
	random.at = 3 // the first reads are for the ids of request and key, the third for the nonce under the parent's latest version
	ok(t, "importing", err1(f.Vault(0).ImportKey(ctx, f.Root(), vault.ImportSpec{Key: vault.KeySpec{Name: "k", Algorithm: key.AES256GCM, Parent: "tenant", Exportable: true}, Wrapped: p})))
	if random.at > 0 {
		t.Fatal("nothing happened meanwhile")
	}
	wrappedBy(t, f, "k", 1, "tenant", 2)
	if got, err := reveal(f.Vault(0), f.Root(), "k", 0); err != nil || !bytes.Equal(got, material) {
		t.Errorf("what comes out is not what came in: %v", err)
	}
}

// TestACertificateLivesUnderAParent, with a key that it belongs to and without.
func TestACertificateLivesUnderAParent(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	mustHave(t, f, "tenant", "")
	k, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "sign", Algorithm: key.ECDSAP256})
	ok(t, "creating", err)
	der := certificate(t, k.Versions[0].Public)
	for name, of := range map[string]string{"alone": "", "linked": "sign"} {
		s := vault.ImportSpec{Key: vault.KeySpec{Name: name, Algorithm: key.X509, Parent: "tenant", Exportable: true}, Certificate: der, Of: of}
		ok(t, "importing "+name, err1(f.Vault(1).ImportKey(ctx, root, s)))
		wrappedBy(t, f, name, 1, "tenant", 1)
		if p, err := f.Vault(1).PublicKey(ctx, root, name, 0, "der"); err != nil || !bytes.Equal(p.Bytes, der) {
			t.Errorf("%s is another certificate: %v", name, err)
		}
	}
}

// TestWhatTakesAChildsPlaceStaysBelowItsParent: with whoever may put keys there; what is destroyed has no place to keep.
func TestWhatTakesAChildsPlaceStaysBelowItsParent(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	mustHave(t, f, "tenant", "")
	r := mustHave(t, f, "k", "tenant")
	material, _ := drawKey(t, key.AES256GCM)
	s := vault.RegisterSpec{Key: vault.KeySpec{Name: "other", Algorithm: key.AES256GCM, Exportable: true}, Material: material, ID: r.ID, Replace: true, Force: true}
	f.Grant("most", `permit (principal == User::"m", action in [Action::"import", Action::"destroy", Action::"deactivate"], resource);`)
	wants(t, "by who may not put keys there", err1(v.RegisterKey(ctx, as("m"), s)), fault.Denied)
	stays := s
	stays.Key.Exportable = false
	wants(t, "by what the exportable parent may not wrap", err1(v.RegisterKey(ctx, f.Root(), stays)), fault.Denied)
	given := s
	given.Key.Parent = "tenant"
	wants(t, "with a parent", err1(v.RegisterKey(ctx, f.Root(), given)), fault.Invalid)

	ok(t, "replacing", err1(v.RegisterKey(ctx, f.Root(), s)))
	wrappedBy(t, f, "k", 2, "tenant", 1)
	if got, err := reveal(v, f.Root(), "k", 0); err != nil || !bytes.Equal(got, material) {
		t.Errorf("what comes out is not what came in: %v", err)
	}
	ok(t, "suspending the parent", step(f, "tenant", 0, access.Suspend))
	wants(t, "below a suspended parent", err1(v.RegisterKey(ctx, f.Root(), s)), fault.BadState)
	ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, "k", 0))
	ok(t, "in the place of what is destroyed", err1(v.RegisterKey(ctx, as("m"), s)))
	if now := f.State(0).Key(r.ID); !now.Parent.IsZero() || now.Latest().Material.Term == 0 {
		t.Errorf("it is under %s", now.Parent)
	}
}
