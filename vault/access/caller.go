// Package access is the vocabulary of who may do what: callers, actions, tokens, consistency of reads, and the
// policies (Cedar) that decide. It knows no protocol, no store and no clock; it imports only key and fault.
package access

import (
	"github.com/quorate/quorate/vault/key"
)

// Caller is who asks, as established by a door (a token, a client certificate) or by the cluster itself.
// It travels with a request that is forwarded to the leader, which authorises it again.
type Caller struct {
	Principal string   `cbor:"1,keyasint"`           // the name that policies speak of, such as "app1"; "" for nobody
	Groups    []string `cbor:"2,keyasint,omitempty"` // groups that policies speak of; "root" is permitted everything
	Kind      Kind     `cbor:"3,keyasint"`           // how the caller proved it
	Token     key.ID   `cbor:"4,keyasint,omitempty"` // the token used, so that it can be looked up, renewed and revoked
	Remote    string   `cbor:"5,keyasint,omitempty"` // network address, for audit and policies
	Door      string   `cbor:"6,keyasint,omitempty"` // protocol: "rest", "keas", "kmip", "peer", "self"
	Node      string   `cbor:"7,keyasint,omitempty"` // node that the caller spoke to
	RequestID string   `cbor:"8,keyasint,omitempty"` // for logs and audit; unique per request
	Retry     string   `cbor:"9,keyasint,omitempty"` // Idempotency-Key as the client gave it; "" if it gave none
	// Certificate is whose certificate the connection showed, where a credential beside it says who asks. For the audit log: no policy speaks of it.
	Certificate string `cbor:"10,keyasint,omitempty"`

	Read  Consistency `cbor:"-"` // what this request asks of reads; stays on the node that was asked
	Draft uint64      `cbor:"-"` // the vault's own: the draft of the state that this is done in; 0: none, it is done for good
}

// Kind says how a caller proved who it is.
type Kind uint8

// Kinds of caller. Numbers travel between nodes.
const (
	Anonymous     Kind = 0
	ByToken       Kind = 1
	ByCertificate Kind = 2
	BySelf        Kind = 3 // the cluster's own background work
	ByShare       Kind = 4 // somebody who holds a key share
)

var kindNames = [...]string{Anonymous: "anonymous", ByToken: "token", ByCertificate: "certificate", BySelf: "self", ByShare: "share"}

// String is the kind's name, such as "token".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Action is what a caller wants to do, the Action of a policy, such as "encrypt".
type Action string

// Actions on keys. The resource is the key.
const (
	Create     Action = "create" // resource: the key as it would be
	Read       Action = "read"   // metadata
	List       Action = "list"   // the vault; each key is shown only to who may Read it
	Update     Action = "update" // tags, dates, rotation, minimum version
	Rotate     Action = "rotate"
	Activate   Action = "activate" // activate and resume
	Suspend    Action = "suspend"
	Deactivate Action = "deactivate"
	Compromise Action = "compromise"
	Destroy    Action = "destroy" // destroy and cancel-destroy
	Reveal     Action = "reveal"  // take the material out
	DataKey    Action = "datakey"
	Encrypt    Action = "encrypt"
	Decrypt    Action = "decrypt"
	Rewrap     Action = "rewrap"
	Random     Action = "random" // the vault
	Sign       Action = "sign"
	Verify     Action = "verify"
	MAC        Action = "mac"
	VerifyMAC  Action = "verify-mac"
	Derive     Action = "derive"
	DeriveKey  Action = "derive-key" // make a key of what is derived, which is not shown; beside create
	Wrap       Action = "wrap"       // wrap and encapsulate
	Unwrap     Action = "unwrap"     // unwrap and decapsulate
	Hash       Action = "hash"       // the vault
	Import     Action = "import"     // resource: the key as it would be; also restore
	Export     Action = "export"     // wrapped to a recipient; also backup
	Adopt      Action = "adopt"      // resource: the key that becomes a parent
	Purge      Action = "purge"      // forget a destroyed key altogether
	Reserve    Action = "reserve"    // take uses off its usage limit
	Issue      Action = "issue"      // resource: the key that signs a certificate, of which the vault decides what it says

	// OpenCompromised is asked beside Decrypt, Verify and the like when the key is compromised. A permit counts for it only if
	// its scope names this action, so that no permit for everything opens such keys by accident.
	OpenCompromised Action = "open-compromised"
)

// Actions on the system. The resource is the vault.
const (
	Operate      Action = "operate"   // seal, step down, members, keyring rotation, rekey
	Inspect      Action = "inspect"   // members, slots, keyring as an operator sees them
	Backup       Action = "backup"    // take a snapshot
	Admit        Action = "admit"     // make join tokens
	ManagePolicy Action = "policy"    // put, get, list, delete, explain
	ManageToken  Action = "token"     // create for others, look up, revoke
	Unchecked    Action = "unchecked" // operations with their own proof: status, init, unseal, join, own token
)

// Mode is how recent the state must be that answers a read.
type Mode uint8

// Modes. Local is the default: the node's own state, proved to be younger than the staleness bound.
const (
	Local        Mode = 0
	AtIndex      Mode = 1 // own state, at least as new as Index
	Linearizable Mode = 2 // as new as anything acknowledged anywhere before the read began
)

// Consistency is what a caller asks of a read.
type Consistency struct {
	Mode  Mode
	Index uint64 // for AtIndex
}
