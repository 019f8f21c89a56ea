package vault

import (
	"context"
	"crypto/sha256"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// KeyDigest is the SHA-256 of the material of a key's latest version, by which software elsewhere tells keys apart. Who may read the
// record may know it. fault.BadState where there is none: of what was destroyed, of a key that opens only with a second one, and of secrets
// and other objects that may be guessed, since a digest is a way to try guesses.
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
