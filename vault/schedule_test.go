package vault_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// duties runs the leader's background work until it has nothing left to do.
func duties(t *testing.T, f *vaulttest.Fixture) {
	t.Helper()
	for before := -1; before != len(f.Log()); {
		before = len(f.Log())
		ok(t, "duties", f.Vault(f.Leader()).Duties(ctx))
	}
}

func stateOf(f *vaulttest.Fixture, name string) key.State {
	return f.State(f.Leader()).KeyByName(name).State
}

func TestDatesActOnce(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	day := 24 * time.Hour
	_, err := v.CreateKey(ctx, root, vault.KeySpec{
		Name: "k", ActivateAt: key.At(f.Now().Add(day)), DeactivAt: key.At(f.Now().Add(10 * day)), RotateEvery: 2 * day,
	})
	ok(t, "creating", err)
	duties(t, f)
	if stateOf(f, "k") != key.PreActive {
		t.Error("activated before its time")
	}
	f.Advance(day)
	duties(t, f)
	if stateOf(f, "k") != key.Active {
		t.Fatal("not activated")
	}
	text := mustEncrypt(t, f, "k", "x")
	for range 3 {
		f.Advance(2 * day)
		f.Lead((f.Leader() + 1) % 2) // whoever leads
		duties(t, f)
	}
	if got := f.State(0).KeyByName("k").Latest().Number; got != 4 {
		t.Errorf("version %d after three periods", got)
	}
	f.Advance(3 * day)
	duties(t, f)
	if stateOf(f, "k") != key.Deactivated {
		t.Error("not deactivated")
	}
	opens(t, f, 0, "k", text, "x")
	log := len(f.Log())
	f.Advance(30 * day)
	duties(t, f)
	if got := f.State(0).KeyByName("k"); got.Latest().Number != 5 && got.Latest().Number != 4 || got.State != key.Deactivated {
		t.Errorf("afterwards it is %s, version %d", got.State, got.Latest().Number)
	}
	if len(f.Log()) > log+1 { // the expired join token
		t.Errorf("%d entries for what was done already", len(f.Log())-log)
	}
}

func TestAMissedPeriodRotatesOnce(t *testing.T) {
	f := vaulttest.New(t)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", RotateEvery: time.Hour})
	ok(t, "creating", err)
	f.Advance(30 * 24 * time.Hour)
	duties(t, f)
	r := f.State(0).KeyByName("k")
	if r.Latest().Number != 2 || r.NextRotate != vault.NextRotation(key.At(f.Now()), time.Hour, r.ID, 2) {
		t.Errorf("version %d, next %v", r.Latest().Number, r.NextRotate)
	}
	never := time.Duration(0)
	_, err = f.Vault(0).UpdateKey(ctx, f.Root(), "k", vault.KeyPatch{RotateEvery: &never})
	ok(t, "ending rotation", err)
	f.Advance(24 * time.Hour)
	duties(t, f)
	if n := f.State(0).KeyByName("k").Latest().Number; n != 2 {
		t.Errorf("version %d", n)
	}
}

func TestDestructionWaitsAWeekAndCanBeCancelled(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	for _, name := range []string{"gone", "kept"} {
		f.MustCreate(name)
		ok(t, "deactivating", step(f, name, 0, access.Deactivate))
		r, err := v.DestroyKey(ctx, root, name, vault.Destruction{Reason: "end"})
		ok(t, "destroying", err)
		if want := key.At(f.Now().Add(7 * 24 * time.Hour)); r.DestroyAt != want || r.State != key.Deactivated {
			t.Errorf("it is %s and ends at %v, want %v", r.State, r.DestroyAt, want)
		}
	}
	r, err := v.CancelDestroy(ctx, root, "kept", 0, 0, "")
	if err != nil || r.DestroyAt != 0 {
		t.Fatalf("cancelling gives %v, %v", r, err)
	}
	f.Advance(7*24*time.Hour - time.Second)
	duties(t, f)
	if stateOf(f, "gone") != key.Deactivated {
		t.Error("destroyed before its time")
	}
	f.Advance(time.Second)
	duties(t, f)
	if stateOf(f, "gone") != key.Destroyed || stateOf(f, "kept") != key.Deactivated {
		t.Errorf("they are %s and %s", stateOf(f, "gone"), stateOf(f, "kept"))
	}
	f.MustCreate("active")
	_, err = v.DestroyKey(ctx, root, "active", vault.Destruction{})
	wants(t, "destroying an active key", err, fault.BadState)
}

