package fsm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func exhausted(s *fsm.State) (names []string) {
	for r := range s.Exhausted(1000) {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return names
}

// exhaustedByHand looks at every key instead.
func exhaustedByHand(s *fsm.State) (names []string) {
	all, _ := s.Keys(fsm.Query{Limit: 10_000})
	for _, r := range all {
		latest := r.Latest()
		if r.State != key.Active || latest.State != key.Active {
			continue
		}
		u := s.Usage(r.ID, latest.Number)
		if r.RotateUses > 0 && u.Uses >= r.RotateUses || r.RotateBytes > 0 && u.Bytes >= r.RotateBytes || u.Uses >= 1<<31 {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	return names
}

func count(n int, version uint32, uses, size uint64, at key.Time) *fsm.CountUses {
	return &fsm.CountUses{Items: []fsm.UsageItem{{ID: keyID(n), Version: version, Uses: uses, Bytes: size, LastUsed: at}}}
}

func TestUsesAddUpAndTheRecordStays(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	before := v.State().Key(keyID(1))
	v.do(count(1, 1, 3, 100, t0+9))
	v.do(count(1, 1, 4, 0, t0+5))
	if got := v.State().Usage(keyID(1), 1); got.Uses != 7 || got.Bytes != 100 || got.LastUsed != t0+9 {
		t.Errorf("usage %+v", got)
	}
	if v.State().Key(keyID(1)) != before {
		t.Error("counting made another record")
	}
	v.do(count(1, 1, ^uint64(0), 0, 0))
	if got := v.State().Usage(keyID(1), 1).Uses; got != ^uint64(0) {
		t.Errorf("a count that runs over becomes %d", got)
	}
	several := &fsm.CountUses{Items: []fsm.UsageItem{{ID: keyID(9), Version: 1, Uses: 1}, {ID: keyID(1), Version: 2, Uses: 1}, {ID: keyID(1), Version: 1, LastUsed: t0 + 20}}}
	if out := v.do(several); out.Version != 1 || v.State().UsageCount() != 1 || v.State().Usage(keyID(1), 1).LastUsed != t0+20 {
		t.Errorf("what is not there was counted: %+v, %d usages", out, v.State().UsageCount())
	}
	v.refuse(&fsm.CountUses{}, fault.Invalid)
	v.refuse(&fsm.CountUses{Items: make([]fsm.UsageItem, fsm.MaxUsageItems+1)}, fault.Invalid)
	v.refuse(count(1, 0, 1, 1, 1), fault.Invalid)
	v.refuse(count(1, 1, 1, 1, -1), fault.Invalid)
}

func TestAKeyIsExhaustedByUsesBytesAndItsCipher(t *testing.T) {
	v := newVault(t)
	for i, set := range []func(*key.Record){
		func(r *key.Record) { r.RotateUses = 10 },
		func(r *key.Record) { r.RotateBytes = 1000 },
		func(*key.Record) {},
		func(r *key.Record) { r.Algorithm = key.Ed25519 },
	} {
		r := newRecord(i)
		set(r)
		v.do(&fsm.CreateKey{Record: r})
	}
	v.do(count(0, 1, 9, 1, t0))
	v.do(count(1, 1, 1, 999, t0))
	v.do(count(2, 1, fsm.MaxSeals-1, 0, t0))
	v.do(count(3, 1, 2*fsm.MaxSeals, 0, t0))
	if got := exhausted(v.State()); len(got) != 0 {
		t.Errorf("exhausted before their bounds: %v", got)
	}
	for i := range 3 {
		v.do(count(i, 1, 1, 1, t0))
	}
	want := []string{newRecord(0).Name, newRecord(1).Name, newRecord(2).Name}
	if got := exhausted(v.State()); !slices.Equal(got, want) {
		t.Errorf("exhausted are %v, want %v", got, want)
	}
	v.do(&fsm.RotateKey{Change: v.change(keyID(0)), Version: key.Version{Number: 2, Material: key.Material{Term: 1, Sealed: []byte("x")}}})
	more := uint64(5000)
	v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), RotateBytes: &more})
	v.do(&fsm.SetState{Change: v.change(keyID(2)), To: key.Suspended})
	if got := exhausted(v.State()); len(got) != 0 {
		t.Errorf("still exhausted after a rotation, a higher bound, a suspension: %v", got)
	}
	less := uint64(500)
	v.do(&fsm.UpdateKey{Change: v.change(keyID(1)), RotateBytes: &less})
	v.do(&fsm.SetState{Change: v.change(keyID(2)), To: key.Active})
	if got := exhausted(v.State()); len(got) != 2 {
		t.Errorf("exhausted are %v", got)
	}
	if n := len(slices.Collect(v.State().Exhausted(1))); n != 1 {
		t.Errorf("a limit of 1 gives %d", n)
	}
}

