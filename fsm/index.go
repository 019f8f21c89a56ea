package fsm

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/google/btree"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// degree of the trees: small nodes are cheap to copy when the first write of a batch touches them.
const degree = 24

// index keeps records of type R in one order, as entries of type E. Frozen states share its tree: the first write after
// a publication clones it, which copies nothing but the nodes on the way to what is written.
type index[R, E any] struct {
	tree    *btree.BTreeG[E]
	less    func(a, b E) bool
	entries func(r *R, to []E) []E // where r belongs; appended to to
	record  func(e E) *R
	shared  bool // a published State reads tree
	scratch []E  // the writer's
}

func newIndex[R, E any](less func(a, b E) bool, record func(E) *R, entries func(*R, []E) []E) index[R, E] {
	return index[R, E]{tree: btree.NewG(degree, less), less: less, entries: entries, record: record}
}

// replace puts fresh (nil: nothing) where old (nil: nothing) was.
func (x *index[R, E]) replace(old, fresh *R) {
	if x.shared {
		x.tree, x.shared = x.tree.Clone(), false
	}
	x.scratch = x.scratch[:0]
	if fresh != nil {
		x.scratch = x.entries(fresh, x.scratch)
		for _, e := range x.scratch {
			x.tree.ReplaceOrInsert(e)
		}
	}
	if n := len(x.scratch); old != nil {
		x.scratch = x.entries(old, x.scratch)
		for i, e := range x.scratch[n:] {
			if i < n && !x.less(x.scratch[i], e) && !x.less(e, x.scratch[i]) {
				continue // the new entry took its place
			}
			if at, ok := x.tree.Get(e); ok && x.record(at) == old {
				x.tree.Delete(e)
			}
		}
	}
	clear(x.scratch[:cap(x.scratch)])
}

func (x *index[R, E]) share() { x.shared, x.scratch = true, nil }

// upkeep is what the tables below ask of each of their indexes.
type upkeep[R any] interface {
	replace(old, fresh *R)
	share()
}

// keyTable is the key records in all their orders. To add an index: a field, a line in indexes, a line in newKeyTable.
type keyTable struct {
	byID        index[key.Record, idEntry]
	byName      index[key.Record, nameEntry]
	byState     index[key.Record, *key.Record]
	byAlgorithm index[key.Record, *key.Record]
	byOwner     index[key.Record, *key.Record]
	byTag       index[key.Record, tagEntry]
	byDue       index[key.Record, dueEntry]
	byTerm      index[key.Record, termEntry]
	terms       termCounts
	children    childTable
	intern      *interner // the writer's
}

// replace puts fresh (nil: nothing) where old (nil: nothing) was, in all orders.
func (t *keyTable) replace(old, fresh *key.Record) {
	if fresh != nil {
		t.intern.share(fresh)
	}
	for _, x := range t.indexes() {
		x.replace(old, fresh)
	}
}

func (t *keyTable) indexes() [10]upkeep[key.Record] {
	return [...]upkeep[key.Record]{&t.byID, &t.byName, &t.byState, &t.byAlgorithm, &t.byOwner, &t.byTag, &t.byDue, &t.byTerm, &t.terms, &t.children}
}

func newKeyTable() keyTable {
	self := func(r *key.Record) *key.Record { return r }
	in := new(interner)
	return keyTable{
		intern:      in,
		byID:        newIndex(lessID, idEntry.key, idEntries),
		byName:      newIndex(lessName, nameEntry.key, nameEntries),
		byState:     newIndex(lessState, self, one),
		byAlgorithm: newIndex(lessAlgorithm, self, one),
		byOwner:     newIndex(lessOwner, self, ownerEntries),
		byTag:       newIndex(lessTag, tagEntry.key, in.tagEntries),
		byDue:       newIndex(lessDue, dueEntry.key, dueEntries),
		byTerm:      newIndex(lessTerm, termEntry.key, termEntries),
		children:    newChildTable(),
	}
}

type (
	idEntry struct {
		id  key.ID
		rec *key.Record
	}
	nameEntry struct {
		name string
		rec  *key.Record // nil in what is searched for: before all of that name
	}
	tagEntry struct {
		tag *tag
		rec *key.Record
	}
	dueEntry struct {
		at  key.Time
		rec *key.Record
	}
	termEntry struct {
		term uint32
		id   key.ID // of rec, here so that comparing entries need not fetch records
		rec  *key.Record
	}
)

func (e idEntry) key() *key.Record   { return e.rec }
func (e nameEntry) key() *key.Record { return e.rec }
func (e tagEntry) key() *key.Record  { return e.rec }
func (e dueEntry) key() *key.Record  { return e.rec }
func (e termEntry) key() *key.Record { return e.rec }

