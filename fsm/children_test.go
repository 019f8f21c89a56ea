package fsm_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// under is material that a version of a parent wraps.
func under(version uint32) key.Material {
	return key.Material{Parent: version, Sealed: bytes.Repeat([]byte{byte(version)}, 60)}
}

// newChild is key n, wrapped under a version of key parent.
func newChild(n, parent int, version uint32) *key.Record {
	r := newRecord(n)
	r.Parent, r.Versions[0].Material = keyID(parent), under(version)
	return r
}

func (v *vault) rotate(n int, m key.Material) {
	v.t.Helper()
	id := keyID(n)
	v.do(&fsm.RotateKey{Change: v.change(id), Version: key.Version{Number: v.State().Key(id).Latest().Number + 1, Material: m}})
}

func (v *vault) move(n int, to key.State) *fsm.SetState {
	return &fsm.SetState{Change: v.change(keyID(n)), To: to}
}

func item(n int, version, from, to uint32) fsm.RewrapItem {
	return fsm.RewrapItem{ID: keyID(n), Version: version, OldParent: from, New: under(to)}
}

// family is key 0 with the children 1 to n, under its version 1.
func family(t testing.TB, n int) *vault {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(0)})
	for i := 1; i <= n; i++ {
		v.do(&fsm.CreateKey{Record: newChild(i, 0, 1)})
	}
	return v
}

func (v *vault) campaign(want string) {
	v.t.Helper()
	c, done := v.State().Campaign(keyID(0))
	got := "none"
	if c != nil {
		got = fmt.Sprintf("to %d: %d of %d", c.To, done, c.Total)
		if c.Finished != 0 {
			got += ", finished"
		}
		if (c.Finished != 0) != (done == c.Total) {
			v.t.Errorf("%d of %d are done, it finished at %v", done, c.Total, c.Finished)
		}
	}
	if got != want {
		v.t.Errorf("the campaign is %q, want %q", got, want)
	}
	left := 0
	for _, vc := range v.State().ChildVersions(keyID(0)) {
		if c != nil && vc.Version < c.To {
			left += vc.Items
		}
	}
	if open := len(v.State().OpenCampaigns(0)) > 0; open != (left > 0) {
		v.t.Errorf("%d versions are left under older ones, and the list of open campaigns says %v", left, open)
	}
}

func TestChildrenNeedAnActiveParentAndItsLatestVersion(t *testing.T) {
	v := family(t, 0)
	keyring := newChild(9, 0, 1)
	keyring.Versions[0].Material.Term = 1
	v.refuse(&fsm.CreateKey{Record: keyring}, fault.Conflict)
	v.refuse(&fsm.CreateKey{Record: newChild(9, 0, 2)}, fault.Conflict)
	alone := newRecord(9)
	alone.Versions[0].Material = under(1)
	v.refuse(&fsm.CreateKey{Record: alone}, fault.Invalid)
	v.do(&fsm.CreateKey{Record: newChild(1, 0, 1)})
	v.rotate(0, key.Material{Term: 1, Sealed: []byte("x")})
	v.refuse(&fsm.CreateKey{Record: newChild(2, 0, 1)}, fault.Conflict) // it was under way when the parent was rotated
	old := &fsm.RotateKey{Change: v.change(keyID(1)), Version: key.Version{Number: 2, Material: under(1)}}
	v.refuse(old, fault.Conflict)
	v.rotate(1, under(2))
	v.do(v.move(0, key.Suspended))
	v.refuse(&fsm.CreateKey{Record: newChild(2, 0, 2)}, fault.BadState)
	v.refuse(&fsm.RotateKey{Change: v.change(keyID(1)), Version: key.Version{Number: 3, Material: under(2)}}, fault.BadState)
	v.do(v.move(0, key.Active))
	v.do(&fsm.CreateKey{Record: newChild(2, 0, 2)})
}

