package fsm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func TestCreateRefusals(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	for name, c := range map[string]struct {
		spoil func(*key.Record)
		want  fault.Kind
	}{
		"id taken":       {func(r *key.Record) { r.ID = keyID(1) }, fault.Exists},
		"name taken":     {func(r *key.Record) { r.Name = newRecord(1).Name }, fault.Exists},
		"bad name":       {func(r *key.Record) { r.Name = "a/../b" }, fault.Invalid},
		"no id":          {func(r *key.Record) { r.ID = key.ID{} }, fault.Invalid},
		"revision 2":     {func(r *key.Record) { r.Revision = 2 }, fault.Invalid},
		"no version":     {func(r *key.Record) { r.Versions = nil }, fault.Invalid},
		"version 0":      {func(r *key.Record) { r.Versions[0].Number = 0 }, fault.Invalid},
		"destroyed":      {func(r *key.Record) { r.State = key.Destroyed }, fault.Invalid},
		"state 99":       {func(r *key.Record) { r.State = 99 }, fault.Invalid},
		"algorithm 99":   {func(r *key.Record) { r.Algorithm = 99 }, fault.Invalid},
		"no parent":      {func(r *key.Record) { r.Parent = keyID(99) }, fault.NotFound},
		"own parent":     {func(r *key.Record) { r.Parent = r.ID }, fault.Invalid},
		"decrypt from 2": {func(r *key.Record) { r.MinDecrypt = 2 }, fault.Invalid},
		"no date":        {func(r *key.Record) { r.Created = 0 }, fault.Invalid},
		"period":         {func(r *key.Record) { r.RotateEvery = -1 }, fault.Invalid},
		"tag with =":     {func(r *key.Record) { r.Tags = map[string]string{"a=b": ""} }, fault.Invalid},
		"long tag":       {func(r *key.Record) { r.Tags = map[string]string{"a": strings.Repeat("x", key.MaxTagValue+1)} }, fault.Invalid},
		"many tags": {func(r *key.Record) {
			r.Tags = map[string]string{}
			for i := range key.MaxTags + 1 {
				r.Tags[fmt.Sprint(i)] = ""
			}
		}, fault.TooLarge},
		"attributes": {func(r *key.Record) { r.Attributes = map[string][]byte{"a": make([]byte, key.MaxAttribute)} }, fault.TooLarge},
		"material":   {func(r *key.Record) { r.Versions[0].Material.Sealed = make([]byte, key.MaxMaterial+1) }, fault.TooLarge},
		"order":      {func(r *key.Record) { r.Versions = append(r.Versions, r.Versions[0]) }, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRecord(2)
			c.spoil(r)
			v.t = t
			v.refuse(&fsm.CreateKey{Record: r}, c.want)
		})
	}
	v.t = t
	v.refuse(&fsm.CreateKey{}, fault.Invalid)
	for n := range 2 { // nobody owns the empty name
		r := newRecord(10 + n)
		r.Name = ""
		v.do(&fsm.CreateKey{Record: r})
	}
	if v.State().KeyByName("") != nil {
		t.Error("the empty name finds a key")
	}
}

func TestRotationDeactivatesWhatWasActive(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	fresh := key.Version{Number: 2, Material: key.Material{Term: 1, Sealed: []byte("new")}}
	cmd := &fsm.RotateKey{Change: v.change(keyID(1)), Version: fresh, NextRotate: t0 * 2}
	want, err := cmd.Next(v.State().Key(keyID(1)))
	if err != nil {
		t.Fatal(err)
	}
	out := v.do(cmd)
	got := v.State().Key(keyID(1))
	if diff := cmp.Diff(got, want, cmp.Transformer("nilless", func(b []byte) string { return string(b) })); diff != "" {
		t.Errorf("Next and Apply differ: %s", diff)
	}
	if out.Version != 2 || out.Revision != 2 || got.Versions[0].State != key.Deactivated || got.Versions[0].Deactivated != cmd.Updated ||
		got.Latest().State != key.Active || got.Latest().Activated != cmd.Updated || got.NextRotate != t0*2 || string(got.MAC) != "mac" {
		t.Errorf("rotated to %+v, outcome %+v", got, out)
	}
	v.refuse(cmd, fault.Conflict) // the revision moved on
	skip := &fsm.RotateKey{Change: v.change(keyID(1)), Version: fresh}
	v.refuse(skip, fault.Conflict) // that version exists
	v.refuse(&fsm.RotateKey{Change: v.change(keyID(9)), Version: fresh}, fault.NotFound)
	v.do(&fsm.SetState{Change: v.change(keyID(1)), To: key.Suspended})
	v.refuse(&fsm.RotateKey{Change: v.change(keyID(1)), Version: key.Version{Number: 3}}, fault.BadState)
}

