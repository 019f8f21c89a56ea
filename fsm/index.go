package fsm

import (
	"bytes"

	"github.com/quorate/quorate/fsm/btree"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// index keeps records of type R in one order, as entries of type E. Frozen states share its tree: the first write after
// a publication clones it, which copies nothing but the nodes on the way to what is written.
type index[R, E any] struct {
	tree    *btree.Tree[E]
	less    func(a, b E) bool
	entries func(r *R, to []E) []E // where r belongs; appended to to
	record  func(e E) *R
	shared  bool // a published State reads tree
	scratch []E  // the writer's
}

func newIndex[R, E any](less func(a, b E) bool, record func(E) *R, entries func(*R, []E) []E) index[R, E] {
	return index[R, E]{tree: btree.New(less), less: less, entries: entries, record: record}
}

// replace puts fresh (nil: nothing) where old (nil: nothing) was.
func (x *index[R, E]) replace(old, fresh *R) {
	x.scratch = x.scratch[:0]
	if fresh != nil {
		x.scratch = x.entries(fresh, x.scratch)
	}
	n := len(x.scratch)
	if old != nil {
		x.scratch = x.entries(old, x.scratch)
	}
	if len(x.scratch) == 0 {
		return
	}
	for _, e := range x.scratch[:n] {
		x.put(e)
	}
	for i, e := range x.scratch[n:] {
		if i < n && !x.less(x.scratch[i], e) && !x.less(e, x.scratch[i]) {
			continue // the new entry took its place
		}
		if at, ok := x.tree.Get(e); ok && x.record(at) == old {
			x.own()
			x.tree.Delete(e)
		}
	}
	clear(x.scratch)
}

// put enters e, and gives what was in its place.
func (x *index[R, E]) put(e E) (before E) {
	x.own()
	before, _ = x.tree.Put(e)
	return before
}

// own makes the tree the writer's own.
func (x *index[R, E]) own() {
	if x.shared {
		x.tree, x.shared = x.tree.Clone(), false
	}
}

func (x *index[R, E]) share() { x.shared, x.scratch = true, nil }

// upkeep is what the tables below ask of each of their indexes.
type upkeep[R any] interface {
	replace(old, fresh *R)
	share()
}

// tokenTable is the tokens in all their orders.
type tokenTable struct {
	byID     index[access.Token, tokenEntry]
	byParent index[access.Token, tokenEntry]
	byExpiry index[access.Token, *access.Token]
}

func (t *tokenTable) indexes() [3]upkeep[access.Token] {
	return [...]upkeep[access.Token]{&t.byID, &t.byParent, &t.byExpiry}
}

// tokenEntry is a token under its id or its parent's.
type tokenEntry struct {
	id  key.ID
	tok *access.Token // nil in what is searched for: before all of that id
}

func (e tokenEntry) token() *access.Token { return e.tok }

func newTokenTable() tokenTable {
	return tokenTable{
		byID: newIndex(func(a, b tokenEntry) bool { return bytes.Compare(a.id[:], b.id[:]) < 0 }, tokenEntry.token,
			func(t *access.Token, to []tokenEntry) []tokenEntry { return append(to, tokenEntry{t.ID, t}) }),
		byParent: newIndex(lessParent, tokenEntry.token, parentEntries),
		byExpiry: newIndex(lessExpiry, func(t *access.Token) *access.Token { return t }, expiryEntries),
	}
}

func lessParent(a, b tokenEntry) bool {
	if c := bytes.Compare(a.id[:], b.id[:]); c != 0 {
		return c < 0
	}
	if a.tok == nil || b.tok == nil {
		return a.tok == nil && b.tok != nil
	}
	return bytes.Compare(a.tok.ID[:], b.tok.ID[:]) < 0
}

func parentEntries(t *access.Token, to []tokenEntry) []tokenEntry {
	if t.Parent.IsZero() {
		return to
	}
	return append(to, tokenEntry{t.Parent, t})
}

func lessExpiry(a, b *access.Token) bool {
	if a.Expires != b.Expires {
		return a.Expires < b.Expires
	}
	return bytes.Compare(a.ID[:], b.ID[:]) < 0
}

func expiryEntries(t *access.Token, to []*access.Token) []*access.Token {
	if t.Expires == 0 {
		return to
	}
	return append(to, t)
}

func newPolicyIndex() index[Policy, *Policy] {
	return newIndex(func(a, b *Policy) bool { return a.Name < b.Name }, func(p *Policy) *Policy { return p },
		func(p *Policy, to []*Policy) []*Policy { return append(to, p) })
}

func newDocumentIndex() index[Document, *Document] {
	return newIndex(func(a, b *Document) bool { return a.Name < b.Name }, func(d *Document) *Document { return d },
		func(d *Document, to []*Document) []*Document { return append(to, d) })
}
