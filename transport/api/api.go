// Package api holds the native API's wire structs and its error document, for the server's adapter and for the
// client alike. It is a leaf: it knows JSON's shapes and nothing else. Bytes are standard base64 ([]byte does so
// by itself), times RFC 3339 in UTC, durations "90d", "36h", "10s".
//
// What may be absent is tagged so that encoding/json and the server's github.com/go-json-experiment/json agree: omitzero,
// and for lists, maps and bytes omitempty. The latter would keep 0 and false, and drop a pointer to "".
package api

// Problem is the RFC 9457 error document (application/problem+json).
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Kind      string `json:"kind"` // fault.Kind's name
	Hint      string `json:"hint"` // what to do next
	RequestID string `json:"request_id"`
}

// Header names of the native API.
const (
	HeaderIndex       = "X-Quorate-Index"
	HeaderRequestID   = "X-Quorate-Request-Id"
	HeaderIdempotency = "Idempotency-Key"
)

// Roles of members that do not lead.
const (
	RoleVoter    = "voter"
	RoleNonvoter = "nonvoter"
)

// Member is a node in status and in the members list.
type Member struct {
	ID      string `json:"id"`
	Role    string `json:"role"` // leader, voter, nonvoter
	API     string `json:"api"`
	Peer    string `json:"peer,omitzero"`
	Gossip  string `json:"gossip,omitzero"`
	Sealed  bool   `json:"sealed"`
	Healthy bool   `json:"healthy"`
	Applied uint64 `json:"applied,omitzero"`
	Version string `json:"version,omitzero"`
	Level   uint32 `json:"level,omitzero"` // newest level of commands that its program knows
	Zone    string `json:"zone,omitzero"`
	Replica bool   `json:"replica,omitzero"` // it is not given a vote by itself
	Disk    *Disk  `json:"disk,omitempty"`   // of the node that answers, and on the leader of all
}

// Disk is how much room is left under a member's data directory, and how much must be, in bytes. While it is low nothing
// that grows is written (kind full); reads, revocations and deletions go on.
type Disk struct {
	Free uint64 `json:"free"`
	Mark uint64 `json:"mark"`
	Low  bool   `json:"low"`
}

// Members is GET /v1/sys/members.
type Members struct {
	Members []Member `json:"members"`
}

// Digest is GET /v1/sys/digest: a hash over the whole state of the node that answers. At one index all nodes have the same.
type Digest struct {
	Node   string `json:"node"`
	Index  uint64 `json:"index"`
	Digest string `json:"digest"` // SHA-256, hexadecimal
}

// Ceremony is how far an unsealing has come.
type Ceremony struct {
	ID      string `json:"id"`
	Have    int    `json:"have"`
	Need    int    `json:"need"`
	Expires string `json:"expires"`
}

// Status is GET /v1/sys/status.
type Status struct {
	Node        string    `json:"node"`
	Version     string    `json:"version"`
	ClusterID   string    `json:"cluster_id,omitzero"`
	Initialized bool      `json:"initialized"`
	Sealed      bool      `json:"sealed"`
	Leader      string    `json:"leader"`
	Role        string    `json:"role"`
	Members     []Member  `json:"members"`
	Level       uint32    `json:"level,omitzero"`      // of commands that the cluster uses: what every member understood when it was raised
	HoldLevel   bool      `json:"hold_level,omitzero"` // the level is not raised: see Autopilot
	Disk        *Disk     `json:"disk,omitempty"`
	Ceremony    *Ceremony `json:"ceremony,omitzero"`
	Index       uint64    `json:"index"`
	Fresh       bool      `json:"fresh"`
	Reason      string    `json:"reason,omitzero"`  // why it is not fresh
	Opening     *Opening  `json:"opening,omitzero"` // why it has not opened itself
}

// InitRequest is the body of POST /v1/sys/init.
type InitRequest struct {
	Shares     int      `json:"shares"`
	Threshold  int      `json:"threshold"`
	Recipients []string `json:"recipients,omitempty"`
	Sealed     bool     `json:"sealed,omitzero"`
}

