// Package foreign reads keys from what other key managers export or keep: transit exports and backups of Vault and OpenBao,
// and the objects of PyKMIP's server (package pykmip takes them from its database). It turns them into keys with an algorithm of Quorate's and material in forms that
// `quorate key import` knows.
//
// It knows those forms. It must not know how a key gets into a cluster. What it reads was written by others: it is bounded,
// and a key that cannot be taken over says why instead of being guessed at.
package foreign

import (
	"github.com/quorate/quorate/vault/fault"
)

// States in which a key arrives.
const (
	Active      = "active"
	Suspended   = "suspended"
	Deactivated = "deactivated"
	Compromised = "compromised"
)

// Key is a key of another key manager. Whoever has it clears it.
type Key struct {
	Name       string // as it is called there; it may be no name here
	ID         string // there, if it has one beside the name
	Algorithm  string // of Quorate's; "" with Left
	Versions   []Version
	Exportable bool   // there
	MinDecrypt uint32 // number of the first of Versions that may still decrypt; 0: all
	State      string
	Usage      []string // "": what the algorithm is for
	Left       string   // why it cannot be taken over; "": it can
	Note       string   // what is different afterwards
}

// Version is one version of a key.
type Version struct {
	Number   uint32 // there
	Material []byte
	Raw      bool // the material is the key itself; false: DER or PEM, which says what it is
}

// Clear wipes the material.
func (k *Key) Clear() {
	for _, v := range k.Versions {
		clear(v.Material)
	}
}

// Clear wipes the material of all.
func Clear(all []Key) {
	for i := range all {
		all[i].Clear()
	}
}

const (
	maxKeys     = 100_000
	maxVersions = 10_000
)

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, format, args...)
}
