package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// CreateKey adds a key as it stands in Record, whose Revision is 1. fault.Exists if the id or the name is taken,
// fault.NotFound without its parent, fault.BadState unless that is active, fault.Conflict unless its latest version wraps all
// there is of the new key. An empty name is nobody's: any number of keys may have it.
//
// With Replaces it takes the place of the key with its id, which has that revision (fault.Conflict otherwise): Record has the next revision
// then, and versions above those that there were, and nothing is left of the old one, nor of what was known of its uses. fault.BadState
// while that one wraps children.
//
// With Used it begins with these counts, as if they had been told here: it comes from where it was used before. fault.Invalid unless they are
// ascending, each of a version of Record, or of its limit.
type CreateKey struct {
	Record   *key.Record `cbor:"1,keyasint"`
	Replaces uint64      `cbor:"2,keyasint,omitempty"`
	Used     []FirstUse  `cbor:"3,keyasint,omitempty"`
}

// FirstUse is how much a version of a key was used before it came here; or, under Version 0, how much of its limit was handed out.
type FirstUse struct {
	Version   uint32 `cbor:"1,keyasint,omitempty"`
	Uses      uint64 `cbor:"2,keyasint,omitempty"`
	Bytes     uint64 `cbor:"3,keyasint,omitempty"`
	Allocated uint64 `cbor:"4,keyasint,omitempty"` // under Version 0 only
}

// Op implements Command.
func (*CreateKey) Op() string { return "key.create" }

// Revokes implements Revoker.
func (c *CreateKey) Revokes() bool { return c.Replaces != 0 }

// Apply implements Command.
func (c *CreateKey) Apply(d *Draft, _ Env) (Result, error) {
	r := c.Record
	if c.Replaces != 0 && r != nil {
		return c.replace(d, d.key(r.ID))
	}
	if err := admit(d, r); err != nil {
		return Result{}, err
	}
	if err := c.checkUsed(); err != nil {
		return Result{}, err
	}
	d.putKey(nil, r)
	c.use(d)
	return Result{Object: r.ID, Version: r.Latest().Number, Revision: r.Revision}, nil
}

func (c *CreateKey) replace(d *Draft, old *key.Record) (Result, error) {
	r := c.Record
	switch {
	case old == nil:
		return Result{}, noKey(r.ID)
	case old.Revision != c.Replaces:
		return Result{}, fault.New(fault.Conflict, "the key %s is at revision %d, not %d", title(old), old.Revision, c.Replaces)
	case r.Revision != old.Revision+1:
		return Result{}, fault.New(fault.Invalid, "what replaces the key %s has revision %d, not %d", title(old), old.Revision+1, r.Revision)
	}
	first := *r
	first.Revision = 1
	if err := checkNewKey(&first); err != nil {
		return Result{}, err
	}
	if latest := old.Latest(); latest != nil && r.Versions[0].Number <= latest.Number {
		return Result{}, fault.New(fault.Invalid, "what replaces the key %s begins above its version %d", title(old), latest.Number)
	}
	if other := d.keyByName(r.Name); other != nil && other.ID != r.ID {
		return Result{}, nameTaken(r.Name)
	}
	if err := d.namesFree(r); err != nil {
		return Result{}, err
	}
	if d.wrapped(old.ID, 0) > 0 {
		return Result{}, fault.New(fault.BadState, "the key %s wraps others, so it is not replaced", title(old))
	}
	if err := wrappedWell(d, r, 1); err != nil {
		return Result{}, err
	}
	if err := c.checkUsed(); err != nil {
		return Result{}, err
	}
	d.putKey(old, r)
	d.forgetUsage(r.ID, nil)
	c.use(d)
	return Result{Object: r.ID, Version: r.Latest().Number, Revision: r.Revision}, nil
}

func (c *CreateKey) checkUsed() error {
	for i, u := range c.Used {
		limit := u.Version == 0
		switch {
		case i > 0 && u.Version <= c.Used[i-1].Version:
			return fault.New(fault.Invalid, "the counts of what key %s was used before are not in order", title(c.Record))
		case !limit && c.Record.Version(u.Version) == nil:
			return fault.New(fault.Invalid, "the key %s was used before with a version %d, which it does not have", title(c.Record), u.Version)
		case limit && (u.Uses != 0 || u.Bytes != 0), !limit && u.Allocated != 0:
			return fault.New(fault.Invalid, "the counts of what key %s was used before mix versions and the limit", title(c.Record))
		}
	}
	return nil
}

// use counts what was used before.
func (c *CreateKey) use(d *Draft) {
	id := c.Record.ID
	for _, u := range c.Used {
		d.putUsage(d.usageOf(id, u.Version), &Usage{ID: id, Version: u.Version, Uses: u.Uses, Bytes: u.Bytes, Allocated: u.Allocated})
	}
	if len(c.Used) > 0 {
		d.weigh(c.Record)
	}
}

// admit checks everything that a new key needs.
func admit(d *Draft, r *key.Record) error {
	if err := checkNewKey(r); err != nil {
		return err
	}
	if d.key(r.ID) != nil {
		return fault.New(fault.Exists, "the key id %s is taken", r.ID)
	}
	if d.keyByName(r.Name) != nil {
		return nameTaken(r.Name)
	}
	if err := d.namesFree(r); err != nil {
		return err
	}
	return wrappedWell(d, r, 1)
}

func checkNewKey(r *key.Record) error {
	switch {
	case r == nil || r.ID.IsZero():
		return fault.New(fault.Invalid, "a new key needs an id")
	case r.Revision != 1:
		return fault.New(fault.Invalid, "a new key begins at revision 1, not %d", r.Revision)
	case r.State < key.PreActive || r.State > key.Suspended || r.State.Gone():
		return fault.New(fault.Invalid, "a new key cannot be %s", r.State)
	case len(r.Versions) == 0:
		return fault.New(fault.Invalid, "a new key needs a version")
	case r.Created <= 0 || r.Updated < r.Created:
		return fault.New(fault.Invalid, "a new key needs the date of its creation")
	case len(r.MAC) > MaxMAC:
		return fault.New(fault.Invalid, "the MAC of a key has at most %d bytes", MaxMAC)
	case r.MinDecrypt > r.Latest().Number:
		return fault.New(fault.Invalid, "the lowest version for decryption is %d, the latest version %d", r.MinDecrypt, r.Latest().Number)
	case r.Parent == r.ID:
		return fault.New(fault.Invalid, "a key cannot be its own parent")
	}
	return checkRecord(r)
}

func nameTaken(name string) error {
	return fault.New(fault.Exists, "the key name %q is taken", clip(name))
}
