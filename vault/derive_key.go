package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// DerivedSpec asks for a key of the vault whose first material is derived from another of its keys.
type DerivedSpec struct {
	Key KeySpec // of a symmetric algorithm, or a secret; Bits is the length of a secret
	// By is how to derive. Bytes is 0: the new key's algorithm decides. Raw, with Peer, is for a secret alone, which is then as
	// long as the shared secret is.
	By DeriveInput
}

type deriveKeyIn struct {
	Ref     string
	Derived DerivedSpec
}

var opDeriveKey = newWrite("key.derive-key", access.Create, deriveKey)

// DeriveKey makes a key of what is derived from the newest version of ref: the same bytes as Derive would give, which nobody is
// shown. It needs "derive-key" on ref and "create" on the new key, whose record links to ref as what it was derived from. It
// counts as a use of ref. The new key lives a life of its own afterwards: what becomes of ref does not touch it, and a
// rotation draws its next version. fault.Exists if the name is taken, fault.BadState if ref is out of use.
func (v *Vault) DeriveKey(ctx context.Context, c access.Caller, ref string, s DerivedSpec) (*key.Record, error) {
	return opDeriveKey.do(ctx, v, c, deriveKeyIn{ref, s})
}

func deriveKey(ctx context.Context, t *task, in deriveKeyIn) (*key.Record, error) {
	if r, done, err := t.made(); done || err != nil {
		return r, err
	}
	r, err := derivedRecord(t, &in.Derived)
	if err != nil {
		return nil, err
	}
	t.entry.Key, t.entry.KeyName = r.ID, r.Name
	t.change("algorithm", r.Algorithm.String())
	if err := t.allow(access.OfKey(r)); err != nil {
		return nil, err
	}
	t.change("from", in.Ref) // a refusal is to name it too
	base, err := t.findAs(access.DeriveKey, in.Ref)
	if err != nil {
		return nil, err
	}
	r.Links = []key.Link{{Kind: key.LinkBase, To: base.ID}}
	if err := t.putUnder(in.Derived.Key.Parent, r); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	var out Derived
	defer func() { clear(out.Secret) }()
	if err := t.deriveFrom(ctx, base, &in.Derived.By, &out); err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		r = r.Clone() // what was proposed is not changed any more
		if r.Versions[0].Material, err = t.wrap(ctx, r, 1, out.Secret); err != nil {
			return nil, err
		}
		made, err := t.create(ctx, r)
		if !again(ctx, r, err, try) {
			return made, err
		}
	}
}

// derivedRecord is the record as it will be, without material and links; it tells s.By how many bytes to derive.
func derivedRecord(t *task, s *DerivedSpec) (*key.Record, error) {
	if s.Key.Algorithm == 0 {
		s.Key.Algorithm = key.AES256GCM
	}
	a, by := s.Key.Algorithm, &s.By
	size := a.Traits().Bytes
	if a == key.Secret {
		var err error
		if size, err = primitive.SecretBytes(s.Key.Bits); err != nil {
			return nil, err
		}
	}
	switch {
	case size == 0:
		return nil, fault.New(fault.Invalid, "a key of algorithm %s is not derived", a).
			WithHint("Derive a symmetric key (aes-…, chacha20-poly1305, hmac-…) or a secret.")
	case by.Bytes != 0:
		return nil, fault.New(fault.Invalid, "how long a derived key is follows from its algorithm").WithHint("Leave bytes away; bits says how long a secret is.")
	case by.Raw && (a != key.Secret || s.Key.Bits != 0):
		return nil, fault.New(fault.Invalid, "the shared secret itself becomes a secret, as long as it is").
			WithHint("Ask for the algorithm secret without bits; or leave raw away, and HKDF makes a key of any length.")
	}
	r, err := newRecord(t, s.Key)
	if err != nil {
		return nil, err
	}
	if !by.Raw {
		by.Bytes = size
	}
	r.Origin = key.Derived
	return r, nil
}

// deriveFrom derives from the newest version of base, like Derive.
func (t *task) deriveFrom(ctx context.Context, base *key.Record, by *DeriveInput, out *Derived) error {
	u := using{task: t, record: base, random: t.v.cfg.Random, items: 1}
	u.open = u.few[:0]
	defer u.end()
	u.expect(key.ToDeriveKey, 0, uint64(by.Bytes))
	return u.deriveFor(ctx, key.ToDeriveKey, by, out)
}
