package vault_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
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

const day = 24 * time.Hour

func in(f *vaulttest.Fixture, d time.Duration) key.Time { return key.At(f.Now().Add(d)) }

func at(f *vaulttest.Fixture, d time.Duration) *key.Time { t := in(f, d); return &t }

// entriesAbout counts the entries of the log that change a key, by op.
func entriesAbout(t testing.TB, f *vaulttest.Fixture, id key.ID, from int) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, e := range f.Log()[from:] {
		p, err := fsm.Decode(e.Data)
		ok(t, "decoding", err)
		if c, is := p.Command.(interface{ Target() key.ID }); is && c.Target() == id {
			name := p.Command.Op()
			if s, is := p.Command.(*fsm.SetState); is {
				name = fmt.Sprint(s.To, "/", s.Version)
			}
			n[name]++
		}
	}
	return n
}

func TestJitterIsEarlyBoundedAndTheSameAgain(t *testing.T) {
	base, seen := key.At(vaulttest.Start), map[key.Time]bool{}
	for _, every := range []time.Duration{time.Minute, 90 * day, 100 * 365 * day} {
		most := min(every/50, 6*time.Hour)
		for i := range 200 {
			id := key.ID{byte(i), 7}
			got := vault.NextRotation(base, every, id, 3)
			if early := time.Duration(base.Add(every)-got) * time.Millisecond; early < 0 || early >= most {
				t.Errorf("%v before its time, of at most %v", early, most)
			}
			if got != vault.NextRotation(base, every, id, 3) {
				t.Error("the same version has two dates")
			}
			seen[got] = true
		}
	}
	if len(seen) < 500 {
		t.Errorf("only %d dates for 600 keys", len(seen))
	}
}

// TestADayMissedIsCaughtUpOnce stops the clock's work for 30 days: every step is taken once, in order, by whoever leads, also
// when the leader changes in the middle and a proposal's outcome is not known.
func TestADayMissedIsCaughtUpOnce(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	full, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{
		Name: "full", ActivateAt: in(f, day), DeactivAt: in(f, 10*day), DestroyAt: in(f, 10*day), RotateEvery: 3 * day,
	})
	ok(t, "creating", err)
	var rotating []*key.Record
	for i := range 40 {
		r, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: fmt.Sprint("r", i), RotateEvery: 2 * day, RetireAfter: 90 * day})
		ok(t, "creating", err)
		rotating = append(rotating, r)
	}
	f.Advance(30 * day)
	from := len(f.Log())
	f.FailNext(vaulttest.None, vaulttest.None, vaulttest.Moved, vaulttest.None, vaulttest.Committed, vaulttest.Lost)
	for range 8 {
		_ = f.Vault(f.Leader()).Duties(ctx) // uncertain now and then
	}
	duties(t, f)
	want := map[string]int{"active/0": 1, "deactivated/0": 1, "destroyed/0": 1}
	if got := entriesAbout(t, f, full.ID, from); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the steps taken are %v, want %v", got, want)
	}
	for _, r := range rotating {
		now := f.State(0).Key(r.ID)
		if got := entriesAbout(t, f, r.ID, from); got["key.rotate"] != 1 || now.Latest().Number != 2 {
			t.Errorf("%s was rotated %v times", r.Name, got)
		}
		if now.NextRotate <= key.At(f.Now()) || now.Version(1).DestroyAt != now.Updated.Add(90*day) {
			t.Errorf("%s goes on at %v; version 1 ends at %v", r.Name, now.NextRotate, now.Version(1).DestroyAt)
		}
	}
	length := len(f.Log())
	f.Advance(time.Hour)
	duties(t, f)
	if len(f.Log()) != length {
		t.Errorf("%d entries more an hour later", len(f.Log())-length)
	}
}

