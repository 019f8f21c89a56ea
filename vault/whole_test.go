package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// wholeDoor is what a door does in these tests: two keys, the first of which is read, used and suspended; between says what happens in the middle.
// A request "undo" is not kept. The answer is the id of the first key.
type wholeDoor struct {
	f       *vaulttest.Fixture
	runs    int
	between func(v *vault.Vault, run int)
}

func (d *wholeDoor) open(f *vaulttest.Fixture) {
	d.f = f
	for i := range f.Len() {
		v := f.Vault(i)
		v.OnWhole("test", func(ctx context.Context, c access.Caller, request []byte) ([]byte, bool) {
			d.runs++
			id, err := d.work(ctx, v, c, string(request))
			if err != nil {
				return []byte(err.Error()), false
			}
			return []byte(id), string(request) != "undo"
		})
	}
}

func (d *wholeDoor) work(ctx context.Context, v *vault.Vault, c access.Caller, request string) (string, error) {
	r, err := v.CreateKey(ctx, c, vault.KeySpec{Name: "whole/first"})
	if err != nil {
		return "", err
	}
	if got, err := v.Key(ctx, c, r.ID.String()); err != nil || got.State != key.Active {
		return "", fmt.Errorf("reading what was made: %w", err)
	}
	if _, err := encrypt(v, c, "whole/first", request); err != nil {
		return "", err
	}
	if d.between != nil {
		d.between(v, d.runs)
	}
	if _, err := v.UpdateKey(ctx, c, "old", vault.KeyPatch{Tags: &map[string]string{"run": "whole"}}); err != nil {
		return "", err
	}
	if _, err := v.ChangeState(ctx, c, "whole/first", vault.StateChange{Action: access.Suspend}); err != nil {
		return "", err
	}
	_, err = v.CreateKey(ctx, c, vault.KeySpec{Name: "whole/second"})
	return r.ID.String(), err
}

// TestWhatIsDoneWholeIsOneEntry: asked of any node; seen there at once, and nowhere before; or never.
func TestWhatIsDoneWholeIsOneEntry(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	var d wholeDoor
	d.open(f)
	f.MustCreate("old")
	d.between = func(*vault.Vault, int) {
		if f.State(0).KeyByName("whole/first") != nil {
			t.Error("others see what is not committed")
		}
	}
	for node := range 2 {
		before, keys, mark := len(f.Log()), f.State(0).ContentDigest(), len(f.AuditEntries(0))
		answer, err := f.Vault(node).Whole(ctx, f.Root(), "test", []byte("undo"))
		if err != nil || len(answer) != 36 {
			t.Fatalf("node %d: %q, %v", node, answer, err)
		}
		if len(f.Log()) != before || f.State(0).ContentDigest() != keys {
			t.Errorf("node %d: what is not kept makes %d entries", node, len(f.Log())-before)
		}
		got := f.AuditEntries(0)[mark:]
		last := got[len(got)-1]
		if last.Operation != "whole" && node == 0 || node == 0 && last.Changes["kept"] != "nothing" {
			t.Errorf("the audit log ends with %+v", last)
		}
	}
	for node, name := range []string{"first time", "second"} {
		before, mark := len(f.Log()), len(f.AuditEntries(0))
		answer, err := f.Vault(1-node).Whole(ctx, f.Root(), "test", []byte(name))
		if node == 1 { // the names are taken
			if err != nil || !bytes.Contains(answer, []byte("taken")) || len(f.Log()) != before {
				t.Errorf("again: %q, %v", answer, err)
			}
			continue
		}
		if err != nil || len(f.Log()) != before+1 {
			t.Fatalf("%q, %v: %d entries", answer, err, len(f.Log())-before)
		}
		s := f.State(1) // of the node that was asked, at once
		first, second, old := s.KeyByName("whole/first"), s.KeyByName("whole/second"), s.KeyByName("old")
		if first == nil || first.ID.String() != string(answer) || first.State != key.Suspended || second == nil || old.Tags["run"] != "whole" {
			t.Errorf("%+v, %+v, %+v", first, second, old)
		}
		parts := 0
		for _, e := range f.AuditEntries(0)[mark:] {
			if e.Changes["part_of"] == "whole" && e.Outcome == audit.OK {
				if parts++; e.Index != 0 {
					t.Errorf("%s says that it is in entry %d", e.Operation, e.Index)
				}
			}
		}
		if parts < 6 {
			t.Errorf("%d operations are audited as part of it", parts)
		}
		if _, err := f.Vault(1).ChangeState(ctx, f.Root(), "whole/first", vault.StateChange{Action: access.Activate, Resume: true}); err != nil {
			t.Errorf("its MAC: %v", err)
		}
	}
}

