package merge

import (
	"bytes"
	"testing"

	"github.com/quorate/quorate/vault/key"
)

// record has one version per state, newest last.
func record(state key.State, revision uint64, versions ...key.State) *key.Record {
	r := &key.Record{ID: key.ID{1}, Name: "k", State: state, Exportable: true, Revision: revision, MAC: []byte{byte(revision)}}
	for i, s := range versions {
		v := key.Version{Number: uint32(i + 1), State: s}
		if !s.Gone() {
			v.Material = key.Material{Term: 1, Sealed: []byte{byte(i)}}
		}
		r.Versions = append(r.Versions, v)
	}
	return r
}

func TestWhatWasTakenOutOfUseStaysOut(t *testing.T) {
	all := []key.State{key.PreActive, key.Active, key.Suspended, key.Deactivated, key.Compromised, key.Destroyed, key.DestroyedCompromised}
	for _, old := range all {
		for _, now := range all {
			r := Carry(record(old, 3, key.Active), record(now, 7, key.Active), nil)
			if want := max(rank(old), rank(now)); rank(r.State) != want {
				t.Errorf("a key %v in the snapshot and %v now becomes %v", old, now, r.State)
			}
			r = Carry(record(key.Active, 3, old), record(key.Active, 7, now), nil)
			v := &r.Versions[0]
			if want := max(rank(old), rank(now)); rank(v.State) != want {
				t.Errorf("a version %v in the snapshot and %v now becomes %v", old, now, v.State)
			}
			if v.State.Gone() != (len(v.Material.Sealed) == 0) {
				t.Errorf("a version %v in the snapshot and %v now, %v then, has material %v", old, now, v.State, v.Material)
			}
			if r.Revision != 8 || r.MAC != nil {
				t.Errorf("revision %d, code %v: a cache could take it for one of those it came from", r.Revision, r.MAC)
			}
		}
	}
}

func TestWhatWasForbiddenSinceStaysForbidden(t *testing.T) {
	old, now := record(key.Active, 9, key.Deactivated, key.Active), record(key.Active, 4, key.Deactivated, key.Active)
	now.Exportable, now.MinDecrypt, now.DestroyAt, now.Versions[0].DestroyAt, now.Reason = false, 2, 50, 40, "not carried: its state is not"
	r := Carry(old, now, nil)
	if r.Exportable || r.MinDecrypt != 2 || r.DestroyAt != 50 || r.Versions[0].DestroyAt != 40 || r.Revision != 10 || r.Reason != "" {
		t.Errorf("%+v", r)
	}
	if !old.Exportable || old.MAC == nil || old.Versions[0].DestroyAt != 0 {
		t.Error("the snapshot's record was changed")
	}
	now.Guard = key.Sensitive | key.WasPlain
	if r := Carry(old, now, nil); !r.Sensitive() || r.AlwaysSensitive() {
		t.Errorf("what was made sensitive since has the guard %b", r.Guard)
	}
	now.MinDecrypt = 3 // of a version that the snapshot lacks: nothing would decrypt
	if r := Carry(old, now, nil); r.MinDecrypt != 2 {
		t.Errorf("at least version %d decrypts, of 2", r.MinDecrypt)
	}
	if Carry(old, old.Clone(), nil) != nil {
		t.Error("the same record is written again")
	}
}

func TestAPlannedDestructionIsCarriedWithItsReason(t *testing.T) {
	old, now := record(key.Active, 3, key.Active), record(key.Active, 7, key.Active)
	now.DestroyAt, now.Ending, now.Reason, now.ForEnd = 50, key.Guarded, "the customer left", true
	v := &now.Versions[0]
	v.DestroyAt, v.Ending, v.Reason, v.ForEnd = 40, key.Guarded, "the first contract", true
	r := Carry(old, now, nil)
	if r.DestroyAt != 50 || r.Ending != key.Guarded || r.Reason != "the customer left" || !r.ForEnd {
		t.Errorf("the key is to be destroyed at %d (%v) because of %q, for its end: %v", r.DestroyAt, r.Ending, r.Reason, r.ForEnd)
	}
	if v := r.Versions[0]; v.DestroyAt != 40 || v.Ending != key.Guarded || v.Reason != "the first contract" || !v.ForEnd {
		t.Errorf("the version is to be destroyed at %d (%v) because of %q, for its end: %v", v.DestroyAt, v.Ending, v.Reason, v.ForEnd)
	}
	gone := record(key.Active, 9, key.Destroyed)
	gone.Versions[0].Reason = "the first contract"
	if v := Carry(now, gone, nil).Versions[0]; v.State != key.Destroyed || v.ForEnd || v.Reason != "the first contract" {
		t.Errorf("a version that was destroyed since is %v because of %q, and that reason waits for its end: %v", v.State, v.Reason, v.ForEnd)
	}
	purged := record(key.Active, 9, key.Destroyed, key.Active)
	purged.Versions = purged.Versions[1:]
	if v := Carry(now, purged, nil).Versions[0]; v.State != key.Destroyed || v.ForEnd || v.Ending != key.Dated {
		t.Errorf("a version that was purged since is %v, ends %v, and its reason waits for its end: %v", v.State, v.Ending, v.ForEnd)
	}
	// A destruction that was called off since has no reason any more, but the snapshot's own date stays: it forbids more.
	if r := Carry(now, record(key.Active, 9, key.Active), nil); r.DestroyAt != 50 || r.Reason != "the customer left" || !r.ForEnd {
		t.Errorf("the snapshot's own destruction is at %d because of %q, for its end: %v", r.DestroyAt, r.Reason, r.ForEnd)
	}
}