func TestDatesThatMakeNoSenseAreNamed(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	past := in(f, -time.Second)
	for name, s := range map[string]vault.KeySpec{
		"activate_at":         {ActivateAt: past},
		"deactivate_at":       {DeactivAt: past},
		"destroy_at":          {DeactivAt: in(f, day), DestroyAt: past},
		"destroy_at needs":    {DestroyAt: in(f, day)},
		"destroy_at must not": {DeactivAt: in(f, 2*day), DestroyAt: in(f, day)},
		"deactivate_at must":  {ActivateAt: in(f, 2*day), DeactivAt: in(f, day)},
		"retire_after":        {RetireAfter: time.Second},
	} {
		s.Name = "x"
		_, err := v.CreateKey(ctx, root, s)
		if wants(t, name, err, fault.Invalid); !strings.HasPrefix(fault.Of(err).Message, name) {
			t.Errorf("the error on %s is %q", name, fault.Of(err).Message)
		}
	}
	f.MustCreate("active")
	f.MustCreate("ended")
	ok(t, "deactivating", step(f, "ended", 0, access.Deactivate))
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "early", ActivateAt: in(f, day)})
	ok(t, "creating", err)
	never := key.Time(0)
	for _, c := range []struct {
		key, name string
		p         vault.KeyPatch
		want      fault.Kind
	}{
		{"active", "activate_at cannot be changed", vault.KeyPatch{ActivateAt: at(f, day)}, fault.BadState},
		{"ended", "deactivate_at cannot be changed", vault.KeyPatch{DeactivAt: at(f, day)}, fault.BadState},
		{"active", "deactivate_at lies in the past", vault.KeyPatch{DeactivAt: &past}, fault.Invalid},
		{"ended", "destroy_at lies in the past", vault.KeyPatch{DestroyAt: &past}, fault.Invalid},
		{"active", "destroy_at needs", vault.KeyPatch{DestroyAt: at(f, day)}, fault.Invalid},
		{"active", "destroy_at must not", vault.KeyPatch{DeactivAt: at(f, 2*day), DestroyAt: at(f, day)}, fault.Invalid},
		{"early", "deactivate_at must", vault.KeyPatch{DeactivAt: at(f, time.Hour)}, fault.Invalid},
	} {
		_, err := v.UpdateKey(ctx, root, c.key, c.p)
		if wants(t, c.name, err, c.want); !strings.HasPrefix(fault.Of(err).Message, c.name) {
			t.Errorf("%s: the error is %q", c.name, fault.Of(err).Message)
		}
	}
	for _, c := range []struct {
		key string
		p   vault.KeyPatch
	}{
		{"early", vault.KeyPatch{ActivateAt: &never}},
		{"early", vault.KeyPatch{ActivateAt: at(f, 2*day), DeactivAt: at(f, 3*day), DestroyAt: at(f, 3*day)}},
		{"active", vault.KeyPatch{DeactivAt: at(f, day), DestroyAt: at(f, day)}},
		{"ended", vault.KeyPatch{DestroyAt: at(f, day)}},
	} {
		_, err := v.UpdateKey(ctx, root, c.key, c.p)
		ok(t, "changing the dates of "+c.key, err)
	}
	_, err = v.UpdateKey(ctx, root, "active", vault.KeyPatch{DeactivAt: &never})
	wants(t, "taking away what destroy_at needs", err, fault.Invalid)
	f.Advance(4 * day)
	duties(t, f)
	for _, name := range []string{"early", "active", "ended"} {
		if stateOf(f, name) != key.Destroyed {
			t.Errorf("%s is %s in the end", name, stateOf(f, name))
		}
	}
}

