package rest

import (
	"context"
	"math"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// keyRoutes are the routes of keys. Those with a verb after {k} are found by the verb.
func keyRoutes() []route {
	reason := api.StateRequest{Reason: "staff change"}
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{
			Method: get, Path: keyPath + "/material", Op: "key.material", Summary: "Take the material of an exportable key out. Served by any node from its own state.",
			serve: giveSecret(material), Query: []param{{"version", "Version to take; the latest if absent.", 1}},
			Out: api.Material{ID: exampleID, Version: 1, Algorithm: "aes-256-gcm", Material: make([]byte, 32)},
		},
		{
			Method: post, Path: keyPath + "/rotate", Op: "key.rotate", Summary: "Add a version; the ones before still decrypt.",
			serve: take(rotateKey), Body: smallBody, Optional: true, IfMatch: true, In: struct{}{}, Out: exampleRecord(),
		},
		stateRoute("activate", "Begin to use a pre-active key or version.", access.Activate, false, reason),
		stateRoute("suspend", "Stop all use for a while; resume ends it.", access.Suspend, false, reason),
		stateRoute("resume", "Go on using a suspended key.", access.Activate, true, reason),
		stateRoute("deactivate", "End protection by this key; what it protected can still be opened.", access.Deactivate, false, reason),
		stateRoute("compromise", "Mark as known to others. Acknowledged when no node serves it any more.", access.Compromise, false, reason),
		{
			Method: post, Path: keyPath + "/destroy", Op: "key.destroy", Summary: "Destroy the material after a wait (after, 7 days by default), which cancel-destroy can end; with force, and no after, at once. Refused for what was used within the last 7 days, and held (destroy_held) where that is used lately when the wait is over, unless with force.",
			serve: take(destroyKey), Body: smallBody, Optional: true, IfMatch: true, In: api.DestroyRequest{After: new("7d"), Reason: "retired"}, Out: exampleRecord(),
		},
		{
			Method: post, Path: keyPath + "/cancel-destroy", Op: "key.cancel-destroy", Summary: "Keep what was to be destroyed.",
			serve: take(cancelDestroy), Body: smallBody, Optional: true, IfMatch: true, In: api.StateRequest{Reason: "still needed"}, Out: exampleRecord(),
		},
		{
			Method: get, Path: "/v1/keys", Op: "key.list", Summary: "List the keys that the caller may read.", serve: giveSecret(listKeys),
			Query: listParams,
			Out:   api.Keys{Keys: []api.Record{exampleRecord()}, Next: "app/db"},
		},
		{
			Method: post, Path: "/v1/keys", Op: "key.create", Summary: "Create a key. The material is made on the leader and never crosses a node link in plain.",
			serve: take(createKey), Status: http.StatusCreated, Body: smallBody,
			In:  api.CreateKeyRequest{Name: "app/db", Algorithm: "aes-256-gcm", RotateEvery: "90d", RotateAfterUses: 1 << 30, RetireAfter: "365d", Tags: map[string]string{"env": "prod"}},
			Out: exampleRecord(),
		},
		{Method: get, Path: keyPath, Op: "key.show", Summary: "Show a key without its material.", serve: give(showKey), IfNoneMatch: true, Out: exampleRecord()},
		{
			Method: http.MethodPatch, Path: keyPath, Op: "key.update", Summary: "Change a key's metadata; absent fields stay as they are.",
			serve: take(updateKey), Body: smallBody, IfMatch: true, In: api.UpdateKeyRequest{RotateEvery: new("30d"), MinDecryptVersion: new(uint32(1))}, Out: exampleRecord(),
		},
	}
}

func stateRoute(verb, summary string, a access.Action, resume bool, example api.StateRequest) route {
	return route{
		Method: http.MethodPost, Path: keyPath + "/" + verb, Op: "key." + verb, Summary: summary,
		Body: smallBody, Optional: true, IfMatch: true, In: example, Out: exampleRecord(),
		serve: take(func(ctx context.Context, q *request, in *api.StateRequest) (api.Record, error) {
			occurred, err := key.ParseTime(in.OccurredAt)
			if err != nil {
				return api.Record{}, of("occurred_at", err)
			}
			return recorded(q.vault.ChangeState(ctx, q.caller, q.ref, vault.StateChange{
				Action: a, Resume: resume, Version: in.Version, Reason: in.Reason, IfMatch: q.ifMatch, Occurred: occurred,
			}))
		}),
	}
}

func material(ctx context.Context, q *request, out *buffer) error {
	n, err := q.number("version", 1, math.MaxUint32)
	if err != nil {
		return err
	}
	return q.vault.Reveal(ctx, q.caller, q.ref, uint32(n), func(r *key.Record, version uint32, m []byte) error {
		out.raw(`{"id":"`).raw(r.ID.String()).raw(`","version":`).number(uint64(version))
		out.raw(`,"algorithm":"`).raw(r.Algorithm.String()).raw(`","material":`).bytes(m).raw("}")
		return nil
	})
}

func createKey(ctx context.Context, q *request, in *api.CreateKeyRequest) (api.Record, error) {
	s, err := keySpec(in)
	if err != nil {
		return api.Record{}, err
	}
	return recorded(q.vault.CreateKey(ctx, q.caller, s))
}

func showKey(ctx context.Context, q *request) (api.Record, error) {
	return recorded(q.vault.Key(ctx, q.caller, q.ref))
}

func updateKey(ctx context.Context, q *request, in *api.UpdateKeyRequest) (api.Record, error) {
	p, err := keyPatch(in, q.ifMatch)
	if err != nil {
		return api.Record{}, err
	}
	return recorded(q.vault.UpdateKey(ctx, q.caller, q.ref, p))
}

func cancelDestroy(ctx context.Context, q *request, in *api.StateRequest) (api.Record, error) {
	return recorded(q.vault.CancelDestroy(ctx, q.caller, q.ref, in.Version, q.ifMatch, in.Reason))
}

// Examples, for the OpenAPI document.
const (
	exampleID         = "0b7c1f9e-5d0a-4c52-9a4e-6f1d2b3c4d5e"
	exampleCiphertext = "qk:v1:bm90IGEgcmVhbCBjaXBoZXJ0ZXh0"
	exampleTime       = "2026-11-22T08:00:00.000Z"
)

func exampleRecord() api.Record {
	return api.Record{
		ID: exampleID, Name: "app/db", Algorithm: "aes-256-gcm", Type: "symmetric-key", Usage: []string{"encrypt", "decrypt"}, NeverExtractable: true, State: "active",
		Versions: []api.Version{{Version: 1, State: "active", CreatedAt: exampleTime, ActivatedAt: exampleTime}},
		Latest:   1, MinDecryptVersion: 1, RotateEvery: "90d", Tags: map[string]string{"env": "prod"}, Owner: "app1",
		CreatedAt: exampleTime, UpdatedAt: exampleTime, ETag: `"1"`,
	}
}
