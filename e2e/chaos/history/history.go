// Package history holds what clients of a key vault asked and were told, and judges whether one vault that never fails could have
// told them so: whether the answers are linearizable key by key (porcupine), local reads within their bound of age, and whether anything was
// used after it was taken out of use. It knows the vault's contract, and no network, process or cluster.
package history

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is what was asked.
type Kind uint8

// What clients ask of a key.
const (
	Create     Kind = iota
	Rotate          // a new version
	Suspend         // Version, or with 0 the whole key
	Resume          // likewise
	Deactivate      // likewise; what it encrypted is decrypted all the same
	Compromise      // likewise
	Destroy         // Version, at once
	Tag             // sets Tag if the record's revision is still IfMatch
	Read            // the record
	Use             // decrypts what Version encrypted
	Protect         // encrypts; Version is the one that did, or 0
	Reveal          // takes the material of the newest version out
)

func (k Kind) String() string {
	return [...]string{"create", "rotate", "suspend", "resume", "deactivate", "compromise", "destroy", "tag", "read", "use", "protect", "reveal"}[k]
}

// Revokes tells whether it takes a key or a version out of use.
func (k Kind) Revokes() bool {
	return k == Suspend || k == Deactivate || k == Compromise || k == Destroy
}

// uses tells whether it is a use of the key.
func (k Kind) uses() bool { return k == Use || k == Protect || k == Reveal }

// Outcome is what was answered.
type Outcome uint8

// What clients are told.
const (
	OK      Outcome = iota
	Refused         // the state of the key forbids it; nothing changed
	Missing         // there is no such key
	Unknown         // no answer, or one that leaves it open: it happened, happens later, or never does
)

func (o Outcome) String() string { return [...]string{"ok", "refused", "missing", "unknown"}[o] }

// Record is what a client sees of a key.
type Record struct {
	Revision uint64 // counts changes
	State    string
	Versions string // a letter each, oldest first: active, suspended, deactivated, compromised, x destroyed, y destroyed and compromised
	Tag      string
}

// Latest is the number of the newest version.
func (r Record) Latest() int { return len(r.Versions) }

func (r Record) String() string {
	if r.Revision == 0 {
		return "nothing"
	}
	return fmt.Sprintf("#%d %s %s %q", r.Revision, r.State, r.Versions, r.Tag)
}

// Op is one operation of one client on one key, from the first try to the last answer.
type Op struct {
	Client, Node int
	Key          string
	Kind         Kind
	Version      int
	Tag          string
	IfMatch      uint64
	Local        bool // a read or a use that may be as old as the bound

	Call, Return time.Duration // since the run began
	Outcome      Outcome
	Saw          Record // of OK, where Sure
	Sure         bool   // the record was read by it, after it had made its change

	rivalled bool // it was under way together with its rival, see Check
}

func (o Op) String() string {
	what := o.Kind.String()
	switch {
	case o.Kind == Tag:
		what += fmt.Sprintf(" %q if #%d", o.Tag, o.IfMatch)
	case o.Version != 0:
		what += fmt.Sprintf(" v%d", o.Version)
	}
	if o.Local {
		what += " (local)"
	}
	saw := ""
	if o.Sure {
		saw = ": " + o.Saw.String()
	}
	return fmt.Sprintf("%10.4f – %10.4f  client %d at n%d  %s  %s%s", o.Call.Seconds(), o.Return.Seconds(), o.Client, o.Node+1, what, o.Outcome, saw)
}

// Changes tells whether it may change the key.
func (o Op) Changes() bool { return o.Kind != Read && !o.Kind.uses() }

// Tally is what a history holds, by the way in which it is judged.
type Tally struct {
	Ordered int // operations for which porcupine looks for an order
	Writes  int // of these, changes that were acknowledged
	Reads   int // of these, newest reads and uses that were answered
	Local   int // local reads, judged by their age
	Uses    int // local uses, judged by what had been taken out of use when they began
	Taken   int // of these, material that was taken out
	Revoked int // revocations that were acknowledged
}

// Count counts the operations of a history.
func Count(ops []Op) (t Tally) {
	for _, o := range ops {
		switch {
		case o.ordered() && o.Changes():
			t.Ordered++
			if o.Outcome == OK {
				t.Writes++
			}
		case o.ordered():
			t.Ordered++
			if o.Outcome != Unknown {
				t.Reads++
			}
		case o.Kind.uses():
			t.Uses++
			if o.Kind == Reveal && o.Outcome == OK {
				t.Taken++
			}
		default:
			t.Local++
		}
		if o.Kind.Revokes() && o.Outcome == OK {
			t.Revoked++
		}
	}
	return t
}

// Add is both together.
func (t Tally) Add(o Tally) Tally {
	return Tally{t.Ordered + o.Ordered, t.Writes + o.Writes, t.Reads + o.Reads, t.Local + o.Local, t.Uses + o.Uses, t.Taken + o.Taken, t.Revoked + o.Revoked}
}

// All is how many operations were judged.
func (t Tally) All() int { return t.Ordered + t.Local + t.Uses }

// ordered tells whether porcupine sees it. Local reads and uses may be old, and a search over spans as long as the bound would not end: see
// aged, Revoked and refusedInVain.
func (o Op) ordered() bool { return !o.Local }

// Log collects operations by key. Its methods may be called concurrently.
type Log struct {
	mu  sync.Mutex
	ops map[string][]Op
	n   map[Outcome]int
}

// Add notes an operation that has ended. A read or use without an answer says nothing and is only counted.
func (l *Log) Add(o Op) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ops == nil {
		l.ops, l.n = map[string][]Op{}, map[Outcome]int{}
	}
	l.n[o.Outcome]++
	if o.Outcome != Unknown || o.Changes() {
		l.ops[o.Key] = append(l.ops[o.Key], o)
	}
}

// Counts tells how many operations ended how.
func (l *Log) Counts() map[Outcome]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := map[Outcome]int{}
	for o, n := range l.n {
		c[o] = n
	}
	return c
}

// Take removes and returns the operations of a key, by the time of their beginning.
func (l *Log) Take(key string) []Op {
	l.mu.Lock()
	defer l.mu.Unlock()
	ops := l.ops[key]
	delete(l.ops, key)
	slices.SortStableFunc(ops, func(a, b Op) int { return int(a.Call - b.Call) })
	return ops
}

// Text is a history to be read by people.
func Text(ops []Op) string {
	var b strings.Builder
	for _, o := range ops {
		b.WriteString(o.String() + "\n")
	}
	return b.String()
}