func TestManyKeysAreMadeOrNone(t *testing.T) {
	v := family(t, 0)
	for name, records := range map[string][]*key.Record{
		"id twice":       {newChild(1, 0, 1), newChild(1, 0, 1)},
		"wrong version":  {newChild(1, 0, 1), newChild(2, 0, 2)},
		"taken":          {newChild(1, 0, 1), newRecord(0)},
		"none":           {},
		"nothing inside": {newChild(1, 0, 1), {}},
	} {
		want := map[string]fault.Kind{"id twice": fault.Exists, "wrong version": fault.Conflict, "taken": fault.Exists}[name]
		if want == 0 {
			want = fault.Invalid
		}
		v.refuse(&fsm.CreateKeys{Records: records}, want)
	}
	twins := []*key.Record{newChild(1, 0, 1), newChild(2, 0, 1)}
	twins[1].Name = twins[0].Name
	v.refuse(&fsm.CreateKeys{Records: twins}, fault.Exists)
	twins[0].Name, twins[1].Name = "", "" // nobody's
	out := v.do(&fsm.CreateKeys{Records: twins})
	if out.Object != keyID(1) || out.Version != 2 || v.State().ChildCount(keyID(0)) != 2 || v.State().ChildrenUnder(keyID(0), 1) != 2 {
		t.Errorf("%+v, %d children", out, v.State().ChildCount(keyID(0)))
	}
	many := make([]*key.Record, fsm.MaxCreate+1)
	for i := range many {
		many[i] = newChild(100+i, 0, 1)
	}
	v.refuse(&fsm.CreateKeys{Records: many}, fault.Invalid)
	v.do(&fsm.CreateKeys{Records: many[1:]})
}

func TestHierarchiesAreShallowAndHaveNoCircles(t *testing.T) {
	v := family(t, 0)
	for i := 1; i < fsm.MaxDepth; i++ {
		v.do(&fsm.CreateKey{Record: newChild(i, i-1, 1)})
	}
	v.refuse(&fsm.CreateKey{Record: newChild(99, fsm.MaxDepth-1, 1)}, fault.Invalid)
	v.rotate(fsm.MaxDepth-1, under(1)) // the deepest itself is well
	to := func(n, parent int) *fsm.Reparent {
		c := &fsm.Reparent{Change: v.change(keyID(n)), Parent: keyID(parent)}
		for _, ver := range v.State().Key(keyID(n)).Versions {
			c.Materials = append(c.Materials, fsm.NewMaterial{Version: ver.Number, Material: under(1)})
		}
		return c
	}
	v.refuse(to(0, 5), fault.Invalid) // its own descendant
	v.refuse(to(3, 3), fault.Invalid)
	v.refuse(to(3, 2), fault.BadState) // is it already
	v.refuse(to(3, 77), fault.NotFound)
	v.do(&fsm.CreateKey{Record: newRecord(50)})
	v.do(&fsm.CreateKey{Record: newChild(51, 50, 1)})
	v.refuse(to(50, fsm.MaxDepth-2), fault.Invalid) // with its child it would reach one level too deep
	v.do(to(51, fsm.MaxDepth-2))
	v.do(to(50, fsm.MaxDepth-2))
}

func TestAnotherParentTakesAllVersions(t *testing.T) {
	v := family(t, 1)
	v.rotate(1, under(1))
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	c := &fsm.Reparent{Change: v.change(keyID(1)), Parent: keyID(2), Materials: []fsm.NewMaterial{{Version: 1, Material: under(1)}}}
	v.refuse(c, fault.Conflict) // version 2 would stay behind
	c.Materials = append(c.Materials, fsm.NewMaterial{Version: 2, Material: under(2)})
	v.refuse(c, fault.Conflict) // there is no version 2 of the parent
	c.Materials[1].Material = under(1)
	v.do(c)
	if s := v.State(); s.ChildCount(keyID(0)) != 0 || s.ChildrenUnder(keyID(0), 1) != 0 || s.ChildrenUnder(keyID(2), 1) != 2 {
		t.Errorf("%d and %d versions", s.ChildrenUnder(keyID(0), 1), s.ChildrenUnder(keyID(2), 1))
	}
	ring := key.Material{Term: 3, Sealed: []byte("x")}
	top := &fsm.Reparent{Change: v.change(keyID(1)), Materials: []fsm.NewMaterial{{Version: 1, Material: ring}, {Version: 2, Material: under(1)}}}
	v.refuse(top, fault.Invalid) // under a parent that there is not
	top.Materials[1].Material = ring
	v.do(top)
	if s := v.State(); s.ChildCount(keyID(2)) != 0 || s.TermCount(3) != 2 || !s.Key(keyID(1)).Parent.IsZero() {
		t.Error("it is still a child")
	}
}

