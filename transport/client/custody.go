package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// RollCall tells which custodians proved when that they hold their shares.
func (c *Client) RollCall(ctx context.Context) (*api.RollCall, error) {
	var r api.RollCall
	if err := c.system(ctx, read, http.MethodGet, "roll-call", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// StartRollCall calls all custodians to prove that they hold their shares.
func (c *Client) StartRollCall(ctx context.Context) (*api.RollCall, error) {
	var r api.RollCall
	if err := c.system(ctx, write, http.MethodPost, "roll-call/start", struct{}{}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// AnswerRollCall hands a custodian's proof in; no token is needed. fault.Invalid and fault.Denied say what is wrong with it.
func (c *Client) AnswerRollCall(ctx context.Context, proof string) (*api.RollCall, error) {
	var r api.RollCall
	in := api.ProofRequest{Proof: proof}
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/sys/roll-call/submit", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// RootToken hands in a call for a root token and the proofs of a threshold of custodians; no token is needed.
func (c *Client) RootToken(ctx context.Context, in api.RootTokenRequest) (*api.RootTokenResponse, error) {
	var r api.RootTokenResponse
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/v1/sys/root-token", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}
