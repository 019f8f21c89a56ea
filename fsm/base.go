package fsm

import (
	"bytes"
	"slices"

	"github.com/quorate/quorate/vault/key"
)

// baseEntry is a key under another from which it was derived.
type baseEntry struct {
	base key.ID
	cell *cell // nil in what is searched for: before all of that base
}

func (e baseEntry) place() *cell { return e.cell }

func lessBase(a, b baseEntry) bool {
	if c := bytes.Compare(a.base[:], b.base[:]); c != 0 {
		return c < 0
	}
	if a.cell == nil || b.cell == nil {
		return a.cell == nil && b.cell != nil
	}
	return bytes.Compare(a.cell.id[:], b.cell.id[:]) < 0
}

// baseEntries are of whole records only: what has links is one.
func baseEntries(c *cell, to []baseEntry) []baseEntry {
	r := c.held.Load().whole
	if r == nil {
		return to
	}
	for i, l := range r.Links {
		if l.Kind == key.LinkBase && l.To != c.id && !slices.Contains(r.Links[:i], l) {
			to = append(to, baseEntry{l.To, c})
		}
	}
	return to
}

// Derived lists the keys that were derived from a key by id, those after a given one, at most limit (0: 100). next is where to go
// on, zero at the end.
func (s *State) Derived(base, after key.ID, limit int) (page []*key.Record, next key.ID) {
	limit = pageLimit(limit)
	s.keys.byBase.tree.AscendFrom(baseEntry{base, &cell{id: after}}, func(e baseEntry) bool {
		switch {
		case e.base != base:
			return false
		case e.cell.id == after:
			return true
		case len(page) == limit:
			next = page[limit-1].ID
			return false
		}
		page = append(page, s.key(e.cell.id))
		return true
	})
	return page, next
}

// Bases lists the keys from which others were derived, and which no key wraps, by id, at most limit (0: 100).
func (s *State) Bases(limit int) []*key.Record {
	limit = pageLimit(limit)
	var all []*key.Record
	for at, more := (key.ID{}), true; more && len(all) < limit; {
		more = false
		s.keys.byBase.tree.AscendFrom(baseEntry{base: at}, func(e baseEntry) bool {
			at, more = following(e.base)
			if r := s.key(e.base); r != nil && r.Parent.IsZero() {
				all = append(all, r)
			}
			return false
		})
	}
	return all
}

// following is the next id there can be.
func following(id key.ID) (next key.ID, ok bool) {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			return id, true
		}
	}
	return id, false
}
