package vault

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// What the leader does by itself, and how often it looks.
const (
	tick     = time.Second
	dueBatch = 100
)

// Run tells the leader how often keys are used here and, while this node leads and is open, does what is due: dates of
// keys, expired tokens, rewrapping, and dropping what past rekeys left. It returns when ctx ends.
func (v *Vault) Run(ctx context.Context) error {
	var others sync.WaitGroup
	others.Go(func() { v.tellUses(ctx) })
	others.Go(func() { v.campaigns(ctx) })
	others.Go(func() { v.openItself(ctx) })
	others.Go(func() { v.backups(ctx) })
	defer others.Wait()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if y := v.ceremony.current(); y != nil {
			y.Expire()
		}
		v.handKeys.Expire()
		v.rekey.keys.Expire()
		if err := v.tidyShares(); err != nil {
			v.log.Warn("shares that open nothing any more could not be removed", "err", err)
		}
		l, room, err := v.opened()
		if err != nil {
			v.rekey.forget(leaderSealed)
			continue
		}
		if _, self := l.replica.Leader(); !self {
			v.rekey.forget("the leader changed")
			continue
		}
		if err := v.duties(ctx, l, room); err != nil && ctx.Err() == nil && !errors.Is(err, fault.NoLeader) {
			v.log.Warn("background work did not finish; it is tried again", "err", err)
		}
	}
}

func (v *Vault) duties(ctx context.Context, l *link, room *keyroom) error {
	return errors.Join(
		v.actOnDue(ctx, l),
		v.rotateExhausted(ctx, l),
		v.purgeTokens(ctx, l),
		v.rewrapSecrets(ctx, l, room),
		v.rewrap(ctx, l, room),
		v.settle(ctx, l, room),
		v.openings(ctx, l, room),
	)
}

// actOnDue takes the steps whose date has come, each once and cluster-wide: they are entries in the log. Of each key it takes
// one step at a time, the first that is not refused.
func (v *Vault) actOnDue(ctx context.Context, l *link) error {
	s := l.machine.State()
	now := v.now(s)
	var all error
	acted := 0
	for r := range s.Due(now, s.KeyCount()) { // not dueBatch: what must wait, or fails, must not hold up the rest
		for _, st := range v.dueSteps(ctx, r, now) {
			if st.waits(s, r) || !v.denied.open(r, st.op, st.version, s.PolicyRevision(), now) {
				continue
			}
			err := v.act(ctx, r, st)
			v.denied.note(r, st.op, st.version, s.PolicyRevision(), now, err)
			all = errors.Join(all, err)
			if err == nil {
				if st.then != nil {
					st.then()
				}
				acted++
				break
			}
			if errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Uncertain) {
				return all
			}
		}
		if acted == dueBatch {
			break
		}
	}
	return all
}

// opHoldDestroy is what the audit log calls the step by which a guarded destruction gets a later date.
const opHoldDestroy = "key.hold-destroy"

// step is something that the cluster does to a key by itself.
type step struct {
	op      string
	version uint32 // that it is about; 0: the whole key
	build   func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error)
	then    func() // once it is taken; may be nil
}

// act takes a step. A destruction is one that the policies are asked about, and may forbid.
func (v *Vault) act(ctx context.Context, r *key.Record, st step) error {
	action := access.Operate
	if st.op == opDestroy.name {
		action = access.Destroy
	}
	return v.selfAs(st.op, action, func(t *task) error {
		if st.op == opRotateKey.name {
			done, err := t.drawAhead(ctx, r.ID.String(), key.Active)
			defer done()
			if err != nil {
				return err
			}
		}
		t.change("version", number(st.version))
		_, err := t.amend(ctx, r.ID.String(), r.Revision, func(old *key.Record, ch fsm.Change) (keyCommand, error) { return st.build(t, old, ch) })
		return err
	})
}

// waits tells whether a step has to wait for other work of the cluster: what still wraps children is not destroyed.
func (st step) waits(s *fsm.State, r *key.Record) bool {
	if st.op != opDestroy.name {
		return false
	}
	if st.version == 0 {
		return len(s.ChildVersions(r.ID)) > 0 // not ChildCount: of destroyed children nothing is wrapped any more
	}
	return s.ChildrenUnder(r.ID, st.version) > 0
}

