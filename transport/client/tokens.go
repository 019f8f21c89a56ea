package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// CreateToken makes a bearer token; Token.Token is its secret, shown once.
func (c *Client) CreateToken(ctx context.Context, in api.TokenRequest) (*api.Token, error) {
	var t api.Token
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: "/v1/tokens", in: in, out: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// Tokens lists the tokens, without their secrets.
func (c *Client) Tokens(ctx context.Context) (*api.Tokens, error) {
	var t api.Tokens
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/tokens", out: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// Token describes a token by id; "" is the caller's own.
func (c *Client) Token(ctx context.Context, id string) (*api.Token, error) {
	path, err := tokenPath(id)
	if err != nil {
		return nil, err
	}
	var t api.Token
	if err := c.do(ctx, &call{method: http.MethodGet, path: path, out: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// RenewToken prolongs a token by its TTL, within its bound; "" is the caller's own.
func (c *Client) RenewToken(ctx context.Context, id string) (*api.Token, error) {
	path, err := tokenPath(id)
	if err != nil {
		return nil, err
	}
	var t api.Token
	if err := c.do(ctx, &call{safety: write, method: http.MethodPost, path: path + "/renew", in: struct{}{}, out: &t}); err != nil {
		return nil, err
	}
	return &t, nil
}

// RevokeToken ends a token; "" is the caller's own.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	path, err := tokenPath(id)
	if err != nil {
		return err
	}
	return c.do(ctx, &call{safety: write, method: http.MethodDelete, path: path})
}

func tokenPath(id string) (string, error) {
	if id == "" {
		return "/v1/tokens/self", nil
	}
	if err := checkRef(id); err != nil {
		return "", err
	}
	return "/v1/tokens/" + ref(id), nil
}
