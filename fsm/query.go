package fsm

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Query says which keys to list. Zero fields ask for nothing in particular. Ranges of time begin at From and end before Before.
type Query struct {
	Prefix        string         // of the name
	Tags          []string       // "name" or "name=value"; a key must have all of them
	State         key.State      // of the key as a whole
	Algorithm     key.Algorithm  //
	Type          key.ObjectType //
	Owner         string         //
	Parent        key.ID         //
	CreatedFrom   key.Time       //
	CreatedBefore key.Time       //
	UpdatedFrom   key.Time       //
	UpdatedBefore key.Time       //
	DueFrom       key.Time       // only keys that the cluster must act on by itself next at this time or later
	DueBefore     key.Time       // … before this time
	RotateFrom    key.Time       // only keys that it must rotate at this time or later
	RotateBefore  key.Time       // … before this time
	ByDue         bool           // in the order of what is due, soonest first, instead of by name; only keys that something is due on
	After         string         // the next of the page before; by name also a name, to begin after it
	Limit         int            // keys in a page: 0 is 100, the most is 10,000

	// Accept is asked about keys that match; those it refuses are left out, as if they did not match. nil accepts all.
	Accept func(*key.Record) bool
}

// What one page may cost, so that no query walks over a million keys or copies a million versions: a page that has cost so much
// ends, with fewer keys than were asked for and a cursor.
const (
	maxVisits  = 20_000 // index entries, and versions of the keys on the page
	acceptCost = 10     // of asking Accept once, in entries
	lookAhead  = 64     // entries that a full page looks at to tell whether it is the last
	probeDepth = 64     // entries by which indexes are compared

	fewChildren = 4096 // what is wrapped by one key, if it is no more, is put in order for each page
)

func pageLimit(n int) int {
	if n <= 0 {
		return 100
	}
	return min(n, 10_000)
}

// Keys lists keys by name, then id; or by what is due, then id. next is where to go on, "" at the end; a page may be
// short, even empty, and have a next. A key that is there, under the same name (due date), all the while that pages are
// read is shown exactly once, whatever is added or removed meanwhile.
func (s *State) Keys(q Query) (page []*key.Record, next string) {
	p := pager{s: s, q: &q, limit: pageLimit(q.Limit)}
	if q.ByDue {
		s.walkDue(&q, p.visit)
	} else {
		from, excluded := q.start()
		s.narrowest(&q, from)(from, func(c *cell) bool {
			if !strings.HasPrefix(c.name, q.Prefix) {
				return false
			}
			if excluded && c.name == from.name && bytes.Compare(c.id[:], from.id[:]) <= 0 {
				return true
			}
			return p.visit(c)
		})
	}
	return p.page, p.next
}

// pager is one page being filled.
type pager struct {
	s      *State
	q      *Query
	limit  int
	page   []*key.Record
	next   string
	last   *cell // visited before
	view   view
	visits int
	ahead  int // visits since the page was full
}

func (p *pager) visit(c *cell) bool {
	full := len(p.page) == p.limit
	if p.last != nil && (p.visits >= maxVisits || full && p.ahead == lookAhead) {
		p.next = p.q.Cursor(p.last.held.Load().look(p.last, &p.view))
		return false
	}
	p.visits++
	if full {
		p.ahead++
	}
	if r := p.takes(c); r != nil {
		if full {
			p.next = p.q.Cursor(p.page[p.limit-1])
			return false
		}
		p.page = append(p.page, r)
	}
	p.last = c
	return true
}

// takes gives the key of a cell, as it is in the state, if it belongs on the page.
func (p *pager) takes(c *cell) *key.Record {
	if !p.q.matches(c.held.Load().look(c, &p.view)) {
		return nil
	}
	r := p.s.key(c.id)
	if p.q.Accept != nil {
		if p.visits += acceptCost - 1; !p.q.Accept(r) {
			return nil
		}
	}
	p.visits += len(r.Versions) // who is given the page copies them all
	return r
}

