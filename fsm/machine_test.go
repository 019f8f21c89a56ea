package fsm_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func TestRepeatedRequestGetsTheFirstOutcome(t *testing.T) {
	v := newVault(t)
	cmd := &fsm.CreateKey{Record: newRecord(1)}
	first := v.send(cmd, requestID(1))
	if first.Fault != nil || first.Repeated || first.Revision != 1 || first.Object != keyID(1) {
		t.Fatalf("first outcome %+v", first)
	}
	content := v.State().ContentDigest()
	again := v.send(cmd, requestID(1))
	if !again.Repeated || again.Fault != nil || again.Index != first.Index || again.Result != first.Result {
		t.Errorf("repeated outcome %+v, want %+v", again, first)
	}
	if v.State().ContentDigest() != content {
		t.Error("the repetition was applied")
	}
	other := requestID(1)
	other.Print[0]++
	out := v.send(&fsm.CreateKey{Record: newRecord(2)}, other)
	if !has(out.Fault, fault.Invalid) || !strings.Contains(out.Fault.Message, "Idempotency-Key") {
		t.Errorf("the same id with another print: %+v", out)
	}
	if kept, print, ok := v.State().Outcome(requestID(1).ID); !ok || print != requestID(1).Print || kept.Result != first.Result {
		t.Errorf("kept %+v %x %v", kept, print, ok)
	}
}

func TestRefusalIsRememberedToo(t *testing.T) {
	v := newVault(t)
	out := v.send(&fsm.RevokeToken{ID: keyID(1)}, requestID(1))
	again := v.send(&fsm.RevokeToken{ID: keyID(1)}, requestID(1))
	if !has(out.Fault, fault.NotFound) || !has(again.Fault, fault.NotFound) || !again.Repeated || again.Fault.Message != out.Fault.Message {
		t.Errorf("got %+v, then %+v", out, again)
	}
}

func TestZeroRequestIsNotRemembered(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	if out := v.send(&fsm.CreateKey{Record: newRecord(1)}, fsm.Request{}); out.Repeated || !has(out.Fault, fault.Exists) {
		t.Errorf("got %+v", out)
	}
}

func TestOutcomesRollOverByCount(t *testing.T) {
	v := newVault(t)
	send := func(from, n int) {
		batch := make([]fsm.Entry, 0, n)
		for i := range n {
			batch = append(batch, v.entry(&fsm.DeletePolicy{Name: "none"}, requestID(from+i)))
		}
		if _, err := v.ApplyBatch(batch); err != nil {
			t.Fatal(err)
		}
		v.log = nil
	}
	known := func(n int) bool {
		_, _, ok := v.State().Outcome(requestID(n).ID)
		return ok
	}
	send(0, fsm.Generation+1)
	if !known(0) || !known(fsm.Generation) {
		t.Error("an outcome was forgotten within two generations")
	}
	send(fsm.Generation+1, fsm.Generation)
	if known(0) || known(fsm.Generation-1) || !known(fsm.Generation) {
		t.Error("the oldest generation should be gone, and only that")
	}
}

func TestTornCommandLeavesNothingBehind(t *testing.T) {
	v, clean := newVault(t), newVault(t)
	put := func(name string) fsm.Command { return &fsm.PutDocument{Name: name, Body: []byte("x")} }
	batch := []fsm.Entry{
		v.entry(put("a"), requestID(1)), v.entry(&fsm.Tear{Name: "a"}, requestID(2)), v.entry(put("b"), requestID(3)),
		v.entry(&fsm.Tear{Name: "c"}, requestID(4)), v.entry(put("a"), requestID(5)), v.entry(put("c"), requestID(6)),
	}
	outs, err := v.ApplyBatch(batch)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, true, false, false, true} {
		if done := outs[i].Fault == nil; done != want {
			t.Errorf("entry %d: done is %v, want %v", i, done, want)
		}
	}
	for i, e := range batch {
		out, err := clean.Apply(e.Index, e.Data)
		if err != nil || (out.Fault == nil) != (outs[i].Fault == nil) {
			t.Errorf("entry %d alone: %+v, %v", i, out, err)
		}
	}
	if v.State().Digest() != clean.State().Digest() {
		t.Error("a batch and its entries one by one came to different states")
	}
	if r := v.State().Document("a").Revision; r != 1 {
		t.Errorf("document a is at revision %d: the torn write stayed", r)
	}
}

