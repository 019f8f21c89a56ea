package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Reparent gives a key another parent, or none (zero: the keyring wraps it), with all its material wrapped anew.
// fault.Conflict unless Materials names exactly the versions that have material, all under the parent's latest version;
// fault.NotFound, fault.BadState and fault.Invalid as for the parent of a new key, the last also for a parent below the key.
type Reparent struct {
	Change
	Parent    key.ID        `cbor:"10,keyasint"`
	Materials []NewMaterial `cbor:"11,keyasint"`
}

// NewMaterial is a version's material, wrapped anew.
type NewMaterial struct {
	Version  uint32       `cbor:"1,keyasint"`
	Material key.Material `cbor:"2,keyasint"`
}

// Op implements Command.
func (*Reparent) Op() string { return "key.reparent" }

// Revokes implements Revoker: the old parent's state no longer counts, the new one's does.
func (*Reparent) Revokes() bool { return true }

// Next gives the record as it will be. Whether the parent takes it only Apply can tell.
func (c *Reparent) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	if old.State.Gone() {
		return nil, fault.New(fault.BadState, "the key %s is %s; there is nothing left to wrap", title(old), old.State)
	}
	if c.Parent == old.Parent {
		return nil, fault.New(fault.BadState, "the key %s has that parent already", title(old))
	}
	if c.Parent == c.ID {
		return nil, fault.New(fault.Invalid, "a key cannot be its own parent")
	}
	r.Parent = c.Parent
	at := 0
	for i := range r.Versions {
		v := &r.Versions[i]
		if len(v.Material.Sealed) == 0 {
			continue
		}
		if at == len(c.Materials) || c.Materials[at].Version != v.Number || len(c.Materials[at].Material.Sealed) == 0 {
			return nil, fault.New(fault.Conflict, "the new parent wraps other versions of key %s than there are", title(old))
		}
		v.Material = c.Materials[at].Material
		at++
		if err := checkVersion(r, v); err != nil {
			return nil, err
		}
	}
	if at != len(c.Materials) {
		return nil, fault.New(fault.Conflict, "the new parent wraps other versions of key %s than there are", title(old))
	}
	if recordSize(r) > MaxRecord {
		return nil, tooLarge(r)
	}
	return r, nil
}

// Apply implements Command.
func (c *Reparent) Apply(d *Draft, _ Env) (Result, error) {
	old := d.key(c.ID)
	if old == nil {
		return Result{}, noKey(c.ID)
	}
	r, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	height, err := d.height(old)
	if err != nil {
		return Result{}, err
	}
	if err := wrappedWell(d, r, height); err != nil {
		return Result{}, err
	}
	d.putKey(old, r)
	return Result{Object: r.ID, Revision: r.Revision}, nil
}

// wrappedWell checks that what wraps a whole record may and is the newest there is.
func wrappedWell(d *Draft, r *key.Record, height int) error {
	var p *key.Record
	if !r.Parent.IsZero() {
		var err error
		if p, err = d.mother(r, height); err != nil {
			return err
		}
	}
	for i := range r.Versions {
		m := &r.Versions[i].Material
		if p == nil {
			if err := orphan(r, m); err != nil {
				return err
			}
		} else if len(m.Sealed) > 0 || m.Parent != 0 || m.Term != 0 {
			if err := underLatest(r, p, m); err != nil {
				return err
			}
		}
	}
	return nil
}