func idEntries(r *key.Record, to []idEntry) []idEntry { return append(to, idEntry{r.ID, r}) }

func nameEntries(r *key.Record, to []nameEntry) []nameEntry { return append(to, nameEntry{r.Name, r}) }

func one(r *key.Record, to []*key.Record) []*key.Record { return append(to, r) }

func ownerEntries(r *key.Record, to []*key.Record) []*key.Record {
	if r.Owner == "" {
		return to
	}
	return append(to, r)
}

func (x *interner) tagEntries(r *key.Record, to []tagEntry) []tagEntry {
	for name, value := range r.Tags { // in any order: each goes to its own place
		to = append(to, tagEntry{x.tag(name, value, false), r}, tagEntry{x.tag(name, "", true), r})
	}
	return to
}

func dueEntries(r *key.Record, to []dueEntry) []dueEntry {
	if at := r.Due(); at != 0 {
		to = append(to, dueEntry{at, r})
	}
	return to
}

func termEntries(r *key.Record, to []termEntry) []termEntry {
	for i := range r.Versions {
		term := r.Versions[i].Material.Term
		if term != 0 && !slices.ContainsFunc(to, func(e termEntry) bool { return e.term == term }) {
			to = append(to, termEntry{term, r.ID, r})
		}
	}
	return to
}

func lessID(a, b idEntry) bool { return bytes.Compare(a.id[:], b.id[:]) < 0 }

func lessName(a, b nameEntry) bool {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c < 0
	}
	if a.rec == nil || b.rec == nil {
		return a.rec == nil && b.rec != nil
	}
	return bytes.Compare(a.rec.ID[:], b.rec.ID[:]) < 0
}

// byNameAndID orders keys as pages show them.
func byNameAndID(a, b *key.Record) bool {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c < 0
	}
	return bytes.Compare(a.ID[:], b.ID[:]) < 0
}

func lessState(a, b *key.Record) bool {
	if a.State != b.State {
		return a.State < b.State
	}
	return byNameAndID(a, b)
}

func lessAlgorithm(a, b *key.Record) bool {
	if a.Algorithm != b.Algorithm {
		return a.Algorithm < b.Algorithm
	}
	return byNameAndID(a, b)
}

func lessOwner(a, b *key.Record) bool {
	if c := strings.Compare(a.Owner, b.Owner); c != 0 {
		return c < 0
	}
	return byNameAndID(a, b)
}

func lessTag(a, b tagEntry) bool {
	if a.tag != b.tag { // the same tag may be kept twice
		if c := a.tag.compare(b.tag); c != 0 {
			return c < 0
		}
	}
	return byNameAndID(a.rec, b.rec)
}

func (t *tag) compare(o *tag) int {
	if c := strings.Compare(t.name, o.name); c != 0 {
		return c
	}
	if t.any != o.any {
		if t.any {
			return -1
		}
		return 1
	}
	return strings.Compare(t.value, o.value)
}

func lessDue(a, b dueEntry) bool {
	if a.at != b.at {
		return a.at < b.at
	}
	return bytes.Compare(a.rec.ID[:], b.rec.ID[:]) < 0
}

func lessTerm(a, b termEntry) bool {
	if a.term != b.term {
		return a.term < b.term
	}
	return bytes.Compare(a.id[:], b.id[:]) < 0
}

// termCounts counts the versions that each term of the keyring wraps, ascending by term. There are few terms.
type termCounts struct {
	counts []termCount
	shared bool
}

type termCount struct {
	term uint32
	n    int
}

func (x *termCounts) share() { x.shared = true }

func (x *termCounts) replace(old, fresh *key.Record) {
	if x.shared {
		x.counts, x.shared = slices.Clone(x.counts), false
	}
	x.add(fresh, 1)
	x.add(old, -1)
}

func (x *termCounts) add(r *key.Record, n int) {
	if r == nil {
		return
	}
	for i := range r.Versions {
		term := r.Versions[i].Material.Term
		if term == 0 {
			continue
		}
		at, ok := x.find(term)
		if !ok {
			x.counts = slices.Insert(x.counts, at, termCount{term: term})
		}
		x.counts[at].n += n
		if x.counts[at].n == 0 {
			x.counts = slices.Delete(x.counts, at, at+1)
		}
	}
}

func (x *termCounts) find(term uint32) (int, bool) {
	return slices.BinarySearchFunc(x.counts, term, func(c termCount, term uint32) int { return cmp.Compare(c.term, term) })
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
