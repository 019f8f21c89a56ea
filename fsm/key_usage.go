package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxUsageItems is how many versions one CountUses may name.
const MaxUsageItems = 1_024

// CountUses adds what a node has counted since it last told. Versions that are not there, or are gone, are passed over;
// Result.Version counts the others. Records, revisions and MACs stay as they are.
type CountUses struct {
	Items []UsageItem `cbor:"1,keyasint"`
}

// UsageItem is what to add to one version's usage.
type UsageItem struct {
	ID       key.ID   `cbor:"1,keyasint"`
	Version  uint32   `cbor:"2,keyasint"`
	Uses     uint64   `cbor:"3,keyasint,omitempty"`
	Bytes    uint64   `cbor:"4,keyasint,omitempty"`
	LastUsed key.Time `cbor:"5,keyasint,omitempty"` // the later one counts
}

// Op implements Command.
func (*CountUses) Op() string { return "key.usage" }

// Apply implements Command.
func (c *CountUses) Apply(d *Draft, _ Env) (Result, error) {
	if len(c.Items) == 0 || len(c.Items) > MaxUsageItems {
		return Result{}, fault.New(fault.Invalid, "a count of uses names 1 to %d versions, not %d", MaxUsageItems, len(c.Items))
	}
	for i := range c.Items {
		if c.Items[i].Version == 0 || c.Items[i].LastUsed < 0 {
			return Result{}, fault.New(fault.Invalid, "item %d of the count of uses names no version, or a date before 1970", i)
		}
	}
	done := uint32(0)
	for i := range c.Items {
		if c.Items[i].apply(d) {
			done++
		}
	}
	return Result{Version: done}, nil
}

func (it *UsageItem) apply(d *Draft) bool {
	r := d.key(it.ID)
	if r == nil {
		return false
	}
	if v := r.Version(it.Version); v == nil || v.State.Gone() {
		return false
	}
	old := d.usageOf(it.ID, it.Version)
	fresh := Usage{ID: it.ID, Version: it.Version}
	if old != nil {
		fresh = *old
	}
	fresh.Uses, fresh.Bytes = more(fresh.Uses, it.Uses), more(fresh.Bytes, it.Bytes)
	fresh.LastUsed = max(fresh.LastUsed, it.LastUsed)
	d.putUsage(old, &fresh)
	d.weigh(r)
	return true
}

// AllocateUses hands out uses of a key that has a usage limit: as many as asked for, or what is left. Result.Granted says
// how many. fault.BadState when nothing is left, or the key has no limit; with Whole also when less is left than was asked for, and when
// the key is not active or is archived.
type AllocateUses struct {
	ID    key.ID `cbor:"1,keyasint"`
	Uses  uint64 `cbor:"2,keyasint"`
	Whole bool   `cbor:"3,keyasint,omitempty"` // all of them or none
}

// Op implements Command.
func (*AllocateUses) Op() string { return "key.allocate" }

// Apply implements Command.
func (c *AllocateUses) Apply(d *Draft, _ Env) (Result, error) {
	r := d.key(c.ID)
	switch {
	case r == nil:
		return Result{}, noKey(c.ID)
	case c.Uses == 0:
		return Result{}, fault.New(fault.Invalid, "an allocation is of one use or more")
	case r.UsageLimit == 0 || r.State.Gone():
		return Result{}, fault.New(fault.BadState, "the key %s has no usage limit, or is destroyed", title(r))
	}
	if c.Whole && (r.Archived != 0 || r.State != key.Active) {
		return Result{}, fault.New(fault.BadState, "the key %s is not active, or archived: no uses of it are handed out", title(r))
	}
	old := d.usageOf(c.ID, 0)
	fresh := Usage{ID: c.ID}
	if old != nil {
		fresh = *old
	}
	if fresh.Allocated >= r.UsageLimit {
		return Result{}, fault.New(fault.BadState, "the key %s has had all of the %d uses that it may have", title(r), r.UsageLimit).
			WithHint("Raise usage_limit if it may be used further, or use another key.")
	}
	granted := min(c.Uses, r.UsageLimit-fresh.Allocated)
	if c.Whole && granted < c.Uses {
		return Result{}, fault.New(fault.BadState, "the key %s has only %d of the %d uses left that are asked for", title(r), granted, c.Uses).
			WithHint("Ask for fewer, raise usage_limit if it may be used further, or use another key.")
	}
	fresh.Allocated += granted
	d.putUsage(old, &fresh)
	return Result{Object: c.ID, Granted: granted}, nil
}
