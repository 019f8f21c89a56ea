package vault_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// counted is how many outcomes of an operation on a key the audit log of a node has.
func counted(f *vaulttest.Fixture, node int, op, name, outcome string) int {
	n := 0
	for _, e := range f.AuditEntries(node) {
		if e.Phase == audit.Response && e.Operation == op && e.KeyName == name && e.Outcome == outcome {
			n++
		}
	}
	return n
}

// A key under legal hold, whose dates were set before, outlives them: the destruction stays due and is refused by the policy, once
// an hour. What else is due on it is done, and when the hold is lifted, so is the destruction.
func TestLegalHoldStopsTheClusterItself(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "held", RotateEvery: 2 * time.Hour, RetireAfter: time.Minute})
	ok(t, "creating", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "ending", DeactivAt: key.At(f.Now().Add(time.Hour)), DestroyAt: key.At(f.Now().Add(time.Hour))})
	ok(t, "creating", err)
	ok(t, "rotating", err1(v.RotateKey(ctx, root, "held"))) // version 1 is to be destroyed in a minute
	for _, name := range []string{"held", "ending"} {
		ok(t, "holding", err1(v.UpdateKey(ctx, root, name, vault.KeyPatch{Tags: &map[string]string{"legal-hold": "case 7"}})))
	}
	f.Grant("legal-hold", forbidAll)

	f.Advance(3 * time.Hour)
	for range 5 { // each looks at what is due, as every second does
		_ = v.Duties(ctx)
	}
	held, ending := f.State(0).KeyByName("held"), f.State(0).KeyByName("ending")
	if held.Version(1).State != key.Deactivated || len(held.Version(1).Material.Sealed) == 0 {
		t.Errorf("version 1 of a key under hold is %s", held.Version(1).State)
	}
	if len(held.Versions) != 3 {
		t.Errorf("a refused destruction held up the rotation: %d versions", len(held.Versions))
	}
	if ending.State != key.Deactivated {
		t.Errorf("a key under hold whose end has come is %s", ending.State)
	}
	if n := counted(f, 0, "key.destroy", "ending", "denied"); n != 1 {
		t.Errorf("the refusal is audited %d times in an hour", n)
	}
	f.Advance(2 * time.Hour)
	_ = v.Duties(ctx)
	if n := counted(f, 0, "key.destroy", "ending", "denied"); n != 2 {
		t.Errorf("the refusal is audited %d times in three hours", n)
	}

	ok(t, "lifting the hold", err1(v.UpdateKey(ctx, root, "ending", vault.KeyPatch{Tags: &map[string]string{}})))
	_ = v.Duties(ctx) // the other key's step is refused still
	if s := f.State(0).KeyByName("ending").State; s != key.Destroyed {
		t.Errorf("after the hold the key is %s", s)
	}
}

// Who may see a key is told which policy forbids what he asks; to others every refusal reads the same.
func TestARefusalNamesThePolicyToWhoMaySeeTheKey(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("held")
	f.Grant("hold", `forbid(principal, action == Action::"rotate", resource);`)
	f.Grant("blind", `permit(principal == User::"blind", action == Action::"rotate", resource);`)
	for _, c := range []struct {
		caller access.Caller
		want   string
	}{{f.Root(), "policy hold forbids"}, {access.Caller{Principal: "blind", Kind: access.ByToken, Door: "rest"}, "no policy permits"}} {
		_, err := f.Vault(0).RotateKey(ctx, c.caller, "held")
		if !errors.Is(err, fault.Denied) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.caller.Principal, err, c.want)
		}
	}
}

// A compromised key opens nothing under a policy that permits everything, and what it protected where a policy names
// open-compromised; the audit log tells which.
func TestACompromisedKeyOpensOnlyWhereAPolicySaysSo(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	ok(t, "compromising", step(f, "k", 0, access.Compromise))
	for node := range f.Len() {
		_, err := decrypt(f.Vault(node), root, "k", text)
		wants(t, "decrypting as root", err, fault.BadState)
	}
	f.Grant("rescue", `permit (principal in Group::"root", action == Action::"open-compromised", resource) when { resource.name == "k" };`)
	for node := range f.Len() {
		opens(t, f, node, "k", text, "secret")
		last := f.AuditEntries(node)[len(f.AuditEntries(node))-1]
		if last.Operation != "key.decrypt" || last.Outcome != audit.OK || !slices.Contains(last.Policies, "rescue") {
			t.Errorf("node %d: the audit log tells of %s by %v", node, last.Operation, last.Policies)
		}
		_, err := encrypt(f.Vault(node), root, "k", "x")
		wants(t, "encrypting", err, fault.BadState)
		_, err = reveal(f.Vault(node), root, "k", 0)
		wants(t, "revealing", err, fault.BadState)
	}
	f.Grant("rescue", `permit (principal in Group::"root", action == Action::"open-compromised", resource) when { resource.name == "l" };`)
	for node := range f.Len() {
		_, err := decrypt(f.Vault(node), root, "k", text)
		wants(t, "decrypting after the permit has gone", err, fault.BadState)
	}
}

// A restore into the running cluster takes from a key under hold neither its record, nor a version, nor the tag that holds it,
// and leaves the cluster as it was. When the holds are lifted it goes through.
func TestARestoreUndoesNoLegalHold(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	hold := vault.KeyPatch{Tags: &map[string]string{"legal-hold": "case 7"}}
	for _, name := range []string{"tagged", "rotated", "gone", "free"} {
		f.MustCreate(name)
	}
	ok(t, "holding", err1(v.UpdateKey(ctx, root, "rotated", hold)))
	file := takeSnapshot(t, f, 0)
	f.MustCreate("later")
	rotate(t, f, "rotated")
	rotate(t, f, "free") // no policy protects it
	for _, name := range []string{"tagged", "later", "gone"} {
		ok(t, "holding", err1(v.UpdateKey(ctx, root, name, hold)))
	}
	f.Grant("legal-hold", forbidAll+`forbid (principal, action == Action::"update", resource) when { resource.tags has "legal-hold" };`)
	before := f.State(0).ContentDigest()
	for _, revive := range []bool{false, true} {
		_, err := v.RestoreSnapshot(ctx, root, bytes.NewReader(file), vault.RestoreWish{Replace: true, Revive: revive})
		wants(t, "a restore over keys under hold", err, fault.Denied)
		for _, name := range []string{"tagged", "rotated", "gone", "later"} {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("the refusal does not name %s: %v", name, err)
			}
		}
		if strings.Contains(err.Error(), "free") {
			t.Errorf("the refusal names a key that nothing protects: %v", err)
		}
	}
	if f.State(0).ContentDigest() != before {
		t.Error("a refused restore changed the keys")
	}
	f.MustCreate("goes-on")
	f.Grant("legal-hold", `permit (principal == User::"nobody", action, resource);`)
	ok(t, "restoring without holds", err1(v.RestoreSnapshot(ctx, root, bytes.NewReader(file), vault.RestoreWish{Replace: true})))
}
