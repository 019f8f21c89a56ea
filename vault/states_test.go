package vault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// paths lead from active to each state.
var paths = map[key.State][]access.Action{
	key.Active:               nil,
	key.Suspended:            {access.Suspend},
	key.Deactivated:          {access.Deactivate},
	key.Compromised:          {access.Compromise},
	key.Destroyed:            {access.Deactivate, access.Destroy},
	key.DestroyedCompromised: {access.Compromise, access.Destroy},
}

// inState makes a key, encrypts with it, and takes it, or its only version, to a state.
func inState(t *testing.T, f *vaulttest.Fixture, name string, s key.State, version uint32) (text []byte) {
	t.Helper()
	v, root := f.Vault(f.Leader()), f.Root()
	spec := vault.KeySpec{Name: name, Exportable: true}
	if s == key.PreActive {
		spec.ActivateAt = key.At(f.Now().Add(time.Hour))
	}
	_, err := v.CreateKey(ctx, root, spec)
	ok(t, "creating", err)
	if s == key.PreActive {
		return []byte("qk:v1:AAAA")
	}
	text = mustEncrypt(t, f, name, "secret")
	for _, a := range paths[s] {
		if a == access.Destroy {
			err = destroyNow(f, name, version)
		} else {
			err = step(f, name, version, a)
		}
		ok(t, fmt.Sprintf("%s of %s", a, name), err)
	}
	return text
}

// TestEachStateAllowsWhatItMay is the state table of SP 800-57 as callers meet it, on the leader and on a follower.
func TestEachStateAllowsWhatItMay(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	for _, c := range []struct {
		state                                     key.State
		encrypts, decrypts, reveals, rotates, any bool
	}{
		{key.PreActive, false, false, false, false, true},
		{key.Active, true, true, true, true, true},
		{key.Suspended, false, false, false, false, true},
		{key.Deactivated, false, true, false, false, true},
		{key.Compromised, false, false, false, false, true},
		{key.Destroyed, false, false, false, false, true},
		{key.DestroyedCompromised, false, false, false, false, true},
	} {
		name := "state/" + c.state.String()
		text := inState(t, f, name, c.state, 0)
		for node := range 2 {
			v := f.Vault(node)
			r, err := v.Key(ctx, root, name)
			if err != nil || r.State != c.state {
				t.Fatalf("%s is %v, %v", name, r, err)
			}
			check := func(what string, err error, may bool) {
				t.Helper()
				if may && err != nil || !may && !errors.Is(err, fault.BadState) && (c.state != key.PreActive || !errors.Is(err, fault.Invalid)) {
					t.Errorf("%s on node %d: %s gives %v", name, node, what, err)
				}
			}
			_, err = encrypt(v, root, name, "x")
			check("encrypt", err, c.encrypts)
			_, err = decrypt(v, root, name, text)
			check("decrypt", err, c.decrypts)
			_, err = reveal(v, root, name, 0)
			check("reveal", err, c.reveals)
			check("datakey", v.DataKey(ctx, root, name, vault.DataKeySpec{}, func(vault.DataKey) error { return nil }), c.encrypts)
			_, _, err = v.Rewrap(ctx, root, name, vault.Message{Body: text})
			check("rewrap", err, c.encrypts)
			if node == 1 {
				_, err = v.RotateKey(ctx, root, name)
				check("rotate", err, c.rotates)
			}
		}
	}
}

// TestAVersionMayDoNoMoreThanItsState looks at a version of an active key.
func TestAVersionMayDoNoMoreThanItsState(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	for s, opensToo := range map[key.State]bool{
		key.Active: true, key.Deactivated: true, key.Suspended: false, key.Compromised: false, key.Destroyed: false, key.DestroyedCompromised: false,
	} {
		name := "version/" + s.String()
		text := inState(t, f, name, s, 1)
		for node := range 2 {
			_, err := decrypt(f.Vault(node), root, name, text)
			if opensToo != (err == nil) || err != nil && !errors.Is(err, fault.BadState) {
				t.Errorf("%s on node %d: decrypt gives %v", name, node, err)
			}
			_, err = reveal(f.Vault(node), root, name, 1)
			if opensToo != (err == nil) || err != nil && !errors.Is(err, fault.BadState) {
				t.Errorf("%s on node %d: reveal gives %v", name, node, err)
			}
			_, err = encrypt(f.Vault(node), root, name, "x")
			if (s == key.Active) != (err == nil) || err != nil && !errors.Is(err, fault.BadState) {
				t.Errorf("%s on node %d: encrypt gives %v", name, node, err)
			}
		}
	}
}