func TestWhatWrapsChildrenIsNotDestroyed(t *testing.T) {
	v := family(t, 2)
	v.rotate(0, key.Material{Term: 1, Sealed: []byte("x")})
	destroy := func(version uint32) *fsm.SetState {
		return &fsm.SetState{Change: v.change(keyID(0)), Version: version, To: key.Destroyed}
	}
	f := v.refuse(destroy(1), fault.BadState)
	if f.Hint == "" {
		t.Error("nothing says what to do")
	}
	v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{item(1, 1, 1, 2), item(2, 1, 1, 2)}})
	v.do(destroy(1))
	v.do(v.move(0, key.Deactivated))
	v.refuse(destroy(0), fault.BadState)
	v.do(v.move(0, key.Compromised))
	v.refuse(destroy(0), fault.BadState)
	for n := 1; n <= 2; n++ {
		v.do(v.move(n, key.Deactivated))
		v.do(v.move(n, key.Destroyed))
	}
	if v.State().ChildCount(keyID(0)) != 2 {
		t.Error("a destroyed child is forgotten before it is purged")
	}
	v.do(destroy(0))
	v.do(&fsm.PurgeKey{ID: keyID(0), Expect: v.State().Key(keyID(0)).Revision})
	v.do(&fsm.PurgeKey{ID: keyID(1), Expect: v.State().Key(keyID(1)).Revision})
	if v.State().ChildCount(keyID(0)) != 1 || v.State().CampaignCount() != 0 {
		t.Error("something is left of the dead")
	}
}

func TestACampaignIsDoneWhenNothingIsLeft(t *testing.T) {
	v := family(t, 5)
	v.campaign("none")
	ring := key.Material{Term: 1, Sealed: []byte("x")}
	v.rotate(0, ring)
	v.campaign("to 2: 0 of 5")
	items := []fsm.RewrapItem{item(1, 1, 1, 2), item(2, 1, 1, 2), item(99, 1, 1, 2)}
	if out := v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: items}); out.Version != 2 {
		t.Errorf("%d were moved", out.Version)
	}
	v.campaign("to 2: 2 of 5")
	if out := v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: items}); out.Version != 0 {
		t.Errorf("%d were moved twice", out.Version)
	}
	v.do(v.move(3, key.Deactivated))
	v.do(v.move(3, key.Destroyed))
	v.campaign("to 2: 3 of 5")
	v.rotate(1, under(2)) // what is new comes under the newest
	v.campaign("to 2: 3 of 5")
	v.rotate(0, ring)
	v.campaign("to 3: 0 of 5") // 4 and 5 under version 1; 1 twice and 2 under version 2
	if out := v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{item(4, 1, 1, 2)}}); out.Version != 0 {
		t.Error("it was wrapped under a version that had been replaced")
	}
	v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{item(1, 1, 2, 3), item(1, 2, 2, 3), item(2, 1, 2, 3), item(4, 1, 1, 3)}})
	v.campaign("to 3: 4 of 5")
	before := v.State().Key(keyID(5))
	v.do(&fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{item(5, 1, 1, 3)}})
	v.campaign("to 3: 5 of 5, finished")
	after := v.State().Key(keyID(5))
	if before == after || before.Versions[0].Material.Parent != 1 || !bytes.Equal(fsm.Canonical(before), fsm.Canonical(after)) || after.Revision != before.Revision {
		t.Error("the record that readers had was changed, or more than its material")
	}
	if page, _ := v.State().Keys(fsm.Query{State: key.Active, Prefix: after.Name}); len(page) != 1 || page[0] != after {
		t.Error("an index still has the old record")
	}
	m := fsm.New()
	if err := m.Restore(bytes.NewReader(snapshot(t, v.State()))); err != nil {
		t.Fatal(err)
	}
	if c, done := m.State().Campaign(keyID(0)); c == nil || c.To != 3 || done != 5 || c.Finished == 0 || m.State().Digest() != v.State().Digest() {
		t.Errorf("restored as %+v, %d done", c, done)
	}
}

// TestARewrapForAnotherParentIsPassedOver: version 1 of one parent is not version 1 of another.
func TestARewrapForAnotherParentIsPassedOver(t *testing.T) {
	v := family(t, 1)
	ring := key.Material{Term: 1, Sealed: []byte("x")}
	v.rotate(0, ring)
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	v.rotate(2, ring)
	late := &fsm.RewrapKeys{Parent: keyID(0), Items: []fsm.RewrapItem{item(1, 1, 2, 3)}}
	v.do(&fsm.Reparent{Change: v.change(keyID(1)), Parent: keyID(2), Materials: []fsm.NewMaterial{{Version: 1, Material: under(2)}}})
	v.campaign("to 2: 1 of 1, finished")
	v.rotate(0, ring)
	v.rotate(2, ring)
	if out := v.do(late); out.Version != 0 {
		t.Error("a child took material that its parent does not wrap")
	}
	for name, bad := range map[string]*fsm.RewrapKeys{
		"no parent": {Items: late.Items},
		"backward":  {Parent: keyID(0), Items: []fsm.RewrapItem{item(1, 1, 2, 1)}},
		"a term":    {Parent: keyID(0), Items: []fsm.RewrapItem{{ID: keyID(1), Version: 1, Old: 1, New: ring}}},
		"both":      {Parent: keyID(0), Items: []fsm.RewrapItem{{ID: keyID(1), Version: 1, Old: 1, OldParent: 1, New: under(2)}}},
	} {
		if f := v.refuse(bad, fault.Invalid); f == nil {
			t.Error(name)
		}
	}
}

