package rest

import (
	"context"
	"net/http"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// accessRoutes are the routes of tokens and policies.
func accessRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	token := api.Token{ID: exampleID, Principal: "app1", Groups: []string{"apps"}, Kind: "bearer", CreatedAt: exampleTime, ExpiresAt: exampleTime}
	made := token
	made.Token = "qt_…"
	policy := api.Policy{Name: "app1", Policy: examplePolicy, Revision: 1, UpdatedAt: exampleTime}
	return []route{
		{
			Method: post, Path: "/v1/tokens", Op: "token.create", Summary: "Make a bearer token. It is shown this once.", serve: takeSecret(createToken),
			Status: http.StatusCreated, Optional: true, Body: smallBody, In: api.TokenRequest{Principal: "app1", Groups: []string{"apps"}, TTL: "32d"}, Out: made,
		},
		{Method: get, Path: "/v1/tokens", Op: "token.list", Summary: "List tokens.", serve: give(listTokens), Out: api.Tokens{Tokens: []api.Token{token}}},
		{Method: get, Path: "/v1/tokens/self", Op: "token.self", Summary: "Show the caller's own token.", serve: give(lookUpToken), Out: token},
		{Method: del, Path: "/v1/tokens/self", Op: "token.revoke-self", Summary: "Revoke the caller's own token.", serve: only(revokeToken)},
		{
			Method: post, Path: "/v1/tokens/self/renew", Op: "token.renew-self", Summary: "Renew the caller's own token.", serve: take(renewToken),
			Optional: true, Body: smallBody, In: struct{}{}, Out: token,
		},
		{Method: get, Path: "/v1/tokens/{id}", Op: "token.show", Summary: "Show a token.", serve: give(lookUpToken), Out: token},
		{Method: del, Path: "/v1/tokens/{id}", Op: "token.revoke", Summary: "Revoke a token and those made with it.", serve: only(revokeToken)},
		{
			Method: post, Path: "/v1/tokens/{id}/renew", Op: "token.renew", Summary: "Renew a token.", serve: take(renewToken),
			Optional: true, Body: smallBody, In: struct{}{}, Out: token,
		},
		{Method: get, Path: "/v1/policies", Op: "policy.list", Summary: "List the policies.", serve: give(listPolicies), Out: api.Policies{Policies: []api.Policy{policy}}},
		{
			Method: post, Path: "/v1/policies/explain", Op: "policy.explain", Summary: "Tell whether somebody may do something, and which policies decide.", serve: take(explainPolicy),
			Body: smallBody, In: api.ExplainRequest{Principal: "app1", Groups: []string{"apps"}, Action: "encrypt", Key: "app/db"},
			Out: api.ExplainResponse{Allowed: true, Policies: []string{"app1"}},
		},
		{Method: get, Path: "/v1/policies/{name}", Op: "policy.show", Summary: "Show a policy.", serve: give(showPolicy), Out: policy},
		{
			Method: put, Path: "/v1/policies/{name}", Op: "policy.put", Summary: "Create or replace a policy (Cedar).", serve: take(putPolicy),
			In: api.Policy{Policy: examplePolicy}, Out: policy,
		},
		{
			Method: del, Path: "/v1/policies/{name}", Op: "policy.delete", Summary: "Delete a policy.",
			serve: only(func(ctx context.Context, q *request) error { return q.vault.DeletePolicy(ctx, q.caller, q.ref) }),
		},
	}
}

const examplePolicy = `permit (principal in Group::"apps", action == Action::"encrypt", resource);`

func createToken(ctx context.Context, q *request, in *api.TokenRequest, out *buffer) error {
	s := vault.TokenSpec{Principal: in.Principal, Groups: in.Groups, Orphan: in.Orphan}
	var err error
	if s.TTL, err = key.ParsePeriod(in.TTL); err != nil {
		return of("ttl", err)
	}
	if s.MaxTTL, err = key.ParsePeriod(in.MaxTTL); err != nil {
		return of("max_ttl", err)
	}
	t, secret, err := q.vault.CreateToken(ctx, q.caller, s)
	if err != nil {
		return err
	}
	defer clear(secret)
	out.raw(`{"token":`).text(secret).raw(",")
	return out.rest(tokenOf(t))
}

