package seal

import (
	"crypto/cipher"

	"github.com/cloudflare/circl/math/fp25519"
)

// What the tests need to see from outside.

var (
	Bech32Encode      = bech32Encode
	Bech32Decode      = bech32Decode
	Bech32Pack        = bech32Pack
	ErrBech32Form     = errBech32Form
	ErrBech32Letter   = errBech32Letter
	ErrBech32Checksum = errBech32Checksum
	CanonicalScalar   = canonicalScalar
	Deal              = deal
	MapLocked         = mapLocked
)

// Recover interpolates at 0.
func Recover(xs []int, ys [][]byte) []byte {
	points := make([]*fp25519.Elt, len(ys))
	for i := range ys {
		points[i] = element(ys[i])
	}
	out, tmp := new(fp25519.Elt), new(fp25519.Elt)
	recoverSecret(out, tmp, xs, points)
	return out[:]
}

// HMAC is our composition of HMAC-SHA256.
func HMAC(key []byte, parts ...[]byte) (out [32]byte) {
	k := newHMACKey(key)
	defer k.destroy()
	if err := k.sum(&out, parts...); err != nil {
		panic(err)
	}
	return out
}

// Expand is our composition of HKDF-Expand.
func Expand(prk, info []byte, n int) []byte {
	k := newHMACKey(prk)
	defer k.destroy()
	out := make([]byte, n)
	if err := k.expand(out, info); err != nil {
		panic(err)
	}
	return out
}

// Sealer is an AES-256-GCM whose state lies in locked memory.
type Sealer = sealer

// NewSealer expands a key.
func NewSealer(key []byte) (*Sealer, error) { return newSealer(key) }

// Seal and the like open the sealer to tests.
func (s *sealer) Seal(aad, plain []byte) ([]byte, error)  { return s.seal(nil, aad, plain) }
func (s *sealer) Open(aad, sealed []byte) ([]byte, error) { return s.open(nil, aad, sealed) }
func (s *sealer) Destroy()                                { s.destroy() }

// Relocated tells whether relocate moves that cipher state.
func Relocated(aead cipher.AEAD) (cipher.AEAD, bool, string) {
	moved, slot, reason := relocate(aead)
	return moved, slot != nil, reason
}

// WithMaster lends the master key.
func (o *Opened) WithMaster(use func([]byte) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.master == nil {
		return errSealed()
	}
	return o.master.Lend(use)
}

// OpenWithMaster opens a configuration by a master key from elsewhere.
func OpenWithMaster(c *Config, master []byte) (*Opened, error) {
	m, err := NewSecret(32, func(mem []byte) error { copy(mem, master); return nil })
	if err != nil {
		return nil, err
	}
	return openWith(c, m)
}

// TryHandover tries the handover from an epoch with a master key from elsewhere and gives the next one.
func TryHandover(c *Config, from uint16, master []byte) ([]byte, error) {
	m, err := NewSecret(32, func(mem []byte) error { copy(mem, master); return nil })
	if err != nil {
		return nil, err
	}
	next, err := takeOver(c, from, m)
	if err != nil {
		return nil, err
	}
	var out []byte
	err = next.Lend(func(b []byte) error { out = append(out, b...); return nil })
	return out, err
}

// LendKEK lends a term's raw key.
func (o *Opened) LendKEK(c *Config, i int, use func(root, kek []byte)) error {
	return o.withMaster(c, func(master []byte) error {
		p, err := openKeyring(c, master)
		if err != nil {
			return err
		}
		defer p.destroy()
		use(p.root(), p.key(i))
		return nil
	})
}

// TermSealer is the cipher of a term.
func (k *Keyring) TermSealer(term uint32) *Sealer { return k.ring.Load().terms[term] }