func TestChildrenArePagedByID(t *testing.T) {
	v := family(t, 25)
	seen := map[key.ID]bool{}
	var after key.ID
	for {
		page, next := v.State().Children(keyID(0), after, 10)
		for _, r := range page {
			if seen[r.ID] || bytes.Compare(r.ID[:], after[:]) <= 0 || r.Parent != keyID(0) {
				t.Fatalf("%s comes twice or out of order", r.ID)
			}
			seen[r.ID], after = true, r.ID
		}
		if after = next; next.IsZero() {
			break
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d of 25 children", len(seen))
	}
	if page, _ := v.State().WrappedUnder(keyID(0), 1, key.ID{}, math.MaxInt); len(page) != 25 {
		t.Errorf("%d are under version 1", len(page))
	}
	if page, _ := v.State().WrappedUnder(keyID(0), 2, key.ID{}, 0); len(page) != 0 {
		t.Errorf("%d are under version 2", len(page))
	}
}

func BenchmarkRewrap(b *testing.B) {
	for _, n := range sizes() {
		b.Run(fmt.Sprintf("children=%d", n), func(b *testing.B) {
			v := family(b, 0)
			for at := 0; at < n; at += fsm.MaxCreate {
				c := &fsm.CreateKeys{}
				for i := at; i < min(n, at+fsm.MaxCreate); i++ {
					r := newChild(i+1, 0, 1)
					r.Name = "app/" + r.ID.String() // as stored data keys are called
					c.Records = append(c.Records, r)
				}
				v.do(c)
			}
			v.log = nil
			version := uint32(1)
			b.ReportAllocs()
			done := 0
			for b.Loop() {
				b.StopTimer()
				v.rotate(0, key.Material{Term: 1, Sealed: []byte("x")})
				version++
				c := &fsm.RewrapKeys{Parent: keyID(0)}
				page, _ := v.State().WrappedUnder(keyID(0), version-1, key.ID{}, fsm.MaxRewrap)
				for _, r := range page {
					c.Items = append(c.Items, fsm.RewrapItem{ID: r.ID, Version: 1, OldParent: version - 1, New: under(version)})
				}
				e := v.entry(c, fsm.Request{})
				v.log = nil
				b.StartTimer()
				out, err := v.Apply(e.Index, e.Data)
				if err != nil || int(out.Version) != len(c.Items) {
					b.Fatal(out, err)
				}
				done += len(c.Items)
				b.StopTimer()
				for len(v.State().OpenCampaigns(1)) > 0 { // the rest, so that the next round is like this one
					rest := &fsm.RewrapKeys{Parent: keyID(0)}
					page, _ := v.State().WrappedUnder(keyID(0), v.State().ChildVersions(keyID(0))[0].Version, key.ID{}, fsm.MaxRewrap)
					for _, r := range page {
						rest.Items = append(rest.Items, fsm.RewrapItem{ID: r.ID, Version: 1, OldParent: r.Versions[0].Material.Parent, New: under(version)})
					}
					v.do(rest)
					v.log = nil
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(done), "ns/item")
		})
	}
}

// TestOneEntryReplacesAKeyOnce holds the rewrapping of a key with very many versions to a cost in proportion to them.
func TestOneEntryReplacesAKeyOnce(t *testing.T) {
	v := newVault(t)
	r := newRecord(1)
	for n := uint32(2); n <= 4_000; n++ {
		r.Versions = append(r.Versions, key.Version{Number: n, State: key.Deactivated, Created: r.Created, Material: key.Material{Term: 1, Sealed: []byte("x")}})
	}
	v.do(&fsm.CreateKey{Record: r})
	cmd := &fsm.RewrapKeys{}
	for n := uint32(2); len(cmd.Items) < fsm.MaxRewrap; n++ {
		cmd.Items = append(cmd.Items, fsm.RewrapItem{ID: r.ID, Version: n, Old: 1, New: key.Material{Term: 2, Sealed: []byte("y")}})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out := v.do(cmd)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; out.Version != fsm.MaxRewrap || took > 64<<20 {
		t.Errorf("%d versions rewrapped with %d bytes of memory", out.Version, took)
	}
}
