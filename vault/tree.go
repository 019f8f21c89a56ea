package vault

import (
	"context"

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
	Depth    int // 0 for the key that was asked for, or for a root
	Children int // how many there are, of which the tree may show fewer
}

// Tree shows a key and what is below it, a child right after its parent, or every hierarchy of the vault (""). It shows
// what the caller may read, at most 1000 keys; more tells that there would be more.
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
	w := &treeWalk{s: t.link.machine.State(), may: func(r *key.Record) bool {
		return set.Decide(t.caller, access.Read, access.OfKey(r)).Allowed
	}}
	if ref == "" {
		roots = w.s.Roots(maxRoots)
	}
	for _, r := range roots {
		if w.visit(r, 0); w.more {
			break
		}
	}
	return w.nodes, w.more || len(roots) == maxRoots, nil
}

// treeWalk goes down a hierarchy of one frozen state.
type treeWalk struct {
	s     *fsm.State
	may   func(*key.Record) bool
	nodes []TreeNode
	tried int
	more  bool
}

func (w *treeWalk) visit(r *key.Record, depth int) {
	if w.tried++; len(w.nodes) == maxTree || w.tried > maxLooked {
		w.more = true
		return
	}
	if !w.may(r) {
		return
	}
	w.nodes = append(w.nodes, TreeNode{Record: public(r), Depth: depth, Children: w.s.ChildCount(r.ID)})
	for after := (key.ID{}); depth < fsm.MaxDepth; {
		page, next := w.s.Children(r.ID, after, maxTree)
		for _, child := range page {
			if w.visit(child, depth+1); w.more {
				return
			}
		}
		if after = next; next.IsZero() {
			return
		}
	}
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