// InitResponse is shown once.
type InitResponse struct {
	ClusterID     string   `json:"cluster_id"`
	Shares        []string `json:"shares"`
	RootToken     string   `json:"root_token"`
	CACertificate string   `json:"ca_certificate"`
	JoinToken     string   `json:"join_token"`
}

// ShareRequest hands in a share: unseal, unseal/reset, rekey/share. Instead of the share it may hold a file with it (not for reset).
type ShareRequest struct {
	Share  string `json:"share,omitzero"`
	HandIn string `json:"hand_in,omitzero"` // the text that "quorate operator share encrypt" wrote
	ID     string `json:"id,omitzero"`      // of the rekey
}

// HandInRequest is the body of POST /v1/sys/unseal/request and of …/rekey/request.
type HandInRequest struct {
	TTL string `json:"ttl,omitzero"` // 10m to 24h; default 4h
	ID  string `json:"id,omitzero"`  // of the rekey
}

// HandInResponse is what custodians encrypt their shares to. Nothing of it is secret.
type HandInResponse struct {
	Request     string   `json:"request"` // the text for a file
	ID          string   `json:"id"`      // of the ceremony
	Fingerprint string   `json:"fingerprint"`
	Members     []string `json:"members"` // that can open what is encrypted to it
	Expires     string   `json:"expires"`
}

// UnsealResponse answers POST /v1/sys/unseal and …/reset.
type UnsealResponse struct {
	Sealed  bool         `json:"sealed"`
	Have    int          `json:"have"`
	Need    int          `json:"need"`
	ID      string       `json:"id,omitzero"`
	Expires string       `json:"expires,omitzero"`
	Members []SealMember `json:"members"`
}

// SealMember tells whether a member is open.
type SealMember struct {
	ID     string `json:"id"`
	Sealed bool   `json:"sealed"`
}

// SealRequest is the body of POST /v1/sys/seal.
type SealRequest struct {
	Scope string `json:"scope,omitzero"` // "cluster" (default) or "node"
}

// RekeyRequest is the body of POST /v1/sys/rekey/start.
type RekeyRequest struct {
	Shares     int      `json:"shares"`
	Threshold  int      `json:"threshold"`
	Recipients []string `json:"recipients,omitempty"`
	Verify     string   `json:"verify,omitzero"` // how many new shares must be handed back: all (default) or threshold
}

// RekeyResponse answers POST /v1/sys/rekey/start and /share, and GET /v1/sys/rekey.
type RekeyResponse struct {
	ID      string   `json:"id"`
	Phase   string   `json:"phase"` // prove, verify, done
	Have    int      `json:"have"`
	Need    int      `json:"need"`
	Epoch   uint32   `json:"epoch"`
	Expires string   `json:"expires,omitzero"`
	Shares  []string `json:"shares,omitempty"` // the new shares, once
}

// Keyring is GET /v1/sys/keyring and answers POST /v1/sys/keyring/rotate.
type Keyring struct {
	Term   uint32        `json:"term"`
	Terms  []KeyringTerm `json:"terms"`
	Rewrap Rewrapping    `json:"rewrap"`
}

// KeyringTerm is one key-encrypting key of the vault.
type KeyringTerm struct {
	Term     uint32 `json:"term"`
	Versions int    `json:"versions"` // key versions wrapped under it
}

// Rewrapping is the background work after a keyring rotation.
type Rewrapping struct {
	Active bool `json:"active"`
	Done   int  `json:"done"`
	Total  int  `json:"total"`
}

// TransferRequest is the body of POST /v1/sys/leader/transfer.
type TransferRequest struct {
	To string `json:"to,omitzero"`
}

// JoinTokenRequest is the body of POST /v1/sys/join-tokens.
type JoinTokenRequest struct {
	TTL     string `json:"ttl,omitzero"`
	Uses    int    `json:"uses,omitzero"`
	Replace string `json:"replace,omitzero"` // the member whose place a node that joins with it may take
}

// JoinTokenResponse is shown once.
type JoinTokenResponse struct {
	JoinToken string `json:"join_token"`
	ID        string `json:"id"`
	ExpiresAt string `json:"expires_at,omitzero"`
	Uses      int    `json:"uses,omitzero"`
}

