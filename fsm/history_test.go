package fsm_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// anyCommand draws a command about few enough objects that commands meet one another.
func anyCommand(t *rapid.T, s *fsm.State) fsm.Command {
	n := rapid.IntRange(0, 7).Draw(t, "object")
	small := rapid.Uint32Range(0, 3).Draw(t, "small")
	name := rapid.SampledFrom([]string{"seal", "a", "b", "c"}).Draw(t, "name")
	change := fsm.Change{ID: keyID(n), Expect: uint64(small), Updated: t0 + key.Time(n)}
	token := fsm.UseToken{ID: newToken(n).ID, Expect: uint64(small)}
	if r := s.Key(change.ID); r != nil && rapid.IntRange(0, 4).Draw(t, "stale") > 0 {
		change.Expect = r.Revision
	}
	next := small
	if r := s.Key(change.ID); r != nil && small > 0 {
		next = r.Latest().Number + 1
	}
	expect := uint64(0)
	if d := s.Document(name); d != nil && small > 0 {
		expect = d.Revision
	}
	state := key.State(rapid.IntRange(0, 8).Draw(t, "state"))
	switch rapid.IntRange(0, 24).Draw(t, "op") {
	case 0, 1, 2:
		r := newRecord(n)
		r.State, r.Versions[0].State = max(state, 1), max(state, 1)
		r.Tags = map[string]string{name: "x", "all": ""}
		r.RotateBytes, r.UsageLimit = uint64(small)*150, uint64(small)
		return &fsm.CreateKey{Record: r}
	case 3, 4:
		m := key.Material{Term: small, Sealed: []byte{1}}
		if r := s.Key(change.ID); r != nil && !r.Parent.IsZero() && small > 0 {
			m = under(newest(s, r.Parent))
		}
		return &fsm.RotateKey{Change: change, Version: key.Version{Number: next, Material: m}}
	case 19, 20, 21, 22:
		return aboutChildren(t, s, n, change)
	case 5, 6:
		return &fsm.SetState{Change: change, Version: small, To: state, Reason: name}
	case 7:
		exportable, rename := small > 1, "n/"+name
		return &fsm.UpdateKey{Change: change, MinDecrypt: &small, Exportable: &exportable, Name: &rename, Tags: &map[string]string{"k": name}}
	case 8:
		return &fsm.ScheduleDestroy{Change: change, Version: small, At: key.Time(n) * t0}
	case 9:
		return &fsm.RewrapKeys{Items: []fsm.RewrapItem{
			{ID: keyID(n), Version: 1, Old: 1, New: key.Material{Term: 2 + small, Sealed: []byte{2}}},
			{ID: keyID(n), Version: 1, Old: 2 + small, New: key.Material{Term: small, Sealed: []byte{2}}},
		}}
	case 10:
		return &fsm.PurgeKey{ID: change.ID, Expect: change.Expect}
	case 11, 12:
		k := newToken(n)
		k.UsesLeft = int32(small)
		if n > 0 {
			k.Parent = newToken(n - 1).ID
		}
		return &fsm.CreateToken{Token: k}
	case 13:
		return &fsm.RenewToken{ID: token.ID, Expect: 1, Expires: t0 + key.Time(small)*100}
	case 14:
		return rapid.SampledFrom([]fsm.Command{&token, &fsm.RevokeToken{ID: token.ID}, &fsm.PurgeTokens{Before: t0 + key.Time(small)*20}}).Draw(t, "token")
	case 15:
		return rapid.SampledFrom([]fsm.Command{&fsm.PutPolicy{Name: name, Source: "s", Expect: uint64(small)}, &fsm.DeletePolicy{Name: name}}).Draw(t, "policy")
	case 16:
		return rapid.SampledFrom([]fsm.Command{&fsm.PutDocument{Name: name, Expect: expect, Body: []byte{1}}, &fsm.DeleteDocument{Name: name, Expect: expect}}).Draw(t, "document")
	case 17:
		return &fsm.Init{Documents: []fsm.Document{{Name: "seal"}, {Name: name}}, Policies: []fsm.Policy{{Name: "root"}}}
	case 18:
		return &fsm.Tear{Name: name}
	case 23:
		return &fsm.CountUses{Items: []fsm.UsageItem{
			{ID: keyID(n), Version: 1 + small, Uses: uint64(small) << 29, Bytes: 100, LastUsed: t0 + key.Time(small)},
			{ID: keyID(n + 1), Version: 1, Uses: 1},
		}}
	default:
		return &fsm.AllocateUses{ID: keyID(n), Uses: uint64(small), Whole: small%2 == 1}
	}
}

