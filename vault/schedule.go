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
	var telling sync.WaitGroup
	telling.Go(func() { v.tellUses(ctx) })
	defer telling.Wait()
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
		op, build := dueStep(r, now)
		if build == nil || !v.denied.open(r, s.PolicyRevision(), now) {
			continue
		}
		action := access.Operate
		if op == opDestroy.name {
			action = access.Destroy
		}
		err := v.selfAs(op, action, func(t *task) error {
			_, err := t.amend(ctx, r.ID.String(), r.Revision, func(old *key.Record, ch fsm.Change) (keyCommand, error) { return build(t, old, ch) })
			return err
		})
		v.denied.note(r, s.PolicyRevision(), now, err)
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

type step func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error)

// dueStep is the first thing that is due on r: destruction before deactivation before activation before rotation.
func dueStep(r *key.Record, now key.Time) (string, step) {
	due := func(at key.Time) bool { return at != 0 && at <= now }
	to := func(version uint32, s key.State, reason string) step {
		return func(_ *task, _ *key.Record, ch fsm.Change) (keyCommand, error) {
			return &fsm.SetState{Change: ch, Version: version, To: s, Reason: reason}, nil
		}
	}
	switch {
	case !r.State.Gone() && due(r.DestroyAt) && r.State.May(end(r.State)):
		return "key.destroy", to(0, end(r.State), "its destroy date has come")
	case (r.State == key.Active || r.State == key.Suspended) && due(r.DeactivAt):
		return "key.deactivate", to(0, key.Deactivated, "its deactivation date has come")
	case r.State == key.PreActive && due(r.ActivateAt):
		return "key.activate", to(0, key.Active, "its activation date has come")
	}
	for i := range r.Versions {
		if v := &r.Versions[i]; !v.State.Gone() && due(v.DestroyAt) && v.State.May(end(v.State)) {
			return "key.destroy", to(v.Number, end(v.State), "its destroy date has come")
		}
	}
	if r.State == key.Active && due(r.NextRotate) {
		return "key.rotate", func(t *task, r *key.Record, ch fsm.Change) (keyCommand, error) { return t.nextVersion(r, ch) }
	}
	return "", nil
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