// TestStateMatrix tries every step from every state, of keys and of versions.
func TestStateMatrix(t *testing.T) {
	states := []key.State{key.PreActive, key.Active, key.Deactivated, key.Compromised, key.Destroyed, key.DestroyedCompromised, key.Suspended}
	for _, from := range states {
		for _, to := range append(states, 0, 99) {
			for _, version := range []uint32{0, 1} {
				old := newRecord(1)
				old.State, old.Versions[0].State, old.NextRotate, old.DestroyAt, old.Versions[0].DestroyAt = from, from, t0, t0, t0
				aim := to
				if from == key.Compromised && to == key.Destroyed || from == key.Destroyed && to == key.Compromised {
					aim = key.DestroyedCompromised
				}
				c := &fsm.SetState{Change: fsm.Change{ID: old.ID, Expect: 1, Updated: t0 + 5}, Version: version, To: to, Reason: "why"}
				r, err := c.Next(old)
				if legal := from.May(aim); legal != (err == nil) || err != nil && !has(err, fault.BadState) {
					t.Errorf("%v to %v, version %d: %v", from, to, version, err)
				}
				if err != nil {
					continue
				}
				n := r.Versions[0]
				if version == 0 && r.State != aim || version == 1 && r.State != from || n.State != aim || n.Reason != "why" || r.Revision != 2 {
					t.Errorf("%v to %v, version %d: became %v, %v", from, to, version, r.State, n.State)
				}
				if aim.Gone() && (n.Material.Sealed != nil || n.Destroyed == 0 || n.DestroyAt != 0 || version == 0 && (r.DestroyAt != 0 || r.NextRotate != 0)) {
					t.Errorf("%v to %v: something is left: %+v", from, to, r)
				}
				if old.Versions[0].State != from || old.Versions[0].Material.Sealed == nil {
					t.Fatal("Next changed the old record")
				}
			}
		}
	}
}

func TestDestroyedKeyKeepsNoMaterial(t *testing.T) {
	r := newRecord(1)
	r.State = key.Deactivated
	r.Versions = nil
	for i, s := range []key.State{key.PreActive, key.Active, key.Suspended, key.Deactivated, key.Compromised} {
		r.Versions = append(r.Versions, key.Version{Number: uint32(i + 1), State: s, Material: key.Material{Term: 1, Sealed: []byte("x")}})
	}
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: r})
	v.do(&fsm.SetState{Change: v.change(r.ID), To: key.Destroyed})
	for _, n := range v.State().Key(r.ID).Versions {
		if !n.State.Gone() || n.Material.Sealed != nil {
			t.Errorf("version %d is %v", n.Number, n.State)
		}
	}
	if v.State().TermCount(1) != 0 || v.State().KeyByName(r.Name) == nil {
		t.Error("the term is still counted, or the name is free")
	}
	v.refuse(&fsm.CreateKey{Record: &key.Record{}}, fault.Invalid)
	v.do(&fsm.PurgeKey{ID: r.ID, Expect: 2})
	if v.State().KeyByName(r.Name) != nil || v.State().KeyCount() != 0 {
		t.Error("a purged key is still there")
	}
}

func TestUpdateRefusals(t *testing.T) {
	v := newVault(t)
	v.do(&fsm.CreateKey{Record: newRecord(1)})
	v.do(&fsm.CreateKey{Record: newRecord(2)})
	no, yes, taken, none, two := false, true, newRecord(2).Name, "", uint32(2)
	with := func(set func(*fsm.UpdateKey)) *fsm.UpdateKey {
		c := &fsm.UpdateKey{Change: v.change(keyID(1))}
		set(c)
		return c
	}
	v.refuse(with(func(c *fsm.UpdateKey) { c.Name = &taken }), fault.Exists)
	v.refuse(with(func(c *fsm.UpdateKey) { c.Name = &none }), fault.Invalid)
	v.refuse(with(func(c *fsm.UpdateKey) { c.MinDecrypt = &two }), fault.Invalid)
	v.refuse(with(func(c *fsm.UpdateKey) { c.Expect = 7 }), fault.Conflict)
	v.refuse(with(func(c *fsm.UpdateKey) { c.ID = keyID(9) }), fault.NotFound)
	v.refuse(with(func(c *fsm.UpdateKey) { c.Updated = 0 }), fault.Invalid)
	v.do(with(func(c *fsm.UpdateKey) { c.Exportable, c.Guard = &no, new(key.Sensitive|key.WasPlain|key.WasExportable) }))
	for _, forgets := range []key.Guard{0, key.Sensitive, key.Sensitive | key.WasPlain, key.WasExportable} {
		v.refuse(with(func(c *fsm.UpdateKey) { c.Guard = &forgets }), fault.BadState)
	}
	v.do(with(func(c *fsm.UpdateKey) { c.Guard = new(key.WasPlain | key.WasExportable) }))
	v.refuse(with(func(c *fsm.UpdateKey) { c.Exportable = &yes }), fault.BadState)
	v.refuse(&fsm.ScheduleDestroy{Change: v.change(keyID(1))}, fault.BadState)
	v.refuse(&fsm.ScheduleDestroy{Change: v.change(keyID(1)), Version: 8, At: t0}, fault.NotFound)
	v.do(&fsm.ScheduleDestroy{Change: v.change(keyID(1)), At: t0 + 7})
	for r := range v.State().Due(t0+7, 10) {
		if r.ID != keyID(1) {
			t.Errorf("due is %s", r.Name)
		}
	}
	v.refuse(&fsm.PurgeKey{ID: keyID(1), Expect: v.State().Key(keyID(1)).Revision}, fault.BadState)
}