func TestWhatWasUsedLatelyIsDestroyedOnlyByForce(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	now := time.Duration(0)
	f.MustCreate("never")
	f.MustCreate("k")
	mustEncrypt(t, f, "k", "x")
	_, err := v.RotateKey(ctx, root, "k")
	ok(t, "rotating", err)
	f.Advance(3 * time.Hour)
	_, err = encrypt(v, root, "k", "x") // version 2, on a follower
	ok(t, "encrypting", err)
	tell(t, f, 1)
	ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
	ok(t, "deactivating", step(f, "never", 0, access.Deactivate))
	_, err = v.DestroyKey(ctx, root, "never", vault.Destruction{After: &now})
	ok(t, "destroying what was never used", err)

	_, err = v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 1})
	if wants(t, "destroying version 1", err, fault.BadState); !strings.Contains(fault.Of(err).Message, "key k version 1 was used 3 hours ago") {
		t.Errorf("the error is %q", fault.Of(err).Message)
	}
	_, err = v.DestroyKey(ctx, root, "k", vault.Destruction{})
	wants(t, "destroying the key", err, fault.BadState)
	refused := fault.Of(err) // it says what the rule is, and each way on
	for _, say := range []string{"within 7d", "--force", "called off", "audit log", key.At(f.Now()).Add(7 * day).String()} {
		if !strings.Contains(refused.Message+" "+refused.Hint, say) {
			t.Errorf("the refusal does not say %q: %s. %s", say, refused.Message, refused.Hint)
		}
	}
	f.Advance(7*day - 3*time.Hour)
	_, err = v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 1})
	ok(t, "destroying a version that was not used for a week", err)
	_, err = v.DestroyKey(ctx, root, "k", vault.Destruction{})
	wants(t, "destroying the key", err, fault.BadState)
	before := len(f.AuditEntries(0))
	r, err := v.DestroyKey(ctx, root, "k", vault.Destruction{Force: true, After: new(7 * day)})
	if ok(t, "forcing", err); r.State != key.Deactivated || r.DestroyAt != in(f, 7*day) || r.Ending != key.Dated {
		t.Errorf("force after a week makes it %s, to end at %v", r.State, r.DestroyAt)
	}
	if e := entriesOf(f, 0, before, "key.destroy"); len(e) == 0 || e[0].Changes["force"] != "true" {
		t.Errorf("force is not in the audit log: %+v", e)
	}
	if r, err = v.DestroyKey(ctx, root, "k", vault.Destruction{Force: true}); err != nil || r.State != key.Destroyed {
		t.Errorf("force without a wait gives %v, %v", r, err)
	}
}

// A date is no way around what a destruction is asked: the permission to destroy, and that nothing was used lately.
func TestADateIsNoWayAroundTheGuard(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for _, name := range []string{"used", "never"} {
		f.MustCreate(name)
	}
	mustEncrypt(t, f, "used", "x")
	for _, name := range []string{"used", "never"} {
		ok(t, "rotating", err1(v.RotateKey(ctx, root, name)))
	}
	soon, late, minute, month := in(f, time.Hour), in(f, 30*day), time.Minute, 30*day
	for what, p := range map[string]vault.KeyPatch{"dates": {DeactivAt: &soon, DestroyAt: &soon}, "retirement": {RetireAfter: &minute}} {
		_, err := v.UpdateKey(ctx, root, "used", p)
		if wants(t, what, err, fault.BadState); !strings.Contains(fault.Of(err).Message, "too soon") || !strings.Contains(fault.Of(err).Message, "was used") {
			t.Errorf("%s: %v", what, err)
		}
	}
	ok(t, "later dates", err1(v.UpdateKey(ctx, root, "used", vault.KeyPatch{DeactivAt: &soon, DestroyAt: &late, RetireAfter: &month})))
	ok(t, "dates of what was never used", err1(v.UpdateKey(ctx, root, "never", vault.KeyPatch{DeactivAt: &soon, DestroyAt: &soon, RetireAfter: &minute})))

	f.Grant("keeper", `permit (principal == User::"keeper", action in [Action::"read", Action::"update"], resource);`)
	f.MustCreate("kept")
	for what, p := range map[string]vault.KeyPatch{"dates": {DeactivAt: &late, DestroyAt: &late}, "retirement": {RetireAfter: &month}} {
		wants(t, what+" by who may not destroy", err1(v.UpdateKey(ctx, as("keeper"), "kept", p)), fault.Denied)
	}
	ok(t, "an end of use by who may not destroy", err1(v.UpdateKey(ctx, as("keeper"), "kept", vault.KeyPatch{DeactivAt: &late})))
}

func TestTheGuardIsConfigured(t *testing.T) {
	for guard, want := range map[time.Duration]bool{0: false, time.Hour: true, -1: true} {
		f := vaulttest.Cluster(t, 1, vaulttest.WithConfig(func(c *vault.Config) { c.DestroyGuard = guard }))
		f.MustCreate("k")
		mustEncrypt(t, f, "k", "x")
		ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
		f.Advance(2 * time.Hour)
		_, err := f.Vault(0).DestroyKey(ctx, f.Root(), "k", vault.Destruction{})
		if (err == nil) != want {
			t.Errorf("with a guard of %v, destroying gives %v", guard, err)
		}
	}
}

