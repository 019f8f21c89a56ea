package fsm_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// anyKey is a record with few values in every field, so that queries of several conditions find something.
func anyKey(t *rapid.T, n int) *key.Record {
	few := func(label string) int { return rapid.IntRange(0, 3).Draw(t, label) }
	r := newRecord(n)
	r.Name = fmt.Sprintf("%s/%d", []string{"a", "ab", "b", "b/c"}[few("folder")], n)
	r.Owner = []string{"", "app1", "app2", "app3"}[few("owner")]
	r.Algorithm = []key.Algorithm{key.AES128GCM, key.AES256GCM, key.ChaCha20Poly1305, key.AES256GCM}[few("algorithm")]
	if n > 3 { // the others may be parents
		r.State = []key.State{key.PreActive, key.Active, key.Suspended, key.Deactivated}[few("state")]
	}
	r.Created = t0.Add(0) + key.Time(few("created"))
	r.Updated = r.Created + key.Time(few("updated"))
	for _, tag := range []string{"env", "team", "x"} {
		if v := few(tag); v > 0 {
			if r.Tags == nil {
				r.Tags = map[string]string{}
			}
			r.Tags[tag] = fmt.Sprint(v)
		}
	}
	if n > 3 && few("parent") == 0 {
		r.Parent, r.Versions[0].Material = keyID(few("which")), under(1)
	}
	if n := few("rotate"); n > 0 {
		r.NextRotate = t0 + key.Time(1000*n)
	}
	if n := few("deactivate"); n > 0 {
		r.DeactivAt = t0 + key.Time(1000*n)
	}
	return r
}

func anyQuery(t *rapid.T) fsm.Query {
	may := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	q := fsm.Query{Limit: rapid.IntRange(1, 7).Draw(t, "limit"), ByDue: rapid.Bool().Draw(t, "by due")}
	if may("prefix?") {
		q.Prefix = rapid.SampledFrom([]string{"a", "a/", "b/", "b/c", "z"}).Draw(t, "prefix")
	}
	if may("tags?") {
		q.Tags = rapid.SliceOfN(rapid.SampledFrom([]string{"env", "env=1", "env=2", "team", "team=3", "x=1", "y"}), 1, 3).Draw(t, "tags")
	}
	if may("state?") {
		q.State = rapid.SampledFrom([]key.State{key.Active, key.PreActive, key.Deactivated}).Draw(t, "state")
	}
	if may("algorithm?") {
		q.Algorithm = key.AES256GCM
	}
	if may("owner?") {
		q.Owner = "app2"
	}
	if may("parent?") {
		q.Parent = keyID(rapid.IntRange(0, 5).Draw(t, "parent"))
	}
	if may("times?") {
		q.CreatedFrom, q.CreatedBefore, q.UpdatedFrom, q.UpdatedBefore = t0+1, t0+3, t0+2, t0+5
	}
	if may("due?") {
		q.DueBefore = t0 + 2001
	}
	if may("rotate?") {
		q.RotateBefore = t0 + 2000
	}
	if may("due from?") {
		q.DueFrom = t0 + 2000
	}
	if may("rotate from?") {
		q.RotateFrom = t0 + 1000
	}
	return q
}

// matches says in other words what the query asks for.
func matches(q fsm.Query, r *key.Record) bool {
	for _, tag := range q.Tags {
		name, value, valued := strings.Cut(tag, "=")
		if has, ok := r.Tags[name]; !ok || valued && has != value {
			return false
		}
	}
	due := r.Due()
	switch {
	case !strings.HasPrefix(r.Name, q.Prefix), q.State != 0 && r.State != q.State, q.Algorithm != 0 && r.Algorithm != q.Algorithm, q.Owner != "" && r.Owner != q.Owner, q.Parent != key.ID{} && r.Parent != q.Parent:
		return false
	case q.CreatedFrom > r.Created, q.CreatedBefore != 0 && q.CreatedBefore <= r.Created, q.UpdatedFrom > r.Updated, q.UpdatedBefore != 0 && q.UpdatedBefore <= r.Updated:
		return false
	case q.DueBefore != 0 && (due == 0 || due >= q.DueBefore):
		return false
	case q.DueFrom != 0 && due < q.DueFrom:
		return false
	case q.RotateFrom != 0 && (r.State != key.Active || r.NextRotate < q.RotateFrom):
		return false
	case q.RotateBefore != 0 && (r.State != key.Active || r.NextRotate == 0 || r.NextRotate >= q.RotateBefore):
		return false
	}
	return !q.ByDue || due != 0
}