func TestUsesAreKnownUntilTheRecordIsPurged(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 5
	v.do(&fsm.CreateKey{Record: r})
	v.do(&fsm.AllocateUses{ID: r.ID, Uses: 2})
	v.do(&fsm.RotateKey{Change: v.change(r.ID), Version: key.Version{Number: 2, Material: key.Material{Term: 1, Sealed: []byte("x")}}})
	v.do(count(1, 1, 1, 1, t0))
	v.do(count(1, 2, 1, 1, t0))
	v.do(&fsm.SetState{Change: v.change(r.ID), Version: 1, To: key.Destroyed})
	v.do(count(1, 1, 1, 1, t0)) // from a node that had not told yet
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Deactivated})
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Destroyed})
	var image bytes.Buffer
	_, err := v.State().WriteTo(&image)
	restored := fsm.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := restored.Restore(&image); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*fsm.State{"applied": v.State(), "restored": restored.State()} {
		if s.UsageCount() != 3 || s.Usage(r.ID, 0).Allocated != 2 || s.Usage(r.ID, 1).Uses != 1 || s.Usage(r.ID, 2).Uses != 1 {
			t.Errorf("%s: %d usages of a destroyed key, version 1 %d uses", name, s.UsageCount(), s.Usage(r.ID, 1).Uses)
		}
	}
	v.refuse(&fsm.AllocateUses{ID: r.ID, Uses: 1}, fault.BadState)
	v.do(&fsm.PurgeKey{ID: r.ID, Expect: v.State().Key(r.ID).Revision})
	if v.State().UsageCount() != 0 {
		t.Error("a purged key has usages")
	}
}

func TestAllocationsNeverExceedTheLimit(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := newVault(t)
		r := newRecord(1)
		r.UsageLimit = rapid.Uint64Range(1, 50).Draw(rt, "limit")
		v.do(&fsm.CreateKey{Record: r})
		granted := uint64(0)
		for range rapid.IntRange(1, 30).Draw(rt, "asks") {
			ask := rapid.Uint64Range(1, 20).Draw(rt, "ask")
			out := v.send(&fsm.AllocateUses{ID: r.ID, Uses: ask}, fsm.Request{})
			if out.Fault != nil {
				if granted != r.UsageLimit || !has(out.Fault, fault.BadState) {
					rt.Fatalf("refused at %d of %d: %v", granted, r.UsageLimit, out.Fault)
				}
				continue
			}
			if want := min(ask, r.UsageLimit-granted); out.Granted != want {
				rt.Fatalf("granted %d of %d, want %d", out.Granted, ask, want)
			}
			granted += out.Granted
		}
	})
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.refuse(&fsm.AllocateUses{ID: keyID(1), Uses: 1}, fault.BadState)
	v.refuse(&fsm.AllocateUses{ID: keyID(1)}, fault.Invalid)
	v.refuse(&fsm.AllocateUses{ID: keyID(2), Uses: 1}, fault.NotFound)
}

func TestARepeatedAllocationIsGrantedOnce(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 10
	v.do(&fsm.CreateKey{Record: r})
	for range 2 {
		if out := v.send(&fsm.AllocateUses{ID: r.ID, Uses: 4}, requestID(1)); out.Granted != 4 {
			t.Errorf("granted %d", out.Granted)
		}
	}
	if got := v.State().Usage(r.ID, 0).Allocated; got != 4 {
		t.Errorf("%d allocated", got)
	}
}

