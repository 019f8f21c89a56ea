package vault

import (
	"cmp"
	"context"
	"slices"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// LocateQuery selects objects by what they are. A name, a group or an id is looked up; else all objects are looked at.
type LocateQuery struct {
	Name   string // the vault's, or one of the object's own
	Group  string
	ID     key.ID
	Living bool                   // what is destroyed is not looked for
	Match  func(*key.Record) bool // nil: all. The record is lent, and as the state has it
	Offset int                    // how many of those found are left out
	Limit  int                    // how many are given
}

// Bounds on what one question looks at, and on how many look at everything, or at a group, at one time on a node. Others wait.
const (
	maxLocate = 200_000
	maxLooks  = 4
)

// Locate finds objects that the caller may read, the newest first, and tells how many there are in all. Without a name or an id it needs
// the permission to list. fault.TooLarge if that would be to look at too many: a name or a group makes them few. fault.Busy if too many
// others are looking until ctx ends, or it ends while this one looks.
func (v *Vault) Locate(ctx context.Context, c access.Caller, q LocateQuery) ([]*key.Record, int, error) {
	t, err := v.begin("key.locate", access.List, c, false)
	if err != nil {
		return nil, 0, err
	}
	page, total, err := t.locate(ctx, q)
	if err := t.done(err); err != nil {
		return nil, 0, err
	}
	return page, total, nil
}

func (t *task) locate(ctx context.Context, q LocateQuery) ([]*key.Record, int, error) {
	t.change("name", q.Name)
	t.change("group", q.Group)
	if err := t.fresh(ctx); err != nil {
		return nil, 0, err
	}
	if q.Name == "" && q.ID.IsZero() {
		if err := t.allow(access.OfVault()); err != nil {
			return nil, 0, err
		}
	}
	s := t.link.machine.State()
	found, err := t.located(ctx, s, q)
	if narrow := q.Name != "" || q.Group != "" || !q.ID.IsZero(); err == nil && len(found) == 0 && narrow && t.caller.Read.Mode != access.Linearizable { // it may have been made on another node a moment ago: see readVersion
		if wait, cancel := context.WithTimeout(ctx, catchUp); t.link.replica.Fresh(wait, access.Consistency{Mode: access.Linearizable}) == nil {
			s = t.link.machine.State()
			found, err = t.located(ctx, s, q)
			cancel()
		} else {
			cancel()
		}
	}
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(found, func(a, b spot) int {
		return cmp.Or(cmp.Compare(b.created, a.created), slices.Compare(a.id[:], b.id[:]))
	})
	part := found[min(max(q.Offset, 0), len(found)):]
	part = part[:min(max(q.Limit, 0), len(part))]
	page := make([]*key.Record, len(part))
	for i, at := range part {
		page[i] = t.v.shown(s.Key(at.id))
	}
	return page, len(found), nil
}

// spot is where a key stands among those that were found: there may be very many, and few are shown.
type spot struct {
	created key.Time
	id      key.ID
}

// located is everything in s that matches and that the caller may read, in no order.
func (t *task) located(ctx context.Context, s *fsm.State, q LocateQuery) (found []spot, err error) {
	set, err := t.policies()
	if err != nil {
		return nil, err
	}
	if q.Name == "" && q.ID.IsZero() {
		leave, err := t.v.look(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
	}
	looked := 0
	take := func(r *key.Record) bool {
		if looked++; looked > maxLocate {
			err = fault.New(fault.TooLarge, "that would be to look at more than %d objects", maxLocate).WithHint("Ask for a name or a group.")
			return false
		}
		if looked%1024 == 0 && ctx.Err() != nil {
			err = fault.Wrap(fault.Busy, ctx.Err(), "the time for the question is over").WithHint("Ask for a name or a group.")
			return false
		}
		if q.Living && r.State.Gone() {
			return true
		}
		if (q.Match == nil || q.Match(r)) && set.Decide(t.caller, access.Read, access.OfKey(r)).Allowed {
			found = append(found, spot{r.Created, r.ID})
		}
		return true
	}
	for _, r := range candidates(s, q) {
		if !take(r) {
			break
		}
	}
	if q.Name == "" && q.Group == "" && q.ID.IsZero() {
		s.EachKey(take)
	}
	return found, err
}

// look waits for a place among those that look at many objects. Whoever got one leaves.
func (v *Vault) look(ctx context.Context) (leave func(), err error) {
	select {
	case v.looks <- struct{}{}:
		return func() { <-v.looks }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Busy, ctx.Err(), "%d others were still looking at all objects", maxLooks).WithHint("Ask for a name, or again later.")
	}
}

// candidates are all objects that can match, by the shortest way there is.
func candidates(s *fsm.State, q LocateQuery) (all []*key.Record) {
	switch {
	case !q.ID.IsZero():
		if r := s.Key(q.ID); r != nil {
			all = append(all, r)
		}
	case q.Name != "":
		limit := maxLocate + 1
		if q.Living {
			limit = 1 // it comes first
		}
		all = s.KeysNamed(q.Name, limit)
		if r := s.KeyByName(q.Name); r != nil && !slices.Contains(all, r) {
			all = append(all, r)
		}
	case q.Group != "":
		all = s.KeysInGroup(q.Group, maxLocate+1)
	}
	return all
}
