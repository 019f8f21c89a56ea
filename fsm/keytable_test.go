package fsm_test

import (
	"bytes"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// A page of keys with thousands of versions ends before it is full, and pages still show every key once.
func TestAPageOfKeysWithManyVersionsIsShort(t *testing.T) {
	const keys, versions = 5, 9_000
	s := fsm.New().State()
	b := fsm.NewRebuild(s)
	for n := range keys {
		r := newRecord(n)
		one := r.Versions[0]
		for i := uint32(2); i <= versions; i++ {
			one.Number = i
			r.Versions = append(r.Versions, one)
		}
		b.PutKey(r)
	}
	s = b.State()
	seen := 0
	for q := (fsm.Query{}); ; {
		page, next := s.Keys(q)
		total := 0
		for _, r := range page {
			if total += len(r.Versions); r.ID != keyID(seen) {
				t.Errorf("key %d is %s", seen, r.Name)
			}
			seen++
		}
		if len(page) == 0 || total > 3*versions {
			t.Fatalf("a page of %d keys with %d versions", len(page), total)
		}
		if q.After = next; next == "" {
			break
		}
	}
	if seen != keys {
		t.Errorf("%d keys were shown, of %d", seen, keys)
	}
}

// Moving material leaves a key's place in the orders alone, and frozen states share those: they must not show what is newer.
func TestAFrozenStateShowsItsOwnMaterialInEveryOrder(t *testing.T) {
	v := family(t, 0)
	r := newChild(1, 0, 1)
	r.Name, r.Owner, r.Tags, r.DeactivAt = "app/child", "somebody", map[string]string{"shelf": "7"}, t0.Add(1e9)
	v.do(&fsm.CreateKey{Record: r})
	v.rotate(0, key.Material{Term: 1, Sealed: []byte("x")})
	before := v.State()
	out := v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{{ID: r.ID, Version: 1, OldParent: 1, New: under(2)}}})
	if out.Version != 1 {
		t.Fatalf("%d versions were moved", out.Version)
	}
	ways := map[string]func(*fsm.State) *key.Record{
		"id":       func(s *fsm.State) *key.Record { return s.Key(r.ID) },
		"name":     func(s *fsm.State) *key.Record { return s.KeyByName("app/child") },
		"children": func(s *fsm.State) *key.Record { page, _ := s.Children(keyID(0), key.ID{}, 0); return page[0] },
		"due": func(s *fsm.State) (found *key.Record) {
			for found = range s.Due(t0.Add(1e12), 1) {
				break
			}
			return found
		},
	}
	for name, q := range map[string]fsm.Query{
		"prefix": {Prefix: "app/child"}, "tag": {Tags: []string{"shelf"}}, "tag and value": {Tags: []string{"shelf=7"}}, "owner": {Owner: "somebody"},
		"parent": {Parent: keyID(0)}, "state": {State: key.Active, Prefix: "app/child"}, "algorithm": {Algorithm: r.Algorithm, Prefix: "app/child"}, "by due": {ByDue: true},
	} {
		ways["list by "+name] = func(s *fsm.State) *key.Record {
			page, _ := s.Keys(q)
			if len(page) != 1 {
				t.Fatalf("listing by %s shows %d keys", name, len(page))
			}
			return page[0]
		}
	}
	for name, way := range ways {
		for version, s := range map[uint32]*fsm.State{1: before, 2: v.State()} {
			if got := way(s); got == nil || got.Versions[0].Material.Parent != version || !bytes.Equal(got.Versions[0].Material.Sealed, under(version).Sealed) {
				t.Errorf("by %s, where version %d wraps it: %+v", name, version, got)
			}
			if got := way(s); got != s.Key(r.ID) {
				t.Errorf("by %s, where version %d wraps it: another record than by id", name, version)
			}
		}
	}
}
