// Package key is the vocabulary of keys: what an object is called, what it is for, in which state it is, and
// what is kept of it. It knows no store, no cipher and no protocol; it imports only fault.
package key

import (
	"maps"
	"slices"
	"time"
)

// Limits on one object, so that a record always fits a log entry.
const (
	MaxVersions  = 10_000
	MaxTags      = 64
	MaxTagKey    = 128
	MaxTagValue  = 256
	MaxAttribute = 8 << 10 // bytes of all attributes together, with their names
	MaxAttrName  = 256     // bytes
	MaxReason    = 512
	MaxMaterial  = 64 << 10 // bytes of wrapped material of one version
)

// Material is one version's secret as it is stored: sealed, never plain.
type Material struct {
	Term   uint32 `cbor:"1,keyasint,omitempty"` // keyring term that wraps it; 0 where a parent key does
	Parent uint32 `cbor:"2,keyasint,omitempty"` // version of the parent key that wraps it; 0 where the keyring does
	Sealed []byte `cbor:"3,keyasint,omitempty"` // nonce, ciphertext, tag; empty once destroyed
}

// Version is one generation of a key's material. The order of the fields is that in which they take the least memory: the state
// holds one of these for each version of each key, and TestRecordsAreNoLargerThanTheyWere holds it to that.
type Version struct {
	Number      uint32   `cbor:"1,keyasint"`
	State       State    `cbor:"2,keyasint"`
	Apart       bool     `cbor:"13,keyasint,omitempty"` // it was suspended by itself: resuming the key does not resume it
	ForEnd      bool     `cbor:"14,keyasint,omitempty"` // Reason is why it is to be destroyed at DestroyAt
	Ending      Ending   `cbor:"15,keyasint,omitempty"` // what DestroyAt means while it is in use
	Material    Material `cbor:"3,keyasint"`
	Public      []byte   `cbor:"4,keyasint,omitempty"` // SubjectPublicKeyInfo (DER) of a key pair
	Reason      string   `cbor:"5,keyasint,omitempty"` // given with the last state change, or with the destruction that is scheduled
	Created     Time     `cbor:"6,keyasint"`
	Activated   Time     `cbor:"7,keyasint,omitempty"`
	Deactivated Time     `cbor:"8,keyasint,omitempty"`
	Compromised Time     `cbor:"9,keyasint,omitempty"`
	Destroyed   Time     `cbor:"10,keyasint,omitempty"`
	DestroyAt   Time     `cbor:"11,keyasint,omitempty"` // when it will be destroyed, unless that is cancelled
	Check       []byte   `cbor:"12,keyasint,omitempty"` // check value of material that was imported
	Used        *Use     `cbor:"-"`                     // only in records that the vault shows; nil in the replicated state
}

// Use is what was done with a version, as far as the node that shows it knows.
type Use struct {
	Count uint64 // how often it protected something
	Bytes uint64 // that it protected
	Last  Time   // when it was used for whatever, about
}

// Use is what is known of v's use, nothing where nothing is shown of it.
func (v *Version) Use() Use {
	if v.Used == nil {
		return Use{}
	}
	return *v.Used
}

// LinkKind says what the object that a link leads to is to the one that has the link. Its numbers are the low bytes of
// KMIP's Link Type (KMIP 2.1, section 11.34).
type LinkKind uint8

// Kinds of link.
const (
	LinkCertificate LinkKind = 1 // the certificate of this key
	LinkPublic      LinkKind = 2
	LinkPrivate     LinkKind = 3 // the key whose public half this certificate binds
	LinkBase        LinkKind = 4 // what this key was derived from
	LinkDerived     LinkKind = 5
	LinkReplacement LinkKind = 6
	LinkReplaced    LinkKind = 7
	LinkPrevious    LinkKind = 10 // the part of a split key before this one
	LinkNext        LinkKind = 11
	LinkPKCS12      LinkKind = 12 // a certificate that goes with this key in PKCS #12
	LinkPassword    LinkKind = 13 // the password of that
)

