package api

// StoredKey is a data key that was stored: the answer of POST /v1/keys/{k}/datakey with store. An application keeps its id and
// gets it again at GET /v1/keys/{id}/material, from any node.
type StoredKey struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Version   uint32 `json:"version"`
	Plaintext []byte `json:"plaintext,omitempty"`
}

// StoredKeys answers a batch of them.
type StoredKeys struct {
	Results []StoredKey `json:"results"`
}

// MoveRequest is the body of POST /v1/keys/{k}/move.
type MoveRequest struct {
	Parent string `json:"parent"` // name or id; "": the key gets no parent
}

// Tree is GET /v1/keys/{k}/tree and GET /v1/tree: keys in depth-first order, each right after its parent or a sibling.
type Tree struct {
	Nodes []TreeNode `json:"nodes"`
	More  bool       `json:"more,omitzero"` // there are keys that it does not show
}

// TreeNode is a key in its hierarchy.
type TreeNode struct {
	ID        string `json:"id"`
	Name      string `json:"name,omitzero"`
	Algorithm string `json:"algorithm"`
	State     string `json:"state"`
	Latest    uint32 `json:"latest"`
	Depth     int    `json:"depth"`
	Children  int    `json:"children"`         // how many keys it wraps, shown or not
	Wrapped   bool   `json:"wrapped,omitzero"` // the key above, at depth - 1, wraps it
	Derived   bool   `json:"derived,omitzero"` // it was derived from the key above; unless that wraps it too, it opens whatever becomes of that
}

// KeyRewrapping is GET /v1/keys/{k}/rewrapping: how far what a key wraps has been moved to its newest version.
type KeyRewrapping struct {
	Key      string        `json:"key"` // id
	Latest   uint32        `json:"latest"`
	Versions []WrapVersion `json:"versions"`
	Campaign *Campaign     `json:"campaign,omitempty"` // absent: it was never rotated while it had children
}

// WrapVersion is what one version of a key wraps.
type WrapVersion struct {
	Version uint32 `json:"version"`
	State   string `json:"state"`
	Items   int    `json:"items"` // versions of children
	// SafeToRetire: the vault keeps nothing under this version and makes nothing new under it. It does not know of ciphertexts that
	// callers keep; those open only while the version exists.
	SafeToRetire bool `json:"safe_to_retire"`
}

// Campaign is the moving of everything under older versions to one.
type Campaign struct {
	To         uint32 `json:"to"`
	Total      uint64 `json:"total"`
	Done       uint64 `json:"done"`
	StartedAt  string `json:"started_at"`
	FinishedAt string `json:"finished_at,omitzero"`
	Active     bool   `json:"active"` // false while a state of the key, or of one above it, makes it wait
}