func TestVersionsRetireByThemselves(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "x")
	_, err := f.Vault(1).RotateKey(ctx, root, "k")
	ok(t, "rotating", err)
	month := 30 * day
	r, err := f.Vault(1).UpdateKey(ctx, root, "k", vault.KeyPatch{RetireAfter: &month})
	if ok(t, "updating", err); r.Versions[0].DestroyAt != in(f, month) {
		t.Errorf("version 1 ends at %v", r.Versions[0].DestroyAt)
	}
	f.Advance(month - time.Minute)
	duties(t, f)
	opens(t, f, 0, "k", text, "x")
	f.Advance(time.Minute)
	duties(t, f)
	if got := f.State(0).KeyByName("k"); got.Version(1).State != key.Destroyed || got.State != key.Active {
		t.Errorf("version 1 is %s", got.Version(1).State)
	}
	mustEncrypt(t, f, "k", "x")
}

// TestWhatStillWrapsChildrenWaits retires the version of a parent before its children were moved to the next.
func TestWhatStillWrapsChildrenWaits(t *testing.T) {
	f := vaulttest.New(t)
	root := f.Root()
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "parent", RetireAfter: time.Hour})
	ok(t, "creating", err)
	_, err = f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "child", Parent: "parent"})
	ok(t, "creating", err)
	text := mustEncrypt(t, f, "child", "x")
	_, err = f.Vault(0).RotateKey(ctx, root, "parent")
	ok(t, "rotating", err)
	f.Advance(2 * time.Hour)
	length := len(f.Log())
	duties(t, f) // dates come first, then what moves children
	var ops []string
	for _, e := range f.Log()[length:] {
		p, err := fsm.Decode(e.Data)
		ok(t, "decoding", err)
		ops = append(ops, p.Command.Op())
	}
	moved, ended := slices.Index(ops, "key.rewrap"), slices.Index(ops, "key.state")
	if got := f.State(0).KeyByName("parent").Version(1).State; got != key.Destroyed || moved < 0 || ended < moved {
		t.Errorf("version 1 is %s, by way of %v", got, ops)
	}
	for _, e := range entriesOf(f, 0, 0, "key.destroy") {
		if e.Phase == audit.Response && e.Outcome != audit.OK {
			t.Errorf("waiting leaves %+v", e)
		}
	}
	opens(t, f, 0, "child", text, "x")
}

