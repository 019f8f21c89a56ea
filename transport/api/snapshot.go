package api

// TypeSnapshot is the media type of a portable snapshot.
const TypeSnapshot = "application/vnd.quorate.snapshot"

// SnapshotHeader is what a snapshot says of itself in the clear.
type SnapshotHeader struct {
	ClusterID string `json:"cluster_id"`
	Index     uint64 `json:"index"`
	Term      uint32 `json:"term"`            // of the keyring
	Epoch     uint64 `json:"epoch,omitempty"` // of the snapshot key; absent: the file holds its own key
	CreatedAt string `json:"created_at"`
	Node      string `json:"node"`
	Version   string `json:"version"`
	Keys      uint64 `json:"keys"`
	Versions  uint64 `json:"versions"`
	Destroyed uint64 `json:"destroyed_versions"`
	Tokens    uint64 `json:"tokens"`
	Policies  uint64 `json:"policies"`
	Content   string `json:"content_digest"`
	Lineage   string `json:"lineage"`
}

// SnapshotVerified is what was found in order. Keys' records, tokens and policies are authentic; Opened versions were opened if Deep,
// else only counted.
type SnapshotVerified struct {
	Header    SnapshotHeader `json:"header"`
	Deep      bool           `json:"deep"`
	Keys      uint64         `json:"keys"`
	Opened    uint64         `json:"versions"`
	Destroyed uint64         `json:"destroyed_versions"`
	Tokens    uint64         `json:"tokens"`
	Policies  uint64         `json:"policies"`
}