// TestALeaderThatEndsInTheMiddleLeavesNothingHalfDone: before it commits there is nothing, and the next leader does all of it; after, all of it is there.
func TestALeaderThatEndsInTheMiddleLeavesNothingHalfDone(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	var d wholeDoor
	d.open(f)
	f.MustCreate("old")
	before := len(f.Log())
	d.between = func(_ *vault.Vault, run int) {
		if run == 1 {
			f.Lead(2)
		}
	}
	if _, err := f.Vault(1).Whole(ctx, f.Root(), "test", []byte("x")); err != nil || d.runs != 2 || len(f.Log()) != before+1 {
		t.Fatalf("%v, done %d times, %d entries", err, d.runs, len(f.Log())-before)
	}
	if s := f.State(2); s.KeyByName("whole/first") == nil || s.KeyByName("whole/second") == nil {
		t.Error("a half of it is missing")
	}

	f = vaulttest.Cluster(t, 3)
	d = wholeDoor{}
	d.open(f)
	f.MustCreate("old")
	keys := f.State(0).ContentDigest()
	for _, fails := range []vaulttest.Failure{vaulttest.Lost, vaulttest.Committed} {
		f.FailNext(fails)
		_, err := f.Vault(0).Whole(ctx, f.Root(), "test", []byte("x"))
		s := f.State(0)
		first, second := s.KeyByName("whole/first") != nil, s.KeyByName("whole/second") != nil
		if err == nil || first != second || first != (fails == vaulttest.Committed) || !first && s.ContentDigest() != keys {
			t.Errorf("%v: %v; first %v, second %v", fails, err, first, second)
		}
	}
}