func TestReplacedVersionsRetire(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	v.do(&fsm.CreateKey{Record: r})
	rotate := func() {
		n := v.State().Key(r.ID).Latest().Number + 1
		v.do(&fsm.RotateKey{Change: v.change(r.ID), Version: key.Version{Number: n, Material: key.Material{Term: 1, Sealed: []byte("x")}}})
	}
	end := func(version uint32) key.Time { return v.State().Key(r.ID).Version(version).DestroyAt }
	rotate()
	if end(1) != 0 {
		t.Error("a version retires though nobody said so")
	}
	after := key.MaxPeriod
	set := &fsm.UpdateKey{Change: v.change(r.ID), RetireAfter: &after}
	v.do(set)
	if want := set.Updated.Add(after); end(1) != want || end(2) != 0 {
		t.Errorf("versions 1 and 2 end at %v and %v, want %v and never", end(1), end(2), want)
	}
	rotate()
	if want := v.State().Key(r.ID).Updated.Add(after); end(2) != want || end(1) == want || end(3) != 0 {
		t.Errorf("version 2 ends at %v, want %v", end(2), want)
	}
	none := time.Duration(0)
	v.do(&fsm.UpdateKey{Change: v.change(r.ID), RetireAfter: &none})
	rotate()
	if end(3) != 0 || end(1) == 0 {
		t.Error("the end of retiring did not end it, or took a date away")
	}
	bad := after + 1
	v.refuse(&fsm.UpdateKey{Change: v.change(r.ID), RetireAfter: &bad}, fault.Invalid)
}

// body is where the items of a snapshot begin, after the counts of its sections.
func body(image []byte) int { return 76 + 8*int(binary.BigEndian.Uint32(image[72:])) }

// asFormat1 is a snapshot of a state without campaigns and usages as the first format had it.
func asFormat1(image []byte) []byte {
	old := bytes.Clone(image[:72])
	binary.BigEndian.PutUint32(old[8:], 1)
	old = append(old, image[76:76+8*6]...)
	old = append(old, image[body(image):len(image)-32]...)
	sum := sha256.Sum256(old)
	return append(old, sum[:]...)
}

// withSection is a snapshot that has one more section, which claims n items.
func withSection(image []byte, n uint64) []byte {
	b := bytes.Clone(image[:72])
	b = binary.BigEndian.AppendUint32(b, binary.BigEndian.Uint32(image[72:])+1)
	b = append(b, image[76:body(image)]...)
	b = binary.BigEndian.AppendUint64(b, n)
	b = append(b, image[body(image):len(image)-32]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func TestSnapshotsWithFewerOrMoreSections(t *testing.T) {
	v := rich(t)
	image := snapshot(t, v.State())
	m := fsm.New()
	if err := m.Restore(bytes.NewReader(asFormat1(image))); err != nil || m.State().Digest() != v.State().Digest() {
		t.Errorf("a snapshot of format 1 gives %v, the same state: %v", err, m.State().Digest() == v.State().Digest())
	}
	if err := fsm.New().Restore(bytes.NewReader(withSection(image, 0))); err != nil {
		t.Errorf("an empty section that is not known gives %v", err)
	}
	if err := fsm.New().Restore(bytes.NewReader(withSection(image, 1))); err == nil {
		t.Error("a section that is not known was left out in silence")
	}
}

func TestUsageIsInTheSnapshotAndTheDigest(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.RotateUses, r.UsageLimit = 2, 9
	v.do(&fsm.CreateKey{Record: r})
	before := v.State().ContentDigest()
	v.do(count(1, 1, 2, 3, t0))
	v.do(&fsm.AllocateUses{ID: r.ID, Uses: 4})
	if v.State().ContentDigest() == before {
		t.Error("uses are not in the digest of the content")
	}
	m := fsm.New()
	if err := m.Restore(bytes.NewReader(snapshot(t, v.State()))); err != nil {
		t.Fatal(err)
	}
	if m.State().Usage(r.ID, 1) != v.State().Usage(r.ID, 1) || m.State().Usage(r.ID, 0).Allocated != 4 || len(exhausted(m.State())) != 1 {
		t.Errorf("restored: %+v, exhausted %v", m.State().Usage(r.ID, 1), exhausted(m.State()))
	}
	if m.State().ContentDigest() != v.State().ContentDigest() {
		t.Error("the digests differ")
	}
}

// TestAFrozenStateKeepsItsUses counts on while an older state is held.
func TestAFrozenStateKeepsItsUses(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.RotateUses = 2
	v.do(&fsm.CreateKey{Record: r})
	v.do(count(1, 1, 1, 1, t0))
	frozen := v.State()
	v.do(count(1, 1, 1, 1, t0))
	if frozen.Usage(r.ID, 1).Uses != 1 || len(exhausted(frozen)) != 0 || len(exhausted(v.State())) != 1 {
		t.Error("an older state changed, or the newer did not")
	}
}

// TestAWholeAllocationIsAllOrNothing: and takes nothing where it is refused.
func TestAWholeAllocationIsAllOrNothing(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 10
	v.do(&fsm.CreateKey{Record: r})
	if out := v.do(&fsm.AllocateUses{ID: r.ID, Uses: 7, Whole: true}); out.Granted != 7 {
		t.Errorf("granted %d", out.Granted)
	}
	v.refuse(&fsm.AllocateUses{ID: r.ID, Uses: 4, Whole: true}, fault.BadState)
	if got := v.State().Usage(r.ID, 0).Allocated; got != 7 {
		t.Errorf("%d allocated after a refusal", got)
	}
	if out := v.do(&fsm.AllocateUses{ID: r.ID, Uses: 3, Whole: true}); out.Granted != 3 {
		t.Errorf("granted %d of what was left", out.Granted)
	}
}

// TestAWholeAllocationIsWrittenAs pins the form of an entry; one that is not whole is as it was.
func TestAWholeAllocationIsWrittenAs(t *testing.T) {
	golden(t, "key.allocate-whole", &fsm.AllocateUses{ID: keyID(1), Uses: 5, Whole: true})
}

// TestAWholeAllocationIsOfWhatProtects: a key that was archived or deactivated on the way hands out nothing.
func TestAWholeAllocationIsOfWhatProtects(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 10
	v.do(&fsm.CreateKey{Record: r})
	v.do(&fsm.ArchiveKey{Change: v.change(r.ID), Archived: true})
	v.refuse(&fsm.AllocateUses{ID: r.ID, Uses: 1, Whole: true}, fault.BadState)
	v.do(&fsm.ArchiveKey{Change: v.change(r.ID)})
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Deactivated})
	v.refuse(&fsm.AllocateUses{ID: r.ID, Uses: 1, Whole: true}, fault.BadState)
	if got := v.State().Usage(r.ID, 0).Allocated; got != 0 {
		t.Errorf("%d allocated", got)
	}
}