func TestTheNarrowerLimitOfUseStays(t *testing.T) {
	limits := func(deactivate, stop, start key.Time, uses uint64) *key.Record {
		r := record(key.Active, 3, key.Active)
		r.DeactivAt, r.ProtectStop, r.ProcessStart, r.UsageLimit = deactivate, stop, start, uses
		return r
	}
	none, wide, narrow := limits(0, 0, 0, 0), limits(90, 80, 10, 1000), limits(70, 60, 20, 10)
	for _, c := range []struct{ old, now, want *key.Record }{
		{none, narrow, narrow}, {narrow, none, narrow}, {wide, narrow, narrow}, {narrow, wide, narrow}, {none, none, none},
	} {
		now := c.now.Clone()
		now.Revision++
		r, w := Carry(c.old, now, nil), c.want
		if r.DeactivAt != w.DeactivAt || r.ProtectStop != w.ProtectStop || r.ProcessStart != w.ProcessStart || r.UsageLimit != w.UsageLimit {
			t.Errorf("of %+v in the snapshot and %+v now becomes %+v", c.old, c.now, r)
		}
	}
}

func TestLimitsOfDifferentUnitsAreNotCompared(t *testing.T) {
	limit := func(n uint64, bytes bool) *key.Record {
		r := record(key.Active, 3, key.Active)
		r.UsageLimit, r.LimitBytes = n, bytes
		return r
	}
	for _, c := range []struct{ old, now, want *key.Record }{
		{limit(10, false), limit(1000, true), limit(1000, true)},
		{limit(10, true), limit(1000, false), limit(1000, false)},
		{limit(0, false), limit(1000, true), limit(1000, true)},
		{limit(1000, true), limit(0, false), limit(1000, true)},
		{limit(1000, true), limit(10, true), limit(10, true)},
	} {
		c.now.Revision++
		if r := Carry(c.old, c.now, nil); r.UsageLimit != c.want.UsageLimit || r.LimitBytes != c.want.LimitBytes {
			t.Errorf("of %d (bytes: %v) in the snapshot and %d (%v) now becomes %d (%v)", c.old.UsageLimit, c.old.LimitBytes, c.now.UsageLimit, c.now.LimitBytes, r.UsageLimit, r.LimitBytes)
		}
	}
}

func TestVersionsArePurgedOrReplaced(t *testing.T) {
	now := record(key.Active, 7, key.Destroyed, key.Active)
	now.Versions = now.Versions[1:] // the first was purged
	if r := Carry(record(key.Active, 3, key.Active), now, nil); r.Versions[0].State != key.Destroyed || len(r.Versions[0].Material.Sealed) != 0 {
		t.Errorf("a purged version comes back: %+v", r.Versions[0])
	}
	replaced := record(key.Active, 7, key.Deactivated, key.Active)
	if r := Carry(record(key.Active, 3, key.Active), replaced, nil); r.Versions[0].State != key.Active {
		t.Errorf("a version that was only replaced is %v: the key protects nothing", r.Versions[0].State)
	}
	retired := record(key.Deactivated, 7, key.Deactivated, key.Deactivated)
	retired.Versions[0].Material.Sealed = []byte("under a keyring or parent that the snapshot may not have")
	r := Carry(record(key.Active, 3, key.Active), retired, nil)
	if r.State != key.Deactivated || r.Versions[0].State != key.Deactivated || len(r.Versions[0].Material.Sealed) != 1 {
		t.Errorf("of a deactivated key the old version is %+v, the key %v", r.Versions[0], r.State)
	}
}

func TestTheLivingWrappingIsPreferredWhereItsParentWillBe(t *testing.T) {
	old, now := record(key.Active, 3, key.Active), record(key.Active, 7, key.Active)
	old.Parent, now.Parent = key.ID{2}, key.ID{2}
	old.Versions[0].Material, now.Versions[0].Material = key.Material{Parent: 1, Sealed: []byte("old")}, key.Material{Parent: 2, Sealed: []byte("new")}
	for _, there := range []bool{true, false} {
		r := Carry(old, now, func(p key.ID, v uint32) bool { return there && p == key.ID{2} && v == 2 })
		if got := bytes.Equal(r.Versions[0].Material.Sealed, []byte("new")); got != there {
			t.Errorf("its parent's version will be there: %v; the living wrapping is taken: %v", there, got)
		}
	}
	if r := Carry(old, now, nil); string(r.Versions[0].Material.Sealed) != "old" {
		t.Error("material of another history is taken")
	}
}