// TestAReasonOutlastsTheWait: what somebody gave as the reason of an end is in the record until then and after, and so is that of a compromise.
func TestAReasonOutlastsTheWait(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	for _, name := range []string{"said", "silent", "leaked", "leaked now", "kept"} {
		name = strings.ReplaceAll(name, " ", "-")
		f.MustCreate(name)
		s := vault.StateChange{Action: access.Deactivate, Reason: "moved"}
		if strings.HasPrefix(name, "leaked") {
			s = vault.StateChange{Action: access.Compromise, Reason: "leaked"}
		}
		_, err := v.ChangeState(ctx, root, name, s)
		ok(t, "ending its use", err)
		d := vault.Destruction{}
		switch name {
		case "said", "kept":
			d.Reason = "contract ended"
		case "leaked-now":
			d.After = new(time.Duration)
		}
		r, err := v.DestroyKey(ctx, root, name, d)
		ok(t, "destroying", err)
		want := map[string]string{"said": "contract ended", "kept": "contract ended", "silent": "moved"}[name]
		if want == "" {
			want = "leaked"
		}
		if r.Reason != want {
			t.Errorf("%s is going to be destroyed for the reason %q, want %q", name, r.Reason, want)
		}
	}
	r, err := v.CancelDestroy(ctx, root, "kept", 0, 0, "still needed")
	ok(t, "cancelling", err)
	if r.Reason != "" || r.ForEnd {
		t.Errorf("it goes on, and has the reason %q", r.Reason)
	}
	if e := entriesOf(f, 0, 1, "key.cancel-destroy"); e[0].Changes["reason"] != "still needed" {
		t.Errorf("the audit log says %v", e[0].Changes)
	}
	err = err1(v.CancelDestroy(ctx, root, "said", 0, 0, strings.Repeat("x", key.MaxReason+1)))
	wants(t, "a long reason", err, fault.TooLarge)
	f.Advance(7 * 24 * time.Hour)
	duties(t, f)
	for name, want := range map[string]string{"said": "contract ended", "silent": "its destroy date has come", "leaked": "leaked", "leaked-now": "leaked"} {
		r := f.State(0).KeyByName(name)
		if !r.State.Gone() || r.Reason != want || r.ForEnd || r.Versions[0].Reason != want {
			t.Errorf("%s is %s for the reason %q, its version for %q; want %q", name, r.State, r.Reason, r.Versions[0].Reason, want)
		}
	}
}

func TestAVersionIsDestroyedOnItsDate(t *testing.T) {
	f := vaulttest.New(t)
	root := f.Root()
	f.MustCreate("k")
	_, err := f.Vault(0).RotateKey(ctx, root, "k")
	ok(t, "rotating", err)
	hour := time.Hour
	_, err = f.Vault(0).DestroyKey(ctx, root, "k", vault.Destruction{Version: 1, After: &hour})
	ok(t, "destroying", err)
	f.Advance(hour)
	duties(t, f)
	r := f.State(0).KeyByName("k")
	if r.Version(1).State != key.Destroyed || r.Version(2).State != key.Active || r.State != key.Active {
		t.Errorf("versions are %s and %s", r.Version(1).State, r.Version(2).State)
	}
	mustEncrypt(t, f, "k", "x")
}

func TestACompromisedKeyIsDestroyedAsSuch(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	ok(t, "compromising", step(f, "k", 0, access.Compromise))
	_, err := f.Vault(0).DestroyKey(ctx, f.Root(), "k", vault.Destruction{})
	ok(t, "destroying", err)
	f.Advance(8 * 24 * time.Hour)
	duties(t, f)
	if stateOf(f, "k") != key.DestroyedCompromised {
		t.Errorf("it is %s", stateOf(f, "k"))
	}
}

func TestWhatCannotBeDoneHoldsNothingUp(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	hour := time.Hour
	for i := range 101 { // they become active before their destruction is due, and an active key is not destroyed
		name := fmt.Sprintf("stuck/%03d", i)
		_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, ActivateAt: key.At(f.Now().Add(time.Minute))})
		ok(t, "creating", err)
		_, err = v.DestroyKey(ctx, root, name, vault.Destruction{After: &hour})
		ok(t, "destroying", err)
	}
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "late", RotateEvery: 2 * time.Hour})
	ok(t, "creating", err)
	f.Advance(time.Minute)
	duties(t, f)
	f.Advance(2 * time.Hour)
	duties(t, f)
	if n := f.State(0).KeyByName("late").Latest().Number; n != 2 {
		t.Errorf("version %d: keys that cannot be destroyed hold up the others", n)
	}
}

func TestDutiesOfAFormerLeaderDoNothing(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", RotateEvery: time.Hour})
	ok(t, "creating", err)
	f.Advance(time.Hour)
	f.Lead(1)
	_ = f.Vault(0).Duties(ctx) // fault.NoLeader or nothing
	if n := f.State(1).KeyByName("k").Latest().Number; n != 1 {
		t.Errorf("version %d", n)
	}
	duties(t, f)
	if n := f.State(1).KeyByName("k").Latest().Number; n != 2 {
		t.Errorf("version %d", n)
	}
}

// TestRunActsOnTheLeaderAlone runs the background work of three nodes in simulated time.
func TestRunActsOnTheLeaderAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := vaulttest.Cluster(t, 3)
		_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k", RotateEvery: time.Minute})
		ok(t, "creating", err)
		run, stop := context.WithCancel(ctx)
		ended := make(chan error, 3)
		for i := range 3 {
			go func() { ended <- f.Vault(i).Run(run) }()
		}
		f.Advance(10 * time.Minute)
		<-time.After(5 * time.Second) // simulated: five ticks
		synctest.Wait()
		stop()
		for range 3 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if n := f.State(2).KeyByName("k").Latest().Number; n != 2 {
			t.Errorf("version %d", n)
		}
	})
}
