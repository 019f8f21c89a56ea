package vault

import (
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// KeySpec is what a caller asks of a new key. The zero value of a field means the default.
type KeySpec struct {
	Name        string
	Algorithm   key.Algorithm  // 0: key.AES256GCM
	Type        key.ObjectType `cbor:",omitempty"` // 0: what the algorithm is. Given, Usage is taken as it stands, and of a secret or an opaque object it may be any
	Usage       key.Usage      // 0: all that the algorithm can do
	Bits        int            // length of a secret, which has none of its own; 0: 256. Nothing else takes it
	Exportable  bool           // whether Reveal may ever give the material out
	Sensitive   bool           `cbor:",omitempty"` // it leaves only wrapped, whoever may take it out
	RevealIdle  bool           `cbor:",omitempty"` // it may so also before the key is activated and after it was deactivated, and where a policy names open-compromised when it is compromised
	PreActive   bool           `cbor:",omitempty"` // it waits to be activated, with ActivateAt or without a date
	Parent      string         // name or id of the key that wraps this one; "": the keyring does
	RotateEvery time.Duration
	ActivateAt  key.Time // in the future: the key begins pre-active
	DeactivAt   key.Time
	Tags        map[string]string
	UsageLimit  uint64 // uses in all, of whatever kind; 0: any number
	LimitBytes  bool   `cbor:",omitempty"` // UsageLimit counts bytes that the key protects instead

	DestroyAt   key.Time      // needs DeactivAt, and does not come before it
	RotateUses  uint64        // a version that protected so often gets a successor; 0: never for that
	RotateBytes uint64        // likewise for so many bytes
	RetireAfter time.Duration // versions are destroyed so long after they were replaced; 0: never by themselves

	// Attributes are kept for whoever asks for them; the vault does not act on them. By name, at most key.MaxAttribute bytes in all.
	Attributes map[string][]byte `cbor:",omitempty"`

	Names        []key.Label `cbor:",omitempty"` // that it bears beside Name
	Groups       []key.Label `cbor:",omitempty"` // that it is in
	ProcessStart key.Time    `cbor:",omitempty"` // before it, nothing is opened with the key
	ProtectStop  key.Time    `cbor:",omitempty"` // from it on, nothing is protected with it
	Links        []key.Link  `cbor:",omitempty"` // to other objects
	Unnamed      bool        `cbor:",omitempty"` // Name is "": it gets the first of Names, if that is free and fits, else "kmip/" and its id
}

// KeyPatch is a change of metadata; nil fields stay as they are.
type KeyPatch struct {
	IfMatch     uint64             // revision that the caller saw; 0: any
	Tags        *map[string]string // replaces all tags
	RotateEvery *time.Duration     // 0: never by itself
	ActivateAt  *key.Time
	DeactivAt   *key.Time
	MinDecrypt  *uint32 // oldest version that decrypt still opens
	Exportable  *bool   // only from true to false
	Sensitive   *bool   `cbor:",omitempty"` // whether the material leaves only wrapped; the record remembers that it was otherwise

	DestroyAt   *key.Time
	RotateUses  *uint64
	RotateBytes *uint64
	RetireAfter *time.Duration // where it is not 0, also dates the end of versions that were replaced before, from now
	UsageLimit  *uint64        // counts all uses since the key was made
	LimitBytes  *bool          `cbor:",omitempty"` // what UsageLimit counts, before anything of it was used

	Attributes map[string][]byte `cbor:",omitempty"` // what is to change of them, by name: a new value, or nothing to take it away

	Names        *[]key.Label `cbor:",omitempty"` // replaces all, as Groups and Links do
	Groups       *[]key.Label `cbor:",omitempty"`
	Links        *[]key.Link  `cbor:",omitempty"`
	ProcessStart *key.Time    `cbor:",omitempty"`
	ProtectStop  *key.Time    `cbor:",omitempty"`
}

// StateChange asks for a step in a key's life.
type StateChange struct {
	Action  access.Action // Activate, Suspend, Deactivate or Compromise
	Resume  bool          // with Activate: from suspended, not from pre-active
	Version uint32        // 0: the whole key
	Reason  string
	IfMatch uint64

	Occurred key.Time `cbor:",omitempty"` // with Compromise: when it is believed to have become known; 0: nobody said
}

// Destruction asks for the end of a key's material.
type Destruction struct {
	Version uint32         // 0: the whole key
	After   *time.Duration // 0: at once; nil: the default, which is 7 days, or with Force at once
	Force   bool           // even if it was used within Config.DestroyGuard, or is while it waits
	Reason  string
	IfMatch uint64
}

// Message is something to encrypt or decrypt with what it is bound to. AAD is authenticated and not stored;
// Context is authenticated too and tells uses of one key apart. Both must be the same when it is opened.
type Message struct {
	Body    []byte // plaintext, or the ciphertext text qk:v<version>:<base64>
	AAD     []byte
	Context []byte
}

// DataKey is a fresh key for the caller's own use, encrypted under a key of the vault.
type DataKey struct {
	Plaintext  []byte // nil unless asked for; cleared when the callback returns
	Ciphertext []byte // text qk:v<version>:<base64>
	Version    uint32
}

// DataKeySpec asks for a data key.
type DataKeySpec struct {
	Bits      int // 128, 192, 256 or 512; 0: 256
	AAD       []byte
	Context   []byte
	Plaintext bool
}

// TokenSpec asks for a bearer token.
type TokenSpec struct {
	Principal string        // "" : the caller's own
	Groups    []string      // nobody can give a group that he is not in himself, unless he is in "root"
	TTL       time.Duration // 0: 32 days
	MaxTTL    time.Duration // renewals end here; 0: no bound
	Orphan    bool          // outlives the token it was made with; only the group "root" may ask for it
}

// JoinTokenSpec asks for a join token.
type JoinTokenSpec struct {
	TTL  time.Duration // 0: 24 hours
	Uses int           // 0: any number
	// Replace is the member that a node which joins with it takes the place of; "": it may replace none.
	Replace string
}

// Explanation tells why a caller may or may not do something.
type Explanation struct {
	Allowed  bool
	Policies []string // names of the policies that decided
	Errors   []string // policies that could not be evaluated; they decide nothing
}

// Question asks for an Explanation.
type Question struct {
	Principal string
	Kind      access.Kind
	Groups    []string
	Action    access.Action
	Key       string // name or id; "": the vault
}

// PolicyText is one named Cedar document.
type PolicyText struct {
	Name     string
	Text     string
	Revision uint64
	Updated  key.Time
}

// InitSpec founds a cluster.
type InitSpec struct {
	Shares     int
	Threshold  int
	Recipients []string // one per share: age or armoured OpenPGP; empty: plain shares
	Sealed     bool     // leave this node sealed
}

// Founded is what founding a cluster yields, once and never again.
type Founded struct {
	Cluster   string
	Shares    [][]byte // qshare1… lines, or armoured text for the recipients
	RootToken []byte
	JoinToken []byte
	CA        []byte // PEM
}

// Member is a node as the cluster sees it.
type Member struct {
	Node    string
	Role    string // "leader", "voter", "nonvoter"
	API     string // host:port
	Peer    string
	Gossip  string
	Sealed  bool
	Healthy bool
	Applied uint64
	Disk    Disk // zero where it is not known
	Zone    string
	Replica bool // is not given a vote by itself
	Version string
	Level   uint32 // newest level of commands that its program knows; 0: not heard
}

// Disk is how much room is left on a member's disk, and how much must be, in bytes.
type Disk struct {
	Free, Mark uint64
	Low        bool // nothing that grows is written to it
}

// Progress is how far a collection of shares has come.
type Progress struct {
	ID      string
	Have    int
	Need    int
	Indexes []int // which shares are in
	Expires time.Time
}

// Unsealing answers a share.
type Unsealing struct {
	Sealed   bool
	Progress Progress
	Members  []Member
}

// Status is what anybody may know of a node.
type Status struct {
	Node        string
	Version     string
	Cluster     string
	Initialized bool
	Sealed      bool
	Leader      string
	Role        string
	Members     []Member
	Level       uint32    // of commands that the cluster uses; 0 before it is founded
	HoldLevel   bool      // it is not to be raised
	Disk        Disk      // this node's own
	Ceremony    *Progress // nil while none runs
	Index       uint64
	Fresh       bool
	Why         string // why reads are not answered here; "" if they are
	Opening     Opening
}

// RekeySpec begins a change of shares.
type RekeySpec struct {
	Shares     int
	Threshold  int
	Recipients []string
	Verify     string // how many of the new shares must be handed back: VerifyAll ("" is the same) or VerifyThreshold
}

// What RekeySpec.Verify may be.
const (
	VerifyAll       = "all"
	VerifyThreshold = "threshold"
)

// Rekeying is the state of a change of shares.
type Rekeying struct {
	ID        string
	Phase     string // "prove": shares of now are being handed in; "verify": new shares are being handed back; "done"
	Progress  Progress
	Epoch     uint32   // of the new shares
	NewShares [][]byte // given once, to whoever completes phase "prove"
}

// KeyringStatus describes the terms of the keyring and the rewrapping under the newest.
type KeyringStatus struct {
	Term   uint32
	Terms  []KeyringTerm
	Active bool // rewrapping is under way
	Done   int  // versions under the newest term
	Total  int
}

// KeyringTerm is one key-encrypting key of the vault.
type KeyringTerm struct {
	Term     uint32
	Versions int // key versions wrapped under it
}
