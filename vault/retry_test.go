package vault_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// retried is every write that is kept in the replicated state, with what its caller gets.
var retried = map[string]func(w *world, v *vault.Vault, c access.Caller) (any, error){
	"key.create": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.CreateKey(ctx, c, vault.KeySpec{Name: "app/new"})
	},
	"key.rotate": func(_ *world, v *vault.Vault, c access.Caller) (any, error) { return v.RotateKey(ctx, c, "app/k") },
	"key.update": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.UpdateKey(ctx, c, "app/k", vault.KeyPatch{IfMatch: 1, Tags: &map[string]string{"a": "b"}})
	},
	"key.activate": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.ChangeState(ctx, c, "app/suspended", vault.StateChange{Action: access.Activate, Resume: true})
	},
	"key.suspend": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.ChangeState(ctx, c, "app/k", vault.StateChange{Action: access.Suspend})
	},
	"key.deactivate": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.ChangeState(ctx, c, "app/k", vault.StateChange{Action: access.Deactivate})
	},
	"key.compromise": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.ChangeState(ctx, c, "app/k", vault.StateChange{Action: access.Compromise})
	},
	"key.destroy": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		now := time.Duration(0)
		return v.DestroyKey(ctx, c, "app/deactivated", vault.Destruction{After: &now})
	},
	"token.create": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		_, text, err := v.CreateToken(ctx, c, vault.TokenSpec{Principal: "x"})
		return string(text), err
	},
	"token.create-join": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		_, text, err := v.CreateJoinToken(ctx, c, vault.JoinTokenSpec{Uses: 1})
		return string(text), err
	},
	"token.renew": func(w *world, v *vault.Vault, c access.Caller) (any, error) {
		t, err := v.RenewToken(ctx, c, w.token.ID)
		if err != nil {
			return nil, err
		}
		return t.Expires, nil
	},
	"token.revoke": func(w *world, v *vault.Vault, c access.Caller) (any, error) {
		return nil, v.RevokeToken(ctx, c, w.other.ID)
	},
	"policy.put": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.PutPolicy(ctx, c, vault.PolicyText{Name: "more", Text: `permit (principal == User::"nobody", action, resource);`})
	},
	"policy.delete": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return nil, v.DeletePolicy(ctx, c, "extra")
	},
	"dual.create": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.CreateDual(ctx, c, otherKEK())
	},
	"dual.import": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		return v.ImportDual(ctx, c, vault.DualImport{Name: "0123456789abcdef0123456789abcdef", Sealed: bytes.Repeat([]byte{7}, 256)})
	},
	"sys.keyring-rotate": func(_ *world, v *vault.Vault, c access.Caller) (any, error) {
		k, err := v.RotateKeyring(ctx, c)
		if err != nil {
			return nil, err
		}
		return k.Term, nil
	},
}

// TestARepeatedRequestGivesTheFirstOutcome repeats every write under its Idempotency-Key: at once, on another node, after
// a leader move, and when the first try was cut off after it was committed.
func TestARepeatedRequestGivesTheFirstOutcome(t *testing.T) {
	for name, run := range retried {
		for _, way := range []string{"plain", "committed", "moved", "lost"} {
			for _, door := range []int{0, 1} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, way, door), func(t *testing.T) {
					w := newWorld(t, 3)
					w.Advance(time.Minute)
					c := again(w.Root(), "retry-1")
					var first any
					var err error
					switch way {
					case "plain":
						first, err = run(w, w.Vault(door), c)
						ok(t, "the first try", err)
					case "committed":
						w.FailNext(vaulttest.Committed)
					case "moved":
						w.FailNext(vaulttest.Moved)
					case "lost":
						w.FailNext(vaulttest.Lost)
					}
					if way != "plain" {
						first, err = run(w, w.Vault(door), c)
						if door == 0 { // the leader itself says that it does not know; a follower asks on
							wants(t, "the first try", err, fault.Uncertain)
						} else {
							ok(t, "the first try", err)
						}
					}
					w.Advance(time.Minute)
					length := -1
					if way != "lost" {
						length = entriesWith(w)
					}
					for _, node := range []int{2, 0, 1} {
						got, err := run(w, w.Vault(node), c)
						ok(t, "the repeated request", err)
						got = withoutUses(got)
						if first = withoutUses(first); first == nil || reflect.ValueOf(first).IsZero() {
							first = got
						}
						if !reflect.DeepEqual(got, first) {
							t.Errorf("first %+v, then %+v", first, got)
						}
					}
					if length >= 0 && name != "token.revoke" && entriesWith(w) != length {
						t.Errorf("the state changed again")
					}
				})
			}
		}
	}
}

