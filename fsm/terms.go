package fsm

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/quorate/quorate/fsm/btree"

	"github.com/quorate/quorate/vault/key"
)

// termTable says which keys each term of the keyring wraps something of, and how many versions. Like childTable it names keys
// by id, so that changes which leave the terms as they were do not touch it.
type termTable struct {
	entries *btree.Tree[termEntry]
	counts  []termCount // ascending by term; there are few
	shared  bool
	before  []wraps // the writer's, like after
	after   []wraps
}

type (
	termEntry struct {
		term uint32
		id   key.ID
	}
	termCount struct {
		term uint32
		n    int // versions
	}
)

func newTermTable() termTable { return termTable{entries: btree.New(lessTerm)} }

func lessTerm(a, b termEntry) bool {
	if a.term != b.term {
		return a.term < b.term
	}
	return bytes.Compare(a.id[:], b.id[:]) < 0
}

func (t *termTable) share() { t.shared, t.before, t.after = true, nil, nil }

func (t *termTable) replace(old, fresh *key.Record) {
	t.before, t.after = termsOf(old, t.before[:0]), termsOf(fresh, t.after[:0])
	if slices.Equal(t.before, t.after) {
		return
	}
	if t.shared {
		t.entries, t.counts, t.shared = t.entries.Clone(), slices.Clone(t.counts), false
	}
	for _, w := range t.after {
		had := tally(t.before, w.version)
		t.count(w.version, w.n-had)
		if had == 0 {
			t.entries.Put(termEntry{w.version, fresh.ID})
		}
	}
	for _, w := range t.before {
		if tally(t.after, w.version) == 0 {
			t.count(w.version, -w.n)
			t.entries.Delete(termEntry{w.version, old.ID})
		}
	}
}

// termsOf tells how many versions of r each term wraps.
func termsOf(r *key.Record, to []wraps) []wraps {
	if r == nil {
		return to
	}
	for i := range r.Versions {
		if term := r.Versions[i].Material.Term; term != 0 {
			to = oneMore(to, term)
		}
	}
	return to
}

func (t *termTable) count(term uint32, n int) {
	at, ok := t.find(term)
	if !ok {
		t.counts = slices.Insert(t.counts, at, termCount{term: term})
	}
	t.counts[at].n += n
	if t.counts[at].n == 0 {
		t.counts = slices.Delete(t.counts, at, at+1)
	}
}

func (t *termTable) find(term uint32) (int, bool) {
	return slices.BinarySearchFunc(t.counts, term, func(c termCount, term uint32) int { return cmp.Compare(c.term, term) })
}
