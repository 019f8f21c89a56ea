package clienttest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// adopt puts a key under a parent, wrapped by its newest version; "" takes it out.
func (s *state) adopt(e *entry, parent string) error {
	if parent == "" {
		e.record.Parent, e.under = "", 0
		return nil
	}
	p, err := s.find(parent)
	if err != nil {
		return err
	}
	for up := p; up != nil; up = s.keys[up.record.Parent] {
		if up == e {
			return fault.New(fault.Invalid, "the key %s is below %s already", p.record.Name, e.record.Name)
		}
	}
	if p.record.State != "active" {
		return fault.New(fault.BadState, "the key %s is %s: only an active key takes children", p.record.Name, p.record.State)
	}
	e.record.Parent, e.under = p.record.ID, p.record.Latest
	return nil
}

// children lists the children of a key by id.
func (s *state) children(parent string) []*entry {
	var all []*entry
	for _, e := range s.keys {
		if e.record.Parent == parent {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b *entry) int { return strings.Compare(a.record.ID, b.record.ID) })
	return all
}

// store keeps a data key under e.
func (s *state) store(e *entry, in api.DataKeyRequest) (api.StoredKey, error) {
	if len(in.AAD) > 0 || len(in.Context) > 0 {
		return api.StoredKey{}, fault.New(fault.Invalid, "a stored data key is bound to nothing but its id")
	}
	if in.Bits == 0 {
		in.Bits = 256
	}
	id := newID()
	if in.Name == "" {
		in.Name = e.record.Name + "/" + id
	}
	if _, taken := s.names[in.Name]; taken {
		return api.StoredKey{}, fault.New(fault.Exists, "the name %q is taken", in.Name)
	}
	k := &entry{record: api.Record{
		ID: id, Name: in.Name, Algorithm: "secret", Usage: []string{"derive"}, State: "active", Exportable: true, Tags: in.Tags, Owner: "root",
		CreatedAt: when, UpdatedAt: when, ETag: `"1"`,
	}}
	k.rotate()
	k.materials[0] = make([]byte, in.Bits/8)
	_, _ = rand.Read(k.materials[0])
	if err := s.adopt(k, e.record.ID); err != nil {
		return api.StoredKey{}, err
	}
	s.keys[id], s.names[in.Name] = k, id
	out := api.StoredKey{ID: id, Name: in.Name, Version: 1}
	if in.Plaintext {
		out.Plaintext = k.materials[0]
	}
	return out, nil
}

type storeBody struct {
	api.DataKeyRequest
	Batch []api.DataKeyRequest `json:"batch"`
}

// stores tells whether the body asks that data keys be kept. It leaves the body to be read again.
func (rt *route) stores() (bool, error) {
	body, err := io.ReadAll(io.LimitReader(rt.r.Body, 1<<20))
	rt.r.Body = io.NopCloser(bytes.NewReader(body))
	var in storeBody
	if err != nil || json.Unmarshal(body, &in) != nil {
		return false, err
	}
	return in.Store || len(in.Batch) > 0 && in.Batch[0].Store, nil
}

// family answers what concerns hierarchies; handled is false for everything else.
func (rt *route) family(st *state, e *entry, verb string) (out any, status int, handled bool, err error) {
	switch {
	case rt.r.Method == "GET" && verb == "children":
		page := api.Keys{Keys: []api.Record{}}
		for _, c := range st.children(e.record.ID) {
			page.Keys = append(page.Keys, c.record)
		}
		return page, 200, true, nil
	case rt.r.Method == "GET" && verb == "tree":
		return api.Tree{Nodes: st.tree(e, 0, nil)}, 200, true, nil
	case rt.r.Method == "GET" && verb == "rewrapping":
		return st.rewrapping(e), 200, true, nil
	case verb == "datakey":
		if stores, err := rt.stores(); !stores || err != nil {
			return nil, 0, err != nil, err
		}
		out, status, err = write(rt, 200, func(in storeBody) (any, error) {
			if in.Batch == nil {
				return st.store(e, in.DataKeyRequest)
			}
			var all api.StoredKeys
			for _, item := range in.Batch {
				k, err := st.store(e, item)
				if err != nil {
					return nil, err
				}
				all.Results = append(all.Results, k)
			}
			return all, nil
		})
		return out, status, true, err
	case verb == "move":
		out, status, err = write(rt, 200, func(in api.MoveRequest) (api.Record, error) { return e.record, st.adopt(e, in.Parent) })
		return out, status, true, err
	}
	return nil, 0, false, nil
}

func (s *state) tree(e *entry, depth int, to []api.TreeNode) []api.TreeNode {
	below := s.children(e.record.ID)
	to = append(to, api.TreeNode{
		ID: e.record.ID, Name: e.record.Name, Algorithm: e.record.Algorithm, State: e.record.State, Latest: e.record.Latest, Depth: depth, Children: len(below), Wrapped: depth > 0,
	})
	for _, c := range below {
		to = s.tree(c, depth+1, to)
	}
	return to
}

// forest is every hierarchy.
func (s *state) forest() api.Tree {
	out := api.Tree{Nodes: []api.TreeNode{}}
	for _, e := range s.children("") {
		if len(s.children(e.record.ID)) > 0 {
			out.Nodes = s.tree(e, 0, out.Nodes)
		}
	}
	return out
}

// rewrapping tells how far it is, and then moves one child more, so that whoever waits sees it go on.
func (s *state) rewrapping(e *entry) api.KeyRewrapping {
	out := api.KeyRewrapping{Key: e.record.ID, Latest: e.record.Latest}
	left, items := uint64(0), map[uint32]int{}
	var next *entry
	for _, c := range s.children(e.record.ID) {
		if items[c.under]++; c.under < e.record.Latest {
			left++
			next = c
		}
	}
	for _, v := range e.record.Versions {
		n := items[v.Version]
		out.Versions = append(out.Versions, api.WrapVersion{Version: v.Version, State: v.State, Items: n, SafeToRetire: n == 0 && v.Version != e.record.Latest})
	}
	if e.campaign == 0 {
		e.campaign = left
	}
	if e.campaign > 0 {
		out.Campaign = &api.Campaign{To: e.record.Latest, Total: e.campaign, Done: e.campaign - left, StartedAt: when, Active: left > 0}
	}
	if left == 0 {
		if out.Campaign != nil {
			out.Campaign.FinishedAt = when
		}
		return out
	}
	next.under = e.record.Latest
	return out
}