// TestARepeatedRevocationIsNotAcknowledgedBeforeTheFirstWouldBe: the first try was made and its caller went away while some node
// still held a lease on the state before. Whoever repeats it has to wait for that node, too.
func TestARepeatedRevocationIsNotAcknowledgedBeforeTheFirstWouldBe(t *testing.T) {
	revoking := []string{"key.suspend", "key.deactivate", "key.compromise", "key.destroy", "key.rotate", "token.revoke"}
	for _, name := range revoking {
		for _, door := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s/%d", name, door), func(t *testing.T) {
				w := newWorld(t, 3)
				w.Advance(time.Minute)
				c := again(w.Root(), "retry-1")
				w.FailNext(vaulttest.Committed)
				_, err := retried[name](w, w.Vault(0), c)
				wants(t, "the first try", err, fault.Uncertain)
				w.Leased(true)
				short, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
				old := ctx
				ctx = short
				_, err = retried[name](w, w.Vault(door), c)
				ctx = old
				wants(t, "repeated while a node may serve the old state", err, fault.Uncertain)
				w.Leased(false)
				_, err = retried[name](w, w.Vault(door), c)
				ok(t, "repeated when none may", err)
			})
		}
	}
}

// entriesWith is a figure that changes whenever keys, tokens or policies do.
func entriesWith(w *world) int {
	s := w.State(0)
	n := s.KeyCount()*1_000_000 + s.TokenCount()*10_000 + int(s.PolicyRevision())*100
	for _, name := range []string{"app/k", "app/suspended", "app/deactivated"} {
		n += int(s.KeyByName(name).Revision)
	}
	return n
}

func TestOthersMayUseTheSameIdempotencyKey(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.Grant("all", `permit (principal, action == Action::"create", resource);`)
	callers := []access.Caller{as("a"), as("b"), {Principal: "a", Kind: access.ByCertificate, Door: "test"}}
	var ids []string
	for i, c := range callers {
		r, err := f.Vault(i%2).CreateKey(ctx, again(c, "same"), vault.KeySpec{Name: fmt.Sprintf("k%d", i)})
		ok(t, "creating", err)
		ids = append(ids, r.ID.String())
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 3 {
		t.Error("two callers share an outcome")
	}
}

func TestAnIdempotencyKeyIsForOneRequest(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	c := again(f.Root(), "same")
	_, err := f.Vault(1).CreateKey(ctx, c, vault.KeySpec{Name: "a"})
	ok(t, "creating", err)
	f.MustCreate("other")
	for node := range 2 {
		v := f.Vault(node)
		for name, err := range map[string]error{
			"another body":            err1(v.CreateKey(ctx, c, vault.KeySpec{Name: "b"})),
			"another operation":       err1(v.RotateKey(ctx, c, "a")),
			"one that would not work": err1(v.ChangeState(ctx, c, "a", vault.StateChange{Action: access.Activate})),
			"a token":                 err2(v.CreateToken(ctx, c, vault.TokenSpec{})),
			"a revocation":            v.RevokeToken(ctx, c, c.Token),
			"a policy":                v.DeletePolicy(ctx, c, "keas"),
			"the keyring":             err1(v.RotateKeyring(ctx, c)),
		} {
			wants(t, name, err, fault.Invalid)
		}
	}
	if f.State(0).KeyCount() != 2 || f.State(0).Policy("keas") == nil {
		t.Error("something was done")
	}
}

func TestARefusalIsRepeatedToo(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	c := again(f.Root(), "x")
	_, err := f.Vault(0).CreateKey(ctx, c, vault.KeySpec{Name: "k"})
	wants(t, "a name twice", err, fault.Exists)
	_, err = f.Vault(0).CreateKey(ctx, c, vault.KeySpec{Name: "k"})
	wants(t, "the same again", err, fault.Exists)
}

func TestALostRaceIsTriedAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	const n = 16
	errs := make(chan error, n)
	for i := range n {
		go func() {
			_, err := f.Vault(i%2).RotateKey(ctx, f.Root(), "k")
			errs <- err
		}()
	}
	done := 0
	for range n {
		if err := <-errs; err == nil {
			done++
		} else {
			t.Errorf("rotating: %v", err)
		}
	}
	if got := len(f.State(0).KeyByName("k").Versions); got != done+1 {
		t.Errorf("%d versions after %d rotations", got, done)
	}
}

