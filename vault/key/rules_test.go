package key_test

import (
	"slices"
	"testing"

	"github.com/quorate/quorate/vault/key"
)

// What operations are, in the words of SP 800-57 part 1 rev. 5: those that apply protection, those that process what was
// protected before, those that let material out, and the steps of a life.
var (
	applies   = []key.Operation{key.ToEncrypt, key.ToDataKey, key.ToSign, key.ToMAC, key.ToDerive, key.ToDeriveKey, key.ToWrap, key.ToSealBackup, key.ToEncapsulate, key.ToRewrap, key.ToHaveChild, key.ToReserve}
	processes = []key.Operation{key.ToDecrypt, key.ToVerify, key.ToVerifyMAC, key.ToUnwrap, key.ToRestore, key.ToDecapsulate, key.ToOpenChild}
	lets      = []key.Operation{key.ToReveal, key.ToExport, key.ToBackUp}
	keeps     = []key.Operation{key.ToRevealIdle}
	always    = []key.Operation{key.ToUpdate, key.ToCertify, key.ToShow}
)

// starts says from where each step of a life begins (figure 3 there, and KMIP 2.1, 6.1.16 for destroying).
var starts = map[key.Operation]func(s key.State) bool{
	key.ToActivate:   func(s key.State) bool { return s == key.PreActive },
	key.ToSuspend:    func(s key.State) bool { return s == key.Active },
	key.ToResume:     func(s key.State) bool { return s == key.Suspended },
	key.ToDeactivate: func(s key.State) bool { return s == key.Active || s == key.Suspended },
	key.ToCompromise: func(s key.State) bool { return s != key.Compromised && s != key.DestroyedCompromised }, // learnt at any time, once
	key.ToDestroy:    func(s key.State) bool { return !s.Gone() && s != key.Active && s != key.Suspended },    // not while it is in use
	key.ToRotate:     func(s key.State) bool { return s == key.Active },
	key.ToAddVersion: func(s key.State) bool { return s == key.Active },
	key.ToMove:       func(s key.State) bool { return !s.Gone() }, // while there is material to wrap
	key.ToSpare:      func(s key.State) bool { return !s.Gone() },
	key.ToArchive:    func(s key.State) bool { return !s.Gone() },
	key.ToRecover:    func(key.State) bool { return false }, // only from the archive
	key.ToPurge:      key.State.Gone,
}

// expected reads the standard, sentence by sentence; the first that speaks decides. It shares nothing with key.Rules.
func expected(op key.Operation, k, v key.State) key.Verdict {
	either := func(s key.State) bool { return k == s || v == s }
	verdict := func(ok bool) key.Verdict {
		if ok {
			return key.Allowed
		}
		return key.Refused
	}
	if slices.Contains(always, op) {
		return key.Allowed // metadata outlive the key (7.6)
	}
	if from := starts[op]; from != nil {
		return verdict(from(k) && from(v))
	}
	switch {
	case k.Gone() || v.Gone(): // there is no material (7.6)
		return key.Refused
	case slices.Contains(keeps, op) && !either(key.Suspended): // used outside by who keeps the states in mind (KMIP 2.1, 6.1.21)
		if either(key.Compromised) { // who takes it opens with it (7.5)
			return key.ByPolicy
		}
		return key.Allowed
	case either(key.PreActive): // not authorised for use yet (7.1)
		return key.Refused
	case either(key.Suspended): // cut off until it is resumed (7.3, read strictly)
		return key.Refused
	case slices.Contains(applies, op): // only an active key protects (7.2, 7.4, 7.5)
		return verdict(k == key.Active && v == key.Active)
	case slices.Contains(lets, op): // never compromised material, nor that of a key out of use; what a rotation replaced is still about
		return verdict(k == key.Active && !either(key.Compromised))
	case either(key.Compromised): // processes under highly controlled conditions (7.5)
		return key.ByPolicy
	default: // active and deactivated keys process (7.2, 7.4)
		return key.Allowed
	}
}

// Every operation under every pair of a key's state and a version's.
func TestTheStateMachineIsTheStandardsBetweenKeyAndVersion(t *testing.T) {
	known := slices.Concat(applies, processes, lets, keeps, always)
	for _, rule := range key.Rules {
		if starts[rule.Operation] == nil && !slices.Contains(known, rule.Operation) {
			t.Errorf("nothing is expected of %q: read the standard on it", rule.Operation)
			continue
		}
		for _, k := range key.States {
			if alone := k.Permits(rule.Operation); alone != expected(rule.Operation, k, k) {
				t.Errorf("%s of a key that is %s: %s, want %s", rule.Operation, k, alone, expected(rule.Operation, k, k))
			}
			for _, v := range key.States {
				r := &key.Record{State: k, Versions: []key.Version{{Number: 1, State: v}}}
				if got, want := r.Permits(&r.Versions[0], rule.Operation), expected(rule.Operation, k, v); got != want {
					t.Errorf("%s with a version that is %s of a key that is %s: %s, want %s", rule.Operation, v, k, got, want)
				}
			}
		}
	}
}

// What a key in the archive takes (KMIP 2.1, 6.1.5 and 6.1.37): to be recovered, looked at, described, found out to be known to others
// and forgotten, as its state allows. It is used for nothing and takes no other step, whatever its state.
func TestTheArchiveLetsThroughWhatNeedsNoMaterial(t *testing.T) {
	through := []key.Operation{key.ToCompromise, key.ToSpare, key.ToUpdate, key.ToCertify, key.ToShow, key.ToPurge}
	for _, rule := range key.Rules {
		for _, s := range key.States {
			want := key.Refused
			switch {
			case rule.Operation == key.ToRecover && !s.Gone():
				want = key.Allowed
			case slices.Contains(through, rule.Operation):
				want = expected(rule.Operation, s, s)
			}
			r := &key.Record{State: s, Archived: 1, Versions: []key.Version{{Number: 1, State: s}}}
			if got := s.InArchive(rule.Operation); got != want || r.Permits(&r.Versions[0], rule.Operation) != want {
				t.Errorf("%s of a key in the archive that is %s: %s by its state, %s by its record, want %s", rule.Operation, s, got, r.Permits(&r.Versions[0], rule.Operation), want)
			}
		}
	}
}

// The steps that rules allow are the transitions there are.
func TestStepsAndTransitionsAgree(t *testing.T) {
	for op, to := range map[key.Operation]key.State{
		key.ToActivate: key.Active, key.ToResume: key.Active, key.ToSuspend: key.Suspended, key.ToDeactivate: key.Deactivated,
		key.ToCompromise: key.Compromised, key.ToDestroy: key.Destroyed,
	} {
		for _, s := range key.States {
			aim := to
			if op == key.ToCompromise && s == key.Destroyed || op == key.ToDestroy && s == key.Compromised {
				aim = key.DestroyedCompromised
			}
			may := s.May(aim) && (op != key.ToActivate || s == key.PreActive) && (op != key.ToResume || s == key.Suspended)
			if got := s.Permits(op) == key.Allowed; got != may {
				t.Errorf("%s from %s: the rules say %v, the transitions %v", op, s, got, may)
			}
		}
	}
}

// Every state has its place in the list, and only once.
func TestStatesListsEveryState(t *testing.T) {
	for n := range 256 {
		s := key.State(n)
		if _, err := key.ParseState(s.String()); (err == nil) != slices.Contains(key.States, s) {
			t.Errorf("%s is listed: %v", s, slices.Contains(key.States, s))
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(key.States)))) != len(key.States) {
		t.Error("a state is listed twice")
	}
}
