package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxRewrap is how many versions one RewrapKeys may name.
const MaxRewrap = 1_024

// RewrapKeys puts the same material under a newer term of the keyring. A version that is no longer wrapped under
// the term that the item names is passed over; Result.Version counts the others. Revisions, dates and MACs
// stay as they are: what the keys are has not changed.
type RewrapKeys struct {
	Items []RewrapItem `cbor:"1,keyasint"`
}

// RewrapItem is one version to be rewrapped.
type RewrapItem struct {
	ID      key.ID       `cbor:"1,keyasint"`
	Version uint32       `cbor:"2,keyasint"`
	Old     uint32       `cbor:"3,keyasint"` // term that wraps it now
	New     key.Material `cbor:"4,keyasint"`
}

// Op implements Command.
func (*RewrapKeys) Op() string { return "key.rewrap" }

// Apply implements Command.
func (c *RewrapKeys) Apply(d *Draft, _ Env) (Result, error) {
	if len(c.Items) == 0 || len(c.Items) > MaxRewrap {
		return Result{}, fault.New(fault.Invalid, "a rewrap names 1 to %d versions, not %d", MaxRewrap, len(c.Items))
	}
	for i := range c.Items {
		m := &c.Items[i].New
		if c.Items[i].Old == 0 || m.Term == 0 || m.Parent != 0 || len(m.Sealed) == 0 || len(m.Sealed) > key.MaxMaterial {
			return Result{}, fault.New(fault.Invalid, "item %d of the rewrap lacks a term or material, or has more than %d bytes of it", i, key.MaxMaterial)
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

func (it *RewrapItem) apply(d *Draft) bool {
	old := d.key(it.ID)
	if old == nil || it.Version == 0 {
		return false
	}
	v := old.Version(it.Version)
	if v == nil || v.Material.Term != it.Old || len(v.Material.Sealed) == 0 {
		return false
	}
	if recordSize(old)-len(v.Material.Sealed)+len(it.New.Sealed) > MaxRecord {
		return false
	}
	r := old.Clone()
	r.Version(it.Version).Material = it.New
	d.putKey(old, r)
	return true
}
