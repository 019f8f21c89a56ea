package fsm_test

import (
	"bytes"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func labels(values ...string) (all []key.Label) {
	for i, v := range values {
		all = append(all, key.Label{Value: v, Kind: 1, Index: uint32(i)})
	}
	return all
}

func named(n int, names ...string) *key.Record {
	r := newRecord(n)
	r.Names, r.Groups = labels(names...), labels("all")
	return r
}

func (v *vault) rename(n int, names ...string) *fsm.UpdateKey {
	all := labels(names...)
	return &fsm.UpdateKey{Change: v.change(keyID(n)), Names: &all}
}

// TestANameIsOneKeysAtATime: at creation and later, until its key is destroyed; and it moves.
func TestANameIsOneKeysAtATime(t *testing.T) {
	v := newVault(t)
	holds := func(name string, want ...int) {
		t.Helper()
		found := v.State().KeysNamed(name, 10)
		if len(found) != len(want) {
			t.Fatalf("%q is borne by %d keys, want %d", name, len(found), len(want))
		}
		for _, n := range want {
			if found[0].ID != keyID(n) && found[len(found)-1].ID != keyID(n) {
				t.Errorf("%q is not borne by key %d", name, n)
			}
		}
	}
	v.do(&fsm.CreateKey{Record: named(1, "ä name", "second")})
	v.refuse(&fsm.CreateKey{Record: named(2, "second")}, fault.Exists)
	v.do(&fsm.CreateKey{Record: named(2, "other")})
	v.refuse(v.rename(2, "other", "second"), fault.Exists)
	holds("second", 1)
	v.do(v.rename(1, "ä name"))
	holds("second")
	v.do(v.rename(2, "other", "second"))
	holds("second", 2)
	holds("ä name", 1)
	v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Deactivated})
	v.refuse(v.rename(2, "ä name"), fault.Exists)
	v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Destroyed})
	v.do(v.rename(2, "ä name"))
	holds("ä name", 1, 2)
	holds("", []int{}...)
	if got := v.State().KeysInGroup("all", 10); len(got) != 2 {
		t.Errorf("the group has %d keys", len(got))
	}
	if got := v.State().KeysInGroup("all", 1); len(got) != 1 {
		t.Errorf("one of the group is %d", len(got))
	}
}

func TestNamesHaveLimits(t *testing.T) {
	v := newVault(t)
	long := make([]byte, key.MaxLabel+1)
	for i := range long {
		long[i] = 'a'
	}
	for what, names := range map[string][]key.Label{
		"empty": {{}}, "long": labels(string(long)), "twice": labels("a", "a"), "one place": {{Value: "a"}, {Value: "b"}},
	} {
		r := newRecord(1)
		r.Names = names
		if out := v.send(&fsm.CreateKey{Record: r}, fsm.Request{}); out.Fault == nil || out.Fault.Kind != fault.Invalid {
			t.Errorf("%s: %v", what, out.Fault)
		}
	}
	r := newRecord(1)
	for i := range key.MaxLabels + 1 {
		r.Groups = append(r.Groups, key.Label{Value: string(rune('A' + i)), Index: uint32(i)})
	}
	v.refuse(&fsm.CreateKey{Record: r}, fault.TooLarge)
}

// TestNamesSurviveASnapshot: indexes are made anew from the records.
func TestNamesSurviveASnapshot(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: named(1, "n")})
	w := newVault(t)
	if err := w.Restore(bytes.NewReader(snapshot(t, v.State()))); err != nil {
		t.Fatal(err)
	}
	if got := w.State().KeysNamed("n", 10); len(got) != 1 || got[0].ID != keyID(1) || got[0].Groups[0].Value != "all" {
		t.Errorf("after a restore: %v", got)
	}
}

// TestALivingNameIsFoundWithoutItsDead: however many destroyed keys bore it, and whatever their ids; the next cannot have it while one lives.
func TestALivingNameIsFoundWithoutItsDead(t *testing.T) {
	v := newVault(t)
	const dead = 40
	for n := 1; n <= dead; n++ {
		v.do(&fsm.CreateKey{Record: named(n, "n")})
		v.do(&fsm.SetState{Change: v.change(keyID(n)), To: key.Deactivated})
		v.do(&fsm.SetState{Change: v.change(keyID(n)), To: key.Destroyed})
	}
	if got := v.State().KeyNamed("n"); got != nil {
		t.Errorf("%s lives", got.ID)
	}
	last := dead + 1
	v.do(&fsm.CreateKey{Record: named(last, "n")})
	if got := v.State().KeyNamed("n"); got == nil || got.ID != keyID(last) {
		t.Fatalf("the living one is %v", got)
	}
	if got := v.State().KeysNamed("n", 1); len(got) != 1 || got[0].ID != keyID(last) {
		t.Errorf("the first of the name is %v", got)
	}
	if got := v.State().KeysNamed("n", 1000); len(got) != last {
		t.Errorf("%d keys bear the name, want %d", len(got), last)
	}
	v.refuse(&fsm.CreateKey{Record: named(last+1, "n")}, fault.Exists)
	if got := v.State().KeyNamed("m"); got != nil {
		t.Errorf("%s bears what nobody bears", got.ID)
	}
}