func TestAnyQueryGivesWhatMatchesInOrderOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newVault(nil)
		var all []*key.Record
		for i := range rapid.IntRange(0, 60).Draw(t, "keys") {
			r := anyKey(t, i)
			data, err := fsm.Encode(&fsm.CreateKey{Record: r}, fsm.Request{}, t0)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := v.Apply(uint64(i+1), data); err != nil || out.Fault != nil {
				t.Fatal(out, err)
			}
			all = append(all, r)
		}
		for range 4 {
			q := anyQuery(t)
			var want []string
			slices.SortFunc(all, func(a, b *key.Record) int {
				if q.ByDue {
					return cmp.Or(cmp.Compare(a.Due(), b.Due()), bytes.Compare(a.ID[:], b.ID[:]))
				}
				return strings.Compare(a.Name, b.Name)
			})
			for _, r := range all {
				if matches(q, r) {
					want = append(want, r.Name)
				}
			}
			if got := names(t, v.State(), q); !slices.Equal(got, want) {
				t.Fatalf("%+v: got %v, want %v", q, got, want)
			}
		}
	})
}

func names(t interface{ Fatal(...any) }, s *fsm.State, q fsm.Query) (all []string) {
	for {
		page, next := s.Keys(q)
		for _, r := range page {
			all = append(all, r.Name)
		}
		if next == "" {
			return all
		}
		if len(page) > q.Limit || next == q.After {
			t.Fatal("a page is longer than its limit, or leads to itself")
		}
		q.After = next
		if err := q.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPagesByDueAreStableWhileKeysComeAndGo(t *testing.T) {
	const n = 3000
	v := newVault(t)
	for i := range n {
		r := newRecord(i)
		r.NextRotate = t0 + key.Time(i/7) + 1 // several on one date
		v.do(&fsm.CreateKey{Record: r})
	}
	seen, q := map[key.ID]int{}, fsm.Query{Limit: 97, ByDue: true}
	for {
		page, next := v.State().Keys(q)
		for _, r := range page {
			seen[r.ID]++
		}
		if next == "" {
			break
		}
		q.After = next
		last := page[len(page)-1]
		for _, at := range []key.Time{last.Due(), last.Due() - 1, last.Due() + 1} {
			r := newRecord(n + int(v.index))
			r.NextRotate = max(at, 1)
			v.do(&fsm.CreateKey{Record: r})
		}
		v.do(&fsm.SetState{Change: v.change(page[0].ID), To: key.Deactivated}) // is no longer due
	}
	for i := range n {
		if seen[keyID(i)] != 1 {
			t.Fatalf("key %d was shown %d times", i, seen[keyID(i)])
		}
	}
}

func TestAPageCostsNoMoreThanItsBoundAndTheNextGoesOn(t *testing.T) {
	const n = 50_000
	v := filled(t, n)
	for name, q := range map[string]fsm.Query{
		"rare by name":   {Owner: "app1", UpdatedBefore: 1},
		"rare by due":    {ByDue: true, Algorithm: key.AES128GCM},
		"nobody's keys":  {Accept: func(*key.Record) bool { return false }},
		"one in a while": {Accept: func(r *key.Record) bool { return strings.HasSuffix(r.Name, "9999") }, Limit: 3},
	} {
		asked, pages := 0, 0
		if accept := q.Accept; accept != nil {
			q.Accept = func(r *key.Record) bool { asked++; return accept(r) }
		}
		for {
			before := asked
			_, next := v.State().Keys(q)
			pages++
			if asked-before > 2000+1 {
				t.Fatalf("%s: one page asked about %d keys", name, asked-before)
			}
			if next == "" {
				break
			}
			q.After = next
		}
		want := map[string]int{"rare by name": 3, "rare by due": 1, "nobody's keys": 25, "one in a while": 25}[name]
		if pages < want || pages > want+2 || q.Accept != nil && asked < n {
			t.Errorf("%s: %d pages, %d keys asked about", name, pages, asked)
		}
	}
}

func TestACursorOfAnotherOrderIsRefused(t *testing.T) {
	for _, after := range []string{"app/k", "app/k~00", "12~zz", "-1~" + strings.Repeat("0", 32)} {
		q := fsm.Query{ByDue: true, After: after}
		if err := q.Check(); !has(err, fault.Invalid) {
			t.Errorf("%q as a cursor by due date: %v", after, err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	for _, n := range sizes() {
		v := newVault(b)
		for at := 0; at < n; {
			batch := make([]fsm.Entry, 0, 1024)
			for ; at < n && len(batch) < cap(batch); at++ {
				batch = append(batch, v.entry(&fsm.CreateKey{Record: tagged(at)}, fsm.Request{}))
			}
			if _, err := v.ApplyBatch(batch); err != nil {
				b.Fatal(err)
			}
			v.log = nil
		}
		for name, q := range map[string]fsm.Query{
			"tag":      {Tags: []string{"team=t7"}},
			"two tags": {Tags: []string{"env", "team=t7"}, State: key.Active},
			"due":      {ByDue: true},
			"due+tag":  {ByDue: true, Tags: []string{"team=t7"}},
		} {
			b.Run(fmt.Sprintf("%s/keys=%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if page, _ := v.State().Keys(q); len(page) != 100 {
						b.Fatal("short page")
					}
				}
			})
		}
	}
}

// tagged is a key with two tags that a hundred teams share, and a date.
func tagged(n int) *key.Record {
	r := newRecord(n)
	r.Tags = map[string]string{"env": "prod", "team": fmt.Sprint("t", n%100)}
	r.NextRotate = t0 + key.Time(1+n*7919%100_003)
	return r
}
