package fsm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// opening is a state machine whose time the test moves.
type opening struct {
	*vault
	past time.Duration
}

func (o *opening) send(cmd fsm.Command) fsm.Outcome {
	o.t.Helper()
	o.index++
	data, err := fsm.Encode(cmd, fsm.Request{}, t0.Add(o.past))
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := o.Apply(o.index, data)
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

func (o *opening) done(what string, cmd fsm.Command) {
	o.t.Helper()
	if out := o.send(cmd); out.Fault != nil {
		o.t.Fatalf("%s: %v", what, out.Fault)
	}
}

// refused checks the kind, that it says what to do, and that nothing changed.
func (o *opening) refused(what string, cmd fsm.Command, kind fault.Kind) {
	o.t.Helper()
	before := o.State().ContentDigest()
	out := o.send(cmd)
	switch {
	case out.Fault == nil:
		o.t.Fatalf("%s: granted", what)
	case out.Fault.Kind != kind:
		o.t.Errorf("%s: %v, want %v", what, out.Fault, kind)
	case kind != fault.Invalid && !strings.Contains(out.Fault.Hint, "slots approve"):
		o.t.Errorf("%s: the hint %q does not say what to do", what, out.Fault.Hint)
	case o.State().ContentDigest() != before:
		o.t.Errorf("%s: the state changed", what)
	}
}

func ask(boot string) *fsm.GrantOpening {
	return &fsm.GrantOpening{Node: "n1", Boot: []byte(boot), Deal: []byte("deal"), By: "n2", Window: 5 * time.Minute, Away: 24 * time.Hour}
}

func TestOneProcessOfAMemberIsLetInInAWindow(t *testing.T) {
	o := &opening{vault: newVault(t)}
	o.refused("never seen", ask("a"), fault.Denied)
	o.done("noting", &fsm.NoteOpen{Nodes: []string{"n1", "n3"}})
	o.done("the first", ask("a"))
	first := *o.State().Grant("n1")
	if string(first.Boot) != "a" || first.By != "n2" || first.At != t0 || first.Approved {
		t.Errorf("granted %+v", first)
	}
	before := o.State().ContentDigest()
	o.past = 5*time.Minute - time.Millisecond
	o.done("the same again", ask("a"))
	if o.State().ContentDigest() != before {
		t.Error("asking again changes the state")
	}
	o.refused("a second process in the window", ask("b"), fault.Busy)
	o.past = 5 * time.Minute
	o.done("a second process after the window", ask("b"))
	o.past += time.Minute
	o.refused("the first process again", ask("a"), fault.Busy)
	other := ask("b")
	other.Deal = []byte("anew")
	o.done("the same process after a new dealing", other)
	if g := o.State().Grant("n1"); string(g.Deal) != "anew" {
		t.Errorf("granted %+v", g)
	}
}

func TestAMemberThatWasAwayNeedsAWordAndUsesItUp(t *testing.T) {
	o := &opening{vault: newVault(t)}
	o.done("noting", &fsm.NoteOpen{Nodes: []string{"n1"}})
	o.past = 24 * time.Hour
	o.done("just in time", ask("a"))
	o.past += 6 * time.Minute
	o.refused("too late", ask("b"), fault.Denied)
	o.done("approving another", &fsm.ApproveOpening{Node: "n3", By: "root"})
	o.refused("on another's word", ask("b"), fault.Denied)
	o.done("approving", &fsm.ApproveOpening{Node: "n1", By: "root"})
	o.past += fsm.ApprovalLife + time.Millisecond
	o.refused("on a word of long ago", ask("b"), fault.Denied)
	o.done("approving again", &fsm.ApproveOpening{Node: "n1", By: "root"})
	o.done("on a word", ask("b"))
	if g := o.State().Grant("n1"); !g.Approved {
		t.Error("the grant does not tell of the word")
	}
	o.past += 6 * time.Minute
	o.refused("on a word that was used", ask("c"), fault.Denied)

	o.done("noting", &fsm.NoteOpen{Nodes: []string{"n1"}})
	o.done("approving", &fsm.ApproveOpening{Node: "n1", By: "root"})
	o.done("in time", ask("c"))
	o.done("a word opens the window", ask("d"))
	o.refused("once", ask("e"), fault.Busy)
}

func TestANewcomerOfTheSameNameBeginsWithNothing(t *testing.T) {
	o := &opening{vault: newVault(t)}
	empty := o.State().ContentDigest()
	o.done("noting", &fsm.NoteOpen{Nodes: []string{"n1"}})
	o.done("granting", ask("a"))
	o.done("approving", &fsm.ApproveOpening{Node: "n1", By: "root"})
	if got := len(o.State().KnownOpenings()); got != 3 || o.State().SeenOpen("n1") != t0 {
		t.Errorf("%d things are known", got)
	}
	o.done("forgetting", &fsm.ForgetOpening{Node: "n1"})
	if o.State().ContentDigest() != empty || o.State().SeenOpen("n1") != 0 || o.State().Grant("n1") != nil {
		t.Errorf("left: %v", o.State().KnownOpenings())
	}
	o.refused("the newcomer", ask("a"), fault.Denied)
}

func TestOpeningsAreBounded(t *testing.T) {
	o := &opening{vault: newVault(t)}
	long := strings.Repeat("n", 64)
	many := make([]string, 65)
	for i := range many {
		many[i] = "n1"
	}
	for name, cmd := range map[string]fsm.Command{
		"no name":    &fsm.GrantOpening{Boot: []byte("a"), Deal: []byte("d"), Window: 1},
		"long name":  &fsm.GrantOpening{Node: long, Boot: []byte("a"), Deal: []byte("d"), Window: 1},
		"no boot":    &fsm.GrantOpening{Node: "n1", Deal: []byte("d"), Window: 1},
		"long boot":  &fsm.GrantOpening{Node: "n1", Boot: make([]byte, 129), Deal: []byte("d"), Window: 1},
		"no dealing": &fsm.GrantOpening{Node: "n1", Boot: []byte("a"), Window: 1},
		"no window":  &fsm.GrantOpening{Node: "n1", Boot: []byte("a"), Deal: []byte("d")},
		"away":       &fsm.GrantOpening{Node: "n1", Boot: []byte("a"), Deal: []byte("d"), Window: 1, Away: -1},
		"note":       &fsm.NoteOpen{Nodes: []string{"n1", long}},
		"approve":    &fsm.ApproveOpening{Node: "../x"},
		"forget":     &fsm.ForgetOpening{Node: ""},
	} {
		if _, err := fsm.Encode(cmd, fsm.Request{}, t0); err != nil { // what is checked without the state never gets into the log
			if !has(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		o.refused(name, cmd, fault.Invalid)
	}
	for name, cmd := range map[string]fsm.Command{
		"many":     &fsm.NoteOpen{Nodes: many},
		"approver": &fsm.ApproveOpening{Node: "n1", By: strings.Repeat("x", 513)},
	} {
		if out := o.send(cmd); out.Fault == nil || out.Fault.Kind != fault.TooLarge {
			t.Errorf("%s: %+v", name, out)
		}
	}
}
