package vault_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// drawn is a tree as text: a step to the right for each key above, d for derived, w for wrapped.
func drawn(t *testing.T, v *vault.Vault, c access.Caller, ref string) string {
	t.Helper()
	nodes, more, err := v.Tree(ctx, c, ref)
	if ok(t, "drawing", err); more {
		t.Error("there would be more")
	}
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(strings.Repeat(">", n.Depth) + n.Record.Name)
		if n.Derived {
			b.WriteString("/d")
		}
		if n.Wrapped {
			b.WriteString("/w")
		}
		b.WriteString(" ")
	}
	return strings.TrimSpace(b.String())
}

// TestAChainOfDerivation is master → volume → sector, each derived from the one before: the bytes are those of HKDF twice, the tree shows
// the chain on every node, and each key lives a life of its own.
func TestAChainOfDerivation(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	derive := func(node int, base, name, info, parent string, a key.Algorithm) error {
		return err1(f.Vault(node).DeriveKey(ctx, root, base, vault.DerivedSpec{
			Key: vault.KeySpec{Name: name, Algorithm: a, Exportable: true, Parent: parent}, By: vault.DeriveInput{Info: []byte(info)},
		}))
	}
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "master", Algorithm: key.HMACSHA256, Exportable: true})
	ok(t, "creating", err)
	mustHave(t, f, "app", "")
	ok(t, "deriving the volume", derive(1, "master", "volume", "v1", "", key.HMACSHA256))
	ok(t, "deriving the sector", derive(2, "volume", "sector", "s42", "", key.AES256GCM))
	ok(t, "deriving the sector again", derive(0, "volume", "same", "s42", "", key.AES256GCM))
	ok(t, "deriving one that is wrapped", derive(0, "volume", "wrapped", "s43", "app", key.AES256GCM))

	material := func(name string) []byte {
		t.Helper()
		b, err := reveal(f.Vault(2), root, name, 0)
		ok(t, "revealing "+name, err)
		return b
	}
	by := func(secret []byte, info string) []byte {
		t.Helper()
		b, err := hkdf.Key(sha256.New, secret, nil, info, 32)
		ok(t, "HKDF", err)
		return b
	}
	volume := by(material("master"), "v1")
	if !bytes.Equal(material("volume"), volume) {
		t.Error("the volume's key is not what HKDF makes of the master key")
	}
	for _, name := range []string{"sector", "same"} {
		if !bytes.Equal(material(name), by(volume, "s42")) {
			t.Errorf("%s is not what HKDF makes of the volume's key", name)
		}
	}

	for node := range 3 {
		got := drawn(t, f.Vault(node), root, "master")
		if !strings.HasPrefix(got, "master >volume/d >>") || strings.Count(got, ">>") != 3 || !strings.Contains(got, ">>sector/d") || !strings.Contains(got, ">>same/d") || !strings.Contains(got, ">>wrapped/d") {
			t.Errorf("node %d draws %q", node, got)
		}
		all := drawn(t, f.Vault(node), root, "")
		if strings.Count(all, "volume") != 1 || !strings.Contains(all, "app >wrapped/w") || !strings.Contains(all, ">>wrapped/d") {
			t.Errorf("node %d draws the forest as %q", node, all)
		}
	}
	f.Grant("reader", `permit (principal == User::"reader", action in [Action::"read", Action::"list"], resource) unless { resource.name like "s*" || resource.name == "master" };`)
	if got := drawn(t, f.Vault(1), as("reader"), ""); got != "app >wrapped/w volume >wrapped/d" {
		t.Errorf("who may not read the master key sees %q", got)
	}

	text := mustEncrypt(t, f, "sector", "x")
	ok(t, "suspending", step(f, "master", 0, access.Suspend))
	for node := range 3 {
		wants(t, "deriving from a suspended key", derive(node, "master", "no", "x", "", key.AES256GCM), fault.BadState)
		ok(t, "deriving from what was derived before", derive(node, "volume", fmt.Sprint("more/", node), "x", "", key.AES256GCM))
		opens(t, f, node, "sector", text, "x")
	}
	ok(t, "deactivating", step(f, "volume", 0, access.Deactivate))
	for node := range 3 {
		wants(t, "deriving from a deactivated key", derive(node, "volume", "no", "x", "", key.AES256GCM), fault.BadState)
		opens(t, f, node, "sector", text, "x")
	}
	ok(t, "destroying", destroyNow(f, "volume", 0))
	opens(t, f, 0, "sector", text, "x")
	if got := drawn(t, f.Vault(1), root, "master"); !strings.Contains(got, ">>sector/d") {
		t.Errorf("with its volume destroyed: %q", got)
	}
	ok(t, "purging", f.Vault(0).PurgeKey(ctx, root, "volume", 0))
	if got := drawn(t, f.Vault(1), root, "master"); got != "master" {
		t.Errorf("with its volume forgotten: %q", got)
	}
}