// TestALegalHoldStopsTheClusterToo forbids destruction by tag: no door destroys or purges such a key, and neither does the
// cluster when a date has come. It is audited once an hour, and holds up nothing else.
func TestALegalHoldStopsTheClusterToo(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	f.Grant("hold", `forbid (principal, action in [Action::"destroy", Action::"purge"], resource) when { resource has tags && resource.tags has hold };`)
	tags := map[string]string{"hold": "case 17"}
	for _, name := range []string{"held", "free"} {
		s := vault.KeySpec{Name: name, DeactivAt: in(f, day), DestroyAt: in(f, day)}
		if name == "held" {
			s.Tags = tags
		}
		_, err := v.CreateKey(ctx, root, s)
		ok(t, "creating", err)
	}
	rotated, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "rotated", Tags: tags, RotateEvery: time.Hour, RetireAfter: time.Hour})
	ok(t, "creating", err)
	_, err = v.DestroyKey(ctx, root, "held", vault.Destruction{Force: true})
	wants(t, "destroying what is held", err, fault.Denied)
	f.Advance(2 * day)
	before := len(f.AuditEntries(0))
	for range 5 {
		_ = f.Vault(0).Duties(ctx)
		f.Advance(time.Minute)
	}
	if stateOf(f, "held") != key.Deactivated || stateOf(f, "free") != key.Destroyed {
		t.Errorf("they are %s and %s", stateOf(f, "held"), stateOf(f, "free"))
	}
	denied := func() (n int) {
		for _, e := range entriesOf(f, 0, before, "key.destroy") {
			if e.KeyName == "held" && e.Outcome == "denied" && e.Action == access.Destroy {
				n++
			}
		}
		return n
	}
	if n := denied(); n != 1 {
		t.Errorf("audited %d times within minutes", n)
	}
	f.Advance(time.Hour)
	_ = f.Vault(0).Duties(ctx)
	if n := denied(); n != 2 {
		t.Errorf("audited %d times after an hour", n)
	}
	for range 3 { // its old versions are held, its rotation goes on
		f.Advance(2 * time.Hour)
		for range 3 {
			_ = f.Vault(0).Duties(ctx)
		}
	}
	if got := f.State(0).Key(rotated.ID); got.Latest().Number < 4 || got.Version(1).State != key.Deactivated {
		t.Errorf("it is at version %d, and version 1 is %s", got.Latest().Number, got.Version(1).State)
	}
	ok(t, "lifting the hold", v.DeletePolicy(ctx, root, "hold"))
	_ = f.Vault(0).Duties(ctx)
	if stateOf(f, "held") != key.Destroyed {
		t.Errorf("with the hold lifted it is %s", stateOf(f, "held"))
	}
	f.Grant("hold", `forbid (principal, action == Action::"purge", resource);`)
	wants(t, "purging what is held", v.PurgeKey(ctx, root, "held", 0), fault.Denied)
}

func TestAPurgedKeyFreesItsName(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	old := f.MustCreate("k")
	wants(t, "purging an active key", v.PurgeKey(ctx, root, "k", 0), fault.BadState)
	ok(t, "deactivating", step(f, "k", 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, "k", 0))
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "k"})
	wants(t, "taking the name of a tombstone", err, fault.Exists)
	r := show(t, f, 1, "k")
	if r.State != key.Destroyed || len(r.Versions) != 1 {
		t.Errorf("the tombstone is %+v", r)
	}
	wants(t, "purging another revision", v.PurgeKey(ctx, root, "k", r.Revision-1), fault.Conflict)
	ok(t, "purging", v.PurgeKey(ctx, again(root, "p"), "k", r.Revision))
	ok(t, "purging again with the same key", v.PurgeKey(ctx, again(root, "p"), "k", r.Revision))
	wants(t, "purging again", v.PurgeKey(ctx, root, "k", 0), fault.NotFound)
	fresh, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "k"})
	if ok(t, "creating", err); fresh.ID == old.ID {
		t.Error("the old key is back")
	}
}

// TestARotationAndADestructionRace has one winner: the other learns that the key is not as it saw it.
func TestARotationAndADestructionRace(t *testing.T) {
	won := map[string]int{}
	for round := range 20 {
		f := vaulttest.Cluster(t, 3)
		root := f.Root()
		f.MustCreate("k")
		seen, err := f.Vault(0).RotateKey(ctx, root, "k")
		ok(t, "rotating", err)
		var rotating, destroying error
		var both sync.WaitGroup
		both.Go(func() { _, rotating = f.Vault(1+round%2).RotateKeyIf(ctx, root, "k", seen.Revision) })
		both.Go(func() {
			_, destroying = f.Vault(2-round%2).DestroyKey(ctx, root, "k", vault.Destruction{Version: 1, IfMatch: seen.Revision})
		})
		both.Wait()
		r := f.State(0).KeyByName("k")
		switch {
		case rotating == nil:
			wants(t, "destroying after the rotation", destroying, fault.Conflict)
			if won["rotate"]++; r.Latest().Number != 3 || r.Version(1).DestroyAt != 0 {
				t.Errorf("the loser had its way: %+v", r)
			}
		case destroying == nil:
			wants(t, "rotating after the destruction", rotating, fault.Conflict)
			if won["destroy"]++; r.Latest().Number != 2 || r.Version(1).DestroyAt == 0 {
				t.Errorf("the loser had its way: %+v", r)
			}
		default:
			t.Fatalf("nobody won: %v, %v", rotating, destroying)
		}
	}
	t.Log(won)
}
