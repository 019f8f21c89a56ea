package vault

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// nameFor is the name that policies know a key by that was made without one: the first that it bears, if that can be a name here and
// nobody has it, else one made of its id.
func (t *task) nameFor(id key.ID, names []key.Label) string {
	if len(names) > 0 {
		first := names[0].Value
		if key.CheckName(first) == nil && notOwn(first) == nil && t.link.machine.State().KeyByName(first) == nil {
			return first
		}
	}
	return "kmip/" + id.String()
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