// TestOnlyLegalStepsAreTaken tries every step from every state, of the key and of a version.
func TestOnlyLegalStepsAreTaken(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	all := append([]key.State{key.PreActive}, key.Active, key.Suspended, key.Deactivated, key.Compromised, key.Destroyed, key.DestroyedCompromised)
	for _, from := range all {
		for _, c := range []struct {
			name string
			run  func(ref string, version uint32) error
			to   key.State
		}{
			{"activate", func(ref string, n uint32) error {
				return err1(v.ChangeState(ctx, root, ref, vault.StateChange{Action: access.Activate, Version: n}))
			}, key.Active},
			{"resume", func(ref string, n uint32) error {
				return err1(v.ChangeState(ctx, root, ref, vault.StateChange{Action: access.Activate, Resume: true, Version: n}))
			}, key.Active},
			{"suspend", func(ref string, n uint32) error { return step(f, ref, n, access.Suspend) }, key.Suspended},
			{"deactivate", func(ref string, n uint32) error { return step(f, ref, n, access.Deactivate) }, key.Deactivated},
			{"compromise", func(ref string, n uint32) error { return step(f, ref, n, access.Compromise) }, key.Compromised},
			{"destroy", func(ref string, n uint32) error { return destroyNow(f, ref, n) }, key.Destroyed},
		} {
			for _, version := range []uint32{0, 1} {
				if from == key.PreActive && version == 1 {
					continue // a version of a pre-active key goes with its key
				}
				name := fmt.Sprintf("step/%s/%s/%d", from, c.name, version)
				inState(t, f, name, from, version)
				to := c.to
				if from == key.Compromised && to == key.Destroyed || from == key.Destroyed && to == key.Compromised {
					to = key.DestroyedCompromised
				}
				legal := from.May(to)
				if c.name == "activate" {
					legal = from == key.PreActive
				}
				if c.name == "resume" {
					legal = from == key.Suspended
				}
				err := c.run(name, version)
				got := f.State(0).KeyByName(name)
				state := got.State
				if version != 0 {
					state = got.Version(version).State
				}
				if legal && (err != nil || state != to) {
					t.Errorf("%s: is %s, %v", name, state, err)
				}
				if !legal && (!errors.Is(err, fault.BadState) || state != from) {
					t.Errorf("%s: is %s, %v", name, state, err)
				}
			}
		}
	}
}

func TestDestroyedMaterialIsGone(t *testing.T) {
	f := vaulttest.New(t)
	inState(t, f, "k", key.Destroyed, 0)
	for _, ver := range f.State(0).KeyByName("k").Versions {
		if len(ver.Material.Sealed) != 0 {
			t.Error("wrapped material is still in the state")
		}
	}
}

// revocations take a key out of use; each gets a key of its own with versions 1 and 2.
var revocations = map[string]func(f *vaulttest.Fixture, ref string) error{
	"suspend":            func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 0, access.Suspend) },
	"compromise":         func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 0, access.Compromise) },
	"compromise version": func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 1, access.Compromise) },
	"destroy": func(f *vaulttest.Fixture, ref string) error {
		return errors.Join(step(f, ref, 0, access.Deactivate), destroyNow(f, ref, 0))
	},
	"destroy version": func(f *vaulttest.Fixture, ref string) error {
		return destroyNow(f, ref, 1) // the rotation deactivated it
	},
	"raise min_decrypt": func(f *vaulttest.Fixture, ref string) error {
		two := uint32(2)
		return err1(f.Vault(f.Leader()).UpdateKey(ctx, f.Root(), ref, vault.KeyPatch{MinDecrypt: &two}))
	},
}

func TestARevokedKeyIsNeverServedFromACache(t *testing.T) {
	for _, asked := range []string{"leader", "follower"} {
		for name, revoke := range revocations {
			f := vaulttest.Cluster(t, 2)
			root := f.Root()
			f.MustCreate("k")
			text := mustEncrypt(t, f, "k", "secret")
			_, err := f.Vault(0).RotateKey(ctx, root, "k")
			ok(t, "rotating", err)
			if asked == "follower" {
				f.Lead(1)
			}
			for node := range 2 { // now every node holds version 1 open
				opens(t, f, node, "k", text, "secret")
				if _, err := reveal(f.Vault(node), root, "k", 1); err != nil {
					t.Fatal(err)
				}
				if f.Vault(node).Cached() == 0 {
					t.Fatal("nothing is cached, so this proves nothing")
				}
			}
			ok(t, name, revoke(f, "k"))
			for node := range 2 {
				_, err := decrypt(f.Vault(node), root, "k", text)
				wants(t, name+": decrypt", err, fault.BadState)
				_, err = reveal(f.Vault(node), root, "k", 1)
				wants(t, name+": reveal", err, fault.BadState)
				_, _, err = f.Vault(node).Rewrap(ctx, root, "k", vault.Message{Body: text})
				wants(t, name+": rewrap", err, fault.BadState)
			}
		}
	}
}

