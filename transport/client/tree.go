package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/quorate/quorate/transport/api"
)

// StoreDataKey makes a data key under key that the cluster keeps; its id is all that an application needs to remember
// (Material gives it out again). The caller clears the plaintext.
func (c *Client) StoreDataKey(ctx context.Context, key string, in api.DataKeyRequest) (*api.StoredKey, error) {
	in.Store = true
	var r api.StoredKey
	if err := c.keyCall(ctx, write, http.MethodPost, key, "datakey", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// StoreDataKeys makes up to 256 such keys, all or none.
func (c *Client) StoreDataKeys(ctx context.Context, key string, in []api.DataKeyRequest) ([]api.StoredKey, error) {
	body := api.Batch[api.DataKeyRequest]{Batch: make([]api.DataKeyRequest, len(in))}
	for i := range in {
		body.Batch[i] = in[i]
		body.Batch[i].Store = true
	}
	var r api.StoredKeys
	if err := c.keyCall(ctx, write, http.MethodPost, key, "datakey", body, &r); err != nil {
		return nil, err
	}
	return r.Results, nil
}

// Children returns one page of a key's children, by id; Keys.Next is the after of the next page, "" at the end. limit 0 is the
// server's default.
func (c *Client) Children(ctx context.Context, key, after string, limit int) (*api.Keys, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	v := url.Values{}
	if after != "" {
		v.Set("after", after)
	}
	if limit > 0 {
		v.Set("limit", strconv.Itoa(limit))
	}
	var page api.Keys
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/keys/" + ref(key) + "/children", query: v, out: &page}); err != nil {
		return nil, err
	}
	return &page, nil
}

// Tree returns a key and what is below it, or with "" every hierarchy; 1000 keys at most.
func (c *Client) Tree(ctx context.Context, key string) (*api.Tree, error) {
	var r api.Tree
	var err error
	if key == "" {
		err = c.do(ctx, &call{method: http.MethodGet, path: "/v1/tree", out: &r})
	} else {
		err = c.keyCall(ctx, read, http.MethodGet, key, "tree", nil, &r)
	}
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// Rewrapping tells how far the children of a key have been moved to its newest version.
func (c *Client) Rewrapping(ctx context.Context, key string) (*api.KeyRewrapping, error) {
	var r api.KeyRewrapping
	if err := c.keyCall(ctx, read, http.MethodGet, key, "rewrapping", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// MoveKey gives a key another parent, or none (""). etag is as for UpdateKey.
func (c *Client) MoveKey(ctx context.Context, key, etag, parent string) (*api.Record, error) {
	if err := checkRef(key); err != nil {
		return nil, err
	}
	var r api.Record
	path := "/v1/keys/" + ref(key) + "/move"
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: path, ifMatch: etag, in: api.MoveRequest{Parent: parent}, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}
