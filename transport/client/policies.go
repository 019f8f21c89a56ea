package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// Policies lists the policies.
func (c *Client) Policies(ctx context.Context) (*api.Policies, error) {
	var p api.Policies
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/policies", out: &p}); err != nil {
		return nil, err
	}
	return &p, nil
}

// Policy returns a policy by name.
func (c *Client) Policy(ctx context.Context, name string) (*api.Policy, error) {
	if err := checkRef(name); err != nil {
		return nil, err
	}
	var p api.Policy
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/policies/" + ref(name), out: &p}); err != nil {
		return nil, err
	}
	return &p, nil
}

// PutPolicy creates or replaces a policy; text is a Cedar document. fault.Invalid names where it does not parse.
func (c *Client) PutPolicy(ctx context.Context, name, text string) (*api.Policy, error) {
	if err := checkRef(name); err != nil {
		return nil, err
	}
	var p api.Policy
	if err := c.do(ctx, &call{safety: write, method: http.MethodPut, path: "/v1/policies/" + ref(name), in: api.Policy{Policy: text}, out: &p}); err != nil {
		return nil, err
	}
	return &p, nil
}

// DeletePolicy removes a policy.
func (c *Client) DeletePolicy(ctx context.Context, name string) error {
	if err := checkRef(name); err != nil {
		return err
	}
	return c.do(ctx, &call{safety: write, method: http.MethodDelete, path: "/v1/policies/" + ref(name)})
}

// Explain tells whether the policies permit something, and which of them decide.
func (c *Client) Explain(ctx context.Context, in api.ExplainRequest) (*api.ExplainResponse, error) {
	var r api.ExplainResponse
	if err := c.do(ctx, &call{method: http.MethodPost, path: "/v1/policies/explain", in: in, out: &r}); err != nil {
		return nil, err
	}
	return &r, nil
}
