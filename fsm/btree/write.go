package btree

// Put enters e, and gives the entry that was the same and made way for it, if there was one.
func (t *Tree[E]) Put(e E) (before E, replaced bool) {
	if t.root == nil {
		t.root = &node[E]{mark: t.mark}
	}
	t.root = t.own(t.root)
	before, replaced, at := t.put(t.root, e)
	if !replaced {
		t.n++
	}
	if len(t.root.entries) > most {
		t.root = &node[E]{children: []*node[E]{t.root}, mark: t.mark}
		t.split(t.root, 0, at)
	}
	return before, replaced
}

// put enters e below n, which is t's own and may hold one entry too many afterwards. at is where something was added to n.
func (t *Tree[E]) put(n *node[E], e E) (before E, replaced bool, at int) {
	at, here := n.search(t.less, e)
	switch {
	case here:
		before, n.entries[at] = n.entries[at], e
		return before, true, at
	case n.children == nil:
		n.entries = insert(n.entries, at, e)
		return before, false, at
	}
	child := t.own(n.children[at])
	n.children[at] = child
	before, replaced, where := t.put(child, e)
	if len(child.entries) > most {
		t.split(n, at, where)
	}
	return before, replaced, at
}

// split makes two of n's child at i, which holds one entry too many since something was added to it at added. Where entries
// come in order they are added at the end, and what is split off before them stays full.
func (t *Tree[E]) split(n *node[E], i, added int) {
	child := n.children[i]
	middle := len(child.entries) / 2
	switch {
	case added >= most-4: // at the end, or almost: writers that go side by side overtake each other
		middle = most - 1
	case added == 0:
		middle = 1
	}
	left, right := t.made(child.entries[:middle], nil), t.made(child.entries[middle+1:], nil)
	if child.children != nil {
		left.children, right.children = fitted(child.children[:middle+1]), fitted(child.children[middle+1:])
	}
	n.entries = insert(n.entries, i, child.entries[middle])
	n.children[i] = left
	n.children = insert(n.children, i+1, right)
}

// Delete takes the entry that is the same as e away, and gives it.
func (t *Tree[E]) Delete(e E) (before E, deleted bool) {
	if before, deleted = t.Get(e); !deleted {
		return before, false
	}
	t.root = t.own(t.root)
	t.remove(t.root, e)
	t.n--
	if len(t.root.entries) == 0 {
		if t.root.children == nil {
			t.root = nil
		} else {
			t.root = t.root.children[0]
		}
	}
	return before, true
}

// remove takes e, which is there, from below n, which is t's own and may hold too little afterwards.
func (t *Tree[E]) remove(n *node[E], e E) {
	at, here := n.search(t.less, e)
	if n.children == nil {
		n.entries = remove(n.entries, at)
		return
	}
	child := t.own(n.children[at])
	n.children[at] = child
	if here {
		n.entries[at] = t.removeLast(child)
	} else {
		t.remove(child, e)
	}
	t.fill(n, at)
}

// removeLast takes the last entry from below n, which is t's own.
func (t *Tree[E]) removeLast(n *node[E]) E {
	last := len(n.entries)
	if n.children == nil {
		e := n.entries[last-1]
		n.entries = remove(n.entries, last-1)
		return e
	}
	child := t.own(n.children[last])
	n.children[last] = child
	e := t.removeLast(child)
	t.fill(n, last)
	return e
}

// fill joins n's child at i with a neighbour, or lets them share their entries, if it has few.
func (t *Tree[E]) fill(n *node[E], i int) {
	if len(n.children[i].entries) >= fewest || len(n.children) == 1 {
		return
	}
	i = max(i-1, 0)
	a, b := n.children[i], n.children[i+1]
	entries := append(append(append(make([]E, 0, 2*most+1), a.entries...), n.entries[i]), b.entries...)
	var children []*node[E]
	if a.children != nil {
		children = append(append(make([]*node[E], 0, 2*most+2), a.children...), b.children...)
	}
	if len(entries) <= most {
		n.children[i] = t.made(entries, children)
		n.entries, n.children = remove(n.entries, i), remove(n.children, i+1)
		return
	}
	middle := len(entries) / 2
	n.entries[i] = entries[middle]
	if children == nil {
		n.children[i], n.children[i+1] = t.made(entries[:middle], nil), t.made(entries[middle+1:], nil)
		return
	}
	n.children[i] = t.made(entries[:middle], children[:middle+1])
	n.children[i+1] = t.made(entries[middle+1:], children[middle+1:])
}