func TestRewrapIsCompareAndSet(t *testing.T) {
	v := newVault(t)
	for i := range 5 {
		v.do(&fsm.CreateKey{Record: newRecord(i)})
	}
	page, next := v.State().OldTerms(2, key.ID{}, 3)
	rest, end := v.State().OldTerms(2, next, 3)
	if len(page) != 3 || len(rest) != 2 || !end.IsZero() {
		t.Fatalf("pages of %d and %d", len(page), len(rest))
	}
	item := fsm.RewrapItem{ID: keyID(1), Version: 1, Old: 1, New: key.Material{Term: 2, Sealed: []byte("n")}}
	missing, stale := item, item
	missing.ID, stale.ID, stale.Old = keyID(77), keyID(2), 9
	out := v.do(&fsm.RewrapKeys{Items: []fsm.RewrapItem{item, item, missing, stale}})
	if out.Version != 1 || v.State().TermCount(1) != 4 || v.State().TermCount(2) != 1 || v.State().Key(keyID(1)).Revision != 1 {
		t.Errorf("rewrapped %d; terms %d and %d", out.Version, v.State().TermCount(1), v.State().TermCount(2))
	}
	v.refuse(&fsm.RewrapKeys{}, fault.Invalid)
	v.refuse(&fsm.RewrapKeys{Items: []fsm.RewrapItem{{ID: keyID(1), Version: 1, Old: 1}}}, fault.Invalid)
}

func TestRevokingATokenRevokesItsDescendants(t *testing.T) {
	v := newVault(t)
	for i, parent := range []int{-1, 0, 1, 1, -1} {
		k := newToken(i)
		if parent >= 0 {
			k.Parent = newToken(parent).ID
		}
		v.do(&fsm.CreateToken{Token: k})
	}
	v.refuse(&fsm.CreateToken{Token: newToken(4)}, fault.Exists)
	out := v.do(&fsm.RevokeToken{ID: newToken(0).ID})
	if out.Version != 4 || v.State().TokenCount() != 1 || v.State().Token(newToken(4).ID) == nil {
		t.Errorf("%d removed, %d left", out.Version, v.State().TokenCount())
	}
	orphan := newToken(9)
	orphan.Parent = newToken(0).ID
	v.refuse(&fsm.CreateToken{Token: orphan}, fault.NotFound)
	v.refuse(&fsm.RevokeToken{ID: newToken(0).ID}, fault.NotFound)
	for name, spoil := range map[string]func(*access.Token){
		"kind": func(k *access.Token) { k.Kind = 9 }, "hash": func(k *access.Token) { k.Hash = nil },
		"bound": func(k *access.Token) { k.MaxUntil = t0 }, "uses": func(k *access.Token) { k.UsesLeft = -1 },
	} {
		k := newToken(20)
		spoil(k)
		t.Log(name)
		v.refuse(&fsm.CreateToken{Token: k}, fault.Invalid)
	}
}

