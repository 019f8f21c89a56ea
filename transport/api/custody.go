package api

// RollCall is GET /v1/sys/roll-call, and the answer to start and submit.
type RollCall struct {
	Call       string      `json:"call,omitzero"` // the line to answer; absent while no roll call is held
	ID         string      `json:"id,omitzero"`
	Epoch      uint32      `json:"epoch"`
	StartedAt  string      `json:"started_at,omitzero"`
	EndsAt     string      `json:"ends_at,omitzero"`
	Shares     int         `json:"shares"`
	Threshold  int         `json:"threshold"`
	Custodians []Custodian `json:"custodians"`
}

// Custodian is the holder of one share.
type Custodian struct {
	Index    int    `json:"index"`
	ProvedAt string `json:"proved_at,omitzero"` // last; absent: never since the shares were made
	Answered bool   `json:"answered"`           // the roll call of now
}

// ProofRequest is the body of POST /v1/sys/roll-call/submit.
type ProofRequest struct {
	Proof string `json:"proof"` // qproof1…
}

// RootTokenRequest is the body of POST /v1/sys/root-token.
type RootTokenRequest struct {
	Call   string   `json:"call"`   // qcall1…
	Proofs []string `json:"proofs"` // qproof1…, of a threshold of custodians
}

// RootTokenResponse holds the token, encrypted to the key that the call names.
type RootTokenResponse struct {
	ID        string `json:"id"`
	Sealed    []byte `json:"sealed_token"`
	ExpiresAt string `json:"expires_at"`
}
