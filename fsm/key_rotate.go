package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// RotateKey gives an active key a new version, numbered one above the latest. Versions that were active are
// deactivated: they still open what they sealed, until Record.RetireAfter has passed, where that is set. fault.BadState
// unless the key is active, and its parent if it has one; fault.Conflict unless that parent's latest version wraps the new
// one. What older versions wrap of the key's children is from then on to be rewrapped: a Campaign.
type RotateKey struct {
	Change
	Version    key.Version `cbor:"10,keyasint"` // Number, Material, Public; Created is set to Updated if 0, Active and Activated are set here
	NextRotate key.Time    `cbor:"11,keyasint,omitempty"`
}

// Op implements Command.
func (*RotateKey) Op() string { return "key.rotate" }

// Revokes implements Revoker: the version before must not protect anything any more, on any node.
func (*RotateKey) Revokes() bool { return true }

// Next gives the record as it will be.
func (c *RotateKey) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	if old.State != key.Active {
		return nil, fault.New(fault.BadState, "the key %s is %s; only an active key can be rotated", title(old), old.State)
	}
	latest := uint32(0)
	if v := old.Latest(); v != nil {
		latest = v.Number
	}
	v := c.Version
	v.State, v.Activated = key.Active, r.Updated
	v.Deactivated, v.Compromised, v.Destroyed, v.DestroyAt, v.Ending, v.Reason, v.ForEnd = 0, 0, 0, 0, key.Dated, "", false
	if v.Created == 0 {
		v.Created = r.Updated
	}
	if v.Number != latest+1 {
		return nil, fault.New(fault.Conflict, "the next version of key %s is %d, not %d", title(old), latest+1, v.Number)
	}
	if c.NextRotate < 0 {
		return nil, fault.New(fault.Invalid, "the key %s has a date before 1970", title(old))
	}
	if len(r.Versions) >= key.MaxVersions {
		return nil, fault.New(fault.TooLarge, "the key %s has %d versions, the most it may have", title(old), key.MaxVersions)
	}
	if err := checkVersion(r, &v); err != nil {
		return nil, err
	}
	if recordSize(r)+versionSize(&v) > MaxRecord {
		return nil, tooLarge(r)
	}
	for i := range r.Versions {
		if o := &r.Versions[i]; o.State == key.Active {
			o.State, o.Deactivated = key.Deactivated, r.Updated
			if r.RetireAfter > 0 && o.DestroyAt == 0 {
				o.DestroyAt = r.Updated.Add(r.RetireAfter)
			}
		}
	}
	r.Versions = append(r.Versions, v)
	r.NextRotate = c.NextRotate
	return r, nil
}

// Apply implements Command.
func (c *RotateKey) Apply(d *Draft, _ Env) (Result, error) {
	old := d.key(c.ID)
	if old == nil {
		return Result{}, noKey(c.ID)
	}
	r, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	if r.Parent.IsZero() {
		err = orphan(r, &c.Version.Material)
	} else if p, failed := d.mother(r, 1); failed != nil {
		err = failed
	} else {
		err = underLatest(r, p, &c.Version.Material)
	}
	if err != nil {
		return Result{}, err
	}
	d.putKey(old, r)
	d.campaignFor(r)
	return Result{Object: r.ID, Version: c.Version.Number, Revision: r.Revision}, nil
}