// TestDerivingBelowAParentThatIsOutOfUse is the other hierarchy: what is derived from is wrapped by a parent, or what is derived is to be.
func TestDerivingBelowAParentThatIsOutOfUse(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	mustHave(t, f, "tenants", "")
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "volume", Algorithm: key.HMACSHA256, Parent: "tenants", Exportable: true})
	ok(t, "creating", err)
	_, err = f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "free", Algorithm: key.HMACSHA256})
	ok(t, "creating", err)
	made := 0
	derive := func(node int, base, parent string) error {
		made++
		return err1(f.Vault(node).DeriveKey(ctx, root, base, vault.DerivedSpec{
			Key: vault.KeySpec{Name: fmt.Sprint("d/", made), Parent: parent, Exportable: true}, By: vault.DeriveInput{Info: []byte("i")},
		}))
	}
	secret := func(node int) error {
		return f.Vault(node).Derive(ctx, root, "volume", vault.DeriveInput{Info: []byte("i"), Bytes: 32}, func([]byte, uint32) error { return nil })
	}
	for node := range 3 {
		ok(t, "deriving", secret(node))
		ok(t, "deriving a key", derive(node, "volume", "tenants"))
	}
	ok(t, "suspending", step(f, "tenants", 0, access.Suspend))
	for node := range 3 {
		digest := f.State(node).ContentDigest()
		wants(t, "deriving from what a suspended key wraps", secret(node), fault.BadState)
		wants(t, "deriving a key from it", derive(node, "volume", ""), fault.BadState)
		wants(t, "deriving a key below a suspended one", derive(node, "free", "tenants"), fault.BadState)
		if f.State(node).ContentDigest() != digest {
			t.Error("something was written")
		}
	}
	_, err = f.Vault(0).ChangeState(ctx, root, "tenants", vault.StateChange{Action: access.Activate, Resume: true})
	ok(t, "resuming", err)
	ok(t, "deactivating", step(f, "tenants", 0, access.Deactivate))
	for node := range 3 {
		ok(t, "deriving from what a deactivated key wraps", secret(node))
		ok(t, "deriving a key from it", derive(node, "volume", ""))
		wants(t, "deriving a key below a deactivated one", derive(node, "free", "tenants"), fault.BadState)
	}
}

// TestATreeOfLinksInACircleEnds: links of a derived key can be set by hand (KMIP).
func TestATreeOfLinksInACircleEnds(t *testing.T) {
	f := vaulttest.New(t)
	a, b := mustHave(t, f, "a", ""), mustHave(t, f, "b", "")
	for r, to := range map[*key.Record]key.ID{a: b.ID, b: a.ID} {
		links := []key.Link{{Kind: key.LinkBase, To: to}, {Kind: key.LinkBase, To: r.ID}, {Kind: key.LinkBase, To: to}}
		ok(t, "linking", err1(f.Vault(0).UpdateKey(ctx, f.Root(), r.Name, vault.KeyPatch{Links: &links})))
	}
	if got := drawn(t, f.Vault(0), f.Root(), "a"); got != "a >b/d >>a/d" {
		t.Errorf("the tree is %q", got)
	}
	if got := drawn(t, f.Vault(0), f.Root(), ""); got != "a >b/d >>a/d" && got != "b >a/d >>b/d" {
		t.Errorf("the forest is %q", got)
	}
}

// TestBasesAreListedInPages, and a snapshot brings them back.
func TestBasesAreListedInPages(t *testing.T) {
	f := vaulttest.New(t)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "m", Algorithm: key.HMACSHA256})
	ok(t, "creating", err)
	for i := range 5 {
		ok(t, "deriving", err1(f.Vault(0).DeriveKey(ctx, f.Root(), "m", vault.DerivedSpec{Key: vault.KeySpec{Name: fmt.Sprint(i)}, By: vault.DeriveInput{Info: []byte{byte(i)}}})))
	}
	var image bytes.Buffer
	_, err = f.State(0).WriteTo(&image)
	ok(t, "writing", err)
	again := fsm.New()
	ok(t, "reading", again.Restore(&image))
	for what, s := range map[string]*fsm.State{"the state": f.State(0), "what was restored": again.State()} {
		m, seen := s.KeyByName("m"), 0
		for after, pages := (key.ID{}), 0; ; pages++ {
			page, next := s.Derived(m.ID, after, 2)
			if seen += len(page); next.IsZero() || pages > 5 {
				break
			}
			after = next
		}
		if bases := s.Bases(0); seen != 5 || len(bases) != 1 || bases[0].ID != m.ID {
			t.Errorf("%s: %d were derived from %d bases", what, seen, len(bases))
		}
	}
}