// TestWhatOthersChangeMeanwhileIsLookedAtAgain: the whole is done anew; in the end both changes are there.
func TestWhatOthersChangeMeanwhileIsLookedAtAgain(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	var d wholeDoor
	d.open(f)
	f.MustCreate("old")
	d.between = func(v *vault.Vault, run int) {
		if run == 1 {
			ok(t, "changing", err1(v.UpdateKey(ctx, f.Root(), "old", vault.KeyPatch{RotateUses: new(uint64(7))})))
		}
	}
	before := len(f.Log())
	if _, err := f.Vault(0).Whole(ctx, f.Root(), "test", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if r := f.State(0).KeyByName("old"); d.runs != 2 || r.Tags["run"] != "whole" || r.RotateUses != 7 {
		t.Errorf("done %d times: %+v", d.runs, r)
	}
	if n := len(f.Log()) - before; n > 3 {
		t.Errorf("%d entries", n)
	}
}

// TestAWholeRequestIsSealedAndAsksThePolicies: nothing of it crosses a node link in the clear, neither of the request nor of the answer; and every operation in it asks the policies.
func TestAWholeRequestIsSealedAndAsksThePolicies(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	const canary = "canary-of-a-whole-request"
	for i := range f.Len() {
		v := f.Vault(i)
		v.OnWhole("test", func(ctx context.Context, c access.Caller, request []byte) ([]byte, bool) {
			if _, err := v.CreateKey(ctx, c, vault.KeySpec{Name: "made"}); err != nil {
				return []byte(err.Error()), false
			}
			return bytes.Clone(request), true
		})
	}
	answer, err := f.Vault(1).Whole(ctx, f.Root(), "test", []byte(canary))
	if err != nil || string(answer) != canary {
		t.Fatalf("%q, %v", answer, err)
	}
	for _, b := range f.Wire() {
		if bytes.Contains(b, []byte(canary)) {
			t.Error("what a request and its answer hold crosses a node link in the clear")
		}
	}
	answer, err = f.Vault(1).Whole(ctx, as("mallory"), "test", []byte("x"))
	if err != nil || !bytes.Contains(answer, []byte("no policy permits mallory")) {
		t.Errorf("a stranger is told %q, %v", answer, err)
	}
	if _, err := f.Vault(1).Whole(ctx, f.Root(), "none", nil); !errors.Is(err, fault.BadState) {
		t.Errorf("a door that is not there: %v", err)
	}
	stray := f.Root()
	stray.Draft = 77
	if _, err := f.Vault(1).Key(ctx, stray, "made"); !errors.Is(err, fault.Internal) {
		t.Errorf("a draft that is not there: %v", err)
	}
	ok(t, "sealing", f.Vault(0).Seal(ctx, f.Root(), false))
	if _, err := f.Vault(0).Whole(ctx, f.Root(), "test", nil); !errors.Is(err, fault.Sealed) {
		t.Errorf("a sealed node: %v", err)
	}
}

// makes is a door that makes a key, and answers with its id; before that it does what it is told for the run.
func makes(f *vaulttest.Fixture, before func(v *vault.Vault, c access.Caller, run int) (keep bool)) (runs *int) {
	runs = new(int)
	for i := range f.Len() {
		v := f.Vault(i)
		v.OnWhole("test", func(ctx context.Context, c access.Caller, _ []byte) ([]byte, bool) {
			*runs++
			keep := before == nil || before(v, c, *runs)
			r, err := v.CreateKey(ctx, c, vault.KeySpec{Name: "made"})
			if err != nil {
				return []byte(err.Error()), false
			}
			return []byte(r.ID.String()), keep
		})
	}
	return runs
}

// TestOfTwoRunsOfOneRequestOneIsAnswered: the bytes come to the leader twice, as they do where a link drops. Each run draws ids of its own, so that the
// run that did not commit knows nothing to answer: neither that, nor that nothing was done.
func TestOfTwoRunsOfOneRequestOneIsAnswered(t *testing.T) {
	for _, when := range []string{"before the entry", "in the middle", "in the middle, and nothing is kept"} {
		f := vaulttest.Cluster(t, 2)
		again := func() {
			wire := f.Wire()
			if _, err := f.Vault(0).HandleForward(ctx, f.Node(1), wire[len(wire)-1]); err != nil {
				t.Errorf("%s: the faster run: %v", when, err)
			}
		}
		runs := makes(f, func(_ *vault.Vault, _ access.Caller, run int) bool {
			switch {
			case run > 1:
			case when == "before the entry":
				f.Meanwhile(again)
			default:
				again()
				return when == "in the middle"
			}
			return true
		})
		answer, err := f.Vault(1).Whole(ctx, f.Root(), "test", nil)
		if !errors.Is(err, fault.Uncertain) || !strings.Contains(err.Error(), "it was done") || answer != nil || *runs != 2 {
			t.Errorf("%s: %q, %v after %d runs", when, answer, err, *runs)
		}
		if f.State(1).KeyByName("made") == nil || f.State(1).KeyCount() != 1 {
			t.Errorf("%s: there are %d keys", when, f.State(1).KeyCount())
		}
		for _, e := range f.AuditEntries(0) {
			if e.Operation == "whole" && e.Phase == audit.Response && (e.Outcome != audit.OK || e.Changes["kept"] != "all") {
				t.Errorf("%s: the audit log has %+v", when, e)
			}
		}
	}
}

// TestALostAnswerIsToldAtOnce: the leader committed and did not know; asked again it says that it was done, and the node that asks is not kept waiting.
func TestALostAnswerIsToldAtOnce(t *testing.T) {
	for _, fails := range []vaulttest.Failure{vaulttest.Committed, vaulttest.Moved} {
		f := vaulttest.Cluster(t, 3)
		runs := makes(f, nil)
		f.FailNext(fails)
		within, cancel := context.WithTimeout(ctx, time.Minute)
		_, err := f.Vault(2).Whole(within, f.Root(), "test", nil)
		if !errors.Is(err, fault.Uncertain) || !strings.Contains(err.Error(), "it was done") || within.Err() != nil || *runs != 1 {
			t.Errorf("%v: %v after %d runs", fails, err, *runs)
		}
		cancel()
		if f.State(1).KeyByName("made") == nil {
			t.Errorf("%v: it was not done", fails)
		}
	}
}

// TestALongAnswerIsRefusedBeforeAnythingIsDone: not after it was committed, when it cannot be sent.
func TestALongAnswerIsRefusedBeforeAnythingIsDone(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	size, keep := 0, false
	for i := range f.Len() {
		v := f.Vault(i)
		v.OnWhole("test", func(ctx context.Context, c access.Caller, _ []byte) ([]byte, bool) {
			if _, err := v.CreateKey(ctx, c, vault.KeySpec{Name: "made"}); err != nil {
				t.Error(err)
			}
			return make([]byte, size), keep
		})
	}
	before := len(f.Log())
	for _, keep = range []bool{false, true} {
		size = 4<<20 + 1
		if _, err := f.Vault(1).Whole(ctx, f.Root(), "test", nil); !errors.Is(err, fault.TooLarge) || len(f.Log()) != before {
			t.Errorf("kept %v: %v, %d entries", keep, err, len(f.Log())-before)
		}
		size = 4 << 20
		if got, err := f.Vault(1).Whole(ctx, f.Root(), "test", nil); err != nil || len(got) != size {
			t.Errorf("kept %v: %d bytes, %v", keep, len(got), err)
		}
	}
}

// TestWhatAWholeWentByIsLookedAtAgain: a policy, a token or a key that it only read, and that was taken away while it was under way, is not gone by.
func TestWhatAWholeWentByIsLookedAtAgain(t *testing.T) {
	for what, change := range map[string]func(f *vaulttest.Fixture, c access.Caller) error{
		"policy": func(f *vaulttest.Fixture, _ access.Caller) error {
			return f.Vault(0).DeletePolicy(ctx, f.Root(), "app")
		},
		"token": func(f *vaulttest.Fixture, c access.Caller) error {
			return f.Vault(0).RevokeToken(ctx, f.Root(), c.Token)
		},
		"key": func(f *vaulttest.Fixture, _ access.Caller) error {
			return err1(f.Vault(0).ChangeState(ctx, f.Root(), "old", vault.StateChange{Action: access.Suspend}))
		},
	} {
		for _, keep := range []bool{true, false} {
			f := vaulttest.Cluster(t, 2)
			f.MustCreate("old")
			f.Grant("app", `permit (principal == User::"app", action, resource);`)
			_, text, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app"})
			ok(t, "the token", err)
			caller := f.Caller(text)
			seen := ""
			runs := makes(f, func(v *vault.Vault, c access.Caller, run int) bool {
				_, err := encrypt(v, c, "old", "x")
				if seen = fmt.Sprint(err); run == 1 {
					ok(t, "changing", change(f, caller))
				}
				return keep && err == nil
			})
			answer, err := f.Vault(1).Whole(ctx, caller, "test", nil)
			if f.State(1).KeyByName("made") != nil {
				t.Errorf("%s: it is done by what was", what)
			}
			switch what {
			case "token":
				if !errors.Is(err, fault.Unauthenticated) {
					t.Errorf("%s, kept %v: %q, %v", what, keep, answer, err)
				}
			default:
				if err != nil || *runs != 2 || seen == "<nil>" {
					t.Errorf("%s, kept %v: %q, %v after %d runs; the last one saw %s", what, keep, answer, err, *runs, seen)
				}
			}
		}
	}
}

// TestWhatDoesNotFitAnEntryIsRefusedAtOnce: by the change with which it is too much, and not after all the others.
func TestWhatDoesNotFitAnEntryIsRefusedAtOnce(t *testing.T) {
	f := vaulttest.New(t)
	tags := map[string]string{}
	for n := range 20 {
		tags[fmt.Sprint("tag", n)] = strings.Repeat("x", 256)
	}
	made, fits := 0, 0
	v := f.Vault(0)
	v.OnWhole("test", func(ctx context.Context, c access.Caller, _ []byte) ([]byte, bool) {
		for made = 0; made < 100 && (fits == 0 || made < fits); made++ {
			if _, err := v.CreateKey(ctx, c, vault.KeySpec{Name: fmt.Sprint("k", made), Tags: tags}); err != nil {
				return nil, !errors.Is(err, fault.TooLarge)
			}
		}
		return nil, true
	})
	if _, err := v.Whole(ctx, f.Root(), "test", nil); err != nil || made < 30 || made > 50 || f.State(0).KeyCount() != 0 {
		t.Fatalf("%v; the change %d is refused, %d keys", err, made, f.State(0).KeyCount())
	}
	fits = made
	if _, err := v.Whole(ctx, f.Root(), "test", nil); err != nil || f.State(0).KeyCount() != fits {
		t.Errorf("%d changes: %v", fits, err)
	}
}

// TestAWholeRequestIsBoundToWhoAsks: nor can the text be handed in for another door, another request, or as a key's material.
func TestAWholeRequestIsBoundToWhoAsks(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	runs := makes(f, func(*vault.Vault, access.Caller, int) bool { return false })
	f.Vault(0).OnWhole("other", func(context.Context, access.Caller, []byte) ([]byte, bool) { *runs++; return nil, false })
	_, err := f.Vault(1).Whole(ctx, f.Root(), "test", []byte("x"))
	ok(t, "asking", err)
	wire := f.Wire()
	body := wire[len(wire)-2] // before its answer
	for what, change := range map[string]func(caller, in map[any]any){
		"nothing":   func(_, _ map[any]any) {},
		"principal": func(c, _ map[any]any) { c[uint64(1)] = "mallory" },
		"kind":      func(c, _ map[any]any) { c[uint64(3)] = uint64(access.ByCertificate) },
		"door":      func(_, in map[any]any) { in["Door"] = "other" },
		"id":        func(_, in map[any]any) { in["ID"].([]byte)[0] ^= 1 },
	} {
		var call map[any]any
		var in map[any]any
		ok(t, "reading", cbor.Unmarshal(body, &call))
		ok(t, "reading", cbor.Unmarshal(call[uint64(4)].([]byte), &in))
		change(call[uint64(2)].(map[any]any), in)
		call[uint64(4)], err = cbor.Marshal(in)
		ok(t, "writing", err)
		forged, err := cbor.Marshal(call)
		ok(t, "writing", err)
		before := *runs
		_, err = f.Vault(0).HandleForward(ctx, f.Node(1), forged)
		if good := what == "nothing"; (err == nil) != good || (*runs > before) != good {
			t.Errorf("with another %s: %v, run %d times", what, err, *runs-before)
		}
	}
}
