package vault

import (
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// nameByFirst calls a key that was made without a name by the first that it bears, if that can be a name here, nobody has it, and the
// policies permit the caller to make the key under it. Else it keeps the one made of its id: what it bears is not what policies speak of.
func (t *task) nameByFirst(r *key.Record) error {
	if r.Name != givenName(r.ID) || len(r.Names) == 0 {
		return nil
	}
	first := r.Names[0].Value
	if key.CheckName(first) != nil || notOwn(first) != nil || t.link.machine.State().KeyByName(first) != nil {
		return nil
	}
	set, err := t.policies()
	if err != nil {
		return err
	}
	made := *r
	made.Name = first
	if set.Decide(t.caller, t.action, access.OfKey(&made)).Allowed {
		r.Name = first
	}
	return nil
}

// inTime refuses a use outside of the dates of a key (KMIP 2.1, sections 4.42 and 4.43). The state machine has no state for them: a key
// stays active, so what they forbid is asked at each use, by the cluster's clock.
func (t *task) inTime(op key.Operation, p purpose, r *key.Record) error {
	if r.ProcessStart == 0 && r.ProtectStop == 0 || p.usage == 0 {
		return nil
	}
	now := t.v.now(t.link.machine.State())
	processes := key.Deactivated.Permits(op) == key.Allowed // those that open go on then
	switch {
	case processes && now < r.ProcessStart:
		return fault.New(fault.BadState, "key %s does not %s before its process start date, %s", nameOf(r), p.does, r.ProcessStart)
	case !processes && r.ProtectStop != 0 && now >= r.ProtectStop:
		return fault.New(fault.BadState, "key %s does not %s since its protect stop date, %s", nameOf(r), p.does, r.ProtectStop)
	}
	return nil
}
