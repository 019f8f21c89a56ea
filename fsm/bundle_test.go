package fsm_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func bundle(all ...fsm.Command) *fsm.Bundle {
	b := &fsm.Bundle{}
	for _, c := range all {
		b.Commands = append(b.Commands, fsm.Bundled{Command: c})
	}
	return b
}

// TestABundleIsDoneWholeOrNotAtAll: each command sees what those before it did; where one is refused, nothing is left of any, in no order.
func TestABundleIsDoneWholeOrNotAtAll(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	made := newRecord(2)
	made.Names, made.Tags = []key.Label{{Value: "a name"}}, map[string]string{"of": "bundle"}
	later := fsm.Change{ID: keyID(2), Expect: 1, Updated: t0.Add(1), MAC: []byte("mac")}
	suspend := &fsm.SetState{Change: later, To: key.Suspended}
	again := *suspend // of a revision that the one before has ended
	taken := newRecord(3)
	taken.Name = newRecord(1).Name

	v.refuse(bundle(&fsm.CreateKey{Record: made}, suspend, &fsm.CreateKey{Record: taken}), fault.Exists)
	v.refuse(bundle(&fsm.CreateKey{Record: made}, suspend, &again), fault.Conflict)
	v.refuse(bundle(suspend, &fsm.CreateKey{Record: made}), fault.NotFound)
	if s := v.State(); len(s.KeysNamed("a name", 9)) != 0 || s.KeyByName(made.Name) != nil || s.KeyCount() != 1 {
		t.Errorf("of bundles that were refused there is %+v", s.KeyByName(made.Name))
	}
	before := v.State().Index()
	out := v.do(bundle(&fsm.CreateKey{Record: made}, suspend, &fsm.SetState{Change: v.change(keyID(1)), To: key.Deactivated}))
	s := v.State()
	if out.Object != keyID(2) || s.Index() != before+1 || s.Key(keyID(2)).State != key.Suspended || s.Key(keyID(2)).Revision != 2 || s.Key(keyID(1)).State != key.Deactivated {
		t.Errorf("outcome %+v; keys %+v, %+v", out, s.Key(keyID(1)), s.Key(keyID(2)))
	}
	if len(s.KeysNamed("a name", 9)) != 1 || s.KeyByName(made.Name) == nil {
		t.Error("the key that a bundle made is not found by its names")
	}
	one := newVault(t) // the same, in an entry each
	one.do(&fsm.CreateKey{Record: newRecord(1)})
	for _, c := range []fsm.Command{&fsm.CreateKey{Record: made}, suspend} {
		one.do(c)
	}
	one.do(&fsm.SetState{Change: fsm.Change{ID: keyID(1), Expect: 1, Updated: s.Key(keyID(1)).Updated, MAC: []byte("mac")}, To: key.Deactivated})
	if one.State().ContentDigest() != s.ContentDigest() {
		t.Error("a bundle does something else than its commands one after the other")
	}
	if !bundle(suspend).Revokes() || bundle(&fsm.CreateKey{Record: made}).Revokes() {
		t.Error("a bundle takes something out of use where one of its commands does")
	}
}

