package fsm

import (
	"bytes"
	"strings"
	"sync/atomic"

	"github.com/quorate/quorate/vault/key"
)

// keyTable is the key records in all their orders. To add an index: a field, a line in orders, a line in newKeyTable.
//
// What is held of a key, as of a state, is in byID and nowhere else. The other orders have cells, and what is found there is looked up by
// id before it is given out.
type keyTable struct {
	byID        index[cell, idEntry]
	byName      index[cell, nameEntry]
	byState     index[cell, *cell]
	byAlgorithm index[cell, *cell]
	byOwner     index[cell, *cell]
	byTag       index[cell, tagEntry]
	byDue       index[cell, dueEntry]
	byLabel     index[cell, labelEntry]
	byGroup     index[cell, labelEntry]
	byBase      index[cell, baseEntry]
	terms       termTable
	children    childTable
	intern      *interner // the writer's, like pack
	pack        *packer
}

// cell is the place of a key in all orders at once. A change of the key gives it a new cell; moving its material (another
// term, another version of its parent) does not, for nothing that a key is found by changes with it, and hundreds are moved in
// one entry. So what a cell holds may be newer than a frozen state that reads it, but differs from that state's in nothing but
// what wraps its material.
type cell struct {
	name, owner string // of the record, as all below: comparing need not fetch it
	id          key.ID
	state       key.State
	algorithm   key.Algorithm
	held        atomic.Pointer[held] // set by the writer, read by everybody
}

func newCell(r *key.Record, h *held) *cell {
	c := &cell{name: r.Name, owner: r.Owner, id: r.ID, state: r.State, algorithm: r.Algorithm}
	c.held.Store(h)
	return c
}

// replace puts fresh (nil: nothing) where old (nil: nothing) was, in all orders.
func (t *keyTable) replace(old, fresh *key.Record) {
	var was, is *cell
	if fresh != nil {
		t.intern.share(fresh)
		is = newCell(fresh, t.pack.hold(fresh))
	}
	if old != nil {
		e, _ := t.byID.tree.Get(idEntry{id: old.ID})
		was = e.cell
	}
	for _, x := range t.orders() {
		x.replace(was, is)
	}
	t.terms.replace(old, fresh)
	t.children.replace(old, fresh)
}

// move puts fresh where e is, whose record is old. They differ in nothing but what wraps their material.
func (t *keyTable) move(e idEntry, old, fresh *key.Record) {
	h := e.held.moved(fresh)
	e.cell.held.Store(h)
	t.byID.put(idEntry{e.id, h, e.cell})
	t.terms.replace(old, fresh)
	t.children.replace(old, fresh)
}

func (t *keyTable) orders() [10]upkeep[cell] {
	return [...]upkeep[cell]{&t.byID, &t.byName, &t.byState, &t.byAlgorithm, &t.byOwner, &t.byTag, &t.byDue, &t.byLabel, &t.byGroup, &t.byBase}
}

func (t *keyTable) share() {
	for _, x := range t.orders() {
		x.share()
	}
	t.terms.share()
	t.children.share()
}

func newKeyTable() keyTable {
	self := func(c *cell) *cell { return c }
	in := new(interner)
	return keyTable{
		intern:      in,
		pack:        new(packer),
		byID:        newIndex(lessID, idEntry.place, func(c *cell, to []idEntry) []idEntry { return append(to, idEntry{c.id, c.held.Load(), c}) }),
		byName:      newIndex(lessName, nameEntry.place, func(c *cell, to []nameEntry) []nameEntry { return append(to, nameEntry{c.name, c}) }),
		byState:     newIndex(lessState, self, func(c *cell, to []*cell) []*cell { return append(to, c) }),
		byAlgorithm: newIndex(lessAlgorithm, self, func(c *cell, to []*cell) []*cell { return append(to, c) }),
		byOwner:     newIndex(lessOwner, self, ownerEntries),
		byTag:       newIndex(lessTag, tagEntry.place, in.tagEntries),
		byDue:       newIndex(lessDue, dueEntry.place, dueEntries),
		byLabel:     labelIndex(names),
		byGroup:     labelIndex(groups),
		byBase:      newIndex(lessBase, baseEntry.place, baseEntries),
		terms:       newTermTable(),
		children:    newChildTable(),
	}
}

type (
	idEntry struct {
		id   key.ID
		held *held
		cell *cell
	}
	nameEntry struct {
		name string
		cell *cell // nil in what is searched for: before all of that name
	}
	tagEntry struct {
		tag  *tag
		cell *cell
	}
	dueEntry struct {
		at   key.Time
		cell *cell
	}
)

// record is the key; nil where there is none.
func (e idEntry) record() *key.Record {
	if e.held == nil {
		return nil
	}
	return e.held.record(e.cell)
}

func (e idEntry) look(to *view) *key.Record { return e.held.look(e.cell, to) }

func (e idEntry) place() *cell   { return e.cell }
func (e nameEntry) place() *cell { return e.cell }
func (e tagEntry) place() *cell  { return e.cell }
func (e dueEntry) place() *cell  { return e.cell }

func ownerEntries(c *cell, to []*cell) []*cell {
	if c.owner == "" {
		return to
	}
	return append(to, c)
}

func (x *interner) tagEntries(c *cell, to []tagEntry) []tagEntry {
	for name, value := range c.held.Load().tags() { // in any order: each goes to its own place
		to = append(to, tagEntry{x.tag(name, value, false), c}, tagEntry{x.tag(name, "", true), c})
	}
	return to
}

func dueEntries(c *cell, to []dueEntry) []dueEntry {
	if at := c.held.Load().due(); at != 0 {
		to = append(to, dueEntry{at, c})
	}
	return to
}

func lessID(a, b idEntry) bool { return bytes.Compare(a.id[:], b.id[:]) < 0 }

func lessName(a, b nameEntry) bool {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c < 0
	}
	if a.cell == nil || b.cell == nil {
		return a.cell == nil && b.cell != nil
	}
	return bytes.Compare(a.cell.id[:], b.cell.id[:]) < 0
}

// byNameAndID orders keys as pages show them.
func byNameAndID(a, b *cell) bool {
	if c := strings.Compare(a.name, b.name); c != 0 {
		return c < 0
	}
	return bytes.Compare(a.id[:], b.id[:]) < 0
}

func lessState(a, b *cell) bool {
	if a.state != b.state {
		return a.state < b.state
	}
	return byNameAndID(a, b)
}

func lessAlgorithm(a, b *cell) bool {
	if a.algorithm != b.algorithm {
		return a.algorithm < b.algorithm
	}
	return byNameAndID(a, b)
}

func lessOwner(a, b *cell) bool {
	if c := strings.Compare(a.owner, b.owner); c != 0 {
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
	return byNameAndID(a.cell, b.cell)
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
	return bytes.Compare(a.cell.id[:], b.cell.id[:]) < 0
}