func TestADeactivatedKeyDecryptsAndEncryptsNoMore(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	opens(t, f, 1, "k", text, "secret")
	ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
	for node := range 2 {
		opens(t, f, node, "k", text, "secret")
		_, err := encrypt(f.Vault(node), f.Root(), "k", "x")
		wants(t, "encrypting", err, fault.BadState)
		_, err = reveal(f.Vault(node), f.Root(), "k", 0)
		wants(t, "revealing", err, fault.BadState)
	}
}

func TestAResumedKeyServesAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	ok(t, "suspending", step(f, "k", 0, access.Suspend))
	_, err := f.Vault(1).ChangeState(ctx, f.Root(), "k", vault.StateChange{Action: access.Activate, Resume: true})
	ok(t, "resuming", err)
	opens(t, f, 1, "k", text, "secret")
}

func TestResumingAKeyLeavesWhatWasSuspendedApart(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	rotate(t, f, "k")
	f.MustCreate("both")
	rotate(t, f, "both")
	for name, first := range map[string]uint32{"both": 2, "k": 0} {
		// The newest version apart, before its key is suspended; or the key alone.
		if first != 0 {
			ok(t, "suspending the version", step(f, name, first, access.Suspend))
		}
		ok(t, "suspending the key", step(f, name, 0, access.Suspend))
		_, err := f.Vault(1).ChangeState(ctx, f.Root(), name, vault.StateChange{Action: access.Activate, Resume: true})
		ok(t, "resuming the key", err)
		want := key.Active
		if first != 0 {
			want = key.Suspended
		}
		if r := show(t, f, 1, name); r.State != key.Active || r.Latest().State != want {
			t.Errorf("%s is %s, its newest version %s, want %s", name, r.State, r.Latest().State, want)
		}
	}
	opens(t, f, 1, "k", text, "secret")
	// Resumed by itself it is like the others again.
	_, err := f.Vault(1).ChangeState(ctx, f.Root(), "both", vault.StateChange{Action: access.Activate, Resume: true, Version: 2})
	ok(t, "resuming the version", err)
	ok(t, "suspending the key", step(f, "both", 0, access.Suspend))
	_, err = f.Vault(1).ChangeState(ctx, f.Root(), "both", vault.StateChange{Action: access.Activate, Resume: true})
	ok(t, "resuming the key", err)
	if r := show(t, f, 0, "both"); r.Latest().State != key.Active {
		t.Errorf("a version that was resumed by itself is %s after its key was suspended and resumed", r.Latest().State)
	}
}

func TestARecordShowsNoDateThatCanNotCome(t *testing.T) {
	f := vaulttest.New(t)
	later := f.Now().Add(24 * time.Hour)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", RotateEvery: 48 * time.Hour, ActivateAt: key.At(later), DeactivAt: key.At(later.Add(1000 * time.Hour))})
	ok(t, "creating", err)
	if r := show(t, f, 0, "k"); r.ActivateAt == 0 || r.NextRotate == 0 || r.DeactivAt == 0 {
		t.Errorf("before it is active: %+v", r)
	}
	ok(t, "activating", step(f, "k", 0, access.Activate))
	if r := show(t, f, 0, "k"); r.ActivateAt != 0 || r.NextRotate == 0 || r.DeactivAt == 0 {
		t.Errorf("active: activates %s, rotates %s, ends %s", r.ActivateAt, r.NextRotate, r.DeactivAt)
	}
	ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
	if r := show(t, f, 0, "k"); r.ActivateAt != 0 || r.NextRotate != 0 || r.DeactivAt != 0 {
		t.Errorf("deactivated: activates %s, rotates %s, ends %s", r.ActivateAt, r.NextRotate, r.DeactivAt)
	}
}

func TestADestructionSaysWhatItWaitsFor(t *testing.T) {
	f := vaulttest.New(t)
	mustHave(t, f, "app", "")
	stored(t, f, "app", 3)
	ok(t, "deactivating", step(f, "app", 0, access.Deactivate))
	r, err := f.Vault(0).DestroyKey(ctx, f.Root(), "app", vault.Destruction{Force: true, After: new(7 * day)})
	ok(t, "scheduling", err)
	if r.DestroyAt == 0 || r.Shows().WaitsFor != 3 || show(t, f, 0, "app").Shows().WaitsFor != 3 {
		t.Errorf("destroyed at %s, waits for %d versions of children, want 3", r.DestroyAt, r.Shows().WaitsFor)
	}
	r, err = f.Vault(0).CancelDestroy(ctx, f.Root(), "app", 0, 0, "")
	ok(t, "cancelling", err)
	if r.Shows().WaitsFor != 0 {
		t.Errorf("nothing is scheduled, and it waits for %d", r.Shows().WaitsFor)
	}
	mustHave(t, f, "master", "")
	stored(t, f, "master", 2)
	rotate(t, f, "master") // what wraps the data keys is the version before until a campaign has come by
	if r, err = f.Vault(0).DestroyKey(ctx, f.Root(), "master", vault.Destruction{Version: 1, Force: true, After: new(7 * day)}); err != nil || r.Shows().WaitsFor != 2 {
		t.Errorf("one version: waits for %d, %v", r.Shows().WaitsFor, err)
	}
	duties(t, f)
	if r := show(t, f, 0, "master"); r.Shows().WaitsFor != 0 || r.Versions[0].DestroyAt == 0 {
		t.Errorf("after the campaign it waits for %d", r.Shows().WaitsFor)
	}
}