// tokenID is the path's {id}; on the routes of the caller's own token, which have none, it is zero.
func tokenID(q *request) (key.ID, error) {
	if !strings.Contains(q.route.Path, "{id}") {
		return key.ID{}, nil
	}
	id, err := key.ParseID(q.ref)
	if err != nil {
		return key.ID{}, of("the token's id in the path", err)
	}
	if id.IsZero() {
		// The vault reads the zero id as the caller's own, which is not what this path says.
		return key.ID{}, fault.New(fault.NotFound, "there is no such token")
	}
	return id, nil
}

func lookUpToken(ctx context.Context, q *request) (api.Token, error) {
	id, err := tokenID(q)
	if err != nil {
		return api.Token{}, err
	}
	t, err := q.vault.LookupToken(ctx, q.caller, id)
	if err != nil {
		return api.Token{}, err
	}
	return tokenOf(t), nil
}

func renewToken(ctx context.Context, q *request, _ *struct{}) (api.Token, error) {
	id, err := tokenID(q)
	if err != nil {
		return api.Token{}, err
	}
	t, err := q.vault.RenewToken(ctx, q.caller, id)
	if err != nil {
		return api.Token{}, err
	}
	return tokenOf(t), nil
}

func revokeToken(ctx context.Context, q *request) error {
	id, err := tokenID(q)
	if err != nil {
		return err
	}
	return q.vault.RevokeToken(ctx, q.caller, id)
}

func listTokens(ctx context.Context, q *request) (api.Tokens, error) {
	all, err := q.vault.Tokens(ctx, q.caller)
	if err != nil {
		return api.Tokens{}, err
	}
	out := api.Tokens{Tokens: make([]api.Token, len(all))}
	for i, t := range all {
		out.Tokens[i] = tokenOf(t)
	}
	return out, nil
}

func listPolicies(ctx context.Context, q *request) (api.Policies, error) {
	all, err := q.vault.Policies(ctx, q.caller)
	if err != nil {
		return api.Policies{}, err
	}
	out := api.Policies{Policies: make([]api.Policy, len(all))}
	for i, p := range all {
		out.Policies[i] = policyOf(p)
	}
	return out, nil
}

func showPolicy(ctx context.Context, q *request) (api.Policy, error) {
	p, err := q.vault.Policy(ctx, q.caller, q.ref)
	if err != nil {
		return api.Policy{}, err
	}
	return policyOf(*p), nil
}

func putPolicy(ctx context.Context, q *request, in *api.Policy) (api.Policy, error) {
	switch {
	case in.Name != "" && in.Name != q.ref:
		return api.Policy{}, fault.New(fault.Invalid, "the field %q differs from the name in the path", "name")
	case in.Revision != 0 || in.UpdatedAt != "":
		return api.Policy{}, fault.New(fault.Invalid, "revision and updated_at are set by the vault").WithHint("Send only the field policy.")
	}
	p, err := q.vault.PutPolicy(ctx, q.caller, vault.PolicyText{Name: q.ref, Text: in.Policy})
	if err != nil {
		return api.Policy{}, err
	}
	return policyOf(*p), nil
}

func explainPolicy(ctx context.Context, q *request, in *api.ExplainRequest) (api.ExplainResponse, error) {
	question := vault.Question{Principal: in.Principal, Groups: in.Groups, Action: access.Action(in.Action), Key: in.Key}
	switch in.Kind {
	case "", "token":
		question.Kind = access.ByToken
	case "certificate":
		question.Kind = access.ByCertificate
	default:
		return api.ExplainResponse{}, fault.New(fault.Invalid, "the field %q must be token or certificate", "kind")
	}
	e, err := q.vault.Explain(ctx, q.caller, question)
	if err != nil {
		return api.ExplainResponse{}, err
	}
	return api.ExplainResponse{Allowed: e.Allowed, Policies: e.Policies, Errors: e.Errors}, nil
}
