package fsm

import (
	"bytes"
	"math"

	"github.com/quorate/quorate/fsm/btree"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxDepth is how many keys a hierarchy may have from its root to a leaf.
const MaxDepth = 8

// childTable says who is whose child and which versions of a parent wrap how much. It is an index of the keys like the others,
// but its entries name children by id alone, so that changes which leave parentage and wrapping as they were do not touch it.
type childTable struct {
	entries *btree.Tree[childEntry]
	counts  *btree.Tree[childCount]
	shared  bool
	before  []wraps // the writer's, like after
	after   []wraps
}

type (
	// childEntry is a child under a version of its parent that wraps something of it. Under version 0 is every child.
	childEntry struct {
		parent  key.ID
		version uint32
		id      key.ID
	}
	// childCount is how many versions of children a version of a parent wraps; at version 0, how many children there are.
	childCount struct {
		parent  key.ID
		version uint32
		n       int
	}
	// wraps is how many versions of one child a version of its parent wraps; the child itself counts at version 0. (In a
	// termTable: how many of one key a term of the keyring wraps.)
	wraps struct {
		version uint32
		n       int
	}
)

func newChildTable() childTable {
	return childTable{entries: btree.New(lessChild), counts: btree.New(lessChildCount)}
}

func lessChild(a, b childEntry) bool {
	if c := bytes.Compare(a.parent[:], b.parent[:]); c != 0 {
		return c < 0
	}
	if a.version != b.version {
		return a.version < b.version
	}
	return bytes.Compare(a.id[:], b.id[:]) < 0
}

func lessChildCount(a, b childCount) bool {
	if c := bytes.Compare(a.parent[:], b.parent[:]); c != 0 {
		return c < 0
	}
	return a.version < b.version
}

func (t *childTable) share() { t.shared = true }

func (t *childTable) replace(old, fresh *key.Record) {
	t.before, t.after = wrapsOf(old, t.before[:0]), wrapsOf(fresh, t.after[:0])
	if len(t.before) == 0 && len(t.after) == 0 {
		return
	}
	if t.shared {
		t.entries, t.counts, t.shared = t.entries.Clone(), t.counts.Clone(), false
	}
	same := old != nil && fresh != nil && old.Parent == fresh.Parent
	for _, w := range t.after {
		n := w.n
		if same {
			n -= tally(t.before, w.version)
		}
		t.count(fresh.Parent, w.version, n)
		if !same || tally(t.before, w.version) == 0 {
			t.entries.Put(childEntry{fresh.Parent, w.version, fresh.ID})
		}
	}
	for _, w := range t.before {
		if !same || tally(t.after, w.version) == 0 {
			t.count(old.Parent, w.version, -w.n)
			t.entries.Delete(childEntry{old.Parent, w.version, old.ID})
		}
	}
}

func (t *childTable) count(parent key.ID, version uint32, n int) {
	if n == 0 {
		return
	}
	c, _ := t.counts.Get(childCount{parent: parent, version: version})
	if c.n+n == 0 {
		t.counts.Delete(childCount{parent: parent, version: version})
		return
	}
	t.counts.Put(childCount{parent, version, c.n + n})
}

// wrapsOf tells which versions of its parent wrap r; nothing for a key without a parent.
func wrapsOf(r *key.Record, to []wraps) []wraps {
	if r == nil || r.Parent.IsZero() {
		return to
	}
	to = append(to, wraps{0, 1})
	for i := range r.Versions {
		if under := r.Versions[i].Material.Parent; under != 0 {
			to = oneMore(to, under)
		}
	}
	return to
}

func oneMore(all []wraps, version uint32) []wraps {
	for i := range all {
		if all[i].version == version {
			all[i].n++
			return all
		}
	}
	return append(all, wraps{version, 1})
}

func tally(all []wraps, version uint32) int {
	for _, w := range all {
		if w.version == version {
			return w.n
		}
	}
	return 0
}

// wrapped is how many versions of children version of parent wraps; at version 0, how many children parent has.
func (c *content) wrapped(parent key.ID, version uint32) int {
	n, _ := c.keys.children.counts.Get(childCount{parent: parent, version: version})
	return n.n
}

// wrappedBefore is how many versions of children older versions of parent than the given one wrap.
func (c *content) wrappedBefore(parent key.ID, version uint32) int {
	n := 0
	c.keys.children.counts.AscendFrom(childCount{parent: parent, version: 1}, func(e childCount) bool {
		if e.parent != parent || e.version >= version {
			return false
		}
		n += e.n
		return true
	})
	return n
}

// oldestWrap is the oldest version of parent that wraps anything; 0 if none does.
func (c *content) oldestWrap(parent key.ID) (version uint32) {
	c.keys.children.counts.AscendFrom(childCount{parent: parent, version: 1}, func(e childCount) bool {
		if e.parent == parent {
			version = e.version
		}
		return false
	})
	return version
}

// mother is the key under whose latest version something of r is about to be wrapped. fault.NotFound without it, fault.BadState
// unless it is active, fault.Invalid where the hierarchy would be too deep or go in a circle. height is how many levels
// r and what is below it take.
func (c *content) mother(r *key.Record, height int) (*key.Record, error) {
	p := c.key(r.Parent)
	if p == nil {
		return nil, fault.New(fault.NotFound, "there is no key %s, named as the parent of %s", r.Parent, title(r))
	}
	latest := p.Latest()
	if latest == nil || p.Permits(latest, key.ToHaveChild) != key.Allowed {
		return nil, fault.New(fault.BadState, "the key %s is %s: only an active key takes children", title(p), p.State)
	}
	depth := height
	for up := p; up != nil; up = c.key(up.Parent) {
		if depth++; up.ID == r.ID {
			return nil, fault.New(fault.Invalid, "the key %s is below %s already and cannot be its parent", title(p), title(r))
		}
		if depth > MaxDepth {
			return nil, fault.New(fault.Invalid, "the key %s would stand deeper than level %d of its hierarchy", title(r), MaxDepth)
		}
		if up.Parent.IsZero() {
			break
		}
	}
	return p, nil
}

// underLatest refuses material that the latest version of p does not wrap: nothing new comes under a version that was replaced.
func underLatest(r, p *key.Record, m *key.Material) error {
	if want := p.Latest().Number; m.Parent != want || m.Term != 0 || len(m.Sealed) == 0 {
		return fault.New(fault.Conflict, "the key %s is wrapped under version %d of its parent %s, whose latest is %d", title(r), m.Parent, title(p), want)
	}
	return nil
}

// orphan refuses material that names a version of a parent where there is no parent.
func orphan(r *key.Record, m *key.Material) error {
	if m.Parent != 0 {
		return fault.New(fault.Invalid, "the key %s has no parent that could wrap it", title(r))
	}
	return nil
}

// bearing refuses to end material of r that still wraps children. old is r as it was.
func (c *content) bearing(old, r *key.Record) error {
	for i := range old.Versions {
		v := &old.Versions[i]
		if len(v.Material.Sealed) == 0 || len(r.Version(v.Number).Material.Sealed) > 0 {
			continue
		}
		if n := c.wrapped(old.ID, v.Number); n > 0 {
			return fault.New(fault.BadState, "version %d of key %s still wraps %d versions of its children", v.Number, title(old), n).
				WithHint("Rotate the key and wait until its children are rewrapped, or give them another parent, or destroy them first.")
		}
	}
	return nil
}

// VersionCount is how many versions of children one version of a key wraps.
type VersionCount struct {
	Version uint32
	Items   int
}

// ChildCount is the number of children of a key, in whatever state.
func (s *State) ChildCount(parent key.ID) int { return s.wrapped(parent, 0) }

// ChildrenUnder is the number of versions of children that a version of a key wraps.
func (s *State) ChildrenUnder(parent key.ID, version uint32) int {
	if version == 0 {
		return 0
	}
	return s.wrapped(parent, version)
}

// ChildVersions lists the versions of a key that wrap versions of children, ascending.
func (s *State) ChildVersions(parent key.ID) []VersionCount {
	var all []VersionCount
	s.keys.children.counts.AscendFrom(childCount{parent: parent, version: 1}, func(e childCount) bool {
		if e.parent == parent {
			all = append(all, VersionCount{e.version, e.n})
		}
		return e.parent == parent
	})
	return all
}

// Roots lists the keys that have children and no parent, by id, at most limit (0: 100).
func (s *State) Roots(limit int) []*key.Record {
	limit = pageLimit(limit)
	var all []*key.Record
	for at := (childCount{}); len(all) < limit; {
		found := false
		s.keys.children.counts.AscendFrom(at, func(e childCount) bool {
			at, found = childCount{parent: e.parent, version: math.MaxUint32}, true
			if r := s.key(e.parent); r != nil && r.Parent.IsZero() {
				all = append(all, r)
			}
			return false
		})
		if !found {
			break
		}
	}
	return all
}

// Children lists the children of a key by id, those after a given one, at most limit (0: 100). next is where to go on, zero
// at the end.
func (s *State) Children(parent, after key.ID, limit int) (page []*key.Record, next key.ID) {
	return s.below(parent, 0, after, pageLimit(limit))
}

// WrappedUnder lists, likewise, the children of which a version of a key wraps something.
func (s *State) WrappedUnder(parent key.ID, version uint32, after key.ID, limit int) (page []*key.Record, next key.ID) {
	if version == 0 {
		return nil, key.ID{}
	}
	return s.below(parent, version, after, pageLimit(limit))
}

func (c *content) below(parent key.ID, version uint32, after key.ID, limit int) (page []*key.Record, next key.ID) {
	c.eachBelow(parent, version, after, func(id key.ID) bool {
		if len(page) == limit {
			next = page[limit-1].ID
			return false
		}
		page = append(page, c.key(id))
		return true
	})
	return page, next
}

// eachBelow visits the children of which a version of a key wraps something (0: all children), by id, those after a given one.
func (c *content) eachBelow(parent key.ID, version uint32, after key.ID, visit func(id key.ID) bool) {
	c.keys.children.entries.AscendFrom(childEntry{parent, version, after}, func(e childEntry) bool {
		return e.parent == parent && e.version == version && (e.id == after || visit(e.id))
	})
}

// maxLifted is how many keys below one that gets another parent are looked at.
const maxLifted = 100_000

// height is how many levels r and what is below it take. fault.TooLarge where that is more than can be looked at in one entry.
func (c *content) height(r *key.Record) (int, error) {
	levels, seen := 0, 0
	for row := []key.ID{r.ID}; len(row) > 0 && levels <= MaxDepth; levels++ {
		var next []key.ID
		for _, id := range row {
			if seen += c.wrapped(id, 0); seen > maxLifted {
				return 0, fault.New(fault.TooLarge, "more than %d keys are below %s", maxLifted, title(r)).
					WithHint("Give the children another parent first, or begin a new key and let new children be made under it.")
			}
			page, _ := c.below(id, 0, key.ID{}, maxLifted)
			for _, k := range page {
				next = append(next, k.ID)
			}
		}
		row = next
	}
	return levels, nil
}
