package history

import (
	"strings"

	"github.com/anishathalye/porcupine"
)

// apart is the letter of a version that was suspended by itself: resuming the key does not resume it. Nobody is shown the difference, so
// it exists in the model only; see shown.
const apart = 'p'

// What becomes of the versions when the whole key is deactivated, or compromised.
var (
	deactivated = strings.NewReplacer("a", "d", "s", "d", string(apart), "d")
	compromised = strings.NewReplacer("a", "c", "s", "c", string(apart), "c", "d", "c", "x", "y")
)

// next is what an operation makes of a key that is r, or false if the vault refuses it there. The table of states is NIST SP 800-57's,
// as far as the load walks in it. A version goes its own way whatever the state of its key.
func next(r Record, o Op) (Record, bool) {
	if r.Revision == 0 {
		return Record{Revision: 1, State: "active", Versions: "a"}, o.Kind == Create
	}
	v := byte(0)
	if o.Version >= 1 && o.Version <= len(r.Versions) {
		v = r.Versions[o.Version-1]
	}
	to, legal := r, false
	to.Revision++
	switch {
	case o.Kind == Create: // it is there
	case o.Kind == Rotate:
		to.Versions, legal = strings.ReplaceAll(r.Versions, "a", "d")+"a", r.State == "active"
	case o.Kind == Suspend && o.Version == 0:
		to.State, to.Versions, legal = "suspended", strings.ReplaceAll(r.Versions, "a", "s"), r.State == "active"
	case o.Kind == Resume && o.Version == 0:
		to.State, to.Versions, legal = "active", strings.ReplaceAll(r.Versions, "s", "a"), r.State == "suspended"
	case o.Kind == Suspend:
		to.Versions, legal = with(r.Versions, o.Version, apart), v == 'a'
	case o.Kind == Resume:
		to.Versions, legal = with(r.Versions, o.Version, 'a'), v == 's' || v == apart
	case o.Kind == Deactivate && o.Version == 0:
		to.State, to.Versions, legal = "deactivated", deactivated.Replace(r.Versions), r.State == "active" || r.State == "suspended"
	case o.Kind == Compromise && o.Version == 0:
		to.State, to.Versions, legal = "compromised", compromised.Replace(r.Versions), r.State != "compromised"
	case o.Kind == Deactivate:
		to.Versions, legal = with(r.Versions, o.Version, 'd'), v == 'a' || v == 's' || v == apart
	case o.Kind == Compromise && v == 'x':
		to.Versions, legal = with(r.Versions, o.Version, 'y'), true
	case o.Kind == Compromise:
		to.Versions, legal = with(r.Versions, o.Version, 'c'), v == 'a' || v == 's' || v == apart || v == 'd'
	case o.Kind == Destroy && v == 'c':
		to.Versions, legal = with(r.Versions, o.Version, 'y'), true
	case o.Kind == Destroy:
		to.Versions, legal = with(r.Versions, o.Version, 'x'), v == 'd'
	case o.Kind == Tag:
		to.Tag, legal = o.Tag, o.IfMatch == r.Revision
	}
	return to, legal
}

// Legal tells whether a key that is shown as r takes o, as far as that can be seen.
func Legal(r Record, o Op) bool {
	_, legal := next(r, o)
	return legal
}

// shown is what clients see of a key that is r.
func shown(r Record) Record {
	r.Versions = strings.ReplaceAll(r.Versions, string(apart), "s")
	return r
}

// with is versions with version n in another state; versions without it if there is none.
func with(versions string, n int, state byte) string {
	if n < 1 || n > len(versions) {
		return versions
	}
	return versions[:n-1] + string(state) + versions[n:]
}

// opens tells whether a key that is r opens what version n encrypted.
func opens(r Record, n int) bool {
	return (r.State == "active" || r.State == "deactivated") && n >= 1 && n <= len(r.Versions) && strings.IndexByte("ad", r.Versions[n-1]) >= 0
}

// protects tells whether a key that is r encrypts, which its newest version does; n is the one that did, 0 if none.
func protects(r Record, n int, done bool) bool {
	able := r.State == "active" && strings.HasSuffix(r.Versions, "a")
	return able == done && (!done || n == r.Latest())
}

// step tells whether a key that is r may answer o so, and what it is then. The answer to a change shows the key with the change in it, and
// perhaps later ones: a node repeats what it has sent to a leader that was lost, and is then shown the key as it is now.
func step(r Record, o Op) (bool, Record) {
	switch {
	case o.Outcome == Missing:
		return r.Revision == 0, r
	case o.Kind == Read:
		return shown(r) == o.Saw, r
	case o.Kind == Protect:
		return protects(r, o.Version, o.Outcome == OK), r
	case o.Kind == Reveal: // what a rotation would have deactivated is given out while its key is active
		able := r.State == "active" && (strings.HasSuffix(r.Versions, "a") || strings.HasSuffix(r.Versions, "d"))
		return able == (o.Outcome == OK), r
	case o.Kind == Use:
		return opens(r, o.Version) == (o.Outcome == OK), r
	}
	to, legal := next(r, o)
	switch o.Outcome {
	case OK:
		return legal && (!o.Sure || shown(to) == o.Saw || to.Revision < o.Saw.Revision), to
	case Refused:
		return !legal || o.rivalled, r
	default: // Unknown: whether it happened is seen by what follows; at the end it makes no difference
		if legal {
			return true, to
		}
		return true, r
	}
}

// model is one key.
var model = porcupine.Model{
	Init:  func() any { return Record{} },
	Step:  func(s, in, _ any) (bool, any) { ok, to := step(s.(Record), in.(Op)); return ok, to },
	Equal: func(a, b any) bool { return a.(Record) == b.(Record) },
}
