package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// CreateKey adds a key as it stands in Record, whose Revision is 1. fault.Exists if the id or the name is taken,
// fault.NotFound without its parent, fault.BadState unless that is active, fault.Conflict unless its latest version wraps all
// there is of the new key. An empty name is nobody's: any number of keys may have it.
type CreateKey struct {
	Record *key.Record `cbor:"1,keyasint"`
}

// Op implements Command.
func (*CreateKey) Op() string { return "key.create" }

// Apply implements Command.
func (c *CreateKey) Apply(d *Draft, _ Env) (Result, error) {
	r := c.Record
	if err := admit(d, r); err != nil {
		return Result{}, err
	}
	d.putKey(nil, r)
	return Result{Object: r.ID, Version: r.Latest().Number, Revision: r.Revision}, nil
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
