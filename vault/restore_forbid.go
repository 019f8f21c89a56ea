package vault

import (
	"maps"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// namesTold is how many keys a refusal names.
const namesTold = 8

// unforbidden refuses a restore that would do by the way what a policy forbids the caller to do to a key: end it or one of its
// versions, remove its record, or change what policies know it by. Whoever may operate the vault needs no permit for each
// key, or nobody could restore who does not manage all of them; but what is forbidden stays so by this door too, a legal hold above all.
func (t *task) unforbidden(snap, live *fsm.State) error {
	set, err := t.policies()
	if err != nil {
		return err
	}
	var held []string
	n := 0
	for now := range live.AllKeys() {
		action, does := undoes(snap.Key(now.ID), now)
		if !does {
			continue
		}
		if by := set.Forbids(t.caller, action, access.OfKey(now)); len(by) > 0 {
			if t.entry.Policies = by; n < namesTold {
				held = append(held, nameOf(now)+" (policy "+by[0]+" forbids to "+string(action)+" it)")
			}
			n++
		}
	}
	if n == 0 {
		return nil
	}
	if n > len(held) {
		held = append(held, "…")
	}
	return fault.New(fault.Denied, "the restore would undo what policies protect, in %d of the keys: %s", n, strings.Join(held, ", ")).
		WithHint("Nothing was changed. Have the holds lifted by whoever may, or restore single keys (quorate key restore).")
}

// undoes says what putting old in the place of now takes from it, in the word of the action that would do so.
func undoes(old, now *key.Record) (access.Action, bool) {
	if old == nil {
		if now.State.Gone() {
			return access.Purge, true
		}
		return access.Destroy, true
	}
	for i := range now.Versions {
		if v := &now.Versions[i]; !v.State.Gone() && old.Version(v.Number) == nil {
			return access.Destroy, true
		}
	}
	return access.Update, old.Name != now.Name || old.Owner != now.Owner || old.Parent != now.Parent || !maps.Equal(old.Tags, now.Tags)
}