func TestLevelGate(t *testing.T) {
	v := newVault(t)
	v.Machine = fsm.NewSupporting(2)
	if out := v.send(&fsm.Future{}, fsm.Request{}); !has(out.Fault, fault.BadState) {
		t.Errorf("a command above the level: %+v", out)
	}
	v.do(hold(t, true, 0))
	held := fsm.Entry{Index: v.index + 1, Data: rewriteLevel(t, v)}
	if out, err := v.Apply(held.Index, held.Data); err != nil || !has(out.Fault, fault.BadState) || v.State().Level() != 1 {
		t.Fatalf("raising a level that was held after the leader looked: %+v, %v, level %d", out, err, v.State().Level())
	}
	v.index++
	v.do(hold(t, false, v.State().Document(fsm.AutopilotDocument).Revision))
	raised := fsm.Entry{Index: v.index + 1, Data: rewriteLevel(t, v)}
	if out, err := v.Apply(raised.Index, raised.Data); err != nil || out.Fault != nil || v.State().Level() != 2 {
		t.Fatalf("raising the level: %+v, %v, level %d", out, err, v.State().Level())
	}
	v.index++
	v.do(&fsm.Future{})
	if out, err := v.Apply(v.index+1, raised.Data); err != nil || !has(out.Fault, fault.BadState) {
		t.Errorf("raising it to where it stands: %+v, %v", out, err)
	}
	if got := [2]uint32{fsm.LevelOf(&fsm.Future{}), fsm.LevelOf(&fsm.SetLevel{})}; got != [2]uint32{2, 1} {
		t.Errorf("the levels of two commands: %v, want 2 and 1", got)
	}
	old := fsm.New()
	if _, err := old.Apply(1, raised.Data); err == nil || !strings.Contains(err.Error(), "upgrade this node") {
		t.Errorf("a program that does not know level 2: %v", err)
	}
	if _, err := fsm.Encode(&fsm.SetLevel{Level: 2}, fsm.Request{}, t0); !has(err, fault.Invalid) {
		t.Errorf("Encode of a level that is unknown here: %v", err)
	}
}

// hold is the autopilot's setting that keeps the level where it is.
func hold(t *testing.T, on bool, revision uint64) *fsm.PutDocument {
	t.Helper()
	body, err := fsm.Autopilot{HoldLevel: on}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &fsm.PutDocument{Name: fsm.AutopilotDocument, Expect: revision, Body: body}
}

// rewriteLevel is the entry of SetLevel{2}, which this program does not write.
func rewriteLevel(t *testing.T, _ *vault) []byte {
	t.Helper()
	b, err := fsm.Encode(&fsm.SetLevel{Level: 1}, fsm.Request{}, t0)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] = 2 // the body is {1: 1}
	return b
}

func TestCheckStopsANodeThatDiffers(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	at, chain := v.State().Index(), v.State().Chain()
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	v.do(&fsm.Check{Index: at, Chain: chain})
	v.do(&fsm.Check{Index: at + 1_000_000, Chain: [32]byte{1}}) // not remembered: passes
	before := v.State().Digest()
	e := v.entry(&fsm.Check{Index: at, Chain: [32]byte{1}}, fsm.Request{})
	_, err := v.Apply(e.Index, e.Data)
	if err == nil || !strings.Contains(err.Error(), "since index 1 ") || !strings.Contains(err.Error(), "join again empty") {
		t.Fatalf("a node that differs: %v", err)
	}
	if v.State().Digest() != before {
		t.Error("the failed check changed the state")
	}
	e = v.entry(&fsm.Check{Index: at, Chain: chain}, fsm.Request{})
	if _, again := v.Apply(e.Index, e.Data); again == nil {
		t.Error("a machine that stopped went on")
	}
}

