package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// KeyQuery selects keys; zero fields select everything. Times are RFC 3339; ranges begin at …After and end before …Before.
type KeyQuery struct {
	Prefix         string   // of the name
	Tags           []string // "k" or "k=v"; a key must have all of them
	State          string
	Algorithm      string
	Type           string // such as "symmetric-key"
	Owner          string
	Parent         string // name or id of the key that wraps them
	CreatedAfter   string
	CreatedBefore  string
	UpdatedAfter   string
	UpdatedBefore  string
	DueAfter       string // the cluster will act on it by itself next, at that time or later
	DueBefore      string // … before that
	RotationAfter  string // the cluster will rotate it at that time or later
	RotationBefore string // … before that
	Sort           string // "name" or "" by name; "due" what the cluster will do soonest first, without keys that have no date
	After          string // api.Keys.Next of the page before
	Limit          int    // of the page; 0: the server's default
}

func (q *KeyQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{
		"name": q.Prefix, "tag": api.JoinTags(q.Tags), "state": q.State, "algorithm": q.Algorithm, "type": q.Type, "owner": q.Owner, "parent": q.Parent,
		"created_after": q.CreatedAfter, "created_before": q.CreatedBefore, "updated_after": q.UpdatedAfter, "updated_before": q.UpdatedBefore,
		"due_after": q.DueAfter, "due_before": q.DueBefore, "rotation_after": q.RotationAfter, "rotation_before": q.RotationBefore,
		"sort": q.Sort, "after": q.After,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

// Keys returns one page of the keys that the caller may see; Keys.Next is the After of the next page, "" at the end. A
// page may be short, even empty, and have a Next.
func (c *Client) Keys(ctx context.Context, q KeyQuery) (*api.Keys, error) {
	var page api.Keys
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/keys", query: q.values(), out: &page}); err != nil {
		return nil, err
	}
	return &page, nil
}

// AllKeys walks every page. It stops after the first error, which it yields; one is that pages, full or empty, lead in a circle.
func (c *Client) AllKeys(ctx context.Context, q KeyQuery) iter.Seq2[api.Record, error] {
	return func(yield func(api.Record, error) bool) {
		// Whatever the length of a circle, one of the marked places is in it (Brent): each is kept for twice as many pages.
		mark, marked := q.After, 1
		for n := 1; ; n++ {
			page, err := c.Keys(ctx, q)
			if err != nil {
				yield(api.Record{}, err)
				return
			}
			for _, r := range page.Keys {
				if !yield(r, nil) {
					return
				}
			}
			switch {
			case page.Next == "":
				return
			case page.Next == mark:
				yield(api.Record{}, fault.New(fault.Internal, "the pages of the list lead in a circle: %q comes again", mark).
					WithHint("Something between this client and the node repeats answers, or the node is at fault; ask another one."))
				return
			case n == marked:
				mark, marked = page.Next, 2*n
			}
			q.After = page.Next
		}
	}
}
