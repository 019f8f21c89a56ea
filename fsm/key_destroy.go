package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ScheduleDestroy sets or, with At 0, cancels the time at which a key (Version 0) or one of its versions will be
// destroyed. fault.BadState if it is destroyed already, or if there is nothing to cancel.
//
// A Reason becomes the record's, and goes with the schedule when that is cancelled. What is compromised keeps the reason of that, for
// scheduling can be undone and the compromise cannot.
//
// Ending becomes the record's: whether a use holds the destruction up when At comes. Without it the date is binding.
type ScheduleDestroy struct {
	Change
	Version uint32   `cbor:"10,keyasint,omitempty"`
	At      key.Time `cbor:"11,keyasint,omitempty"`
	Reason  string   `cbor:"12,keyasint,omitempty"`

	Ending key.Ending `cbor:"13,keyasint,omitempty"` // 0 where At is
}

// Op implements Command.
func (*ScheduleDestroy) Op() string { return "key.schedule-destroy" }

// Next gives the record as it will be.
func (c *ScheduleDestroy) Next(old *key.Record) (*key.Record, error) {
	r, err := c.begin(old)
	if err != nil {
		return nil, err
	}
	state, at, ending, reason, forEnd := r.State, &r.DestroyAt, &r.Ending, &r.Reason, &r.ForEnd
	if c.Version != 0 {
		v := r.Version(c.Version)
		if v == nil {
			return nil, noVersion(r, c.Version)
		}
		state, at, ending, reason, forEnd = v.State, &v.DestroyAt, &v.Ending, &v.Reason, &v.ForEnd
	}
	switch {
	case len(c.Reason) > key.MaxReason:
		return nil, longReason(c.Reason)
	case c.At < 0:
		return nil, fault.New(fault.Invalid, "a key cannot be destroyed before 1970")
	case c.Ending > key.Held || c.At == 0 && c.Ending != key.Dated:
		return nil, fault.New(fault.Invalid, "%d says nothing about the destruction that is to be scheduled or cancelled", c.Ending)
	case state.Gone() || r.State.Gone():
		return nil, fault.New(fault.BadState, "the key %s, or the version in question, is destroyed already", title(r))
	case c.At == 0 && *at == 0:
		return nil, fault.New(fault.BadState, "no destruction of key %s is scheduled that could be cancelled", title(r))
	}
	*at, *ending = c.At, c.Ending
	switch {
	case c.At == 0 && *forEnd:
		*reason, *forEnd = "", false
	case c.At == 0 || c.Reason == "" || state == key.Compromised && *reason != "" && !*forEnd:
	default:
		*reason, *forEnd = c.Reason, true
	}
	return r, nil
}

// Apply implements Command.
func (c *ScheduleDestroy) Apply(d *Draft, _ Env) (Result, error) {
	r, err := replaceKey(d, c.ID, c)
	if err != nil {
		return Result{}, err
	}
	return Result{Object: r.ID, Version: c.Version, Revision: r.Revision}, nil
}

// PurgeKey forgets a destroyed key, so that its name is free again. fault.BadState while it is not
// destroyed, fault.Conflict if it is not at revision Expect.
type PurgeKey struct {
	ID     key.ID `cbor:"1,keyasint"`
	Expect uint64 `cbor:"2,keyasint"`
}

// Op implements Command.
func (*PurgeKey) Op() string { return "key.purge" }

// Apply implements Command.
func (c *PurgeKey) Apply(d *Draft, _ Env) (Result, error) {
	old := d.key(c.ID)
	switch {
	case old == nil:
		return Result{}, noKey(c.ID)
	case old.Revision != c.Expect:
		return Result{}, fault.New(fault.Conflict, "the key %s is at revision %d, the change expects %d", title(old), old.Revision, c.Expect)
	case !old.State.Gone():
		return Result{}, fault.New(fault.BadState, "the key %s is %s; only a destroyed key can be purged", title(old), old.State)
	}
	d.forgetUsage(old.ID, nil)
	d.putKey(old, nil)
	if campaign := d.campaign(c.ID); campaign != nil {
		d.putCampaign(campaign, nil)
	}
	return Result{Object: c.ID}, nil
}
