// Package btree keeps entries in order in memory: a B-tree whose copies cost nothing until one of them is written to, and
// whose nodes take little more memory than their entries. It knows nothing of what its entries are.
//
// One goroutine may write to a tree; any number may read one that is not written to any more.
package btree

import "slices"

// most is how many entries a node holds: enough that a node's own fields weigh little beside them, few enough that copying
// a path is cheap. Nodes with fewer than fewest are joined with a neighbour, or share with it.
const (
	most   = 48
	fewest = most / 4
	step   = 8 // room for entries grows by so many, not by doubling
)

// Tree is entries of type E in the order of less. Two entries of which neither is less than the other are the same.
type Tree[E any] struct {
	less func(a, b E) bool
	root *node[E] // nil while there is nothing
	n    int
	mark *mark
}

// mark tells whose nodes are whose: a tree writes only into nodes that bear its own.
type mark struct{ _ byte }

type node[E any] struct {
	entries  []E
	children []*node[E] // nil in a leaf, else one more than entries: before, between and after them
	mark     *mark
}

// New makes an empty tree. less must not change its mind.
func New[E any](less func(a, b E) bool) *Tree[E] { return &Tree[E]{less: less, mark: new(mark)} }

// Clone gives a tree with the same entries that may be written to, in no time: writing copies what it touches. After it, t
// must not be written to; reading t goes on as ever, also while the clone is written.
func (t *Tree[E]) Clone() *Tree[E] {
	c := *t
	c.mark = new(mark)
	return &c
}

// Len is how many entries there are.
func (t *Tree[E]) Len() int { return t.n }

// Get finds the entry that is the same as e in the order of the tree.
func (t *Tree[E]) Get(e E) (found E, ok bool) {
	for n := t.root; n != nil; {
		i, here := n.search(t.less, e)
		if here {
			return n.entries[i], true
		}
		if n.children == nil {
			break
		}
		n = n.children[i]
	}
	return found, false
}

// Has tells whether there is such an entry.
func (t *Tree[E]) Has(e E) bool {
	_, ok := t.Get(e)
	return ok
}

// search gives the place of e among n's entries, or the place where it would be.
func (n *node[E]) search(less func(a, b E) bool, e E) (at int, here bool) {
	low, high := 0, len(n.entries)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if less(n.entries[middle], e) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(n.entries) && !less(e, n.entries[low])
}

// Ascend visits all entries in order, until visit returns false.
func (t *Tree[E]) Ascend(visit func(E) bool) {
	if t.root != nil {
		t.root.ascend(visit)
	}
}

// AscendFrom visits the entries that are not less than from, in order, until visit returns false.
func (t *Tree[E]) AscendFrom(from E, visit func(E) bool) {
	if t.root != nil {
		t.root.ascendFrom(t.less, from, visit)
	}
}

func (n *node[E]) ascend(visit func(E) bool) bool {
	for i, e := range n.entries {
		if n.children != nil && !n.children[i].ascend(visit) || !visit(e) {
			return false
		}
	}
	return n.children == nil || n.children[len(n.entries)].ascend(visit)
}

func (n *node[E]) ascendFrom(less func(a, b E) bool, from E, visit func(E) bool) bool {
	at, here := n.search(less, from)
	if n.children != nil && !here && !n.children[at].ascendFrom(less, from, visit) {
		return false
	}
	for i := at; i < len(n.entries); i++ {
		if !visit(n.entries[i]) || n.children != nil && !n.children[i+1].ascend(visit) {
			return false
		}
	}
	return true
}

// own gives n as t may write into it: n itself, or a copy.
func (t *Tree[E]) own(n *node[E]) *node[E] {
	if n.mark == t.mark {
		return n
	}
	return t.made(n.entries, n.children)
}

// made is a node with copies of these slices.
func (t *Tree[E]) made(entries []E, children []*node[E]) *node[E] {
	n := &node[E]{entries: fitted(entries), mark: t.mark}
	if children != nil {
		n.children = fitted(children)
	}
	return n
}

// room is the capacity for n of anything.
func room(n int) int { return (n + step - 1) / step * step }

// fitted copies s into memory of its own that fits.
func fitted[T any](s []T) []T {
	return append(make([]T, 0, room(len(s))), s...)
}

func insert[T any](s []T, at int, v T) []T {
	if len(s) == cap(s) {
		s = append(make([]T, 0, room(len(s)+1)), s...)
	}
	return slices.Insert(s, at, v)
}

func remove[T any](s []T, at int) []T {
	s = slices.Delete(s, at, at+1)
	if cap(s) > room(len(s))+step {
		return fitted(s)
	}
	return s
}
