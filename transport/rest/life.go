package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// lifeRoutes are what happens to keys as a whole beside the steps in keyRoutes.
func lifeRoutes() []route {
	return []route{
		{
			Method: http.MethodPost, Path: keyPath + "/purge", Op: "key.purge", Summary: "Forget a destroyed key, whose record stays until then: its name is free again.",
			serve: takeOnly(purgeKey), Body: smallBody, Optional: true, IfMatch: true, In: struct{}{},
		},
		{
			Method: http.MethodPost, Path: keyPath + "/archive", Op: "key.archive", Summary: "Put a key into the archive: it is used for nothing until it is recovered. Acknowledged when no node uses it any more.",
			serve: take(archiveKey), Body: smallBody, Optional: true, IfMatch: true, In: struct{}{}, Out: exampleRecord(),
		},
		{
			Method: http.MethodPost, Path: keyPath + "/recover", Op: "key.recover", Summary: "Take a key back out of the archive.",
			serve: take(recoverKey), Body: smallBody, Optional: true, IfMatch: true, In: struct{}{}, Out: exampleRecord(),
		},
		{
			Method: http.MethodPost, Path: keyPath + "/reserve", Op: "key.reserve", Summary: "Take uses, or bytes, off a key's usage limit for protecting with its material outside: all of them or none.",
			serve: take(reserveUses), Body: smallBody, In: api.ReserveRequest{Uses: 100}, Out: exampleRecord(),
		},
	}
}

func purgeKey(ctx context.Context, q *request, _ *struct{}) error {
	return q.vault.PurgeKey(ctx, q.caller, q.ref, q.ifMatch)
}

func archiveKey(ctx context.Context, q *request, _ *struct{}) (api.Record, error) {
	return recorded(q.vault.ArchiveKey(ctx, q.caller, q.ref, q.ifMatch))
}

func recoverKey(ctx context.Context, q *request, _ *struct{}) (api.Record, error) {
	return recorded(q.vault.RecoverKey(ctx, q.caller, q.ref, q.ifMatch))
}

func reserveUses(ctx context.Context, q *request, in *api.ReserveRequest) (api.Record, error) {
	return recorded(q.vault.ReserveUses(ctx, q.caller, q.ref, in.Uses))
}

func rotateKey(ctx context.Context, q *request, _ *struct{}) (api.Record, error) {
	return recorded(q.vault.RotateKeyIf(ctx, q.caller, q.ref, q.ifMatch))
}

// destroyKey waits 7 days unless it is forced, or after says otherwise.
func destroyKey(ctx context.Context, q *request, in *api.DestroyRequest) (api.Record, error) {
	after, err := optional("after", in.After, key.ParsePeriod)
	if err != nil {
		return api.Record{}, err
	}
	return recorded(q.vault.DestroyKey(ctx, q.caller, q.ref, vault.Destruction{
		Version: in.Version, After: after, Force: in.Force, Reason: in.Reason, IfMatch: q.ifMatch,
	}))
}

// lifeSpec reads what a new key's body says of its end and its rotation.
func lifeSpec(in *api.CreateKeyRequest, s *vault.KeySpec) (err error) {
	s.RotateUses, s.RotateBytes = in.RotateAfterUses, in.RotateAfterBytes
	if s.DestroyAt, err = key.ParseTime(in.DestroyAt); err != nil {
		return of("destroy_at", err)
	}
	if s.RetireAfter, err = key.ParsePeriod(in.RetireAfter); err != nil {
		return of("retire_after", err)
	}
	return nil
}

// lifePatch reads the same of a change.
func lifePatch(in *api.UpdateKeyRequest, p *vault.KeyPatch) (err error) {
	p.RotateUses, p.RotateBytes, p.UsageLimit = in.RotateAfterUses, in.RotateAfterBytes, in.UsageLimit
	if in.Attributes != nil {
		p.Attributes = *in.Attributes
	}
	if p.DestroyAt, err = optional("destroy_at", in.DestroyAt, key.ParseTime); err != nil {
		return err
	}
	p.RetireAfter, err = optional("retire_after", in.RetireAfter, key.ParsePeriod)
	return err
}