// TestAKeyBeginsWithWhatItWasUsedBefore: as if that had been told here; what contradicts itself or the record is refused.
func TestAKeyBeginsWithWhatItWasUsedBefore(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	r.UsageLimit = 10
	create := func(used ...fsm.FirstUse) *fsm.CreateKey { return &fsm.CreateKey{Record: r, Used: used} }
	for name, used := range map[string][]fsm.FirstUse{
		"a version that it has not": {{Version: 2, Uses: 1}},
		"a version twice":           {{Version: 1, Uses: 1}, {Version: 1, Uses: 1}},
		"out of order":              {{Version: 1, Uses: 1}, {Allocated: 1}},
		"uses of a limit":           {{Uses: 1}},
		"bytes of a limit":          {{Bytes: 1}},
		"a limit of a version":      {{Version: 1, Allocated: 1}},
	} {
		if f := v.refuse(create(used...), fault.Invalid); f == nil {
			t.Error(name)
		}
	}
	v.do(create(fsm.FirstUse{Allocated: 7}, fsm.FirstUse{Version: 1, Uses: fsm.MaxSeals - 1, Bytes: 5}))
	if u := v.State().Usage(r.ID, 1); u.Uses != fsm.MaxSeals-1 || u.Bytes != 5 || len(exhausted(v.State())) != 0 {
		t.Errorf("it begins with %+v, exhausted %v", u, exhausted(v.State()))
	}
	v.do(count(1, 1, 1, 0, 0))
	if got := exhausted(v.State()); len(got) != 1 {
		t.Errorf("one use more, and exhausted is %v", got)
	}
	if out := v.do(&fsm.AllocateUses{ID: r.ID, Uses: 5}); out.Granted != 3 {
		t.Errorf("of 3 that are left, %d were handed out", out.Granted)
	}
	next := newRecord(1)
	next.Revision, next.Versions[0].Number = 2, 2
	v.do(&fsm.CreateKey{Record: next, Replaces: 1, Used: []fsm.FirstUse{{Version: 2, Uses: fsm.MaxSeals}}})
	if got := exhausted(v.State()); len(got) != 1 || v.State().UsageCount() != 1 || v.State().Usage(r.ID, 2).Uses != fsm.MaxSeals {
		t.Errorf("what replaced it: exhausted %v, %d usages", got, v.State().UsageCount())
	}
	full := newRecord(3)
	v.do(&fsm.CreateKey{Record: full, Used: []fsm.FirstUse{{Version: 1, Uses: fsm.MaxSeals}}})
	if got := exhausted(v.State()); len(got) != 2 {
		t.Errorf("a key that came used up: exhausted %v", got)
	}
	golden(t, "key.create-used", create(fsm.FirstUse{Allocated: 7}, fsm.FirstUse{Version: 1, Uses: 3, Bytes: 5}))
}
