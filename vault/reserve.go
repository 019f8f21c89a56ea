package vault

import (
	"context"
	"errors"
	"strconv"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

type reserveIn struct {
	Ref  string
	Uses uint64
	Held uint64 `cbor:",omitempty"` // of them, what the node that was asked gives of its own
}

var opReserve = newWrite("key.reserve", access.Reserve, reserveUses)

// ReserveUses takes uses, or bytes, off a key's usage limit for a caller who protects with the material outside: all of them or none,
// in one entry of the log, so that the whole cluster together never hands out more than the limit. They do not come back.
// fault.BadState when not so many are left (see key.Shown.UsageLeft), the key has no limit, or its state does not protect.
func (v *Vault) ReserveUses(ctx context.Context, c access.Caller, ref string, uses uint64) (*key.Record, error) {
	in := reserveIn{Ref: ref, Uses: uses}
	r, err := opReserve.do(ctx, v, c, in)
	if !errors.Is(err, fault.BadState) || c.Retry != "" { // a repeated request has to be the same one, and what a node holds is not
		return r, err
	}
	// Others may have what is missing, and keep it. What this node holds was taken off the limit before, so it can go to its caller.
	a := v.heldBy(ref)
	if a == nil {
		return nil, err
	}
	if in.Held = a.takeUpTo(uses); in.Held == 0 {
		return nil, err
	}
	r, again := opReserve.do(ctx, v, c, in)
	if again != nil && !errors.Is(again, fault.Uncertain) {
		a.left.Add(in.Held)
	}
	return r, again
}

// heldBy is what this node holds of a key's limit; nil for nothing.
func (v *Vault) heldBy(ref string) *allowance {
	r := lookup(v.state(), ref)
	if r == nil {
		return nil
	}
	v.usage.mu.RLock()
	defer v.usage.mu.RUnlock()
	if a := v.usage.allowances[r.ID]; a != nil && a.limit == r.UsageLimit {
		return a
	}
	return nil
}

// takeUpTo takes what there is, at most uses.
func (a *allowance) takeUpTo(uses uint64) uint64 {
	for {
		left := a.left.Load()
		if got := min(left, uses); a.left.CompareAndSwap(left, left-got) {
			return got
		}
	}
}

func reserveUses(ctx context.Context, t *task, in reserveIn) (*key.Record, error) {
	t.change("uses", strconv.FormatUint(in.Uses, 10))
	if in.Uses == 0 || in.Held > in.Uses {
		return nil, fault.New(fault.Invalid, "uses must be 1 or more")
	}
	r, err := t.find(in.Ref)
	if err != nil {
		return nil, err
	}
	if out, done, err := t.before(); done || err != nil {
		if err != nil {
			return nil, err
		}
		return t.result(out)
	}
	if err := t.mayReserve(r); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	if in.Held == in.Uses {
		return t.v.shown(r), nil
	}
	out, err := t.propose(ctx, &fsm.AllocateUses{ID: r.ID, Uses: in.Uses - in.Held, Whole: true})
	if err != nil {
		return nil, err
	}
	return t.result(out)
}

// mayReserve refuses what has no limit, or could not be protected with.
func (t *task) mayReserve(r *key.Record) error {
	if r.UsageLimit == 0 {
		return fault.New(fault.BadState, "key %s has no usage limit: it may be used without reserving anything", nameOf(r))
	}
	if err := onLine(r); err != nil {
		return err
	}
	latest := r.Latest()
	if latest == nil || r.Permits(latest, key.ToReserve) != key.Allowed {
		return fault.New(fault.BadState, "key %s is %s: it protects nothing, so no uses of it can be reserved", nameOf(r), r.State)
	}
	return t.inTime(key.ToEncrypt, purpose{usage: key.Encrypt, does: "protect"}, r)
}
