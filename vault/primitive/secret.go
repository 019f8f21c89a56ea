package primitive

import (
	"io"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Bounds on what has no length of its own, in bytes.
const (
	MaxSecret = 4096
	MaxOpaque = 64 << 10
)

// Bounds on the length of a generated secret, in bits; the lower is NIST SP 800-131A's for keys.
const (
	minSecretBits = 112
	maxSecretBits = MaxSecret * 8
)

// secretKey is bytes from which others are derived.
type secretKey struct{ material []byte }

func drawSecret(_ key.Algorithm, bits int, rnd io.Reader) ([]byte, error) {
	n, err := SecretBytes(bits)
	if err != nil {
		return nil, err
	}
	return draw(n, rnd)
}

// SecretBytes is how long a secret of so many bits is; 0 bits are the usual 256. fault.Invalid for what no secret is made of.
func SecretBytes(bits int) (int, error) {
	if bits == 0 {
		bits = 256
	}
	if bits%8 != 0 || bits < minSecretBits || bits > maxSecretBits {
		return 0, fault.New(fault.Invalid, "a secret has %d to %d bits, a multiple of 8; not %d", minSecretBits, maxSecretBits, bits)
	}
	return bits / 8, nil
}

func openSecret(a key.Algorithm, material []byte) (any, error) {
	if len(material) < 1 || len(material) > MaxSecret {
		return nil, badMaterial(a, "it has %d bytes; 1 to %d are allowed", len(material), MaxSecret)
	}
	return &secretKey{append([]byte(nil), material...)}, nil
}

// opaque is an object that is kept and not used. Nothing of it is held here.
type opaque struct{}

func openOpaque(a key.Algorithm, material []byte) (any, error) {
	if len(material) < 1 || len(material) > MaxOpaque {
		return nil, fault.New(fault.Invalid, "an %s object has 1 to %d bytes, not %d", a, MaxOpaque, len(material))
	}
	return opaque{}, nil
}
