package api

// TokenRequest is the body of POST /v1/tokens.
type TokenRequest struct {
	Principal string   `json:"principal,omitzero"`
	Groups    []string `json:"groups,omitempty"`
	TTL       string   `json:"ttl,omitzero"`
	MaxTTL    string   `json:"max_ttl,omitzero"`
	Orphan    bool     `json:"orphan,omitzero"` // outlives the token it was made with; group root only
}

// Token describes a token; the secret itself is in Token only in the answer that created it.
type Token struct {
	ID        string   `json:"id"`
	Token     string   `json:"token,omitzero"`
	Principal string   `json:"principal"`
	Groups    []string `json:"groups"`
	Kind      string   `json:"kind"` // bearer, join, ticket
	CreatedAt string   `json:"created_at"`
	ExpiresAt string   `json:"expires_at,omitzero"`
	MaxUntil  string   `json:"max_until,omitzero"`
	TTL       string   `json:"ttl,omitzero"` // what a renewal adds, counted from it
	Parent    string   `json:"parent,omitzero"`
}

// Tokens is GET /v1/tokens.
type Tokens struct {
	Tokens []Token `json:"tokens"`
}

// Policy is a named Cedar document: body of PUT /v1/policies/{name} (policy only) and its answers.
type Policy struct {
	Name      string `json:"name,omitzero"`
	Policy    string `json:"policy"`
	Revision  uint64 `json:"revision,omitzero"`
	UpdatedAt string `json:"updated_at,omitzero"`
}

// Policies is GET /v1/policies.
type Policies struct {
	Policies []Policy `json:"policies"`
}

// ExplainRequest is the body of POST /v1/policies/explain.
type ExplainRequest struct {
	Principal string   `json:"principal"`
	Kind      string   `json:"kind,omitzero"` // token (default) or certificate
	Groups    []string `json:"groups,omitempty"`
	Action    string   `json:"action"`
	Key       string   `json:"key,omitzero"`
}

// ExplainResponse answers it.
type ExplainResponse struct {
	Allowed  bool     `json:"allowed"`
	Policies []string `json:"policies"`
	Errors   []string `json:"errors,omitempty"`
}