func TestTokensExpireAndAreUsedUp(t *testing.T) {
	v := newVault(t)
	k := newToken(1)
	k.UsesLeft, k.MaxUntil = 2, t0.Add(2*time.Hour)
	v.do(&fsm.CreateToken{Token: k})
	v.refuse(&fsm.UseToken{ID: k.ID, Expect: 2}, fault.Conflict)
	v.refuse(&fsm.RenewToken{ID: k.ID, Expect: 1, Expires: k.MaxUntil + 1}, fault.Invalid)
	v.do(&fsm.RenewToken{ID: k.ID, Expect: 1, Expires: k.MaxUntil})
	v.do(&fsm.UseToken{ID: k.ID, Expect: 2})
	v.do(&fsm.UseToken{ID: k.ID, Expect: 3})
	v.refuse(&fsm.UseToken{ID: k.ID, Expect: 4}, fault.NotFound)
	short := newToken(2)
	short.Expires = t0 + 1
	v.do(&fsm.CreateToken{Token: short})
	v.refuse(&fsm.RenewToken{ID: short.ID, Expect: 1, Expires: t0 * 2}, fault.BadState)
	v.refuse(&fsm.PurgeTokens{Before: t0 * 2}, fault.Invalid)
	if out := v.do(&fsm.PurgeTokens{Before: t0 + 1}); out.Version != 1 || v.State().TokenCount() != 0 {
		t.Errorf("%d purged, %d left", out.Version, v.State().TokenCount())
	}
}

func TestPoliciesAndDocumentsAreCompareAndSet(t *testing.T) {
	v := newVault(t)
	v.refuse(&fsm.Init{}, fault.Invalid)
	v.do(&fsm.Init{Documents: []fsm.Document{{Name: "seal"}}, Tokens: []access.Token{*newToken(1)}, Policies: []fsm.Policy{{Name: "root", Source: "x"}}})
	v.refuse(&fsm.Init{Documents: []fsm.Document{{Name: "seal"}}}, fault.Exists)
	v.refuse(&fsm.PutPolicy{Name: "root", Source: "y"}, fault.Conflict)
	v.do(&fsm.PutPolicy{Name: "root", Source: "y", Expect: 1})
	v.refuse(&fsm.DeletePolicy{Name: "root", Expect: 1}, fault.Conflict)
	v.do(&fsm.DeletePolicy{Name: "root"})
	v.refuse(&fsm.DeletePolicy{Name: "root"}, fault.NotFound)
	if out := v.do(&fsm.PutPolicy{Name: "root", Source: "z"}); out.Revision != 4 || v.State().PolicyRevision() != 4 {
		t.Errorf("a policy that was deleted is back at revision %d", out.Revision)
	}
	v.refuse(&fsm.PutPolicy{Name: "big", Source: strings.Repeat("x", fsm.MaxPolicySource+1)}, fault.TooLarge)
	v.refuse(&fsm.PutDocument{Name: "seal"}, fault.Conflict)
	v.refuse(&fsm.PutDocument{Name: "seal", Expect: 2}, fault.Conflict)
	v.refuse(&fsm.DeleteDocument{Name: "seal", Expect: 1}, fault.BadState)
	v.refuse(&fsm.DeleteDocument{Name: "none"}, fault.NotFound)
	v.refuse(&fsm.PutDocument{Name: "../x"}, fault.Invalid)
	v.do(&fsm.PutDocument{Name: "member/n1", Body: []byte("x")})
	if docs := v.State().Documents("member/"); len(docs) != 1 || docs[0].Revision != 1 {
		t.Errorf("documents %v", docs)
	}
	v.do(&fsm.DeleteDocument{Name: "member/n1", Expect: 1})
}

func TestPagesAreStableWhileKeysComeAndGo(t *testing.T) {
	const n = 10_000
	v := filled(t, n)
	for _, q := range []fsm.Query{{Limit: 97}, {Limit: 1000, State: key.Active, Owner: "app1"}, {Limit: 333, Algorithm: key.AES256GCM, Prefix: "app/"}} {
		seen := map[string]int{}
		for page := 0; ; page++ {
			keys, next := v.State().Keys(q)
			for _, r := range keys {
				seen[r.Name]++
			}
			if next == "" {
				break
			}
			q.After = next
			r := newRecord(n + int(v.index))
			r.Name = fmt.Sprintf("app/key-%06d-between-%d", page*90, v.index)
			v.do(&fsm.CreateKey{Record: r})
		}
		for i := range n {
			if name := newRecord(i).Name; seen[name] != 1 {
				t.Fatalf("%+v: %s was shown %d times", q, name, seen[name])
			}
		}
	}
	if got := v.State().CountPrefix("app/key-0000"); got < 100 {
		t.Errorf("CountPrefix: %d", got)
	}
	if page, _ := v.State().Keys(fsm.Query{After: "app/key-009998", Limit: 1}); len(page) != 1 || page[0].Name != "app/key-009999" {
		t.Errorf("a name as cursor gives %v", page)
	}
}