// newest is the number of a key's latest version; 1 of one that there is not.
func newest(s *fsm.State, id key.ID) uint32 {
	if r := s.Key(id); r != nil {
		return r.Latest().Number
	}
	return 1
}

// aboutChildren draws a command about hierarchies.
func aboutChildren(t *rapid.T, s *fsm.State, n int, change fsm.Change) fsm.Command {
	parent := keyID(rapid.IntRange(0, 7).Draw(t, "parent"))
	version := newest(s, parent)
	if rapid.IntRange(0, 5).Draw(t, "late") == 0 {
		version--
	}
	child := func(n int) *key.Record {
		r := newRecord(n)
		r.Parent, r.Versions[0].Material = parent, under(max(version, 1))
		return r
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return &fsm.CreateKeys{Records: []*key.Record{child(n), child((n + 1) % 8)}}
	case 1:
		return &fsm.CreateKey{Record: child(n)}
	case 2, 3:
		c := &fsm.RewrapKeys{Parent: parent}
		for _, r := range slices.Concat(page(s.WrappedUnder(parent, 1, key.ID{}, 0)), page(s.WrappedUnder(parent, 2, key.ID{}, 0)), []*key.Record{newRecord(n)}) {
			for i := range r.Versions {
				old := max(r.Versions[i].Material.Parent, 1)
				c.Items = append(c.Items, fsm.RewrapItem{ID: r.ID, Version: r.Versions[i].Number, OldParent: old, New: under(max(version, old+1))})
			}
		}
		return c
	default:
		c := &fsm.Reparent{Change: change, Parent: parent}
		if version == 0 {
			c.Parent = key.ID{}
		}
		if r := s.Key(change.ID); r != nil {
			for i := range r.Versions {
				if m := (fsm.NewMaterial{Version: r.Versions[i].Number, Material: under(version)}); len(r.Versions[i].Material.Sealed) > 0 {
					if version == 0 {
						m.Material.Term = 1
					}
					c.Materials = append(c.Materials, m)
				}
			}
		}
		return c
	}
}

func page(p []*key.Record, _ key.ID) []*key.Record { return p }

// checkFamilies holds what the state says of hierarchies to what its records say.
func checkFamilies(t *rapid.T, s *fsm.State) {
	wrapped, children := map[key.ID]map[uint32]int{}, map[key.ID]int{}
	all, _ := s.Keys(fsm.Query{})
	for _, r := range all {
		for i := range r.Versions {
			m := r.Versions[i].Material
			if m.Parent != 0 && (m.Term != 0 || r.Parent.IsZero()) || m.Parent == 0 && !r.Parent.IsZero() && len(m.Sealed) > 0 {
				t.Fatalf("key %s: material %+v of version %d, parent %s", r.Name, m, r.Versions[i].Number, r.Parent)
			}
			if m.Parent == 0 {
				continue
			}
			p := s.Key(r.Parent)
			if p == nil || p.Version(m.Parent) == nil || len(p.Version(m.Parent).Material.Sealed) == 0 {
				t.Fatalf("what wraps version %d of key %s is gone", r.Versions[i].Number, r.Name)
			}
			if wrapped[r.Parent] == nil {
				wrapped[r.Parent] = map[uint32]int{}
			}
			wrapped[r.Parent][m.Parent]++
		}
		if !r.Parent.IsZero() {
			children[r.Parent]++
		}
		levels := 1
		for up := r; !up.Parent.IsZero() && s.Key(up.Parent) != nil; up = s.Key(up.Parent) {
			if levels++; levels > fsm.MaxDepth {
				t.Fatalf("key %s is in a circle or too deep", r.Name)
			}
		}
	}
	for n := range 9 {
		id := keyID(n)
		got := map[uint32]int{}
		for _, vc := range s.ChildVersions(id) {
			got[vc.Version] = vc.Items
		}
		if !maps.Equal(got, wrapped[id]) || s.ChildCount(id) != children[id] || len(page(s.Children(id, key.ID{}, 0))) != children[id] {
			t.Fatalf("key %d: versions %v and %d children, records say %v and %d", n, got, s.ChildCount(id), wrapped[id], children[id])
		}
		c, done := s.Campaign(id)
		left, owed := uint64(0), newest(s, id)
		for version, items := range wrapped[id] {
			if c != nil && version < c.To {
				left += uint64(items)
			}
			if version < owed && (c == nil || c.To != owed) {
				t.Fatalf("key %d: version %d wraps %d and there is no campaign for it", n, version, items)
			}
		}
		if c != nil && (done != c.Total-left || (c.Finished != 0) != (left == 0)) {
			t.Fatalf("key %d: %d of %d are done, %d left, finished at %v", n, done, c.Total, left, c.Finished)
		}
	}
}

