package fsm_test

import (
	"bytes"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

var restoreID = [16]byte{0xaa}

// stage sends the image of a state in pieces of that size, and returns the command that swaps.
func stage(v *vault, image []byte, size int, docs ...fsm.Document) *fsm.CommitRestore {
	v.do(&fsm.BeginRestore{ID: restoreID})
	n := uint32(0)
	for rest := image; len(rest) > 0; {
		k := min(size, len(rest))
		n++
		v.do(&fsm.RestoreChunk{ID: restoreID, Number: n, Data: rest[:k]})
		rest = rest[k:]
	}
	return &fsm.CommitRestore{ID: restoreID, Sum: sha256.Sum256(image), Documents: docs}
}

func TestARestoreSwapsTheState(t *testing.T) {
	old, v := rich(t), newVault(t)
	image := snapshot(t, old.State())
	v.do(stage(v, image, 700))
	if got, want := v.State().ContentDigest(), old.State().ContentDigest(); got != want {
		t.Error("a vault that was not founded has other content than the image")
	}
	if v.State().Restoring() != 0 {
		t.Error("the pieces are still there")
	}
	v.send(&fsm.CreateKey{Record: newRecord(900)}, requestID(900)) // it goes on
	if v.State().Key(keyID(900)) == nil {
		t.Error("nothing can be made after a restore")
	}
}

func TestARestoreLeavesTheClustersDocuments(t *testing.T) {
	old, v := rich(t), newVault(t)
	v.do(&fsm.Init{Documents: []fsm.Document{{Name: fsm.SealDocument, Body: []byte("mine")}, {Name: "other", Body: []byte("too")}}})
	v.send(&fsm.CreateKey{Record: newRecord(77)}, requestID(77))
	commit := stage(v, snapshot(t, old.State()), 1000, fsm.Document{Name: "note", Body: []byte("restored")})
	v.do(commit)
	s := v.State()
	if string(s.Document(fsm.SealDocument).Body) != "mine" || s.Document("other") == nil || string(s.Document("note").Body) != "restored" {
		t.Error("documents are not what they should be")
	}
	if s.Key(keyID(77)) != nil || s.KeyCount() != old.State().KeyCount() || s.PolicyRevision() != old.State().PolicyRevision() {
		t.Error("keys or policies are not the image's")
	}
	if _, _, ok := s.Outcome(requestID(77).ID); ok {
		t.Error("the outcome of a request whose effect is gone is remembered")
	}
}

func TestAVaultIsFrozenWhileItIsRestored(t *testing.T) {
	v := rich(t)
	before := v.State().ContentDigest()
	v.do(&fsm.BeginRestore{ID: restoreID})
	r := newRecord(500)
	if out := v.send(&fsm.CreateKey{Record: r}, requestID(600)); out.Fault == nil || out.Fault.Kind != fault.Busy {
		t.Fatalf("a key is made meanwhile: %+v", out)
	}
	v.do(&fsm.PutDocument{Name: "status", Body: []byte("x")})
	v.do(&fsm.DeleteDocument{Name: "status", Expect: 1})
	v.do(&fsm.AbortRestore{ID: restoreID})
	if v.State().ContentDigest() != before {
		t.Error("an aborted restore has changed something")
	}
	if out := v.send(&fsm.CreateKey{Record: r}, requestID(600)); out.Fault != nil || out.Repeated {
		t.Errorf("the request that was refused cannot be repeated: %+v", out)
	}
}

func TestARestoreThatWasLeftLyingEnds(t *testing.T) {
	v := rich(t)
	v.do(&fsm.BeginRestore{ID: restoreID})
	v.index += uint64(fsm.RestoreLimit.Milliseconds())
	v.send(&fsm.CreateKey{Record: newRecord(500)}, requestID(600))
	if v.State().Key(keyID(500)) == nil || v.State().Restoring() != 0 {
		t.Error("the vault is frozen for ever")
	}
	v.refuse(&fsm.CommitRestore{ID: restoreID}, fault.Conflict)
}

func TestPiecesThatDoNotFitAreRefused(t *testing.T) {
	v, image := rich(t), snapshot(t, rich(t).State())
	before := v.State().ContentDigest()
	v.refuse(&fsm.BeginRestore{}, fault.Invalid)
	v.refuse(&fsm.RestoreChunk{ID: restoreID, Number: 1, Data: []byte("x")}, fault.Conflict)
	commit := stage(v, image, len(image)/3)
	v.refuse(&fsm.RestoreChunk{ID: restoreID, Number: 2, Data: []byte("x")}, fault.Conflict)
	v.refuse(&fsm.RestoreChunk{ID: [16]byte{1}, Number: 5, Data: []byte("x")}, fault.Conflict)
	v.refuse(&fsm.CommitRestore{ID: [16]byte{1}, Sum: commit.Sum}, fault.Conflict)
	v.refuse(&fsm.CommitRestore{ID: restoreID, Sum: [32]byte{1}}, fault.Invalid)
	bad := bytes.Clone(image)
	bad[len(bad)/2] ^= 1
	v.refuse(stage(v, bad, len(image)), fault.Invalid)
	v.do(&fsm.AbortRestore{ID: restoreID})
	if v.State().ContentDigest() != before {
		t.Error("a refused restore has changed something")
	}
}

func TestPiecesSurviveASnapshot(t *testing.T) {
	v, old := newVault(t), rich(t)
	commit := stage(v, snapshot(t, old.State()), 900)
	image := snapshot(t, v.State())
	m := fsm.New()
	if err := m.Restore(bytes.NewReader(image)); err != nil {
		t.Fatal(err)
	}
	if m.State().Digest() != v.State().Digest() || m.State().Restoring() == 0 {
		t.Fatal("the state in the middle of a restore does not come back")
	}
	data, err := fsm.Encode(commit, fsm.Request{}, t0.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := m.Apply(m.State().Index()+1, data); err != nil || out.Fault != nil {
		t.Fatalf("%v %v", out.Fault, err)
	}
	if m.State().ContentDigest() != old.State().ContentDigest() {
		t.Error("a node that began with a snapshot ends with another state")
	}
}

func TestRebuildingKeepsTheStateWhole(t *testing.T) {
	v := rich(t)
	s := v.State()
	before := s.Digest()
	b := fsm.NewRebuild(s)
	gone := s.Key(keyID(1)).Clone()
	gone.State, gone.Versions[0].State, gone.Versions[0].Material = key.Destroyed, key.Destroyed, key.Material{}
	b.PutKey(gone)
	b.DropKey(keyID(2))
	b.DropKey(keyID(2))
	b.RaiseUsage(fsm.Usage{ID: keyID(4), Version: 1, Uses: 7})
	b.RaiseUsage(fsm.Usage{ID: keyID(4), Version: 1, Uses: 3, Bytes: 9})
	b.PutDocument("extra", []byte("x"))
	b.DropDocument("absent")
	got := b.State()
	if s.Digest() != before {
		t.Error("the state that it was made from changed")
	}
	again, err := fsm.ReadSnapshot(bytes.NewReader(snapshot(t, got)))
	if err != nil || again.Digest() != got.Digest() {
		t.Fatalf("what was built cannot be read back: %v", err)
	}
	if u := got.Usage(keyID(4), 1); u.Uses != 7 || u.Bytes != 9 {
		t.Errorf("usage is %+v", u)
	}
	if got.Key(keyID(2)) != nil || !got.Key(keyID(1)).State.Gone() || got.Document("extra") == nil || got.KeyCount() != s.KeyCount()-1 {
		t.Error("what was built is not what was asked for")
	}
}

// A snapshot of a level that the cluster has not reached is refused by every node alike, also by those whose program could read it:
// else members of two versions would come to two states.
func TestARestoreOfANewerLevelIsRefusedByEveryNodeAlike(t *testing.T) {
	newer := newVault(t)
	newer.Machine = fsm.NewSupporting(2)
	raised := fsm.Entry{Index: newer.index + 1, Data: rewriteLevel(t, newer)}
	if _, err := newer.Apply(raised.Index, raised.Data); err != nil {
		t.Fatal(err)
	}
	image := snapshot(t, newer.State())
	old, mixed := newVault(t), newVault(t)
	mixed.Machine = fsm.NewSupporting(2)
	for _, v := range []*vault{old, mixed} {
		v.refuse(stage(v, image, 700), fault.Invalid)
	}
	if old.State().Digest() != mixed.State().Digest() {
		t.Error("two programs came to two states")
	}
}