// walk visits keys in the order of name and id, from a place onward, until visit returns false.
type walk func(from *cell, visit func(*cell) bool)

// narrowest is the way with the fewest keys, judged from the next few: all ways have one order, so the one that gets
// furthest by a number of steps is the sparsest there. Pages may go different ways.
func (s *State) narrowest(q *Query, from *cell) walk {
	ways := s.ways(q)
	if len(ways) == 1 {
		return ways[0]
	}
	var best walk
	var furthest *cell
	for _, w := range ways {
		n := 0
		var reached *cell
		w(from, func(c *cell) bool {
			n, reached = n+1, c
			return n < probeDepth && strings.HasPrefix(c.name, q.Prefix)
		})
		if n < probeDepth {
			return w // all of it was seen
		}
		if best == nil || byNameAndID(furthest, reached) {
			best, furthest = w, reached
		}
	}
	return best
}

// ways lists every index that holds all keys that can match; those that are likely to be short come first.
func (s *State) ways(q *Query) []walk {
	var all []walk
	if n := s.ChildCount(q.Parent); !q.Parent.IsZero() && n <= fewChildren {
		return append(all, s.walkChildren(q.Parent, n))
	}
	for _, tag := range q.Tags {
		all = append(all, s.walkTag(tag))
	}
	same := func(x *index[cell, *cell], has func(*cell) bool) walk {
		return func(from *cell, visit func(*cell) bool) {
			x.tree.AscendFrom(from, func(c *cell) bool { return has(c) && visit(c) })
		}
	}
	if q.Owner != "" {
		all = append(all, same(&s.keys.byOwner, func(c *cell) bool { return c.owner == q.Owner }))
	}
	if q.Algorithm != 0 {
		all = append(all, same(&s.keys.byAlgorithm, func(c *cell) bool { return c.algorithm == q.Algorithm }))
	}
	if q.State != 0 {
		all = append(all, same(&s.keys.byState, func(c *cell) bool { return c.state == q.State }))
	}
	if len(all) > 0 && q.Prefix == "" {
		return all
	}
	return append(all, func(from *cell, visit func(*cell) bool) {
		s.keys.byName.tree.AscendFrom(nameEntry{from.name, from}, func(e nameEntry) bool { return visit(e.cell) })
	})
}

func (s *State) walkTag(text string) walk {
	name, value, valued := strings.Cut(text, "=")
	wanted := &tag{name, value, !valued}
	return func(from *cell, visit func(*cell) bool) {
		s.keys.byTag.tree.AscendFrom(tagEntry{wanted, from}, func(e tagEntry) bool {
			return *e.tag == *wanted && visit(e.cell)
		})
	}
}

// walkChildren puts the children of a key, of whom there are few, in order.
func (s *State) walkChildren(parent key.ID, n int) walk {
	children := make([]*cell, 0, n)
	s.eachBelow(parent, 0, key.ID{}, func(id key.ID) bool {
		children = append(children, s.entry(id).cell)
		return true
	})
	slices.SortFunc(children, func(a, b *cell) int {
		return cmp.Or(strings.Compare(a.name, b.name), bytes.Compare(a.id[:], b.id[:]))
	})
	return func(from *cell, visit func(*cell) bool) {
		for _, c := range children {
			if !byNameAndID(c, from) && !visit(c) {
				return
			}
		}
	}
}

// walkDue visits keys in the order of what is due, from the query's cursor onward.
func (s *State) walkDue(q *Query, visit func(*cell) bool) {
	from := dueEntry{at: q.DueFrom, cell: &cell{}}
	if at, id, ok := q.dueCursor(); ok && at >= q.DueFrom {
		from = dueEntry{at: at, cell: &cell{id: id}}
	}
	s.keys.byDue.tree.AscendFrom(from, func(e dueEntry) bool {
		switch {
		case q.DueBefore != 0 && e.at >= q.DueBefore, q.RotateBefore != 0 && e.at >= q.RotateBefore: // a rotation is not due before the first thing that is
			return false
		case q.After != "" && e.at == from.at && e.cell.id == from.cell.id:
			return true
		}
		return visit(e.cell)
	})
}

