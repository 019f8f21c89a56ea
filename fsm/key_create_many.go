package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxCreate is how many keys one CreateKeys may make.
const MaxCreate = 256

// CreateKeys adds keys as CreateKey does, all of them or none. Result.Object is the first, Result.Version counts them.
type CreateKeys struct {
	Records []*key.Record `cbor:"1,keyasint"`
}

// Op implements Command.
func (*CreateKeys) Op() string { return "key.create-many" }

// Apply implements Command.
func (c *CreateKeys) Apply(d *Draft, _ Env) (Result, error) {
	if len(c.Records) == 0 || len(c.Records) > MaxCreate {
		return Result{}, fault.New(fault.Invalid, "keys are made 1 to %d at a time, not %d", MaxCreate, len(c.Records))
	}
	ids, names := make(map[key.ID]bool, len(c.Records)), make(map[string]bool, len(c.Records)) // asked, never walked
	labels := make(labelSet)
	for _, r := range c.Records {
		if err := admit(d, r); err != nil {
			return Result{}, err
		}
		if ids[r.ID] || names[r.Name] && r.Name != "" {
			return Result{}, fault.New(fault.Exists, "the key %s is twice among those to be made", title(r))
		}
		ids[r.ID], names[r.Name] = true, true
		if err := labels.add(r); err != nil {
			return Result{}, err
		}
	}
	for _, r := range c.Records {
		d.putKey(nil, r)
	}
	return Result{Object: c.Records[0].ID, Version: uint32(len(c.Records)), Revision: 1}, nil
}