// TestWhatCannotBeInABundle: neither written into the log nor, from a log that somebody altered, read or applied.
func TestWhatCannotBeInABundle(t *testing.T) {
	for _, c := range append(fsm.Commands(), nil) {
		if c != nil && fsm.Bundles(c) {
			continue
		}
		if _, err := fsm.Encode(&fsm.Bundle{Commands: []fsm.Bundled{{Command: c}}}, fsm.Request{}, t0); !has(err, fault.Invalid) {
			t.Errorf("a bundle with %v: %v", c, err)
		}
	}
	create := &fsm.CreateKey{Record: newRecord(1)}
	many := make([]fsm.Command, fsm.MaxBundle+1)
	for i := range many {
		many[i] = create
	}
	for _, b := range []*fsm.Bundle{{}, bundle(many...)} {
		if _, err := fsm.Encode(b, fsm.Request{}, t0); !has(err, fault.Invalid) {
			t.Errorf("a bundle of %d commands: %v", len(b.Commands), err)
		}
	}
	good, err := fsm.Encode(bundle(create), fsm.Request{}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if bad := bytes.Replace(good, []byte("key.create"), []byte("key.rewrap"), 1); bytes.Equal(bad, good) {
		t.Error("the name of a command is not in its entry")
	} else if _, err := fsm.Decode(bad); err == nil {
		t.Error("an entry that rewraps keys in a bundle is read")
	}
}

// TestAForkIsSeenByNobody: what is applied to it changes nothing for the machine that it is of, also while that goes on. Run with -race.
func TestAForkIsSeenByNobody(t *testing.T) {
	v := newVault(t)
	for n := 1; n <= 200; n++ {
		r := newRecord(n)
		r.Tags = map[string]string{"n": strings.Repeat("x", n%7)}
		v.do(&fsm.CreateKey{Record: r})
	}
	s := v.State()
	digest := s.ContentDigest()
	var forks sync.WaitGroup
	for i := range 4 {
		forks.Go(func() {
			m := s.Fork()
			for n := 1001; n <= 1100; n++ {
				r := newRecord(n + 1000*i)
				r.Owner, r.Tags = fmt.Sprint("owner ", r.Name), map[string]string{"n": r.Name} // none that the table has seen
				for _, c := range []fsm.Command{&fsm.CreateKey{Record: r}, &fsm.SetState{Change: fsm.Change{ID: keyID(n - 1000), Expect: 1, Updated: t0.Add(1), MAC: []byte("mac")}, To: key.Suspended}} {
					entry, err := fsm.Encode(c, fsm.Request{}, t0)
					if err != nil {
						t.Error(err)
						return
					}
					if out, err := m.Apply(m.Applied()+1, entry); err != nil || out.Fault != nil {
						t.Errorf("%s: %v, %v", c.Op(), out.Fault, err)
						return
					}
				}
			}
			if got := m.State(); got.KeyCount() != 300 || got.Key(keyID(1)).State != key.Suspended {
				t.Errorf("the fork has %d keys", got.KeyCount())
			}
		})
	}
	for n := 301; n <= 400; n++ {
		r := newRecord(n)
		r.Owner, r.Tags = fmt.Sprint("owner ", n), map[string]string{"n": r.Name}
		v.do(&fsm.CreateKey{Record: r})
	}
	forks.Wait()
	if s.ContentDigest() != digest || v.State().KeyCount() != 300 || v.State().Key(keyID(1)).State != key.Active {
		t.Error("what was applied to a fork is seen outside of it")
	}
}

// TestABundleIsOfTheLevelOfItsNewestCommand: the cluster's leader and the entry both say so; a program below it is told to be upgraded.
func TestABundleIsOfTheLevelOfItsNewestCommand(t *testing.T) {
	fsm.Raise(t, "key.archive", 2)
	create := &fsm.CreateKey{Record: newRecord(1)}
	archive := &fsm.ArchiveKey{Change: fsm.Change{ID: keyID(1), Expect: 1, Updated: t0.Add(1), MAC: []byte("mac")}, Archived: true}
	for want, b := range map[uint32]*fsm.Bundle{1: bundle(create), 2: bundle(create, archive)} {
		if got := fsm.LevelOf(b); got != want {
			t.Errorf("a bundle of level %d is said to be of level %d", want, got)
		}
	}
	entry, err := fsm.Encode(bundle(create, archive), fsm.Request{}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fsm.NewSupporting(1).Apply(1, entry); err == nil || !strings.Contains(err.Error(), "level 2 is unknown to this program, which reads up to level 1") {
		t.Errorf("a program of level 1 says %v", err)
	}
	m := fsm.NewSupporting(2)
	if out, err := m.Apply(1, entry); err != nil || !has(out.Fault, fault.BadState) || m.State().KeyCount() != 0 {
		t.Errorf("a cluster at level 1: %+v, %v", out, err)
	}
}

// TestARebuildIsSeenByNobody: an image for a restore is made beside a machine that goes on writing. Run with -race.
func TestARebuildIsSeenByNobody(t *testing.T) {
	v := newVault(t)
	record := func(n int) *key.Record {
		r := newRecord(n)
		r.Tags = map[string]string{"of": r.ID.String()}
		return r
	}
	v.do(&fsm.CreateKey{Record: record(1)})
	s := v.State()
	digest := s.ContentDigest()
	var image *fsm.State
	var done sync.WaitGroup
	done.Go(func() {
		b := fsm.NewRebuild(s)
		for n := 2; n <= 200; n++ {
			b.PutKey(record(n))
		}
		image = b.State()
	})
	for n := 201; n <= 300; n++ {
		v.do(&fsm.CreateKey{Record: record(n)})
	}
	done.Wait()
	if s.ContentDigest() != digest || image.KeyCount() != 200 || v.State().KeyCount() != 101 || image.Key(keyID(200)).Tags["of"] != keyID(200).String() {
		t.Error("what was put into an image is seen outside of it")
	}
}
