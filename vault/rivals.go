package vault

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A rotation and a destruction exclude one another. The states see to it for a whole key: one that may be rotated is active, one that
// may be destroyed is not. For one version they do not, since a rotation makes the version before one that may be destroyed: so whichever
// comes second of two that were under way together is refused, also without If-Match. What arrives after the other was
// answered is no race, but a next step, and is judged by the key as it is then.

// asAsked is the record as it is when a request arrives at the leader, before the request waits for its turn; nil if there is none.
func (t *task) asAsked(ref string) *key.Record { return lookup(t.link.machine.State(), ref) }

// rotatedSince refuses to destroy what was rotated while the destruction was under way.
func rotatedSince(asked, now *key.Record) error {
	if asked == nil || asked.ID != now.ID || asked.Latest().Number == now.Latest().Number {
		return nil
	}
	return overtaken("key %s was rotated, to version %d, while its destruction was under way", nameOf(now), now.Latest().Number)
}

// endedSince refuses to rotate what was destroyed in part, or is about to be, since the rotation was asked for. No rival is what the
// key's own dates do meanwhile: a destruction whose time had come, and the end that a rotation or another retire_after sets to what was replaced.
func endedSince(asked, now *key.Record) error {
	if asked == nil || asked.ID != now.ID {
		return nil
	}
	dated := asked.Latest().Number != now.Latest().Number || asked.RetireAfter != now.RetireAfter
	for i := range asked.Versions {
		before := &asked.Versions[i]
		after := now.Version(before.Number)
		if endedEarly(before, after, now.Updated) || !dated && after != nil && before.DestroyAt == 0 && after.DestroyAt != 0 {
			return overtaken("the destruction of version %d of key %s was asked for while its rotation was under way", before.Number, nameOf(now))
		}
	}
	return nil
}

// endedEarly tells whether a version was destroyed between two states of its record, the later of the time at, and before its date. after
// is nil where the later state does not have it any more, such as one that was restored.
func endedEarly(before, after *key.Version, at key.Time) bool {
	switch {
	case before.State.Gone() || after != nil && !after.State.Gone():
		return false
	case after != nil:
		at = after.Destroyed
	}
	return before.DestroyAt == 0 || at < before.DestroyAt
}

func overtaken(format string, args ...any) error {
	return fault.New(fault.BadState, format, args...).WithHint("Look at the key (`quorate key show`); if it is still what you want, ask again, with If-Match to be held to what you saw.")
}
