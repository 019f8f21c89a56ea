package vault

import (
	"context"
	"errors"
	"slices"
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
	var beside sync.WaitGroup
	beside.Go(func() { v.tellUses(ctx) })
	beside.Go(func() { v.campaigns(ctx) })
	defer beside.Wait()
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
		l, room, err := v.opened()
		if err != nil {
			continue
		}
		if _, self := l.replica.Leader(); !self {
			v.rekey.forget()
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
	)
}

// actOnDue takes the steps whose date has come, each once and cluster-wide: they are entries in the log. A destruction is
// one that the policies may forbid.
func (v *Vault) actOnDue(ctx context.Context, l *link) error {
	s := l.machine.State()
	now := v.now(s)
	var all error
	acted := 0
	for r := range s.Due(now, s.KeyCount()) { // not dueBatch: what must wait, or fails, must not hold up the rest
		steps := dueSteps(ctx, r, now)
		next := slices.IndexFunc(steps, func(d dueStep) bool { return v.denied.open(r, d.op, d.version, s.PolicyRevision(), now) })
		if next < 0 {
			continue
		}
		d := steps[next]
		action := access.Operate
		if d.op == opDestroy.name {
			action = access.Destroy
		}
		err := v.selfAs(d.op, action, func(t *task) error {
			_, err := t.amend(ctx, r.ID.String(), r.Revision, func(old *key.Record, ch fsm.Change) (keyCommand, error) { return d.build(t, old, ch) })
			return err
		})
		v.denied.note(r, d.op, d.version, s.PolicyRevision(), now, err)
		all = errors.Join(all, err)
		if err == nil {
			acted++
		}
		if acted == dueBatch || errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Uncertain) {
			break
		}
	}
	return all
}

// dueStep is something whose date has come.
type dueStep struct {
	op      string
	version uint32 // 0: the key
	build   func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error)
}

// dueSteps is what is due on r, in the order in which it is done: destruction before deactivation before activation before
// rotation. Each step leaves another record, so one is taken at a time; one that is refused leaves the turn to the next.
func dueSteps(ctx context.Context, r *key.Record, now key.Time) []dueStep {
	var all []dueStep
	due := func(at key.Time) bool { return at != 0 && at <= now }
	to := func(op string, version uint32, s key.State, reason string) {
		all = append(all, dueStep{op, version, func(_ *task, _ *key.Record, ch fsm.Change) (keyCommand, error) {
			return &fsm.SetState{Change: ch, Version: version, To: s, Reason: reason}, nil
		}})
	}
	if !r.State.Gone() && due(r.DestroyAt) && r.State.May(end(r.State)) {
		to(opDestroy.name, 0, end(r.State), "its destroy date has come")
	}
	switch {
	case (r.State == key.Active || r.State == key.Suspended) && due(r.DeactivAt):
		to(opDeactivate.name, 0, key.Deactivated, "its deactivation date has come")
	case r.State == key.PreActive && due(r.ActivateAt):
		to(opActivate.name, 0, key.Active, "its activation date has come")
	}
	for i := range r.Versions {
		if v := &r.Versions[i]; !v.State.Gone() && due(v.DestroyAt) && v.State.May(end(v.State)) {
			to(opDestroy.name, v.Number, end(v.State), "its destroy date has come")
		}
	}
	if r.State == key.Active && due(r.NextRotate) {
		all = append(all, dueStep{opRotateKey.name, 0, func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error) { return t.nextVersion(ctx, r, ch) }})
	}
	return all
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
