package btree

import "fmt"

// Check says what is wrong with the shape of a tree.
func Check[E any](t *Tree[E]) error {
	if t.root == nil {
		return nil
	}
	_, err := t.root.check(t.root)
	return err
}

func (n *node[E]) check(root *node[E]) (height int, err error) {
	if len(n.entries) > most || len(n.entries) == 0 || cap(n.entries) > room(len(n.entries))+step+step {
		return 0, fmt.Errorf("a node has %d entries in %d slots", len(n.entries), cap(n.entries))
	}
	if n.children == nil {
		return 1, nil
	}
	if len(n.children) != len(n.entries)+1 {
		return 0, fmt.Errorf("a node has %d entries and %d children", len(n.entries), len(n.children))
	}
	for i, c := range n.children {
		h, err := c.check(root)
		if err != nil {
			return 0, err
		}
		if i > 0 && h != height {
			return 0, fmt.Errorf("a node has children of heights %d and %d", height, h)
		}
		height = h
	}
	return height + 1, nil
}

// Slots is how many entries a tree has memory for.
func Slots[E any](t *Tree[E]) int {
	var count func(n *node[E]) int
	count = func(n *node[E]) int {
		sum := cap(n.entries)
		for _, c := range n.children {
			sum += count(c)
		}
		return sum
	}
	return count(t.root)
}
