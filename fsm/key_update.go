package fsm

import (
	"maps"
	"slices"
	"time"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// UpdateKey changes a key's metadata: what is nil stays as it is. Tags, Attributes and Links are replaced as a whole.
// fault.Exists if another key has the new Name; fault.BadState for dates and rotation of a destroyed key, and for
// Exportable once it was taken away; fault.Invalid for a MinDecrypt above the latest version.
type UpdateKey struct {
	Change
	Name        *string            `cbor:"10,keyasint,omitempty"`
	Tags        *map[string]string `cbor:"11,keyasint,omitempty"`
	RotateEvery *time.Duration     `cbor:"12,keyasint,omitempty"`
	NextRotate  *key.Time          `cbor:"13,keyasint,omitempty"`
	ActivateAt  *key.Time          `cbor:"14,keyasint,omitempty"`
	DeactivAt   *key.Time          `cbor:"15,keyasint,omitempty"`
	MinDecrypt  *uint32            `cbor:"16,keyasint,omitempty"`
	Exportable  *bool              `cbor:"17,keyasint,omitempty"`
	Attributes  *map[string][]byte `cbor:"18,keyasint,omitempty"`
	Links       *[]key.Link        `cbor:"19,keyasint,omitempty"`
	Owner       *string            `cbor:"20,keyasint,omitempty"`
	UsageLimit  *uint64            `cbor:"21,keyasint,omitempty"`
	DestroyAt   *key.Time          `cbor:"22,keyasint,omitempty"`
	RotateUses  *uint64            `cbor:"23,keyasint,omitempty"`
	RotateBytes *uint64            `cbor:"24,keyasint,omitempty"`
	RetireAfter *time.Duration     `cbor:"25,keyasint,omitempty"` // where it is not 0, versions that were replaced before and have no date get one, from now

	Names        *[]key.Label `cbor:"40,keyasint,omitempty"` // replaced as a whole, as are groups
	Groups       *[]key.Label `cbor:"41,keyasint,omitempty"`
	ProcessStart *key.Time    `cbor:"42,keyasint,omitempty"`
	ProtectStop  *key.Time    `cbor:"43,keyasint,omitempty"`
	LimitBytes   *bool        `cbor:"44,keyasint,omitempty"` // fault.BadState once something of the limit was handed out
	Guard        *key.Guard   `cbor:"45,keyasint,omitempty"` // fault.BadState if it forgets what the old one remembers
}

// Op implements Command.
func (*UpdateKey) Op() string { return "key.update" }

// Revokes implements Revoker: versions below MinDecrypt go out of use, an export that was allowed may no longer be,
// and policies may depend on name, tags, attributes and owner.
func (c *UpdateKey) Revokes() bool {
	return c.MinDecrypt != nil || c.Exportable != nil || c.Name != nil || c.Tags != nil || c.Attributes != nil || c.Owner != nil || c.UsageLimit != nil ||
		c.Guard != nil || c.ProcessStart != nil || c.ProtectStop != nil
}

// Next gives the record as it will be. Whether Name is free only Apply can tell.
func (c *UpdateKey) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	if old.State.Gone() && (c.RotateEvery != nil || c.NextRotate != nil || c.ActivateAt != nil || c.DeactivAt != nil || c.DestroyAt != nil || c.RetireAfter != nil || c.ProcessStart != nil || c.ProtectStop != nil) {
		return nil, fault.New(fault.BadState, "the key %s is %s; it has no dates left to change", title(old), old.State)
	}
	if c.Exportable != nil && *c.Exportable && !old.Exportable {
		return nil, fault.New(fault.BadState, "the key %s is not exportable and cannot be made so", title(old))
	}
	if c.Guard != nil && old.Guard&key.Remembered&^*c.Guard != 0 {
		return nil, fault.New(fault.BadState, "the key %s was once to be had otherwise, and that stays known", title(old))
	}
	c.set(r)
	if r.Name == "" && old.Name != "" {
		return nil, fault.New(fault.Invalid, "the key %s cannot lose its name", title(old))
	}
	if r.Name != old.Name {
		if err := key.CheckName(r.Name); err != nil {
			return nil, err
		}
	}
	if v := r.Latest(); c.MinDecrypt != nil && (v == nil || r.MinDecrypt > v.Number) {
		return nil, fault.New(fault.Invalid, "the key %s has no version %d to be the lowest for decryption", title(old), r.MinDecrypt)
	}
	return r, checkMetadata(r)
}