func TestANodeThatMissedARevocationDoesNotServe(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "secret")
	opens(t, f, 2, "k", text, "secret")
	for name, miss := range map[string]func(){"cut off": func() { f.Cut(2) }, "behind": func() { f.Lag(2) }} {
		miss()
		ok(t, "suspending", step(f, "k", 0, access.Suspend))
		_, err := decrypt(f.Vault(2), f.Root(), "k", text)
		wants(t, "a node "+name, err, fault.Stale)
		f.Heal(2)
		_, err = decrypt(f.Vault(2), f.Root(), "k", text)
		wants(t, "a node that was "+name, err, fault.BadState)
		_, err = f.Vault(0).ChangeState(ctx, f.Root(), "k", vault.StateChange{Action: access.Activate, Resume: true})
		ok(t, "resuming", err)
	}
}

func TestRevealNeedsAnExportableKey(t *testing.T) {
	f := vaulttest.New(t)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "kept"})
	ok(t, "creating", err)
	_, err = reveal(f.Vault(0), root, "kept", 0)
	wants(t, "revealing", err, fault.Denied)
	yes, no := true, false
	_, err = f.Vault(0).UpdateKey(ctx, root, "kept", vault.KeyPatch{Exportable: &yes})
	wants(t, "making it exportable", err, fault.BadState)
	f.MustCreate("given")
	_, err = f.Vault(0).UpdateKey(ctx, root, "given", vault.KeyPatch{Exportable: &no})
	ok(t, "making it not exportable", err)
	_, err = reveal(f.Vault(0), root, "given", 0)
	wants(t, "revealing", err, fault.Denied)
}

func TestIfMatchRefusesWhatChanged(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	r := f.MustCreate("k")
	_, err := v.RotateKey(ctx, root, "k")
	ok(t, "rotating", err)
	now := time.Duration(0)
	_, err = v.UpdateKey(ctx, root, "k", vault.KeyPatch{IfMatch: r.Revision, Tags: &map[string]string{}})
	wants(t, "update", err, fault.Conflict)
	_, err = v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Suspend, IfMatch: r.Revision})
	wants(t, "suspend", err, fault.Conflict)
	_, err = v.DestroyKey(ctx, root, "k", vault.Destruction{After: &now, IfMatch: r.Revision})
	wants(t, "destroy", err, fault.Conflict)
	_, err = v.UpdateKey(ctx, root, "k", vault.KeyPatch{IfMatch: r.Revision + 1, Tags: &map[string]string{"a": "b"}})
	ok(t, "update on the revision it has", err)
}

// TestNothingLeavesANodeWhoseLeaseRanOutMeanwhile lets the lease run out between the look at the state and the answer.
func TestNothingLeavesANodeWhoseLeaseRanOutMeanwhile(t *testing.T) {
	w := newWorld(t, 2)
	v, root := w.Vault(1), w.Root()
	lent := false
	for name, ask := range map[string]func() error{
		"encrypt": func() error { return err1(encrypt(v, root, "app/k", "x")) },
		"rewrap":  func() error { return err2(v.Rewrap(ctx, root, "app/k", vault.Message{Body: w.text})) },
		"decrypt": func() error {
			return v.Decrypt(ctx, root, "app/k", vault.Message{Body: w.text}, func([]byte, uint32) error { lent = true; return nil })
		},
		"reveal": func() error {
			return v.Reveal(ctx, root, "app/k", 0, func(*key.Record, uint32, []byte) error { lent = true; return nil })
		},
		"datakey": func() error {
			return v.DataKey(ctx, root, "app/k", vault.DataKeySpec{}, func(vault.DataKey) error { lent = true; return nil })
		},
		"dual": func() error { return v.OpenDual(ctx, root, kekPEM(), func([]byte) error { lent = true; return nil }) },
	} {
		ok(t, name, ask())
		lent = false
		w.ExpireAfter(1, 1)
		if err := ask(); !errors.Is(err, fault.Stale) || lent {
			t.Errorf("%s gives %v, lent %v", name, err, lent)
		}
		w.Heal(1)
	}
}