func TestAFollowerForwardsAndReadsItsOwnWrites(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	root := f.Root()
	f.Lag(1)
	got := make(chan error, 1)
	go func() {
		_, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "k"})
		got <- err
	}()
	for f.State(0).KeyByName("k") == nil {
		select {
		case err := <-got:
			t.Fatalf("answered before it was written: %v", err)
		default:
		}
	}
	select {
	case err := <-got:
		t.Fatalf("answered before its own state had it: %v", err)
	default:
	}
	f.Heal(1)
	ok(t, "creating through a follower", <-got)
	ok(t, "reading it there", err1(f.Vault(1).Key(ctx, root, "k")))
}

func TestAFollowerThatDoesNotCatchUpIsUncertain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.Lag(1)
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err := f.Vault(1).CreateKey(short, again(root, "r"), vault.KeySpec{Name: "k"})
	wants(t, "creating", err, fault.Uncertain)
	f.Heal(1)
	_, err = f.Vault(1).CreateKey(ctx, again(root, "r"), vault.KeySpec{Name: "k"})
	ok(t, "repeating it", err)
}

func TestWithoutALeaderNothingIsWrittenAndItIsSaid(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.Lead(-1)
	for node := range 2 {
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		before := len(f.AuditEntries(node))
		_, err := f.Vault(node).CreateKey(short, root, vault.KeySpec{Name: "k"})
		wants(t, "creating", err, fault.NoLeader)
		if got := entriesOf(f, node, before, "key.create"); len(got) == 0 || got[len(got)-1].Outcome != "no_leader" {
			t.Errorf("node %d audits %+v", node, got)
		}
		cancel()
	}
	f.Lead(1)
	_, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: "k"})
	ok(t, "creating with a leader", err)
}

func TestALeaderThatCannotCommitTriesUntilItCan(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.FailNext(vaulttest.NoLeader, vaulttest.NoLeader, vaulttest.NoLeader)
	_, err := f.Vault(1).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k"})
	ok(t, "creating through a follower", err)
	f.FailNext(vaulttest.NoLeader)
	_, err = f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "k2"})
	ok(t, "creating on the leader", err)
}

func TestAStalledWriteEndsUncertain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for node := range 2 {
		f.FailNext(vaulttest.Stall)
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		_, err := f.Vault(node).CreateKey(short, again(f.Root(), "s"), vault.KeySpec{Name: "k"})
		wants(t, "a stalled write", err, fault.Uncertain)
		cancel()
	}
	_, err := f.Vault(0).CreateKey(ctx, again(f.Root(), "s"), vault.KeySpec{Name: "k"})
	ok(t, "repeating it", err)
}

func TestAWriteWhoseAnswerCannotBeAuditedIsUncertainAndCanBeRepeated(t *testing.T) {
	f := vaulttest.New(t)
	c := again(f.Root(), "r")
	f.BreakAuditAfter(0, 1) // the intent is written, the outcome is not
	_, text, err := f.Vault(0).CreateToken(ctx, c, vault.TokenSpec{Principal: "app"})
	wants(t, "creating a token", err, fault.Uncertain)
	if text != nil {
		t.Error("a token was given out that no audit entry tells of")
	}
	f.MendAudit(0)
	_, text, err = f.Vault(0).CreateToken(ctx, c, vault.TokenSpec{Principal: "app"})
	ok(t, "repeating it", err)
	if f.Caller(text).Principal != "app" || bytes.Equal(text, f.RootToken()) {
		t.Error("the token is another's")
	}
	if f.State(0).TokenCount() != 3 {
		t.Errorf("%d tokens", f.State(0).TokenCount())
	}
}