// Link ties an object to another (KMIP 2.1, section 4.31): a private key to its public key, a key to the one it replaced.
type Link struct {
	Kind LinkKind `cbor:"1,keyasint"`
	To   ID       `cbor:"2,keyasint"`
}

// Origin tells how a key's first material came to be.
type Origin uint8

// Origins. Numbers are kept in the log.
const (
	Generated Origin = 0 // drawn by the vault
	Imported  Origin = 1 // brought in from outside, so it is known there
	Derived   Origin = 2 // computed from another key of the vault
	Restored  Origin = 3 // from the backup of another vault's key
)

// Record is one object of the vault: its metadata and its wrapped versions. Records in the replicated state
// are shared by all readers and are never changed; Clone one to change it. Small fields stand together, for the sake of memory:
// see Version.
type Record struct {
	ID          ID                `cbor:"1,keyasint"`
	Name        string            `cbor:"2,keyasint,omitempty"`
	Algorithm   Algorithm         `cbor:"3,keyasint"`
	Type        ObjectType        `cbor:"4,keyasint"`
	State       State             `cbor:"6,keyasint"` // of the key as a whole; a version may do no more than both allow
	Usage       Usage             `cbor:"5,keyasint"`
	Versions    []Version         `cbor:"7,keyasint"` // ascending by Number, gaps where versions were purged
	MinDecrypt  uint32            `cbor:"8,keyasint,omitempty"`
	Exportable  bool              `cbor:"9,keyasint,omitempty"`
	Origin      Origin            `cbor:"29,keyasint,omitempty"`
	RevealIdle  bool              `cbor:"30,keyasint,omitempty"` // its material is also given out before it is activated and after it was deactivated, and where a policy lets open it when it is compromised: see ToRevealIdle
	LimitBytes  bool              `cbor:"44,keyasint,omitempty"` // UsageLimit counts bytes that the key protects, not uses (KMIP 2.1, section 4.60)
	Guard       Guard             `cbor:"46,keyasint,omitempty"` // how the material may leave, and how it once might
	ForEnd      bool              `cbor:"47,keyasint,omitempty"` // Reason is why the key is to be destroyed at DestroyAt
	Ending      Ending            `cbor:"48,keyasint,omitempty"` // what DestroyAt means while the key is in use
	Parent      ID                `cbor:"10,keyasint,omitempty"`
	RotateEvery time.Duration     `cbor:"11,keyasint,omitempty"`
	NextRotate  Time              `cbor:"12,keyasint,omitempty"`
	ActivateAt  Time              `cbor:"13,keyasint,omitempty"`
	DeactivAt   Time              `cbor:"14,keyasint,omitempty"`
	DestroyAt   Time              `cbor:"15,keyasint,omitempty"`
	Tags        map[string]string `cbor:"16,keyasint,omitempty"`
	Attributes  map[string][]byte `cbor:"17,keyasint,omitempty"`
	Links       []Link            `cbor:"18,keyasint,omitempty"`
	Owner       string            `cbor:"19,keyasint,omitempty"`
	UsageLimit  uint64            `cbor:"20,keyasint,omitempty"`
	Created     Time              `cbor:"21,keyasint"`
	Updated     Time              `cbor:"22,keyasint"`
	Revision    uint64            `cbor:"23,keyasint"` // counts changes from 1; the ETag, and what a change expects to find
	MAC         []byte            `cbor:"24,keyasint,omitempty"`
	Reason      string            `cbor:"25,keyasint,omitempty"` // given with the key's last state change, or with the destruction that is scheduled
	RotateUses  uint64            `cbor:"26,keyasint,omitempty"` // a version that was used so often gets a successor
	RotateBytes uint64            `cbor:"27,keyasint,omitempty"` // likewise for so many bytes that it protected
	RetireAfter time.Duration     `cbor:"28,keyasint,omitempty"` // versions are destroyed so long after they were replaced; 0: never by themselves

	Names        []Label `cbor:"40,keyasint,omitempty"` // that it bears beside Name; no two objects that are not destroyed share one
	Groups       []Label `cbor:"41,keyasint,omitempty"` // that it is in
	ProcessStart Time    `cbor:"42,keyasint,omitempty"` // before it, nothing is opened with the key (KMIP 2.1, section 4.42); 0: no such date
	ProtectStop  Time    `cbor:"43,keyasint,omitempty"` // from it on, nothing is protected with the key (section 4.43); 0: no such date
	Archived     Time    `cbor:"45,keyasint,omitempty"` // since when it is in the archive, where it is used for nothing; 0: it is not

	Occurred map[uint32]Time `cbor:"49,keyasint,omitempty"` // when versions that are compromised are said to have become known, by number (KMIP 2.1, section 4.10)

	Shown *Shown `cbor:"-"` // only in records that the vault shows; nil in the replicated state
}

