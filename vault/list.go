package vault

import (
	"context"
	"strconv"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// KeyQuery selects keys. Zero fields select everything; ranges of time begin at …From and end before …Before.
type KeyQuery struct {
	Prefix        string   // of the name
	Tags          []string // "k" or "k=v"; a key must have all of them
	State         key.State
	Algorithm     key.Algorithm
	Type          key.ObjectType
	Owner         string
	Parent        string // name or id of the key that wraps them
	CreatedFrom   key.Time
	CreatedBefore key.Time
	UpdatedFrom   key.Time
	UpdatedBefore key.Time
	DueFrom       key.Time // the cluster will act on it by itself next, at that time or later
	DueBefore     key.Time // … before that
	RotateFrom    key.Time // the cluster will rotate it at that time or later
	RotateBefore  key.Time // … before that
	ByDue         bool     // soonest due first, instead of by name; only keys that something is due on
	After         string   // cursor: what the page before returned as next
	Limit         int      // default 100, at most 1000
}

// maxQueryTags bounds the tags of one query.
const maxQueryTags = 16

// Keys returns a page of the keys that the caller may read, and the cursor of the next page ("" at the end). What one
// page may cost is bounded, so it can be shorter than the limit, even empty, and have a next.
func (v *Vault) Keys(ctx context.Context, c access.Caller, q KeyQuery) ([]*key.Record, string, error) {
	t, err := v.begin("key.list", access.List, c, false)
	if err != nil {
		return nil, "", err
	}
	page, next, err := t.list(ctx, q)
	if err := t.done(err); err != nil {
		return nil, "", err
	}
	return page, next, nil
}

func (t *task) list(ctx context.Context, q KeyQuery) ([]*key.Record, string, error) {
	if q.Limit == 0 {
		q.Limit = 100
	}
	if err := q.check(); err != nil {
		return nil, "", err
	}
	t.change("prefix", q.Prefix)
	t.change("tags", strings.Join(q.Tags, ","))
	t.change("limit", strconv.Itoa(q.Limit))
	if err := t.fresh(ctx); err != nil {
		return nil, "", err
	}
	if err := t.allow(access.OfVault()); err != nil {
		return nil, "", err
	}
	set, err := t.policies()
	if err != nil {
		return nil, "", err
	}
	s := t.link.machine.State()
	find := q.find()
	if q.Parent != "" {
		parent := lookup(s, q.Parent)
		if parent == nil {
			return nil, "", nil // a key that is not there has no children; whether it is, the caller need not learn here
		}
		find.Parent = parent.ID
	}
	find.Accept = func(r *key.Record) bool { return set.Decide(t.caller, access.Read, access.OfKey(r)).Allowed }
	if find.After, err = t.keys.openCursor(q.After); err != nil {
		return nil, "", err
	}
	if err := find.Check(); err != nil {
		return nil, "", err
	}
	found, next := s.Keys(find)
	if n := len(found); next != "" && (n == 0 || next != find.Cursor(found[n-1])) {
		if next, err = t.keys.sealCursor(t.v.cfg.Random, next); err != nil { // it names a key that is not on the page
			return nil, "", err
		}
	}
	page := make([]*key.Record, len(found))
	for i, r := range found {
		page[i] = t.v.shown(r)
	}
	return page, next, nil
}

func (q *KeyQuery) check() error {
	if q.Limit < 0 || q.Limit > 1000 {
		return fault.New(fault.Invalid, "limit must lie between 1 and 1000")
	}
	return checkTagFilter(q.Tags)
}

func checkTagFilter(tags []string) error {
	if len(tags) > maxQueryTags {
		return fault.New(fault.Invalid, "a query names at most %d tags", maxQueryTags)
	}
	for _, tag := range tags {
		if name, _, _ := strings.Cut(tag, "="); name == "" || len(tag) > key.MaxTagKey+1+key.MaxTagValue {
			return fault.New(fault.Invalid, "a tag to look for has no name, or is too long").WithHint("Tags look like team or team=infra.")
		}
	}
	return nil
}

// find is the query as the state understands it; parent and policies are the task's to add.
func (q *KeyQuery) find() fsm.Query {
	return fsm.Query{
		Prefix: q.Prefix, Tags: q.Tags, State: q.State, Algorithm: q.Algorithm, Type: q.Type, Owner: q.Owner,
		CreatedFrom: q.CreatedFrom, CreatedBefore: q.CreatedBefore, UpdatedFrom: q.UpdatedFrom, UpdatedBefore: q.UpdatedBefore,
		DueFrom: q.DueFrom, DueBefore: q.DueBefore, RotateFrom: q.RotateFrom, RotateBefore: q.RotateBefore, ByDue: q.ByDue, After: q.After, Limit: q.Limit,
	}
}