func (q *Query) matches(r *key.Record) bool {
	return (q.State == 0 || r.State == q.State) && (q.Algorithm == 0 || r.Algorithm == q.Algorithm) && (q.Type == 0 || r.Type == q.Type) &&
		(q.Owner == "" || r.Owner == q.Owner) && (q.Parent.IsZero() || r.Parent == q.Parent) &&
		(!q.ByDue || strings.HasPrefix(r.Name, q.Prefix)) &&
		within(r.Created, q.CreatedFrom, q.CreatedBefore) && within(r.Updated, q.UpdatedFrom, q.UpdatedBefore) &&
		planned(r.Due(), q.DueFrom, q.DueBefore) && planned(rotation(r), q.RotateFrom, q.RotateBefore) &&
		!slices.ContainsFunc(q.Tags, func(tag string) bool { return !HasTag(r, tag) })
}

// HasTag tells whether a key has the tag "name", with whatever value, or "name=value".
func HasTag(r *key.Record, tag string) bool {
	name, value, valued := strings.Cut(tag, "=")
	has, ok := r.Tags[name]
	return ok && (!valued || has == value)
}

func within(t, from, end key.Time) bool { return t >= from && (end == 0 || t < end) }

// planned is within for a date that need not be set: what has none is in no range but the one without bounds.
func planned(t, from, end key.Time) bool {
	return from == 0 && end == 0 || t != 0 && within(t, from, end)
}

// rotation is when the cluster rotates a key by itself; 0: never.
func rotation(r *key.Record) key.Time {
	if r.State != key.Active {
		return 0
	}
	return r.NextRotate
}

// start is where the page begins, as the cell of a key that the query asks for with that name and id, and whether it begins
// just after it.
func (q *Query) start() (from *cell, excluded bool) {
	from = &cell{name: q.Prefix, owner: q.Owner, state: q.State, algorithm: q.Algorithm}
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
	from.name, from.id = name, id
	return from, true
}

// Cursor names the place of a key in the order of pages.
func (q *Query) Cursor(r *key.Record) string {
	if q.ByDue {
		return strconv.FormatInt(int64(r.Due()), 10) + "~" + hex.EncodeToString(r.ID[:])
	}
	return r.Name + "~" + hex.EncodeToString(r.ID[:])
}

func (q *Query) dueCursor() (at key.Time, id key.ID, ok bool) {
	date, h, _ := strings.Cut(q.After, "~")
	n, err := strconv.ParseInt(date, 10, 64)
	b, herr := hex.DecodeString(h)
	if err != nil || herr != nil || n < 0 || len(b) != len(id) {
		return 0, id, false
	}
	return key.Time(n), key.ID(b), true
}

// Check refuses a cursor that no page in this order gave: fault.Invalid. Keys itself would begin at the beginning.
func (q *Query) Check() error {
	if !q.ByDue || q.After == "" {
		return nil
	}
	if _, _, ok := q.dueCursor(); !ok {
		return fault.New(fault.Invalid, "that is not the next of a page that was sorted by due date").
			WithHint("Pass next on as it came, with the same sort; or begin without it.")
	}
	return nil
}

// OldTerms lists, by id, keys with a version wrapped under a term older than the given one: those after a
// given id, at most limit (0: 100). next is where to go on, zero at the end. With nothing to list it costs nothing.
func (s *State) OldTerms(term uint32, after key.ID, limit int) (page []*key.Record, next key.ID) {
	limit = pageLimit(limit)
	for _, c := range s.keys.terms.counts {
		if c.term >= term {
			break
		}
		n := 0
		s.keys.terms.entries.AscendFrom(termEntry{term: c.term, id: after}, func(e termEntry) bool {
			if e.term != c.term || n > limit {
				return false
			}
			if e.id != after {
				page, n = append(page, s.key(e.id)), n+1
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