// ClientCertificateRequest is the body of POST /v1/sys/client-certificates.
type ClientCertificateRequest struct {
	Name string `json:"name"`         // the principal that policies speak of
	CSR  []byte `json:"csr"`          // PKCS #10, DER; its key is certified, nothing else of it counts
	TTL  string `json:"ttl,omitzero"` // default 90d
}

// ClientCertificate answers it.
type ClientCertificate struct {
	Certificate   string `json:"certificate"` // PEM
	CACertificate string `json:"ca_certificate"`
	ExpiresAt     string `json:"expires_at"`
}

// CreateKeyRequest is the body of POST /v1/keys.
type CreateKeyRequest struct {
	Name         string            `json:"name"`
	Algorithm    string            `json:"algorithm,omitzero"`
	Usage        []string          `json:"usage,omitempty"`
	Bits         int               `json:"bits,omitzero"` // length of a secret; default 256
	Exportable   bool              `json:"exportable,omitzero"`
	Sensitive    bool              `json:"sensitive,omitzero"`   // its material leaves only wrapped, whoever may take it out
	RevealIdle   bool              `json:"reveal_idle,omitzero"` // its material is also given out before it is activated and after it was deactivated; when it is compromised, only where a policy names open-compromised
	PreActive    bool              `json:"pre_active,omitzero"`  // it waits to be activated; activate_at is not needed
	Parent       string            `json:"parent,omitzero"`
	RotateEvery  string            `json:"rotate_every,omitzero"`
	ActivateAt   string            `json:"activate_at,omitzero"`
	DeactivateAt string            `json:"deactivate_at,omitzero"`
	Tags         map[string]string `json:"tags,omitempty"`
	UsageLimit   uint64            `json:"usage_limit,omitzero"` // uses in all, of whatever kind

	UsageLimitUnit   string `json:"usage_limit_unit,omitzero"`   // bytes: that the key protects; default uses
	DestroyAt        string `json:"destroy_at,omitzero"`         // needs deactivate_at, and does not come before it
	RotateAfterUses  uint64 `json:"rotate_after_uses,omitzero"`  // a version that protected so often gets a successor
	RotateAfterBytes uint64 `json:"rotate_after_bytes,omitzero"` // likewise for so many bytes
	RetireAfter      string `json:"retire_after,omitzero"`       // versions are destroyed so long after they were replaced

	Attributes map[string][]byte `json:"attributes,omitempty"` // kept as they are, by name; the vault does not act on them
}

// UpdateKeyRequest is the body of PATCH /v1/keys/{k}; absent fields stay.
type UpdateKeyRequest struct {
	Tags              *map[string]string `json:"tags,omitzero"`
	RotateEvery       *string            `json:"rotate_every,omitzero"`
	ActivateAt        *string            `json:"activate_at,omitzero"`
	DeactivateAt      *string            `json:"deactivate_at,omitzero"`
	MinDecryptVersion *uint32            `json:"min_decrypt_version,omitzero"`
	Exportable        *bool              `json:"exportable,omitzero"`
	Sensitive         *bool              `json:"sensitive,omitzero"` // the record remembers that it was otherwise: always_sensitive
	DestroyAt         *string            `json:"destroy_at,omitzero"`
	RotateAfterUses   *uint64            `json:"rotate_after_uses,omitzero"`  // 0: never for that
	RotateAfterBytes  *uint64            `json:"rotate_after_bytes,omitzero"` // 0: never for that
	RetireAfter       *string            `json:"retire_after,omitzero"`       // also dates the end of versions replaced before, from now; "0s": never
	UsageLimit        *uint64            `json:"usage_limit,omitzero"`        // counts all uses since the key was made; 0: any number

	Attributes *map[string][]byte `json:"attributes,omitzero"` // only those named change; null or "" takes one away
}

// StateRequest is the body of activate, suspend, resume, deactivate, compromise. The reason becomes the record's, and the next step's replaces it: without one, too.
type StateRequest struct {
	Version    uint32 `json:"version,omitzero"`
	Reason     string `json:"reason,omitzero"`
	OccurredAt string `json:"occurred_at,omitzero"` // of compromise only: when it is believed to have become known to others, not later than now
}