// TestHistories applies random histories one by one, in batches, and over a snapshot in the middle: the same state and
// chain must come of all three, and no refusal may change content.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := fsm.New()
		var log []fsm.Entry
		for i := range rapid.IntRange(1, 60).Draw(t, "length") {
			request := fsm.Request{}
			if rapid.Bool().Draw(t, "remembered") {
				request = requestID(rapid.IntRange(0, 30).Draw(t, "request"))
			}
			data, err := fsm.Encode(anyCommand(t, m.State()), request, t0+key.Time(rapid.IntRange(0, 100).Draw(t, "at")))
			if err != nil {
				t.Fatal(err)
			}
			before := m.State()
			out, err := m.Apply(uint64(i+1), data)
			if err != nil {
				t.Fatal(err)
			}
			if after := m.State(); out.Fault != nil && after.ContentDigest() != before.ContentDigest() {
				t.Fatalf("entry %d was refused (%v) and changed the state", i+1, out.Fault)
			}
			checkFamilies(t, m.State())
			log = append(log, fsm.Entry{Index: uint64(i + 1), Data: data})
		}
		batched := fsm.New()
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		for _, part := range [][]fsm.Entry{log[:cut], log[cut:]} {
			if _, err := batched.ApplyBatch(part); err != nil {
				t.Fatal(err)
			}
			var image bytes.Buffer
			if _, err := batched.State().WriteTo(&image); err != nil {
				t.Fatal(err)
			}
			batched = fsm.New()
			if err := batched.Restore(&image); err != nil {
				t.Fatal(err)
			}
		}
		a, b := m.State(), batched.State()
		checkFamilies(t, b)
		if a.Digest() != b.Digest() || a.Chain() != b.Chain() {
			t.Fatal("the same history came to different states")
		}
		for _, s := range []*fsm.State{a, b} {
			if got, want := exhausted(s), exhaustedByHand(s); !slices.Equal(got, want) {
				t.Fatalf("exhausted are %v, want %v", got, want)
			}
		}
		for _, term := range []uint32{1, 2, 3, 4, 5} {
			if a.TermCount(term) != b.TermCount(term) {
				t.Fatalf("term %d: %d versions, %d after restore", term, a.TermCount(term), b.TermCount(term))
			}
		}
		for _, q := range []fsm.Query{{Tags: []string{"k"}}, {Tags: []string{"all"}}, {State: key.Active}, {State: key.Destroyed}, {Owner: "app1"}} {
			p, _ := a.Keys(q)
			r, _ := b.Keys(q)
			if len(p) != len(r) {
				t.Fatalf("Keys(%+v): %d, %d after restore", q, len(p), len(r))
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	for i, cmd := range samples() {
		b, err := fsm.Encode(cmd, requestID(i), t0)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := fsm.Decode(b)
		if err != nil {
			return
		}
		if _, err := fsm.New().Apply(1, b); err != nil && p.Command.Op() != "cluster.level" {
			t.Errorf("decoded, not applied: %v", err)
		}
	})
}
