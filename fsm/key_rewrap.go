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
//
// With Parent it moves material of that key's children to the latest version of Parent: items then name OldParent. A version
// that is no longer wrapped so, and one that was wrapped under what is no longer the latest, is passed over.
type RewrapKeys struct {
	Items  []RewrapItem `cbor:"1,keyasint"`
	Parent key.ID       `cbor:"2,keyasint,omitzero"`
}

// RewrapItem is one version to be rewrapped.
type RewrapItem struct {
	ID        key.ID       `cbor:"1,keyasint"`
	Version   uint32       `cbor:"2,keyasint"`
	Old       uint32       `cbor:"3,keyasint"` // term that wraps it now; 0 with OldParent
	New       key.Material `cbor:"4,keyasint"`
	OldParent uint32       `cbor:"5,keyasint,omitempty"` // version of RewrapKeys.Parent that wraps it now
}

// Op implements Command.
func (*RewrapKeys) Op() string { return "key.rewrap" }

// Apply implements Command.
func (c *RewrapKeys) Apply(d *Draft, _ Env) (Result, error) {
	if len(c.Items) == 0 || len(c.Items) > MaxRewrap {
		return Result{}, fault.New(fault.Invalid, "a rewrap names 1 to %d versions, not %d", MaxRewrap, len(c.Items))
	}
	for i := range c.Items {
		it := &c.Items[i]
		well := it.Old != 0 && it.OldParent == 0 && it.New.Term != 0 && it.New.Parent == 0
		if !c.Parent.IsZero() {
			well = it.Old == 0 && it.OldParent != 0 && it.New.Term == 0 && it.New.Parent > it.OldParent
		}
		if n := len(it.New.Sealed); !well || n == 0 || n > key.MaxMaterial {
			return Result{}, fault.New(fault.Invalid, "item %d of the rewrap lacks what wraps it or material, or has more than %d bytes of it", i, key.MaxMaterial)
		}
	}
	latest := uint32(0)
	if p := d.key(c.Parent); p != nil && p.Latest() != nil {
		latest = p.Latest().Number
	}
	done := uint32(0)
	for rest := c.Items; len(rest) > 0; {
		n := 1 // items in a row that concern one key: its record is replaced once for all of them
		for n < len(rest) && rest[n].ID == rest[0].ID {
			n++
		}
		done += move(d, rest[:n], c.Parent, latest)
		rest = rest[n:]
	}
	if done > 0 && !c.Parent.IsZero() {
		d.settleCampaign(c.Parent)
	}
	return Result{Version: done}, nil
}

// move moves versions of one key and counts those where nothing else was faster.
func move(d *Draft, items []RewrapItem, parent key.ID, latest uint32) (done uint32) {
	e := d.entry(items[0].ID)
	if e.held == nil {
		return 0
	}
	old, r := d.keys.pack.pair(e)
	size := recordSize(old)
	for i := range items {
		it := &items[i]
		if !parent.IsZero() && (it.New.Parent != latest || old.Parent != parent) {
			continue
		}
		v := r.Version(it.Version)
		if it.Version == 0 || v == nil || v.Material.Term != it.Old || v.Material.Parent != it.OldParent || len(v.Material.Sealed) == 0 {
			continue
		}
		grown := len(it.New.Sealed) - len(v.Material.Sealed)
		if size+grown > MaxRecord {
			continue
		}
		size += grown
		r.Version(it.Version).Material = it.New
		done++
	}
	if done > 0 {
		d.moveKey(e, old, r)
	}
	return done
}
