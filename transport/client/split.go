package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// SplitKey makes parts of an exportable key, which stays. fault.Exists if a name is taken.
func (c *Client) SplitKey(ctx context.Context, key string, in api.SplitRequest) (*api.SplitResponse, error) {
	var out api.SplitResponse
	if err := c.keyCall(ctx, write, http.MethodPost, key, "split", in, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// JoinKey makes a key of its parts. fault.Invalid if they are too few or do not belong together.
func (c *Client) JoinKey(ctx context.Context, in api.JoinRequest) (*api.Record, error) {
	var r api.Record
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/keys/join", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}

// IssueCertificate makes a certificate that a key signs. PublicKey gives it in PEM. Where it replaces another, WithIfMatch is about that: fault.Conflict
// if it changed, fault.BadState if it was replaced before.
func (c *Client) IssueCertificate(ctx context.Context, signer string, in api.IssueRequest) (*api.Record, error) {
	return c.changeKey(ctx, signer, "issue", in)
}
