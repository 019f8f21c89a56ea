package vault_test

import (
	"slices"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// idle makes keys that were used for the last time a week ago, and are deactivated since.
func idle(t *testing.T, f *vaulttest.Fixture, names ...string) (texts map[string][]byte) {
	t.Helper()
	texts = map[string][]byte{}
	for _, name := range names {
		f.MustCreate(name)
		texts[name] = mustEncrypt(t, f, name, "x")
	}
	tell(t, f, f.Leader())
	for _, name := range names {
		ok(t, "deactivating", step(f, name, 0, access.Deactivate))
	}
	f.Advance(8 * day)
	return texts
}

// count tells how many entries of two kinds came after the first n.
func count(t *testing.T, f *vaulttest.Fixture, n int, ops ...string) (of [2]int) {
	t.Helper()
	for _, e := range f.Log()[n:] {
		p, err := fsm.Decode(e.Data)
		ok(t, "decoding", err)
		if i := slices.Index(ops, p.Command.Op()); i >= 0 {
			of[i]++
		}
	}
	return of
}

// TestADestructionIsHeldWhileTheKeyIsInUse: what is used while its destruction waits is not destroyed when the wait is over, whoever
// leads then, but once nobody has used it for as long as the guard says. It is put off once for each use, not at each look.
func TestADestructionIsHeldWhileTheKeyIsInUse(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	texts := idle(t, f, "used", "left", "forced")
	for _, name := range []string{"used", "left"} {
		r, err := f.Vault(1).DestroyKey(ctx, root, name, vault.Destruction{Reason: "moved"})
		if ok(t, "scheduling", err); r.Ending != key.Guarded || r.DestroyAt != in(f, 7*day) {
			t.Errorf("%s is to end at %v, %d", name, r.DestroyAt, r.Ending)
		}
	}
	_, err := f.Vault(1).DestroyKey(ctx, root, "forced", vault.Destruction{Force: true, After: new(7 * day)})
	ok(t, "scheduling by force", err)
	f.Advance(5 * day)
	for _, name := range []string{"used", "forced"} {
		opens(t, f, 2, name, texts[name], "x")
	}
	again := in(f, 7*day)
	tell(t, f, 2)
	f.Advance(2 * day)
	f.Lead(1)
	length, before := len(f.Log()), len(f.AuditEntries(1))
	duties(t, f)
	for name, want := range map[string]key.State{"used": key.Deactivated, "left": key.Destroyed, "forced": key.Destroyed} {
		if got := stateOf(f, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if got := count(t, f, length, "key.schedule-destroy", "key.state"); got != [2]int{1, 2} {
		t.Errorf("three dates are %v entries", got)
	}
	for node := range 3 {
		r := show(t, f, node, "used")
		if r.Ending != key.Held || r.DestroyAt != again || r.Reason != "moved" {
			t.Errorf("node %d: ends at %v (%d) for %q; want %v", node, r.DestroyAt, r.Ending, r.Reason, again)
		}
		opens(t, f, node, "used", texts["used"], "x") // a use again, told by nobody but the leader
	}
	if n := f.Vault(1).HeldDestructions(); n != 1 {
		t.Errorf("%d were held", n)
	}
	var told int
	for _, e := range entriesOf(f, 1, before, "key.hold-destroy") {
		if e.Phase == audit.Response && e.KeyName == "used" && e.Outcome == audit.OK && e.Changes["destroy_at"] == again.String() && e.Changes["last_used"] != "" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("audited %d times: %+v", told, entriesOf(f, 1, before, "key.hold-destroy"))
	}
	length = len(f.Log())
	f.Advance(4 * day)
	duties(t, f)
	if got := count(t, f, length, "key.schedule-destroy", "key.state"); got != [2]int{} {
		t.Error("what is held is looked at before its date")
	}

	f.Lead(0)
	tell(t, f, 0, 1, 2)
	f.Advance(day) // the date; it was used five days ago
	duties(t, f)
	if r := show(t, f, 2, "used"); r.State != key.Deactivated || r.Ending != key.Held || r.DestroyAt != in(f, 2*day) {
		t.Errorf("used again, it is %s, to end at %v", r.State, r.DestroyAt)
	}
	f.Advance(2 * day)
	duties(t, f)
	r := show(t, f, 2, "used")
	if r.State != key.Destroyed || r.Ending != key.Dated || r.Reason != "moved" {
		t.Errorf("left alone, it is %s (%d), for %q", r.State, r.Ending, r.Reason)
	}
	_, err = decrypt(f.Vault(2), root, "used", texts["used"])
	wants(t, "opening", err, fault.BadState)
}

// TestAHeldVersionAndWhatEndsIt: a version alone, force on what is held, calling it off, another date, and a guard that is switched off.
func TestAHeldVersionAndWhatEndsIt(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "x")
	rotate(t, f, "k")
	f.Advance(8 * day)
	schedule := func() {
		t.Helper()
		_, err := v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 1, After: new(day)})
		ok(t, "scheduling", err)
		opens(t, f, 0, "k", text, "x")
		f.Advance(day)
		duties(t, f)
		if got := show(t, f, 0, "k").Versions[0]; got.State != key.Deactivated || got.Ending != key.Held || got.DestroyAt != in(f, 6*day) {
			t.Fatalf("version 1 is %s (%d), to end at %v", got.State, got.Ending, got.DestroyAt)
		}
	}
	schedule()
	r, err := v.CancelDestroy(ctx, root, "k", 1, 0, "")
	if ok(t, "calling off", err); r.Versions[0].Ending != key.Dated || r.Versions[0].DestroyAt != 0 {
		t.Errorf("called off, it is to end at %v (%d)", r.Versions[0].DestroyAt, r.Versions[0].Ending)
	}
	f.Advance(8 * day)
	schedule()
	if _, err = v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 1, After: new(time.Hour)}); err == nil {
		t.Error("what is held is scheduled anew without force")
	}
	r, err = v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 1, Force: true})
	if ok(t, "forcing", err); r.Versions[0].State != key.Destroyed || r.Versions[0].Ending != key.Dated {
		t.Errorf("forced, it is %s (%d)", r.Versions[0].State, r.Versions[0].Ending)
	}

	texts := idle(t, f, "dated", "plan")
	_, err = v.DestroyKey(ctx, root, "dated", vault.Destruction{After: new(day)})
	ok(t, "scheduling", err)
	later := in(f, 9*day)
	ok(t, "another date", err1(v.UpdateKey(ctx, root, "dated", vault.KeyPatch{DestroyAt: &later})))
	ok(t, "a date alone", err1(v.UpdateKey(ctx, root, "plan", vault.KeyPatch{DestroyAt: &later})))
	f.Advance(5 * day)
	for name, text := range texts {
		opens(t, f, 0, name, text, "x")
	}
	f.Advance(4 * day)
	duties(t, f)
	if a, b := stateOf(f, "dated"), stateOf(f, "plan"); a != key.Deactivated || b != key.Destroyed {
		t.Errorf("a destruction with another date is %s, a date of a plan %s", a, b)
	}

	off := vaulttest.Cluster(t, 1, vaulttest.WithConfig(func(c *vault.Config) { c.DestroyGuard = -1 }))
	off.MustCreate("k")
	text = mustEncrypt(t, off, "k", "x")
	ok(t, "deactivating", step(off, "k", 0, access.Deactivate))
	_, err = off.Vault(0).DestroyKey(ctx, off.Root(), "k", vault.Destruction{After: new(day)})
	ok(t, "scheduling without a guard", err)
	off.Advance(day)
	opens(t, off, 0, "k", text, "x")
	duties(t, off)
	if got := stateOf(off, "k"); got != key.Destroyed {
		t.Errorf("without a guard it is %s", got)
	}
}
