package fsm

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/key"
)

// Query says which keys to list. Zero fields ask for nothing in particular.
type Query struct {
	Prefix    string        // of the name
	After     string        // the next of the page before; or a name, to begin after it
	State     key.State     // of the key as a whole
	Tag       string        // "name" or "name=value"
	Algorithm key.Algorithm //
	Owner     string        //
	Limit     int           // keys in a page: 0 is 100, the most is 10,000
}

func pageLimit(n int) int {
	if n <= 0 {
		return 100
	}
	return min(n, 10_000)
}

// Keys lists keys by name, then id. next is where to go on, "" at the end. A key that is there, under the same name, all the
// while that pages are read is shown exactly once, whatever is added or removed meanwhile.
func (s *State) Keys(q Query) (page []*key.Record, next string) {
	limit := pageLimit(q.Limit)
	from, excluded := q.start()
	s.walk(q, from, func(r *key.Record) bool {
		if !strings.HasPrefix(r.Name, q.Prefix) {
			return false
		}
		if excluded && r.Name == from.Name && bytes.Compare(r.ID[:], from.ID[:]) <= 0 || !q.matches(r) {
			return true
		}
		if len(page) == limit {
			next = cursor(page[limit-1])
			return false
		}
		page = append(page, r)
		return true
	})
	return page, next
}

// walk visits keys from a place onward in the narrowest index there is for q.
func (s *State) walk(q Query, from *key.Record, visit func(*key.Record) bool) {
	switch name, value, valued := strings.Cut(q.Tag, "="); {
	case q.Tag != "":
		start := tagEntry{name, value, !valued, from}
		s.keys.byTag.tree.AscendGreaterOrEqual(start, func(e tagEntry) bool {
			return e.name == name && e.any == !valued && e.value == value && visit(e.rec)
		})
	case q.Owner != "":
		from.Owner = q.Owner
		s.keys.byOwner.tree.AscendGreaterOrEqual(from, func(r *key.Record) bool { return r.Owner == q.Owner && visit(r) })
	case q.State != 0:
		from.State = q.State
		s.keys.byState.tree.AscendGreaterOrEqual(from, func(r *key.Record) bool { return r.State == q.State && visit(r) })
	case q.Algorithm != 0:
		from.Algorithm = q.Algorithm
		s.keys.byAlgorithm.tree.AscendGreaterOrEqual(from, func(r *key.Record) bool { return r.Algorithm == q.Algorithm && visit(r) })
	default:
		s.keys.byName.tree.AscendGreaterOrEqual(nameEntry{from.Name, from}, func(e nameEntry) bool { return visit(e.rec) })
	}
}

func (q *Query) matches(r *key.Record) bool {
	return (q.State == 0 || r.State == q.State) && (q.Algorithm == 0 || r.Algorithm == q.Algorithm) && (q.Owner == "" || r.Owner == q.Owner)
}

// start is where the page begins, as a record with that name and id, and whether it begins just after it.
func (q *Query) start() (from *key.Record, excluded bool) {
	from = &key.Record{Name: q.Prefix}
	if q.After == "" {
		return from, false
	}
	name, id := q.After, key.ID(bytes.Repeat([]byte{0xff}, 16))
	if n, h, ok := strings.Cut(q.After, "~"); ok { // no name has a tilde
		name, id = n, key.ID{}
		if b, err := hex.DecodeString(h); err == nil && len(b) == len(id) {
			id = key.ID(b)
		}
	}
	if name < q.Prefix {
		return from, false
	}
	from.Name, from.ID = name, id
	return from, true
}

// cursor names a place in the order of pages.
func cursor(r *key.Record) string { return r.Name + "~" + hex.EncodeToString(r.ID[:]) }

// OldTerms lists, by id, keys with a version wrapped under a term older than the given one: those after a
// given id, at most limit (0: 100). next is where to go on, zero at the end. With nothing to list it costs nothing.
func (s *State) OldTerms(term uint32, after key.ID, limit int) (page []*key.Record, next key.ID) {
	limit = pageLimit(limit)
	for _, c := range s.keys.terms.counts {
		if c.term >= term {
			break
		}
		n := 0
		s.keys.byTerm.tree.AscendGreaterOrEqual(termEntry{term: c.term, id: after}, func(e termEntry) bool {
			if e.term != c.term || n > limit {
				return false
			}
			if e.id != after {
				page, n = append(page, e.rec), n+1
			}
			return true
		})
	}
	slices.SortFunc(page, func(a, b *key.Record) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	page = slices.Compact(page)
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1].ID
	}
	return page, next
}
