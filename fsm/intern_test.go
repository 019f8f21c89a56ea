package fsm_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"testing"

	"github.com/quorate/quorate/fsm"
)

// Far more tag maps than there are places to remember them, again and again: each key keeps its own tags, equal ones
// are kept once while they are remembered, and no change of one key shows in another.
func TestSharedTagsAreNeverMistakenForOneAnother(t *testing.T) {
	v := newVault(t)
	const n = 10_000
	want := func(i int) map[string]string {
		return map[string]string{"id": fmt.Sprint(i % 7000), "env": fmt.Sprint(i % 3), fmt.Sprint("t", i%5): ""}
	}
	for i := range n {
		r := newRecord(i)
		r.Tags = want(i)
		v.do(&fsm.CreateKey{Record: r})
	}
	same := newRecord(n)
	same.Tags = want(n - 1)
	v.do(&fsm.CreateKey{Record: same})
	one, other := v.State().Key(keyID(n-1)), v.State().Key(keyID(n))
	if reflect.ValueOf(one.Tags).Pointer() != reflect.ValueOf(other.Tags).Pointer() {
		t.Error("two keys in a row with equal tags keep them twice")
	}
	tags := maps.Clone(other.Tags)
	tags["env"] = "changed"
	v.do(&fsm.UpdateKey{Change: v.change(other.ID), Tags: &tags})
	restored := fsm.New()
	if err := restored.Restore(bytes.NewReader(snapshot(t, v.State()))); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*fsm.State{v.State(), restored.State()} {
		for i := range n {
			if got := s.Key(keyID(i)).Tags; !maps.Equal(got, want(i)) {
				t.Fatalf("key %d has the tags %v, want %v", i, got, want(i))
			}
		}
		if got := s.Key(keyID(n)).Tags; !maps.Equal(got, tags) {
			t.Errorf("the changed key has the tags %v, want %v", got, tags)
		}
		if page, _ := s.Keys(fsm.Query{Tags: []string{"id=6999"}}); len(page) != 1 {
			t.Errorf("%d keys are found under a tag of one", len(page))
		}
		if page, _ := s.Keys(fsm.Query{Tags: []string{"env=changed"}}); len(page) != 1 || page[0].ID != keyID(n) {
			t.Errorf("the changed key is not found under its tag")
		}
	}
}
