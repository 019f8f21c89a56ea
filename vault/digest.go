package vault

import (
	"context"
	"crypto/sha256"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// KeyDigest is the SHA-256 of the material of a key's latest version, by which software elsewhere tells keys apart. Who may read the
// record may know it where DigestIsOpen; else who may take the material out. fault.BadState where there is none: of what was destroyed, of
// a key that opens only with a second one, and of secrets and other objects that may be guessed, since a digest is a way to try guesses.
func (v *Vault) KeyDigest(ctx context.Context, c access.Caller, ref string) ([]byte, error) {
	t, err := v.begin("key.digest", access.Read, c, false)
	if err != nil {
		return nil, err
	}
	sum, err := t.digest(ctx, ref)
	if err := t.done(err); err != nil {
		return nil, err
	}
	return sum, nil
}

func (t *task) digest(ctx context.Context, ref string) (sum []byte, err error) {
	r, err := t.read(ctx, ref)
	if err != nil {
		return nil, err
	}
	ver := r.Latest()
	if ver == nil || ver.State.Gone() || isDual(r) || r.Type != key.SymmetricKey && r.Type != key.PrivateKey {
		return nil, fault.New(fault.BadState, "no digest is told of key %s", nameOf(r))
	}
	if !DigestIsOpen(t.v.shown(r)) {
		set, err := t.policies()
		if err != nil {
			return nil, err
		}
		if !r.Exportable || r.Sensitive() || !set.Decide(t.caller, access.Reveal, access.OfKey(r)).Allowed {
			return nil, fault.New(fault.BadState, "the digest of key %s is told only to who may take it out", nameOf(r))
		}
	}
	err = t.material(r, ver, func(plain []byte) error {
		h := sha256.Sum256(plain)
		sum = h[:]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return sum, t.still(ctx)
}

// DigestIsOpen tells whether nobody can find a key by its digest, so that everybody who may read the record may know it: of a private key,
// and of 128 bits at least that were drawn here. What came from outside, or was derived, may be as weak as a password. r is as the vault shows it.
func DigestIsOpen(r *key.Record) bool {
	return r.Type == key.PrivateKey || r.Origin == key.Generated && (r.Algorithm != key.Secret || r.Shows().Bits >= 128)
}
