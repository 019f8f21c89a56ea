package fsm_test

import (
	"errors"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

func TestAConflictIsNotARequestsFirstOutcome(t *testing.T) {
	m := fsm.New()
	r := fsm.Request{ID: [16]byte{1}, Print: [8]byte{1}}
	apply := func(index uint64, cmd fsm.Command) fsm.Outcome {
		t.Helper()
		entry, err := fsm.Encode(cmd, r, 1000)
		if err != nil {
			t.Fatal(err)
		}
		out, err := m.Apply(index, entry)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	lost := apply(1, &fsm.PutDocument{Name: "a", Expect: 7, Body: []byte("x")})
	if lost.Fault == nil || !errors.Is(lost.Fault, fault.Conflict) {
		t.Fatalf("expecting revision 7 of nothing gave %+v", lost)
	}
	won := apply(2, &fsm.PutDocument{Name: "a", Body: []byte("x")})
	if won.Fault != nil || won.Repeated {
		t.Fatalf("the second try under the same request ID gave %+v", won)
	}
	again := apply(3, &fsm.PutDocument{Name: "a", Body: []byte("x")})
	if !again.Repeated || again.Index != 2 {
		t.Fatalf("a repeat after success gave %+v", again)
	}
}
