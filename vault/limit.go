package vault

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// allowance is what this node may still use of a key with a usage limit: the leader handed it out, so it counts as used
// everywhere else, and is lost when this node ends.
type allowance struct {
	limit uint64        // under which it was handed out
	left  atomic.Uint64 // uses, or bytes
	turn  chan struct{} // whoever asks for more holds it
}

// take takes uses away; false, and nothing taken, if there are not so many.
func (a *allowance) take(uses uint64) bool {
	for {
		left := a.left.Load()
		if left < uses {
			return false
		}
		if a.left.CompareAndSwap(left, left-uses) {
			return true
		}
	}
}

// allowance is that of a key with a limit, made if there was none. A limit that was raised leaves a node what it has; one
// that was lowered takes it away.
func (u *usages) allowance(r *key.Record) *allowance {
	u.mu.Lock()
	defer u.mu.Unlock()
	old := u.allowances[r.ID]
	if old != nil && old.limit == r.UsageLimit {
		return old
	}
	a := &allowance{limit: r.UsageLimit, turn: make(chan struct{}, 1)}
	if old != nil {
		if left := old.left.Swap(0); old.limit < r.UsageLimit {
			a.left.Store(left)
		}
	}
	u.allowances[r.ID] = a
	return a
}

// held is what this node may still use of a key's limit.
func (u *usages) held(r *key.Record) uint64 {
	u.mu.RLock()
	defer u.mu.RUnlock()
	if a := u.allowances[r.ID]; a != nil && a.limit == r.UsageLimit {
		return a.left.Load()
	}
	return 0
}

// forgetLimit drops what the node holds of a key that is gone or has no limit any more.
func (u *usages) forgetLimit(id key.ID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.allowances, id)
}

// block is how many uses, or bytes, a node asks for at a time: few enough that what a crash loses does not matter.
func block(r *key.Record) uint64 {
	if r.LimitBytes {
		return max(1, r.UsageLimit/100)
	}
	return min(max(1, r.UsageLimit/100), 1000)
}

// unit is what a key's limit counts.
func unit(r *key.Record) string {
	if r.LimitBytes {
		return "bytes"
	}
	return "uses"
}

// draw takes uses, or bytes, off the key's limit, asking the leader for more when this node has none left. The limit is strict: what
// was not handed out is not used. fault.BadState when not so many are left.
func (t *task) draw(ctx context.Context, r *key.Record, a *allowance, uses uint64) error {
	if a.take(uses) {
		return nil
	}
	select {
	case a.turn <- struct{}{}:
	case <-ctx.Done():
		return fault.Wrap(fault.Busy, ctx.Err(), "other uses of key %s were still waiting for the leader", nameOf(r))
	}
	defer func() { <-a.turn }()
	for !a.take(uses) {
		want := block(r)
		if left := a.left.Load(); left < uses {
			want = max(want, uses-left)
		}
		got, err := opAllocate.do(ctx, t.v, t.v.asSelf(), allocateIn{ID: r.ID, Uses: want})
		if err != nil && r.LimitBytes && errors.Is(err, fault.BadState) { // the state's text, which is for ever, speaks of uses
			return fault.Wrap(fault.BadState, err, "key %s has protected all of the %d bytes that it may", nameOf(r), r.UsageLimit).
				WithHint("Raise usage_limit if it may be used further, or use another key.")
		}
		if err != nil {
			return err
		}
		a.left.Add(got)
		if got == want {
			continue
		}
		if a.take(uses) {
			return nil
		}
		return fault.New(fault.BadState, "key %s has only %d %s left, not %d", nameOf(r), a.left.Load(), unit(r), uses).
			WithHint("Raise usage_limit if it may be used further, or use another key.")
	}
	return nil
}

type allocateIn struct {
	ID   key.ID
	Uses uint64
}

var opAllocate = newWrite("key.allocate", access.Operate, allocateUses)

// allocateUses hands out uses of a key's limit to the node that asks.
func allocateUses(ctx context.Context, t *task, in allocateIn) (uint64, error) {
	if err := t.ownWork(); err != nil {
		return 0, err
	}
	t.entry.Key = in.ID
	if r := t.link.machine.State().Key(in.ID); r != nil {
		t.entry.KeyName = r.Name
	}
	if err := t.intend(); err != nil {
		return 0, err
	}
	out, err := t.propose(ctx, &fsm.AllocateUses{ID: in.ID, Uses: in.Uses})
	return out.Granted, err
}
