package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ArchiveKey puts a key into the archive, or takes it back. What is archived is used for nothing, and not rotated; dates of its life go on.
// fault.BadState where it is so already, or is destroyed.
type ArchiveKey struct {
	Change
	Archived bool `cbor:"10,keyasint,omitempty"`
}

// Op implements Command.
func (*ArchiveKey) Op() string { return "key.archive" }

// Revokes implements Revoker.
func (c *ArchiveKey) Revokes() bool { return c.Archived }

// Next gives the record as it will be.
func (c *ArchiveKey) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	switch {
	case err != nil:
		return nil, err
	case old.State.Gone():
		return nil, fault.New(fault.BadState, "the key %s is %s: there is nothing to archive or recover", title(old), old.State)
	case c.Archived == (old.Archived != 0):
		return nil, fault.New(fault.BadState, "the key %s is archived already, or is not archived", title(old))
	}
	r.Archived = 0
	if c.Archived {
		r.Archived = r.Updated
	}
	return r, nil
}

// Apply implements Command.
func (c *ArchiveKey) Apply(d *Draft, _ Env) (Result, error) {
	r, err := replaceKey(d, c.ID, c)
	if err != nil {
		return Result{}, err
	}
	return Result{Object: r.ID, Revision: r.Revision}, nil
}