// DestroyRequest is the body of destroy and, without after and force, of cancel-destroy, whose reason the audit log keeps and the record does not.
type DestroyRequest struct {
	Version uint32  `json:"version,omitzero"`
	After   *string `json:"after,omitzero"` // "0s": at once; default "7d", with force "0s"
	Reason  string  `json:"reason,omitzero"`
	Force   bool    `json:"force,omitzero"` // destroy what was used within the cluster's guard (7d) or is used while it waits, and without after do not wait
}

// ReserveRequest is the body of reserve.
type ReserveRequest struct {
	Uses uint64 `json:"uses"` // or bytes, where the key's limit counts those
}

// Record is a key without its material.
type Record struct {
	ID                string            `json:"id"`
	Name              string            `json:"name"`
	Algorithm         string            `json:"algorithm"`
	Type              string            `json:"type"`          // KMIP's Object Type, such as symmetric-key, private-key or secret-data
	Bits              int               `json:"bits,omitzero"` // length of a secret
	Usage             []string          `json:"usage"`
	State             string            `json:"state"`
	Versions          []Version         `json:"versions"`
	Latest            uint32            `json:"latest"`
	MinDecryptVersion uint32            `json:"min_decrypt_version"`
	Exportable        bool              `json:"exportable"`
	Sensitive         bool              `json:"sensitive"`            // its material leaves only wrapped
	AlwaysSensitive   bool              `json:"always_sensitive"`     // and has never been otherwise
	NeverExtractable  bool              `json:"never_extractable"`    // it is not exportable, and has never been
	RevealIdle        bool              `json:"reveal_idle,omitzero"` // also before it is activated and after it was deactivated; when it is compromised, only where a policy names open-compromised
	Parent            string            `json:"parent,omitzero"`
	RotateEvery       string            `json:"rotate_every,omitzero"`
	NextRotation      string            `json:"next_rotation,omitzero"`
	ActivateAt        string            `json:"activate_at,omitzero"`
	DeactivateAt      string            `json:"deactivate_at,omitzero"`
	DestroyAt         string            `json:"destroy_at,omitzero"`
	ArchivedAt        string            `json:"archived_at,omitzero"`       // since when it is used for nothing, until it is recovered
	DestroyHeld       string            `json:"destroy_held,omitzero"`      // in-use: the date of its destruction came, and it was used lately; destroy_at is when the cluster looks again
	DestroyWaitsFor   uint64            `json:"destroy_waits_for,omitzero"` // versions of children that are still wrapped by what is to be destroyed: it is not until there are none
	Tags              map[string]string `json:"tags"`
	Owner             string            `json:"owner"`
	UsageLimit        uint64            `json:"usage_limit,omitzero"`
	UsageLimitUnit    string            `json:"usage_limit_unit,omitzero"` // bytes: that the key protects; else uses
	UsageLeft         *uint64           `json:"usage_left,omitzero"`       // of usage_limit: what no other node has taken
	RotateAfterUses   uint64            `json:"rotate_after_uses,omitzero"`
	RotateAfterBytes  uint64            `json:"rotate_after_bytes,omitzero"`
	RetireAfter       string            `json:"retire_after,omitzero"`
	LastUsedAt        string            `json:"last_used_at,omitzero"` // of any version, about
	Reason            string            `json:"reason,omitzero"`
	Origin            string            `json:"origin,omitzero"` // generated, imported, derived, restored
	Links             []Link            `json:"links,omitempty"`
	CreatedAt         string            `json:"created_at"`
	UpdatedAt         string            `json:"updated_at"`
	Attributes        map[string][]byte `json:"attributes,omitempty"` // what the vault keeps and does not act on
	ETag              string            `json:"etag"`

	Names             []Label `json:"names,omitempty"`              // that it bears beside name, as KMIP gives them
	Groups            []Label `json:"groups,omitempty"`             // that it is in, likewise
	ProcessStartsAt   string  `json:"process_starts_at,omitzero"`   // nothing is opened with it before
	ProtectionStopsAt string  `json:"protection_stops_at,omitzero"` // nothing is protected with it from then on
}

