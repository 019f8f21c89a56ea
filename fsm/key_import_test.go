package fsm_test

import (
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// TestAKeyTakesThePlaceOfAnother: with its id, in one entry; nothing of the old one is left, and what does not go on from it is refused.
func TestAKeyTakesThePlaceOfAnother(t *testing.T) {
	v := newVault(t)
	old := newRecord(1)
	old.UsageLimit = 10
	v.do(&fsm.CreateKey{Record: old})
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	v.do(&fsm.AllocateUses{ID: old.ID, Uses: 4})
	v.do(count(1, 1, 3, 3, t0))
	next := func(change func(r *key.Record)) *fsm.CreateKey {
		r := newRecord(1)
		r.Revision, r.Versions[0].Number, r.Owner = 2, 2, "another"
		change(r)
		return &fsm.CreateKey{Record: r, Replaces: 1}
	}
	as := func(*key.Record) {}
	stale := next(as)
	stale.Replaces = 7
	v.refuse(stale, fault.Conflict)
	v.refuse(&fsm.CreateKey{Record: next(as).Record}, fault.Invalid) // a new key begins at 1
	v.refuse(next(func(r *key.Record) { r.Revision = 3 }), fault.Invalid)
	v.refuse(next(func(r *key.Record) { r.Versions[0].Number = 1 }), fault.Invalid)
	v.refuse(next(func(r *key.Record) { r.Name = newRecord(2).Name }), fault.Exists)
	v.refuse(next(func(r *key.Record) { r.ID = keyID(9) }), fault.NotFound)
	if got := v.State().Key(old.ID); got.Revision != 1 || got.Owner == "another" {
		t.Fatalf("a refusal changed it: %+v", got)
	}
	v.do(next(as))
	got := v.State().Key(old.ID)
	if got.Revision != 2 || got.Owner != "another" || got.Latest().Number != 2 || v.State().UsageCount() != 0 {
		t.Errorf("replaced by %+v, %d usages", got, v.State().UsageCount())
	}
	if v.State().KeyCount() != 2 {
		t.Errorf("%d keys", v.State().KeyCount())
	}
	golden(t, "key.create-replacing", next(as))
}

// TestTheArchiveIsInTheRecordAlone: in and out again, once each, and not of what is destroyed.
func TestTheArchiveIsInTheRecordAlone(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.RotateUses = 1
	v.do(&fsm.CreateKey{Record: r})
	v.do(count(1, 1, 3, 3, t0))
	v.refuse(&fsm.ArchiveKey{Change: v.change(r.ID)}, fault.BadState)
	v.do(&fsm.ArchiveKey{Change: v.change(r.ID), Archived: true})
	if got := v.State().Key(r.ID); got.Archived == 0 || got.State != key.Active || len(exhausted(v.State())) != 0 {
		t.Errorf("archived: %+v, exhausted %v", got, exhausted(v.State()))
	}
	v.refuse(&fsm.ArchiveKey{Change: v.change(r.ID), Archived: true}, fault.BadState)
	v.do(&fsm.ArchiveKey{Change: v.change(r.ID)})
	if got := v.State().Key(r.ID); got.Archived != 0 || len(exhausted(v.State())) != 1 {
		t.Errorf("recovered: %+v, exhausted %v", got, exhausted(v.State()))
	}
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Deactivated})
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Destroyed})
	v.refuse(&fsm.ArchiveKey{Change: v.change(r.ID), Archived: true}, fault.BadState)
	if got := fsm.Urgent(&fsm.ArchiveKey{Archived: true}); !got {
		t.Error("archiving waits for room on the disk")
	}
}

// TestWhatALimitCountsIsSettledByItsUse: until something of it is handed out it may change.
func TestWhatALimitCountsIsSettledByItsUse(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 10
	v.do(&fsm.CreateKey{Record: r})
	yes, no := true, false
	v.do(&fsm.UpdateKey{Change: v.change(r.ID), LimitBytes: &yes})
	if !v.State().Key(r.ID).LimitBytes {
		t.Error("it counts uses")
	}
	v.do(&fsm.AllocateUses{ID: r.ID, Uses: 1})
	v.refuse(&fsm.UpdateKey{Change: v.change(r.ID), LimitBytes: &no}, fault.BadState)
	v.do(&fsm.UpdateKey{Change: v.change(r.ID), LimitBytes: &yes})
}