// That the leader's disk is full now says nothing of what became of the write while it was not.
func TestAFullDiskDoesNotUndoAnUnknownOutcome(t *testing.T) {
	for node := range 2 {
		f := vaulttest.Cluster(t, 2)
		f.MustCreate("k")
		f.FillAuditAfter(0, 1) // the intent is written, the outcome is not
		c := again(f.Root(), "r")
		for try := range 2 {
			_, err := f.Vault(node).RotateKey(ctx, c, "k")
			if try == 0 {
				wants(t, fmt.Sprintf("rotating by node %d", node), err, fault.Uncertain)
			} else {
				wants(t, fmt.Sprintf("and anew by node %d", node), err, fault.Full)
			}
			if r := f.State(0).KeyByName("k"); len(r.Versions) != 2 {
				t.Fatalf("it has %d versions", len(r.Versions))
			}
		}
		f.MendAudit(0)
		r, err := f.Vault(node).RotateKey(ctx, c, "k")
		ok(t, "repeating it", err)
		if len(r.Versions) != 2 {
			t.Errorf("it was rotated %d times", len(r.Versions)-1)
		}
	}
}

// What is unknown stays so when there is no place any more to record that it is.
func TestAnUnknownOutcomeIsNoRefusalWhereItCannotBeAudited(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	f.FailNext(vaulttest.Lost)
	f.FillAuditAfter(0, 1)
	_, err := f.Vault(0).RotateKey(ctx, again(f.Root(), "r"), "k")
	wants(t, "rotating", err, fault.Uncertain)
}

// A follower whose tries ended unknown, and that leads then, does not say that nothing was written.
func TestWhoLeadsNowDoesNotUndoAnUnknownOutcome(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	f.MustCreate("k")
	f.FailNext(slices.Repeat([]vaulttest.Failure{vaulttest.Lost}, 100_000)...)
	f.FillAuditAfter(1, 0)
	f.Meanwhile(func() { // the first try is under way
		go func() {
			<-time.After(20 * time.Millisecond)
			f.Lead(1)
		}()
	})
	_, err := f.Vault(1).RotateKey(ctx, again(f.Root(), "r"), "k")
	wants(t, "rotating", err, fault.Uncertain)
	if f.Leader() != 1 {
		t.Error("the other node leads still: nothing was tried")
	}
}

func TestReadsAreAsFreshAsAsked(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.MustCreate("k")
	f.Lag(1)
	_, err := f.Vault(0).UpdateKey(ctx, root, "k", vault.KeyPatch{DeactivAt: ptr(f)})
	ok(t, "updating", err)
	ok(t, "a local read", err1(f.Vault(1).Key(ctx, root, "k")))
	at := root
	at.Read = access.Consistency{Mode: access.AtIndex, Index: f.Vault(0).Index()}
	_, err = f.Vault(1).Key(ctx, at, "k")
	wants(t, "a read at the leader's index", err, fault.Conflict)
	at.Read = access.Consistency{Mode: access.Linearizable}
	_, err = f.Vault(1).Key(ctx, at, "k")
	wants(t, "a linearizable read", err, fault.Stale)
	f.Heal(1)
	got, err := f.Vault(1).Key(ctx, at, "k")
	if err != nil || got.DeactivAt == 0 {
		t.Errorf("a linearizable read of a healed node gives %v, %v", got, err)
	}
	f.Cut(1)
	if err := f.Vault(1).Ready(ctx); err == nil {
		t.Error("a node that is cut off is ready")
	}
	if st := f.Vault(1).Status(ctx); st.Fresh || st.Why == "" || st.Sealed {
		t.Errorf("its status is %+v", st)
	}
}

// A create that is repeated after its key was purged must neither make another key nor fail inside.
func TestARepeatedCreateOfAPurgedKeyMakesNoOther(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	once := root
	once.Retry = "make-it-once"
	_, err := v.CreateKey(ctx, once, vault.KeySpec{Name: "app/gone"})
	ok(t, "creating", err)
	ok(t, "deactivating", step(f, "app/gone", 0, access.Deactivate))
	ok(t, "destroying", destroyNow(f, "app/gone", 0))
	ok(t, "purging", v.PurgeKey(ctx, root, "app/gone", 0))
	if _, err := v.CreateKey(ctx, once, vault.KeySpec{Name: "app/gone"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("the repetition gives %v, want not found", err)
	}
	if n := f.Machine(0).State().KeyCount(); n != 0 {
		t.Errorf("%d keys, want none", n)
	}
}
