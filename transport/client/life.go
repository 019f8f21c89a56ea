package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// RotateKeyIf rotates a key that is as the caller saw it: etag is that of its record. fault.Conflict if it changed since;
// "" rotates it whatever it is.
func (c *Client) RotateKeyIf(ctx context.Context, key, etag string) (*api.Record, error) {
	return c.changeKeyIf(ctx, key, "rotate", etag, struct{}{})
}

// DestroyKeyIf destroys a key or version that is as the caller saw it, in the same way.
func (c *Client) DestroyKeyIf(ctx context.Context, key, etag string, in api.DestroyRequest) (*api.Record, error) {
	return c.changeKeyIf(ctx, key, "destroy", etag, in)
}

// PurgeKey forgets a destroyed key, so that its name is free again. fault.BadState while it is not destroyed.
func (c *Client) PurgeKey(ctx context.Context, key string) error {
	return c.keyCall(ctx, write, http.MethodPost, key, "purge", struct{}{}, nil)
}

// ArchiveKey puts a key into the archive, where it is used for nothing. fault.BadState if it is archived, or destroyed.
func (c *Client) ArchiveKey(ctx context.Context, key string) (*api.Record, error) {
	return c.changeKeyIf(ctx, key, "archive", "", struct{}{})
}

// RecoverKey takes a key back out of the archive. fault.BadState if it is not in it.
func (c *Client) RecoverKey(ctx context.Context, key string) (*api.Record, error) {
	return c.changeKeyIf(ctx, key, "recover", "", struct{}{})
}

// ReserveUses takes uses, or bytes, off a key's usage limit, for protecting with its material outside: all of them or none.
// fault.BadState when not so many are left, or the key has no limit. The record says how many are left.
func (c *Client) ReserveUses(ctx context.Context, key string, uses uint64) (*api.Record, error) {
	var r api.Record
	if err := c.keyCall(ctx, write, http.MethodPost, key, "reserve", api.ReserveRequest{Uses: uses}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

func (c *Client) changeKeyIf(ctx context.Context, key, verb, etag string, in any) (*api.Record, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	var r api.Record
	err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/keys/" + ref(key) + "/" + verb, ifMatch: etag, in: in, out: &r})
	if err != nil {
		return nil, err
	}
	return &r, nil
}