func TestUnreadableEntriesStopTheMachine(t *testing.T) {
	good, err := fsm.Encode(&fsm.PutPolicy{Name: "a", Source: "x"}, requestID(1), t0)
	if err != nil {
		t.Fatal(err)
	}
	newer := append([]byte{2}, good[1:]...)
	for name, data := range map[string][]byte{
		"empty": {}, "newer format": newer, "cut": good[:len(good)-1], "trailing": append(append([]byte{}, good...), 0),
		"too long": make([]byte, fsm.MaxEntry+1),
	} {
		m := fsm.New()
		if _, err := m.Apply(1, data); err == nil {
			t.Errorf("%s: applied", name)
		}
		if _, err := m.Apply(2, good); err == nil || m.State().Index() != 0 || m.Applied() != 0 {
			t.Errorf("%s: the machine went on", name)
		}
	}
	m := fsm.New()
	outs, err := m.ApplyBatch([]fsm.Entry{{1, good}, {2, newer}, {3, good}})
	if len(outs) != 1 || err == nil || !strings.Contains(err.Error(), "entry 2") || m.State().Index() != 1 {
		t.Errorf("batch: %d outcomes, %v, index %d", len(outs), err, m.State().Index())
	}
	if _, err := fsm.New().ApplyBatch([]fsm.Entry{{5, good}, {5, good}}); err == nil {
		t.Error("an index was applied twice")
	}
}

func TestEncodeRefusesWhatNobodyCouldRead(t *testing.T) {
	bad := newRecord(1)
	bad.Owner = "\xff"
	if _, err := fsm.Encode(&fsm.CreateKey{Record: bad}, fsm.Request{}, t0); !has(err, fault.Invalid) {
		t.Errorf("broken UTF-8: %v", err)
	}
	if _, err := fsm.Encode(&fsm.PutDocument{Name: "a", Body: make([]byte, fsm.MaxEntry)}, fsm.Request{}, t0); !has(err, fault.TooLarge) {
		t.Errorf("an entry too large: %v", err)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	m := fsm.New()
	for i, at := range []key.Time{t0 + 10, t0} {
		e, err := fsm.Encode(&fsm.PutDocument{Name: "d", Expect: uint64(i), Body: nil}, fsm.Request{}, at)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := m.Apply(uint64(i+1), e); err != nil || out.Fault != nil {
			t.Fatal(out, err)
		}
	}
	if s := m.State(); s.At() != t0+10 || s.Document("d").Updated != t0+10 {
		t.Errorf("at %v, document %v", s.At(), s.Document("d").Updated)
	}
}

func TestWaitReturnsOnceTheIndexIsApplied(t *testing.T) {
	v := newVault(t)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for want := uint64(1); want <= 50; want++ {
		group.Go(func() {
			if err := v.Wait(t.Context(), want); err != nil || v.Applied() < want || v.State().Index() < min(want, 40) {
				t.Errorf("Wait(%d): %v with %d applied", want, err, v.Applied())
			}
		})
	}
	group.Go(func() {
		if err := v.Wait(ctx, 1_000); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait: %v", err)
		}
	})
	for i := range 40 {
		v.do(&fsm.CreateKey{Record: newRecord(i)})
	}
	digest := v.State().Digest()
	v.Skip(50)
	v.Skip(45)
	cancel()
	group.Wait()
	if v.Applied() != 50 || v.State().Digest() != digest {
		t.Errorf("after Skip: applied %d, or the state changed", v.Applied())
	}
}

func TestSnapshotIsFrozen(t *testing.T) {
	v := newVault(t)
	for i := range 200 {
		v.do(&fsm.CreateKey{Record: newRecord(i)})
	}
	frozen := v.State()
	want := frozen.Digest()
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if frozen.Digest() != want || v.State().KeyByName("app/key-000007") == nil {
					t.Error("a frozen state changed")
					return
				}
			}
		})
	}
	for i := range 200 {
		v.do(&fsm.RotateKey{Change: v.change(keyID(i)), Version: key.Version{Number: 2, Material: key.Material{Term: 2, Sealed: []byte("s")}}})
		v.do(&fsm.CreateKey{Record: newRecord(1000 + i)})
		v.do(&fsm.PutDocument{Name: "d", Expect: uint64(i), Body: []byte{byte(i)}})
	}
	close(stop)
	group.Wait()
	if frozen.Digest() != want || frozen.KeyCount() != 200 || frozen.TermCount(2) != 0 {
		t.Error("a frozen state changed")
	}
	if v.State().Due(t0.Add(time.Hour), 1) == nil {
		t.Error("no iterator")
	}
}