// dueSteps are the steps that are due on r, in the order of their dates where several have passed: what a key becomes in the
// end, it becomes step by step. Rotation comes last. What somebody gave as the reason of a destruction, or of a compromise, stays.
func (v *Vault) dueSteps(ctx context.Context, r *key.Record, now key.Time) (all []step) {
	due := func(at key.Time) bool { return at != 0 && at <= now }
	to := func(op string, version uint32, s key.State, reason string) {
		all = append(all, step{op: op, version: version, build: func(_ *task, _ *key.Record, ch fsm.Change) (keyCommand, error) {
			return &fsm.SetState{Change: ch, Version: version, To: s, Reason: reason, Keep: tells(r)}, nil
		}})
	}
	destroy := func(version uint32, from key.State, ending key.Ending, reason string, forEnd bool) {
		if put, held := v.putOff(r, version, ending, now); held {
			all = append(all, put)
			return
		}
		to(opDestroy.name, version, end(from), atEnd(reason, forEnd))
	}
	switch {
	case r.State == key.PreActive && due(r.ActivateAt) && (r.DestroyAt == 0 || r.ActivateAt <= r.DestroyAt):
		to("key.activate", 0, key.Active, "its activation date has come")
	case !r.State.Gone() && due(r.DestroyAt) && r.State.May(end(r.State)):
		destroy(0, r.State, r.Ending, r.Reason, r.ForEnd)
	}
	if (r.State == key.Active || r.State == key.Suspended) && due(r.DeactivAt) { // also when the destruction is refused
		to("key.deactivate", 0, key.Deactivated, "its deactivation date has come")
	}
	for i := range r.Versions {
		if ver := &r.Versions[i]; !ver.State.Gone() && due(ver.DestroyAt) && ver.State.May(end(ver.State)) {
			destroy(ver.Number, ver.State, ver.Ending, ver.Reason, ver.ForEnd)
		}
	}
	if r.State == key.Active && due(r.NextRotate) {
		all = append(all, step{op: opRotateKey.name, build: func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error) { return t.nextVersion(ctx, r, ch) }})
	}
	return all
}

// putOff is the step that is due on r, or one of its versions, instead of its destruction, where that is guarded and it was used lately:
// another date, on which the cluster looks again. An entry for each date, not a look at every tick at all that is held, keeps what is due short.
func (v *Vault) putOff(r *key.Record, version uint32, ending key.Ending, now key.Time) (st step, held bool) {
	if ending == key.Dated {
		return step{}, false
	}
	until, last := v.guardedUntil(r, version, now)
	if until == 0 {
		return step{}, false
	}
	return step{op: opHoldDestroy, version: version, build: func(t *task, _ *key.Record, ch fsm.Change) (keyCommand, error) {
		t.change("last_used", last.String())
		t.change("destroy_at", until.String())
		return &fsm.ScheduleDestroy{Change: ch, Version: version, At: until, Ending: key.Held}, nil
	}, then: func() {
		v.putOffs.Add(1)
		v.log.Warn("a destruction is held, for the key was used lately", "key", r.ID, "version", version, "last_used", last, "again", until)
	}}, true
}

// HeldDestructions counts the destructions that this node, as leader, put off because what was to end was in use.
func (v *Vault) HeldDestructions() uint64 { return v.putOffs.Load() }

// atEnd is the reason of a destruction whose date has come: what was given when it was scheduled, for all that ends with it.
func atEnd(given string, forEnd bool) string {
	if forEnd {
		return given
	}
	return "its destroy date has come"
}

// purgeTokens ends tokens whose time is over: an entry in the log, so that every node agrees on the moment.
func (v *Vault) purgeTokens(ctx context.Context, l *link) error {
	s := l.machine.State()
	now := v.now(s)
	for range s.TokensExpired(now, 1) {
		return v.self("token.purge", func(t *task) error {
			_, err := t.propose(ctx, &fsm.PurgeTokens{Before: now})
			return err
		})
	}
	return nil
}
