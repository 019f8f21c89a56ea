package history

import (
	"strings"

	"github.com/anishathalye/porcupine"
)

// next is what an operation makes of a key that is r, or false if the vault refuses it there. The table of states is NIST SP 800-57's,
// as far as the load walks in it.
func next(r Record, o Op) (Record, bool) {
	if r.Revision == 0 {
		return Record{Revision: 1, State: "active", Versions: "a"}, o.Kind == Create
	}
	v, known := byte(0), o.Version >= 1 && o.Version <= len(r.Versions)
	if known {
		v = r.Versions[o.Version-1]
	}
	to, legal := r, false
	to.Revision++
	switch o.Kind {
	case Create: // it is there
	case Rotate:
		to.Versions, legal = retire(r.Versions)+"a", r.State == "active"
	case Suspend:
		switch {
		case o.Version == 0:
			to.State, to.Versions, legal = "suspended", strings.ReplaceAll(r.Versions, "a", "s"), r.State == "active"
		default:
			to.Versions, legal = with(r.Versions, o.Version, 's'), v == 'a' && r.State == "active"
		}
	case Resume:
		switch {
		case o.Version == 0:
			to.State, to.Versions, legal = "active", strings.ReplaceAll(r.Versions, "s", "a"), r.State == "suspended"
		default:
			to.Versions, legal = with(r.Versions, o.Version, 'a'), v == 's'
		}
	case Destroy:
		to.Versions, legal = with(r.Versions, o.Version, 'x'), known && v != 'x'
	case Tag:
		to.Tag, legal = o.Tag, o.IfMatch == r.Revision
	}
	return to, legal
}

// retire is what a rotation does to the newest version.
func retire(versions string) string {
	if last := len(versions) - 1; versions[last] == 'a' {
		return versions[:last] + "d"
	}
	return versions
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
	return r.State != "suspended" && n >= 1 && n <= len(r.Versions) && strings.IndexByte("ad", r.Versions[n-1]) >= 0
}

// strict are the kinds whose refusal the model foresees exactly. The rest may be refused for reasons that it does not know.
func strict(o Op) bool {
	return o.Kind == Create || o.Kind == Rotate || o.Kind == Tag || o.Kind == Use || (o.Kind == Suspend || o.Kind == Resume) && o.Version == 0
}

// step tells whether a key that is r may answer o so, and what it is then.
func step(r Record, o Op) (bool, Record) {
	switch {
	case o.Outcome == Missing:
		return r.Revision == 0, r
	case o.Kind == Read:
		return r == o.Saw, r
	case o.Kind == Use:
		return opens(r, o.Version) == (o.Outcome == OK), r
	}
	to, legal := next(r, o)
	switch o.Outcome {
	case OK:
		return legal && (!o.Sure || to == o.Saw), to
	case Refused:
		return !legal || !strict(o), r
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