// Label is a name or a group of a key: any text.
type Label struct {
	Value string `json:"value"`
	Type  uint32 `json:"type,omitzero"`  // of a name: KMIP's Name Type
	Index uint32 `json:"index,omitzero"` // which of several it is
}

// Version is one generation of a key.
type Version struct {
	Version       uint32 `json:"version"`
	State         string `json:"state"`
	CreatedAt     string `json:"created_at"`
	ActivatedAt   string `json:"activated_at,omitzero"`
	DeactivatedAt string `json:"deactivated_at,omitzero"`
	CompromisedAt string `json:"compromised_at,omitzero"` // when that was said
	OccurredAt    string `json:"occurred_at,omitzero"`    // when it is believed to have become known to others
	DestroyedAt   string `json:"destroyed_at,omitzero"`
	DestroyAt     string `json:"destroy_at,omitzero"`
	Reason        string `json:"reason,omitzero"`
	PublicKey     string `json:"public_key,omitzero"`
	CheckValue    string `json:"check_value,omitzero"`  // of imported material
	Uses          uint64 `json:"uses,omitzero"`         // how often it protected something; all nodes agree within about 10 s
	Bytes         uint64 `json:"bytes,omitzero"`        // that it protected
	LastUsedAt    string `json:"last_used_at,omitzero"` // for whatever, about
	DestroyHeld   string `json:"destroy_held,omitzero"` // in-use, as in Record
}

// Keys is a page of GET /v1/keys.
type Keys struct {
	Keys []Record `json:"keys"`
	Next string   `json:"next,omitzero"` // ?after= of the next page
}

// Material is GET /v1/keys/{k}/material.
type Material struct {
	ID        string `json:"id"`
	Version   uint32 `json:"version"`
	Algorithm string `json:"algorithm"`
	Material  []byte `json:"material"`
}

// DataKeyRequest is the body of POST /v1/keys/{k}/datakey.
type DataKeyRequest struct {
	Bits      int    `json:"bits,omitzero"`
	AAD       []byte `json:"aad,omitempty"`
	Context   []byte `json:"context,omitempty"`
	Plaintext bool   `json:"plaintext,omitzero"`

	// Store keeps the key in the vault, as a child of {k}; the answer is a StoredKey. AAD and Context are then left out.
	Store bool              `json:"store,omitzero"`
	Name  string            `json:"name,omitzero"` // of a stored key; "": the name of {k}, a slash and its id
	Tags  map[string]string `json:"tags,omitempty"`
}

// DataKeyResponse answers it.
type DataKeyResponse struct {
	Plaintext  []byte `json:"plaintext,omitempty"`
	Ciphertext string `json:"ciphertext"`
	Version    uint32 `json:"version"`
}

// EncryptRequest is the body of POST /v1/keys/{k}/encrypt.
type EncryptRequest struct {
	Plaintext []byte `json:"plaintext"`
	AAD       []byte `json:"aad,omitempty"`
	Context   []byte `json:"context,omitempty"`
}

// EncryptResponse answers encrypt and rewrap.
type EncryptResponse struct {
	Ciphertext string `json:"ciphertext"`
	Version    uint32 `json:"version"`
}

// DecryptRequest is the body of POST /v1/keys/{k}/decrypt and rewrap.
type DecryptRequest struct {
	Ciphertext string `json:"ciphertext"`
	AAD        []byte `json:"aad,omitempty"`
	Context    []byte `json:"context,omitempty"`
}

// DecryptResponse answers decrypt.
type DecryptResponse struct {
	Plaintext []byte `json:"plaintext"`
	Version   uint32 `json:"version"`
}

// RandomRequest is the body of POST /v1/random.
type RandomRequest struct {
	Bytes int `json:"bytes"`
}

// RandomResponse answers it.
type RandomResponse struct {
	Random []byte `json:"random"`
}

// Health answers GET /livez and GET /readyz.
type Health struct {
	Status string `json:"status"` // "ok"; anything else is a Problem
}
