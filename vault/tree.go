package vault

import (
	"context"
	"slices"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

const (
	maxTree   = 1_000  // keys that one look at a hierarchy shows
	maxRoots  = 10_000 // hierarchies that it looks at, for the caller may see few of them; the most that the state lists
	maxLooked = 20_000 // keys that one request asks the policies about
)

// TreeNode is a key in its hierarchy.
type TreeNode struct {
	Record   *key.Record
	Depth    int  // 0 for the key that was asked for, or for a root
	Children int  // how many it wraps, of which the tree may show fewer
	Wrapped  bool // the key above wraps it
	Derived  bool // it was derived from the key above
}

// Tree shows a key and what is below it, or every hierarchy of the vault (""): below a key stands what it wraps, then what was derived
// from it, each with what is below that. A key that was derived from one and is wrapped by another stands below both, and what is below it only the first
// time. It shows what the caller may read, at most 1000 keys; more tells that there would be more.
func (v *Vault) Tree(ctx context.Context, c access.Caller, ref string) (nodes []TreeNode, more bool, err error) {
	action := access.Read
	if ref == "" {
		action = access.List
	}
	t, err := v.begin("key.tree", action, c, false)
	if err != nil {
		return nil, false, err
	}
	nodes, more, err = t.tree(ctx, ref)
	if err := t.done(err); err != nil {
		return nil, false, err
	}
	return nodes, more, nil
}

func (t *task) tree(ctx context.Context, ref string) ([]TreeNode, bool, error) {
	var roots []*key.Record
	if ref != "" {
		r, err := t.read(ctx, ref)
		if err != nil {
			return nil, false, err
		}
		roots = []*key.Record{r}
	} else if err := t.fresh(ctx); err != nil {
		return nil, false, err
	} else if err := t.allow(access.OfVault()); err != nil {
		return nil, false, err
	}
	set, err := t.policies()
	if err != nil {
		return nil, false, err
	}
	w := &treeWalk{s: t.link.machine.State(), seen: map[key.ID]bool{}, may: func(r *key.Record) bool {
		return set.Decide(t.caller, access.Read, access.OfKey(r)).Allowed
	}}
	if ref == "" {
		return w.forest(), w.more, nil
	}
	w.visit(TreeNode{Record: roots[0]})
	return w.nodes, w.more, nil
}

// treeWalk goes down a hierarchy of one frozen state.
type treeWalk struct {
	s     *fsm.State
	may   func(*key.Record) bool
	nodes []TreeNode
	seen  map[key.ID]bool // what stands in the tree, with all that is below
	tried int
	more  bool
}

// forest is all hierarchies. What was derived from a key that is shown begins none of its own.
func (w *treeWalk) forest() []TreeNode {
	wrapping, deriving := w.s.Roots(maxRoots), w.s.Bases(maxRoots)
	var later []*key.Record
	for _, r := range slices.Concat(wrapping, deriving) {
		if w.more {
			return w.nodes
		}
		if w.derivedOf(r) {
			later = append(later, r)
		} else if !w.seen[r.ID] {
			w.visit(TreeNode{Record: r})
		}
	}
	for _, r := range later { // not reached: links that lead in a circle
		if !w.seen[r.ID] && !w.more {
			w.visit(TreeNode{Record: r})
		}
	}
	w.more = w.more || len(wrapping) == maxRoots || len(deriving) == maxRoots
	return w.nodes
}

// derivedOf tells whether r was derived from another key that the caller may read.
func (w *treeWalk) derivedOf(r *key.Record) bool {
	return slices.ContainsFunc(r.Links, func(l key.Link) bool {
		base := w.s.Key(l.To)
		return l.Kind == key.LinkBase && l.To != r.ID && base != nil && w.may(base)
	})
}

func (w *treeWalk) visit(n TreeNode) {
	r := n.Record
	if w.tried++; len(w.nodes) == maxTree || w.tried > maxLooked {
		w.more = true
		return
	}
	if !w.may(r) {
		return
	}
	n.Record, n.Children = public(r), w.s.ChildCount(r.ID)
	w.nodes = append(w.nodes, n)
	if w.seen[r.ID] {
		return
	}
	w.seen[r.ID] = true
	w.below(w.s.Children, r, func(child *key.Record) {
		w.visit(TreeNode{Record: child, Depth: n.Depth + 1, Wrapped: true, Derived: hasBase(child, r.ID)})
	})
	w.below(w.s.Derived, r, func(child *key.Record) {
		if child.Parent != r.ID { // else it was shown
			w.visit(TreeNode{Record: child, Depth: n.Depth + 1, Derived: true})
		}
	})
}

// below walks a list of keys, page by page, until there are more than the tree shows.
func (w *treeWalk) below(list func(of, after key.ID, limit int) ([]*key.Record, key.ID), r *key.Record, visit func(*key.Record)) {
	for after := (key.ID{}); !w.more; {
		page, next := list(r.ID, after, maxTree)
		for _, child := range page {
			if visit(child); w.more {
				return
			}
		}
		if after = next; next.IsZero() {
			return
		}
	}
}

func hasBase(r *key.Record, id key.ID) bool {
	return slices.Contains(r.Links, key.Link{Kind: key.LinkBase, To: id})
}

// Children returns a page of a key's children that the caller may read, by id, and the cursor of the next page ("" at the end).
// A page may be short, or empty, and still have a next one, where there are very many that the caller may not read.
func (v *Vault) Children(ctx context.Context, c access.Caller, ref, after string, limit int) ([]*key.Record, string, error) {
	t, err := v.begin("key.children", access.Read, c, false)
	if err != nil {
		return nil, "", err
	}
	page, next, err := t.children(ctx, ref, after, limit)
	if err := t.done(err); err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (t *task) children(ctx context.Context, ref, cursor string, limit int) ([]*key.Record, string, error) {
	if limit == 0 {
		limit = 100
	}
	if limit < 0 || limit > 1000 {
		return nil, "", fault.New(fault.Invalid, "limit must lie between 1 and 1000")
	}
	var after key.ID
	if cursor != "" {
		var err error
		if after, err = key.ParseID(cursor); err != nil {
			return nil, "", fault.New(fault.Invalid, "after must be the next of the page before")
		}
	}
	r, err := t.read(ctx, ref)
	if err != nil {
		return nil, "", err
	}
	set, err := t.policies()
	if err != nil {
		return nil, "", err
	}
	s, page := t.link.machine.State(), make([]*key.Record, 0, limit)
	for tried := 0; ; tried += limit {
		found, next := s.Children(r.ID, after, limit-len(page))
		for _, child := range found {
			if set.Decide(t.caller, access.Read, access.OfKey(child)).Allowed {
				page = append(page, public(child))
			}
		}
		if next.IsZero() {
			return page, "", nil
		}
		if len(page) == limit || tried >= maxLooked {
			return page, next.String(), nil
		}
		after = next
	}
}
