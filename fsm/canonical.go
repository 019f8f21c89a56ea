package fsm

import (
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// Labels keep what is authenticated for one purpose from being taken for another.
const (
	keyLabel    = "quorate key record 1\x00"
	tokenLabel  = "quorate token record 1\x00"
	policyLabel = "quorate policies 1\x00"
)

// Canonical is what a record's MAC covers: everything but the MAC itself and the wrapped material of its versions, which
// is authenticated by its own cipher and changes when it is rewrapped. Equal records have equal bytes, also after they
// went through the log or a snapshot.
func Canonical(r *key.Record) []byte {
	c := *r
	c.MAC = nil
	c.Versions = slices.Clone(r.Versions)
	for i := range c.Versions {
		c.Versions[i].Material = key.Material{}
	}
	return labelled(keyLabel, &c)
}

// CanonicalToken is what a token's MAC covers: everything but the MAC.
func CanonicalToken(t *access.Token) []byte {
	c := *t
	c.MAC = nil
	return labelled(tokenLabel, &c)
}

// CanonicalPolicies is what the MAC of the policies covers: which there are, their texts and revisions, and the revision of
// them all. The order in which they are given does not matter.
func CanonicalPolicies(revision uint64, policies []*Policy) []byte {
	all := make([]Policy, len(policies))
	for i, p := range policies {
		all[i] = Policy{Name: p.Name, Source: p.Source, Revision: p.Revision}
	}
	slices.SortFunc(all, func(a, b Policy) int { return strings.Compare(a.Name, b.Name) })
	return labelled(policyLabel, []any{revision, all})
}

func labelled(label string, v any) []byte {
	b, err := encoding.Marshal(v)
	if err != nil {
		panic(err) // these types have nothing that cannot be encoded; going on would leave a record without its MAC
	}
	return append([]byte(label), b...)
}
