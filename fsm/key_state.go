package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// SetState moves a key or one of its versions to another state. fault.BadState where key.State.May forbids it.
//
// With Version 0 the key as a whole moves, and with it every version that may take the step; a version that was suspended
// by itself is not resumed with its key. Destroying what
// is compromised, and compromising what is destroyed, ends in DestroyedCompromised. What is destroyed loses its
// sealed material and everything that was scheduled; a destroyed key keeps no version. fault.BadState while what would be destroyed wraps children.
//
// Reason becomes the reason of all that moves, so that an empty one ends that of the state before: what is resumed is no longer
// suspended for anything. With Keep two kinds of reasons stay: that of a compromise, and that of a destruction which is still to come.
//
// Occurred is when what is compromised is believed to have become known to others, and is kept with the versions that the step makes so; 0: nobody
// said. fault.Invalid with a step to another state, and for a date after the step itself.
type SetState struct {
	Change
	Version uint32    `cbor:"10,keyasint,omitempty"`
	To      key.State `cbor:"11,keyasint"`
	Reason  string    `cbor:"12,keyasint,omitempty"`
	Keep    bool      `cbor:"13,keyasint,omitempty"`

	Occurred key.Time `cbor:"14,keyasint,omitempty"`
}

// Op implements Command.
func (*SetState) Op() string { return "key.state" }

// Revokes implements Revoker.
func (c *SetState) Revokes() bool { return c.To != key.Active }

// Next gives the record as it will be.
func (c *SetState) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	if len(c.Reason) > key.MaxReason {
		return nil, longReason(c.Reason)
	}
	if c.Occurred != 0 && (c.Occurred < 0 || c.Occurred > r.Updated || c.To != key.Compromised && c.To != key.DestroyedCompromised) {
		return nil, fault.New(fault.Invalid, "the date of a compromise is for what becomes compromised, and lies between 1970 and now")
	}
	if c.Version == 0 {
		return r, c.moveKey(r)
	}
	v := r.Version(c.Version)
	if v == nil {
		return nil, noVersion(r, c.Version)
	}
	to, ok := step(v.State, c.To)
	if !ok {
		return nil, fault.New(fault.BadState, "version %d of key %s is %s and cannot become %s", v.Number, title(r), v.State, c.To)
	}
	c.moveVersion(r, v, to)
	v.Apart = to == key.Suspended
	return r, nil
}

func (c *SetState) moveKey(r *key.Record) error {
	to, ok := step(r.State, c.To)
	if !ok {
		return fault.New(fault.BadState, "the key %s is %s and cannot become %s", title(r), r.State, c.To)
	}
	r.Reason, r.ForEnd = c.because(r.State, to, r.Reason, r.ForEnd)
	r.State = to
	for i := range r.Versions {
		v := &r.Versions[i]
		aim := c.To
		if to.Gone() && !v.State.Gone() {
			aim = key.Destroyed
			if v.State.May(key.Deactivated) {
				v.State, v.Deactivated = key.Deactivated, r.Updated // on the way there
			}
		}
		if v.Apart && v.State == key.Suspended && to == key.Active {
			continue
		}
		if next, ok := step(v.State, aim); ok {
			c.moveVersion(r, v, next)
		}
	}
	if to.Gone() {
		r.NextRotate, r.ActivateAt, r.DeactivAt, r.DestroyAt, r.Ending = 0, 0, 0, 0, key.Dated
	}
	return nil
}

func (c *SetState) moveVersion(r *key.Record, v *key.Version, to key.State) {
	if to == key.DestroyedCompromised && v.Compromised == 0 {
		v.Compromised = r.Updated
	}
	if c.Occurred != 0 && (to == key.Compromised || to == key.DestroyedCompromised) {
		if r.Occurred == nil {
			r.Occurred = map[uint32]key.Time{}
		}
		r.Occurred[v.Number] = c.Occurred
	}
	switch {
	case to == key.Active && v.Activated == 0:
		v.Activated = r.Updated
	case to == key.Deactivated:
		v.Deactivated = r.Updated
	case to == key.Compromised:
		v.Compromised = r.Updated
	case to.Gone():
		if v.Destroyed == 0 {
			v.Destroyed = r.Updated
		}
		v.Material, v.DestroyAt, v.Ending = key.Material{}, 0, key.Dated
	}
	v.Reason, v.ForEnd = c.because(v.State, to, v.Reason, v.ForEnd)
	v.State = to
}

// because gives the reason of what was in a state for a reason and is in another now, and whether it is that of a destruction to come.
func (c *SetState) because(was, to key.State, reason string, forEnd bool) (string, bool) {
	if c.Keep && reason != "" && (forEnd || was == key.Compromised) {
		return reason, forEnd && !to.Gone()
	}
	return c.Reason, false
}

func longReason(reason string) error {
	return fault.New(fault.TooLarge, "the reason has %d bytes, more than the %d allowed", len(reason), key.MaxReason)
}

// step gives the state that comes of moving from one towards another, and whether that is legal.
func step(from, to key.State) (key.State, bool) {
	if from == key.Compromised && to == key.Destroyed || from == key.Destroyed && to == key.Compromised {
		to = key.DestroyedCompromised
	}
	return to, from.May(to)
}

// Apply implements Command.
func (c *SetState) Apply(d *Draft, _ Env) (Result, error) {
	old := d.key(c.ID)
	if old == nil {
		return Result{}, noKey(c.ID)
	}
	r, err := c.Next(old)
	if err == nil {
		err = d.bearing(old, r)
	}
	if err != nil {
		return Result{}, err
	}
	d.putKey(old, r)
	return Result{Object: r.ID, Version: c.Version, Revision: r.Revision}, nil
}

func noVersion(r *key.Record, n uint32) error {
	return fault.New(fault.NotFound, "the key %s has no version %d", title(r), n)
}
