package fsm_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// TestTheReasonOfAnEndGoesWithItsSchedule looks at a key and at a version alike.
func TestTheReasonOfAnEndGoesWithItsSchedule(t *testing.T) {
	for _, version := range []uint32{0, 1} {
		v := newVault(t)
		v.do(&fsm.CreateKey{Record: newRecord(1)})
		is := func(when, reason string, forEnd bool) {
			t.Helper()
			r := v.State().Key(keyID(1))
			got, end := r.Reason, r.ForEnd
			if version != 0 {
				got, end = r.Versions[0].Reason, r.Versions[0].ForEnd
			}
			if got != reason || end != forEnd {
				t.Errorf("version %d, %s: reason %q (%v), want %q (%v)", version, when, got, end, reason, forEnd)
			}
		}
		plan := func(at key.Time, reason string) *fsm.ScheduleDestroy {
			return &fsm.ScheduleDestroy{Change: v.change(keyID(1)), Version: version, At: at, Reason: reason}
		}
		move := func(to key.State, reason string, keep bool) *fsm.SetState {
			return &fsm.SetState{Change: v.change(keyID(1)), Version: version, To: to, Reason: reason, Keep: keep}
		}
		v.do(move(key.Deactivated, "moved", false))
		v.do(plan(t0+5, ""))
		is("scheduled without one", "moved", false)
		v.refuse(plan(t0+6, strings.Repeat("x", key.MaxReason+1)), fault.TooLarge)
		v.do(plan(t0+6, "contract ended"))
		is("scheduled", "contract ended", true)
		v.do(plan(t0+7, ""))
		is("scheduled anew", "contract ended", true)
		v.do(plan(0, ""))
		is("cancelled", "", false)
		v.do(plan(t0+7, "contract ended"))
		v.do(move(key.Compromised, "leaked", false))
		is("compromised meanwhile", "leaked", false)
		v.do(plan(t0+8, "never mind"))
		is("scheduled while compromised", "leaked", false)
		v.do(plan(0, ""))
		is("and cancelled", "leaked", false)
		v.do(move(key.Destroyed, "the date has come", true))
		is("destroyed", "leaked", false)
	}
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.do(&fsm.ScheduleDestroy{Change: v.change(keyID(1)), At: t0 + 5, Reason: "contract ended"})
	v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), DestroyAt: new(key.Time(t0 + 6))})
	if r := v.State().Key(keyID(1)); r.Reason != "contract ended" || !r.ForEnd {
		t.Errorf("with another date its reason is %q", r.Reason)
	}
	v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), DestroyAt: new(key.Time)})
	if r := v.State().Key(keyID(1)); r.Reason != "" || r.ForEnd {
		t.Errorf("without its date it has still the reason %q", r.Reason)
	}
}

// TestHowBindingADateIsGoesWithTheDate looks at a key and at a version alike.
func TestHowBindingADateIsGoesWithTheDate(t *testing.T) {
	for _, version := range []uint32{0, 1} {
		v := newVault(t)
		v.do(&fsm.CreateKey{Record: newRecord(1)})
		is := func(when string, want key.Ending) {
			t.Helper()
			r := v.State().Key(keyID(1))
			got := r.Ending
			if version != 0 {
				got = r.Versions[0].Ending
			}
			if got != want {
				t.Errorf("version %d, %s: %d, want %d", version, when, got, want)
			}
		}
		plan := func(at key.Time, e key.Ending) *fsm.ScheduleDestroy {
			return &fsm.ScheduleDestroy{Change: v.change(keyID(1)), Version: version, At: at, Ending: e}
		}
		v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Deactivated})
		v.do(plan(t0+5, key.Guarded))
		is("scheduled", key.Guarded)
		v.do(plan(t0+6, key.Held))
		is("put off", key.Held)
		v.do(plan(t0+7, key.Dated))
		is("forced", key.Dated)
		v.refuse(plan(t0+7, key.Held+1), fault.Invalid)
		v.refuse(plan(0, key.Guarded), fault.Invalid)
		v.do(plan(t0+5, key.Held))
		if version == 0 {
			v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), DestroyAt: new(key.Time(t0 + 6))})
			is("with another date", key.Guarded)
			v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), DestroyAt: new(key.Time(0))})
			is("without its date", key.Dated)
			v.do(plan(t0+5, key.Held))
		}
		v.do(plan(0, key.Dated))
		is("called off", key.Dated)
		v.do(plan(t0+5, key.Held))
		v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Destroyed})
		is("destroyed", key.Dated)
	}
}

// TestOnlyTheReasonsOfEndsAreKept: with Keep, and so in none of the commands that were written before there was one.
func TestOnlyTheReasonsOfEndsAreKept(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.Versions = append(r.Versions, key.Version{Number: 2, State: key.Active, Material: key.Material{Term: 1, Sealed: []byte("s")}})
	v.do(&fsm.CreateKey{Record: r})
	move := func(version uint32, to key.State, reason string, keep bool) *fsm.SetState {
		return &fsm.SetState{Change: v.change(keyID(1)), Version: version, To: to, Reason: reason, Keep: keep}
	}
	v.do(move(1, key.Compromised, "leaked", false))
	v.do(move(0, key.Suspended, "looking into it", true))
	v.do(move(0, key.Active, "", true))
	if r := v.State().Key(keyID(1)); r.Reason != "" || r.Versions[1].Reason != "" {
		t.Errorf("resumed for the reason %q, %q", r.Reason, r.Versions[1].Reason)
	}
	v.do(move(0, key.Deactivated, "", true))
	v.do(move(0, key.Destroyed, "old", true))
	if r := v.State().Key(keyID(1)); r.Reason != "old" || r.Versions[0].Reason != "leaked" || r.Versions[1].Reason != "old" {
		t.Errorf("destroyed: %q, versions %q and %q", r.Reason, r.Versions[0].Reason, r.Versions[1].Reason)
	}
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	old := func(to key.State, reason string) {
		v.do(&fsm.SetState{Change: v.change(keyID(2)), To: to, Reason: reason})
	}
	old(key.Compromised, "leaked")
	old(key.Destroyed, "")
	if r := v.State().Key(keyID(2)); r.Reason != "" {
		t.Errorf("a command of before gives %q: nodes of two versions would differ", r.Reason)
	}
}

// TestWhenACompromiseOccurredIsKept: of the versions that the step compromises, and of no others.
func TestWhenACompromiseOccurredIsKept(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.refuse(&fsm.SetState{Change: v.change(keyID(1)), To: key.Deactivated, Occurred: 1}, fault.Invalid)
	v.refuse(&fsm.SetState{Change: v.change(keyID(1)), To: key.Compromised, Occurred: -1}, fault.Invalid)
	v.refuse(&fsm.SetState{Change: v.change(keyID(1)), To: key.Compromised, Occurred: t0 + 1e12}, fault.Invalid)
	v.do(&fsm.SetState{Change: v.change(keyID(1)), Version: 1, To: key.Compromised, Occurred: 7})
	v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Compromised, Occurred: 9})
	if r := v.State().Key(keyID(1)); len(r.Occurred) != 1 || r.Occurred[1] != 7 || r.Versions[0].Compromised == 7 {
		t.Errorf("it occurred at %v", r.Occurred)
	}
}
