package vault

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// derivedBytes is how much is derived when nothing else is asked for.
const derivedBytes = 32

// DeriveInput says what to derive: HKDF (RFC 5869) over the key's material or, with a peer's public key, over the secret that
// the two keys agree on (ECDH).
type DeriveInput struct {
	Bytes int    // 0: 32
	Hash  string // "" is that of an hmac key, else sha256
	Salt  []byte
	Info  []byte // tells purposes apart
	Peer  []byte // PEM (PUBLIC KEY), or base64 of its DER; empty: HKDF alone
	Raw   bool   // with Peer: the shared secret itself

	// Method is another derivation than HKDF, as other protocols have them, always from the key's material; "" is HKDF. "pbkdf2" with Salt and
	// Iterations, "hash" of the key alone, "hmac" and "counter" (NIST SP 800-108) over Info, "encrypt" of Info in Scheme under IV. What they
	// give is cut. In them Hash may be "sha1" and "sha224" too.
	Method     string      `cbor:",omitempty"`
	Iterations int         `cbor:",omitempty"`
	IV         []byte      `cbor:",omitempty"`
	Scheme     *BareScheme `cbor:",omitempty"`
}

// Derived is what Derive gives, lent to a callback and cleared afterwards.
type Derived struct {
	Secret  []byte
	Version uint32
}

var opDerive = keyUse[DeriveInput, Derived]{
	name: "key.derive", action: access.Derive, op: key.ToDerive,
	about: aboutDerive,
	each: func(ctx context.Context, u *using, in *DeriveInput, out *Derived) error {
		return u.derive(ctx, in, out)
	},
	wipe: func(out *Derived) { clear(out.Secret) },
}

// aboutDerive counts nothing for a length that will be refused.
func aboutDerive(in *DeriveInput) (uint32, uint64) {
	switch {
	case in.Bytes == 0:
		return 0, derivedBytes
	case in.Bytes < 0 || in.Bytes > primitive.MaxDerived:
		return 0, 0
	default:
		return 0, uint64(in.Bytes)
	}
}

// Derive derives a secret from the newest version of a key and lends it to use.
func (v *Vault) Derive(ctx context.Context, c access.Caller, ref string, in DeriveInput, use func(secret []byte, version uint32) error) error {
	return opDerive.one(ctx, v, c, ref, in, func(out *Derived) error { return use(out.Secret, out.Version) })
}

// DeriveBatch is Derive for many derivations.
func (v *Vault) DeriveBatch(ctx context.Context, c access.Caller, ref string, all []DeriveInput, use func([]Result[Derived]) error) error {
	return opDerive.many(ctx, v, c, ref, all, use)
}

func (u *using) derive(ctx context.Context, in *DeriveInput, out *Derived) error {
	return u.deriveFor(ctx, key.ToDerive, in, out)
}

// deriveFor derives for an operation: bytes for the caller, or a key.
func (u *using) deriveFor(ctx context.Context, op key.Operation, in *DeriveInput, out *Derived) error {
	o, n, err := u.at(ctx, op, 0)
	if err != nil {
		return err
	}
	if in.Method != "" {
		out.Version = n
		out.Secret, err = u.deriveBy(o, in)
		return err
	}
	d := primitive.Derivation{Salt: in.Salt, Info: in.Info, Bytes: in.Bytes}
	if d.Hash, err = parseHash(in.Hash); err != nil {
		return err
	}
	p := purpose{key.Derive, "derive", "deriving"}
	if len(in.Peer) > 0 {
		p = purpose{key.Agree, "agree on keys", "agreeing on keys with others"}
		if d.Peer, err = parsePublic(in.Peer); err != nil {
			return err
		}
	}
	if u.record.Usage&p.usage == 0 {
		return u.unfit(p, u.record)
	}
	switch {
	case in.Raw && (len(in.Peer) == 0 || in.Bytes != 0):
		return fault.New(fault.Invalid, "raw is for the secret that is agreed on with a peer, whole").
			WithHint("Send peer_public_key, and neither bytes, hash, salt nor info; or leave raw out.")
	case in.Bytes == 0 && !in.Raw:
		d.Bytes = derivedBytes
	case in.Bytes < 0:
		return fault.New(fault.Invalid, "bytes must not be negative")
	}
	out.Version = n
	out.Secret, err = o.key.Derive(d)
	return err
}

// parsePublic reads a public key in PEM, or in base64 of its DER.
func parsePublic(text []byte) ([]byte, error) {
	if block, rest := pem.Decode(text); block != nil && block.Type == "PUBLIC KEY" && len(bytes.TrimSpace(rest)) == 0 {
		return block.Bytes, nil
	}
	der, err := base64.StdEncoding.AppendDecode(nil, bytes.TrimSpace(text))
	if err != nil || len(der) == 0 {
		return nil, fault.New(fault.Invalid, "the peer's public key cannot be read").
			WithHint("Send it as PEM (-----BEGIN PUBLIC KEY-----), or as base64 of its SubjectPublicKeyInfo.")
	}
	return der, nil
}