func (c *UpdateKey) set(r *key.Record) {
	replace(&r.Name, c.Name)
	replace(&r.RotateEvery, c.RotateEvery)
	replace(&r.NextRotate, c.NextRotate)
	replace(&r.ActivateAt, c.ActivateAt)
	replace(&r.DeactivAt, c.DeactivAt)
	replace(&r.MinDecrypt, c.MinDecrypt)
	replace(&r.Exportable, c.Exportable)
	replace(&r.Guard, c.Guard)
	replace(&r.Owner, c.Owner)
	replace(&r.UsageLimit, c.UsageLimit)
	replace(&r.DestroyAt, c.DestroyAt)
	if c.DestroyAt != nil {
		redate(r)
	}
	if r.DestroyAt == 0 && r.ForEnd {
		r.Reason, r.ForEnd = "", false
	}
	replace(&r.RotateUses, c.RotateUses)
	replace(&r.RotateBytes, c.RotateBytes)
	replace(&r.RetireAfter, c.RetireAfter)
	if c.RetireAfter != nil && *c.RetireAfter > 0 {
		retire(r)
	}
	replace(&r.ProcessStart, c.ProcessStart)
	replace(&r.ProtectStop, c.ProtectStop)
	replace(&r.LimitBytes, c.LimitBytes)
	if c.Names != nil {
		r.Names = slices.Clone(*c.Names)
	}
	if c.Groups != nil {
		r.Groups = slices.Clone(*c.Groups)
	}
	if c.Tags != nil {
		r.Tags = maps.Clone(*c.Tags)
	}
	if c.Attributes != nil {
		r.Attributes = maps.Clone(*c.Attributes)
	}
	if c.Links != nil {
		r.Links = slices.Clone(*c.Links)
	}
}

// redate makes the Ending fit a new DestroyAt: another date is as binding as the one before it, none is nothing.
func redate(r *key.Record) {
	switch {
	case r.DestroyAt == 0:
		r.Ending = key.Dated
	case r.Ending == key.Held:
		r.Ending = key.Guarded
	}
}

// retire dates the end of versions that were replaced and have no such date. It counts from now: a retroactive end at
// once would leave nobody the time to object.
func retire(r *key.Record) {
	for i := range max(len(r.Versions)-1, 0) { // the latest was not replaced
		if v := &r.Versions[i]; v.State == key.Deactivated && v.DestroyAt == 0 {
			v.DestroyAt = r.Updated.Add(r.RetireAfter)
		}
	}
}

func replace[T any](field, with *T) {
	if with != nil {
		*field = *with
	}
}

// Apply implements Command.
func (c *UpdateKey) Apply(d *Draft, _ Env) (Result, error) {
	old := d.key(c.ID)
	if old == nil {
		return Result{}, noKey(c.ID)
	}
	r, err := c.Next(old)
	if err != nil {
		return Result{}, err
	}
	if r.Name != old.Name && d.keyByName(r.Name) != nil {
		return Result{}, nameTaken(r.Name)
	}
	if u := d.usageOf(r.ID, 0); r.LimitBytes != old.LimitBytes && u != nil && u.Allocated > 0 {
		return Result{}, fault.New(fault.BadState, "the limit of key %s was used, so what it counts stays as it is", title(old))
	}
	if c.Names != nil {
		if err := d.namesFree(r); err != nil {
			return Result{}, err
		}
	}
	d.putKey(old, r)
	return Result{Object: r.ID, Revision: r.Revision}, nil
}
