package fault_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
)

func TestEveryKindHasANameAndANextStep(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range fault.All() {
		name := k.String()
		if name == "" || strings.HasPrefix(name, "kind-") || seen[name] {
			t.Errorf("kind %d: name %q is missing or taken", k, name)
		}
		seen[name] = true
		if k.Hint() == "" {
			t.Errorf("%s has no hint", k)
		}
		back, ok := fault.Parse(name)
		if !ok || back != k {
			t.Errorf("Parse(%q) = %v, %v", name, back, ok)
		}
	}
	if _, ok := fault.Parse("nonsense"); ok {
		t.Error("Parse accepted a name that no kind has")
	}
	if got := fault.Kind(200).String(); got != "kind-200" {
		t.Errorf("unknown kind prints %q", got)
	}
}

func TestWhatSaysThatNothingWasWritten(t *testing.T) {
	var undone []fault.Kind
	for _, k := range fault.All() {
		if k.Undone() {
			undone = append(undone, k)
		}
	}
	if want := []fault.Kind{fault.Sealed, fault.NoLeader, fault.Stale, fault.Busy, fault.Full}; !slices.Equal(undone, want) {
		t.Errorf("got %v, want %v", undone, want)
	}
}

func TestKindSurvivesContext(t *testing.T) {
	err := fmt.Errorf("opening log: %w", fault.New(fault.NotFound, "no key %q", "a"))
	if !errors.Is(err, fault.NotFound) || errors.Is(err, fault.Denied) {
		t.Errorf("errors.Is misjudges %v", err)
	}
	if got := fault.KindOf(err); got != fault.NotFound {
		t.Errorf("KindOf = %v", got)
	}
}

func TestCauseIsForOurLogOnly(t *testing.T) {
	cause := errors.New("disk sector 7")
	shown := fault.Of(fmt.Errorf("x: %w", cause))
	if shown.Kind != fault.Internal || strings.Contains(shown.Message, "sector") {
		t.Errorf("an unkinded error shows %q", shown.Message)
	}
	if !errors.Is(shown, cause) {
		t.Error("the cause is lost for the log")
	}
	wrapped := fault.Wrap(fault.Stale, cause, "too old")
	if wrapped.Message != "too old" || !strings.Contains(wrapped.Error(), "sector") {
		t.Errorf("Wrap: message %q, log %q", wrapped.Message, wrapped.Error())
	}
}

func TestDeadlineIsUncertain(t *testing.T) {
	for _, err := range []error{context.DeadlineExceeded, fmt.Errorf("waiting: %w", context.Canceled)} {
		if got := fault.KindOf(err); got != fault.Uncertain {
			t.Errorf("KindOf(%v) = %v", err, got)
		}
	}
}

func TestHintPrefersTheErrorsOwn(t *testing.T) {
	e := fault.New(fault.Busy, "full")
	if e.NextStep() != fault.Busy.Hint() {
		t.Error("default hint missing")
	}
	if got := e.WithHint("wait %d s", 3).NextStep(); got != "wait 3 s" {
		t.Errorf("own hint lost: %q", got)
	}
	if e.Hint != "" {
		t.Error("WithHint changed the original")
	}
}