// Shown is what the vault adds to a record that it shows. Nothing of it is kept.
type Shown struct {
	Bits      int    // how long the latest version is; of secrets only, other algorithms say it by their name
	UsageLeft uint64 // what nodes may still take of UsageLimit, and what this one holds
	WaitsFor  uint64 // how many versions of children still hold up a destruction that is scheduled
}

// Shows is what the vault added to r, nothing where it added nothing.
func (r *Record) Shows() Shown {
	if r.Shown == nil {
		return Shown{}
	}
	return *r.Shown
}

// Latest is the newest version; nil while there is none.
func (r *Record) Latest() *Version {
	if len(r.Versions) == 0 {
		return nil
	}
	return &r.Versions[len(r.Versions)-1]
}

// Version finds a version by number; 0 is the latest. nil if there is none.
func (r *Record) Version(n uint32) *Version {
	if n == 0 {
		return r.Latest()
	}
	i, ok := slices.BinarySearchFunc(r.Versions, n, func(v Version, n uint32) int { return int(int64(v.Number) - int64(n)) })
	if !ok {
		return nil
	}
	return &r.Versions[i]
}

// Clone copies r so deeply that changing the copy's fields, versions, tags, attributes and links leaves r as it was.
// Byte slices inside (sealed material, public keys, attribute values) stay shared: replace them, never write into them.
func (r *Record) Clone() *Record {
	c := *r
	c.Versions = slices.Clone(r.Versions)
	c.Tags = maps.Clone(r.Tags)
	c.Attributes = maps.Clone(r.Attributes)
	c.Links = slices.Clone(r.Links)
	c.Names, c.Groups = slices.Clone(r.Names), slices.Clone(r.Groups)
	c.Occurred = maps.Clone(r.Occurred)
	if r.Shown != nil {
		shown := *r.Shown
		c.Shown = &shown
	}
	for i := range c.Versions {
		if used := c.Versions[i].Used; used != nil {
			own := *used
			c.Versions[i].Used = &own
		}
	}
	return &c
}

// Due is the next time at which the cluster must act on r by itself: an activation, deactivation, destruction
// or rotation. A destruction is not due while the state does not allow it. 0 if there is none.
func (r *Record) Due() Time {
	var due Time
	sooner := func(t Time) {
		if t != 0 && (due == 0 || t < due) {
			due = t
		}
	}
	if r.State == PreActive {
		sooner(r.ActivateAt)
	}
	if r.State == Active || r.State == Suspended {
		sooner(r.DeactivAt)
	}
	if r.State == Active && r.Archived == 0 {
		sooner(r.NextRotate)
	}
	if !r.State.Gone() {
		if r.State.Permits(ToDestroy) == Allowed {
			sooner(r.DestroyAt)
		}
		for i := range r.Versions {
			if r.Versions[i].State.Permits(ToDestroy) == Allowed {
				sooner(r.Versions[i].DestroyAt)
			}
		}
	}
	return due
}
