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

// TypeRestore is the media type of the body that asks for a restore: the parts "request" (RestoreRequest, JSON), "epochs" (the companion of a
// scheduled snapshot; optional) and "snapshot", in this order.
const TypeRestore = "multipart/form-data"

// RestoreRequest asks to bring a snapshot back. An empty node wants Shares, a running cluster YesReplaceState.
type RestoreRequest struct {
	Shares          []string `json:"shares,omitempty"`
	YesReplaceState bool     `json:"yes_replace_state,omitempty"`
	ReviveDestroyed bool     `json:"revive_destroyed,omitempty"`
}

// RestoreResponse tells what was done. CACertificate is that of the cluster's new CA, where an empty node was restored.
type RestoreResponse struct {
	Header        SnapshotHeader `json:"header"`
	Keys          uint64         `json:"keys"`
	Opened        uint64         `json:"versions"`
	Index         uint64         `json:"index"`
	Diff          *SnapshotDiff  `json:"diff,omitempty"`
	CACertificate string         `json:"ca_certificate,omitempty"`
	Members       []string       `json:"members"`
}

// SnapshotNames counts keys and lists the first of them.
type SnapshotNames struct {
	Count uint64   `json:"count"`
	Names []string `json:"names,omitempty"`
}

// SnapshotDiff is what restoring a snapshot into the running cluster does. What it would bring back of destroyed keys stays destroyed, and
// states that it would undo stay, unless revive_destroyed is asked for.
type SnapshotDiff struct {
	Header          SnapshotHeader `json:"header,omitzero"`
	Revived         SnapshotNames  `json:"brings_back_destroyed"`
	RevivedVersions uint64         `json:"brings_back_destroyed_versions"`
	Relaxed         SnapshotNames  `json:"undoes_states"`
	Lost            SnapshotNames  `json:"loses_keys"`
	LostVersions    uint64         `json:"loses_versions"`
	Returned        SnapshotNames  `json:"brings_back_keys"`
	Changed         SnapshotNames  `json:"changes_keys"`
	Same            uint64         `json:"same_keys"`
	OwnPast         bool           `json:"own_past"`
}

// SnapshotSchedule says where the leader stores snapshots, how often, and how many are kept. Off ends it.
type SnapshotSchedule struct {
	Off        bool   `json:"off,omitempty"`
	Every      string `json:"every,omitempty"`       // "1h"
	To         string `json:"to,omitempty"`          // file:///var/backups/quorate, s3://bucket?region=…
	Keep       uint32 `json:"keep,omitempty"`        // how many at least; default 30
	KeepFor    string `json:"keep_for,omitempty"`    // and those that are younger than this
	DrillEvery string `json:"drill_every,omitempty"` // default 1d
	NoDrill    bool   `json:"no_drill,omitempty"`
}

// SnapshotStatus is the schedule and how it went.
type SnapshotStatus struct {
	Schedule     SnapshotSchedule `json:"schedule"`
	TriedAt      string           `json:"tried_at,omitempty"`
	SucceededAt  string           `json:"succeeded_at,omitempty"` // stored, read back and found authentic
	Name         string           `json:"name,omitempty"`
	Bytes        int64            `json:"bytes,omitempty"`
	Stored       uint32           `json:"stored,omitempty"`
	Error        string           `json:"error,omitempty"`
	Overdue      bool             `json:"overdue"`
	DrilledAt    string           `json:"drilled_at,omitempty"`
	DrillError   string           `json:"drill_error,omitempty"`
	DrillOverdue bool             `json:"drill_overdue"`
}

// SignedDrill is a drill's report under the signature of the node that drilled. The signature is over "quorate drill report v1", a line
// feed, and the bytes of Report as they stand.
type SignedDrill struct {
	Report    string `json:"report"` // JSON
	KeyID     string `json:"key_id"`
	Signature []byte `json:"signature"`
}
