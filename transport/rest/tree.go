package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// treeRoutes are the routes of hierarchies: keys that other keys wrap.
func treeRoutes() []route {
	get, tree := http.MethodGet, api.Tree{Nodes: []api.TreeNode{{ID: exampleID, Name: "app/db", Algorithm: "aes-256-gcm", State: "active", Latest: 1, Children: 2}}}
	return []route{
		{
			Method: get, Path: keyPath + "/children", Op: "key.children", Summary: "List the children of a key that the caller may read, by id.", serve: give(listChildren),
			Query: []param{{"limit", "Keys in a page, 1 to 1000; 100 if absent.", 100}, {"after", "The next of the page before.", exampleID}},
			Out:   api.Keys{Keys: []api.Record{exampleRecord()}, Next: exampleID},
		},
		{Method: get, Path: keyPath + "/tree", Op: "key.tree", Summary: "Show a key and all that is below it, 1000 keys at most: what it wraps, and what was derived from it.", serve: give(showTree), Out: tree},
		{Method: get, Path: "/v1/tree", Op: "key.forest", Summary: "Show every hierarchy: the keys without a parent that wrap others, or from which others were derived, with all that is below them.", serve: give(showTree), Out: tree},
		{
			Method: get, Path: keyPath + "/rewrapping", Op: "key.rewrapping", Summary: "Tell how far the children have been moved to the newest version, and which versions the vault needs no longer.",
			serve: give(showRewrapping), Out: api.KeyRewrapping{
				Key: exampleID, Latest: 2, Versions: []api.WrapVersion{{Version: 1, State: "deactivated", SafeToRetire: true}, {Version: 2, State: "active", Items: 10_000}},
				Campaign: &api.Campaign{To: 2, Total: 10_000, Done: 10_000, StartedAt: exampleTime, FinishedAt: exampleTime},
			},
		},
		{
			Method: http.MethodPost, Path: keyPath + "/move", Op: "key.move", Summary: "Give a key another parent, or none, with all that is below it. The caller needs update on the key and adopt on the parent.",
			serve: take(moveKey), Body: smallBody, IfMatch: true, In: api.MoveRequest{Parent: "app/master"}, Out: exampleRecord(),
		},
	}
}

func listChildren(ctx context.Context, q *request) (api.Keys, error) {
	limit, err := q.number("limit", 1, 1000)
	if err != nil {
		return api.Keys{}, err
	}
	records, next, err := q.vault.Children(ctx, q.caller, q.ref, q.query.Get("after"), int(limit))
	if err != nil {
		return api.Keys{}, err
	}
	out := api.Keys{Keys: make([]api.Record, len(records)), Next: next}
	for i, r := range records {
		out.Keys[i] = recordOf(r)
	}
	return out, nil
}

func showTree(ctx context.Context, q *request) (api.Tree, error) {
	nodes, more, err := q.vault.Tree(ctx, q.caller, q.ref)
	if err != nil {
		return api.Tree{}, err
	}
	out := api.Tree{Nodes: make([]api.TreeNode, len(nodes)), More: more}
	for i, n := range nodes {
		r := n.Record
		out.Nodes[i] = api.TreeNode{ID: r.ID.String(), Name: r.Name, Algorithm: r.Algorithm.String(), State: r.State.String(), Depth: n.Depth, Children: n.Children, Wrapped: n.Wrapped, Derived: n.Derived}
		if latest := r.Latest(); latest != nil {
			out.Nodes[i].Latest = latest.Number
		}
	}
	return out, nil
}

func showRewrapping(ctx context.Context, q *request) (api.KeyRewrapping, error) {
	r, err := q.vault.Rewrapping(ctx, q.caller, q.ref)
	if err != nil {
		return api.KeyRewrapping{}, err
	}
	out := api.KeyRewrapping{Key: r.Key.ID.String(), Versions: make([]api.WrapVersion, len(r.Versions))}
	for i, v := range r.Versions {
		out.Versions[i], out.Latest = api.WrapVersion{Version: v.Version, State: v.State.String(), Items: v.Items, SafeToRetire: v.SafeToRetire}, v.Version
	}
	if c := r.Campaign; c != nil {
		out.Campaign = &api.Campaign{To: c.To, Total: c.Total, Done: r.Done, StartedAt: c.Started.String(), FinishedAt: c.Finished.String(), Active: r.Active}
	}
	return out, nil
}

func moveKey(ctx context.Context, q *request, in *api.MoveRequest) (api.Record, error) {
	return recorded(q.vault.MoveKey(ctx, q.caller, q.ref, in.Parent, q.ifMatch))
}

// storedKeys is datakey where the body asks that the keys be kept: another operation of the vault, with another answer. It
// leaves alone what does not.
func storedKeys(ctx context.Context, q *request, in *oneOrMany[api.DataKeyRequest], out *buffer) (taken bool, err error) {
	all := in.Batch
	if all == nil {
		all = []api.DataKeyRequest{in.One}
	}
	specs, kept := make([]vault.StoredSpec, len(all)), 0
	for i := range all {
		d := &all[i]
		if !d.Store {
			continue
		}
		kept++
		if len(d.AAD) > 0 || len(d.Context) > 0 {
			return true, fault.New(fault.Invalid, "a stored data key is bound to nothing but its id").WithHint("Leave aad and context out, or store out.")
		}
		specs[i] = vault.StoredSpec{Bits: d.Bits, Name: d.Name, Tags: d.Tags, Plaintext: d.Plaintext}
	}
	if kept == 0 {
		return false, nil
	}
	if err := in.whole(); err != nil {
		return true, err
	}
	if kept < len(all) {
		return true, fault.New(fault.Invalid, "some items of the batch are to be stored and others not").WithHint("Send them in two requests.")
	}
	return true, q.vault.StoreDataKeys(ctx, q.caller, q.ref, specs, func(stored []vault.StoredKey) error {
		if in.Batch != nil {
			out.raw(`{"results":[`)
		}
		for i := range stored {
			if i > 0 {
				out.raw(",")
			}
			out.storedKey(&stored[i])
		}
		if in.Batch != nil {
			out.raw("]}")
		}
		return nil
	})
}

func (b *buffer) storedKey(k *vault.StoredKey) {
	b.raw(`{"id":"`).raw(k.Record.ID.String()).raw(`","name":`).text([]byte(k.Record.Name))
	b.raw(`,"version":`).number(uint64(k.Record.Latest().Number))
	if k.Plaintext != nil {
		b.raw(`,"plaintext":`).bytes(k.Plaintext)
	}
	b.raw("}")
}
