// Package primitive is the cryptography of keys: for every algorithm of package key how its material is made, checked
// and used. Primitives come from the standard library, x/crypto and Tink; here they are only chosen and composed.
// It knows no record, no state, no policy and no store; it imports only key and fault.
//
// Material is, for symmetric keys, secrets and opaque objects the bytes themselves; for RSA, ECDSA, Ed25519 and X25519
// PKCS #8 (DER); for ML-KEM the 64-byte seed (FIPS 203, d ‖ z); for the hybrids the 32-byte seed that is the private key
// of their HPKE KEM; for certificates DER. Public halves are SubjectPublicKeyInfo (DER).
//
// Raw material tells nothing about its algorithm: 32 bytes are an AES-256, a ChaCha20, an HMAC-SHA-256 key or a hybrid's seed
// alike. Everything that has a structure is accepted by its own algorithm alone.
//
// A kind of key is a pair of types, the private half embedding the public one. What a half can do is which of the
// interfaces in use.go it has, so an operation that an algorithm lacks cannot be reached by a forgotten case.
package primitive

import (
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Key is one version of a key, or the public half of one, ready for use. It may be used concurrently. What it cannot do is
// refused with fault.Invalid. It prints as its algorithm and nothing else.
type Key struct {
	algorithm key.Algorithm
	public    bool // no private half
	half      any  // which of the interfaces in use.go it has is what it can do
}

// kind is how keys of an algorithm come into being. A function that is nil refuses.
type kind struct {
	generate   func(a key.Algorithm, bits int, rnd io.Reader) ([]byte, error)
	open       func(a key.Algorithm, material []byte) (any, error)
	openPublic func(a key.Algorithm, spki []byte) (any, error)
}

var (
	aeadKind   = kind{drawBytes, openAEAD, nil}
	hmacKind   = kind{drawBytes, openHMAC, nil}
	rsaKind    = kind{drawRSA, openRSA, openRSAPublic}
	ecdsaKind  = kind{drawECDSA, openECDSA, openECDSAPublic}
	kemKind    = kind{drawSeed, openMLKEM, openMLKEMPublic}
	hybridKind = kind{drawSeed, openHybrid, openHybridPublic}
)

var kinds = [...]kind{
	key.AES128GCM:        aeadKind,
	key.AES256GCM:        aeadKind,
	key.ChaCha20Poly1305: aeadKind,
	key.HMACSHA256:       hmacKind,
	key.HMACSHA384:       hmacKind,
	key.HMACSHA512:       hmacKind,
	key.RSA2048:          rsaKind,
	key.RSA3072:          rsaKind,
	key.RSA4096:          rsaKind,
	key.ECDSAP256:        ecdsaKind,
	key.ECDSAP384:        ecdsaKind,
	key.ECDSAP521:        ecdsaKind,
	key.Ed25519:          {drawEd25519, openEd25519, openEd25519Public},
	key.X25519:           {drawX25519, openX25519, openX25519Public},
	key.MLKEM768:         kemKind,
	key.MLKEM1024:        kemKind,
	key.Secret:           {drawSecret, openSecret, nil},
	key.Opaque:           {nil, openOpaque, nil},
	key.X509:             {nil, openCertificate, openCertificatePublic},
	key.MLKEM768X25519:   hybridKind,
	key.MLKEM768P256:     hybridKind,
	key.MLKEM1024P384:    hybridKind,
	key.AES192GCM:        aeadKind,
}

func kindOf(a key.Algorithm) (kind, error) {
	if int(a) >= len(kinds) || kinds[a].open == nil {
		return kind{}, fault.New(fault.Invalid, "there is no algorithm with number %d", uint8(a))
	}
	return kinds[a], nil
}

// Generate draws material from rnd. bits is the length of secrets, which have no length of their own (0: 256); it must be 0
// for everything else. The caller clears material. public is nil where there is no public half. RSA keys come from the
// system's randomness whatever rnd is: the standard library reads no other.
func Generate(a key.Algorithm, bits int, rnd io.Reader) (material, public []byte, err error) {
	k, err := kindOf(a)
	if err != nil {
		return nil, nil, err
	}
	if k.generate == nil {
		return nil, nil, fault.New(fault.Invalid, "%s objects are not generated", a).WithHint("Import one (`quorate key import`).")
	}
	if bits != 0 && a != key.Secret {
		return nil, nil, fault.New(fault.Invalid, "the algorithm %s has a length of its own", a).WithHint("Leave bits out.")
	}
	if material, err = k.generate(a, bits, rnd); err != nil {
		return nil, nil, err
	}
	if public, err = publicOf(k, a, material); err != nil {
		clear(material)
		return nil, nil, err
	}
	return material, public, nil
}

// Check tells whether material is a whole and sound key of algorithm a, and returns its public half (nil where there is
// none). It is slower than Open and meant for what comes from outside: it also tests that the primes of RSA keys are primes.
func Check(a key.Algorithm, material []byte) (public []byte, err error) {
	k, err := kindOf(a)
	if err != nil {
		return nil, err
	}
	half, err := k.open(a, material)
	if err != nil {
		return nil, err
	}
	if c, ok := half.(interface{ check() error }); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	return spkiOf(half)
}

// Open makes material ready for use. It is lent: what is needed of it is copied.
func Open(a key.Algorithm, material []byte) (*Key, error) {
	k, err := kindOf(a)
	if err != nil {
		return nil, err
	}
	half, err := k.open(a, material)
	if err != nil {
		return nil, err
	}
	return &Key{algorithm: a, half: half}, nil
}

// Public is the public half, nil where there is none.
func (k *Key) Public() ([]byte, error) { return spkiOf(k.half) }

// OpenPublic makes a public half ready for what public halves do: Verify; Seal (RSA); Encapsulate; Wrap.
func OpenPublic(a key.Algorithm, spki []byte) (*Key, error) {
	k, err := kindOf(a)
	if err != nil {
		return nil, err
	}
	if k.openPublic == nil {
		return nil, fault.New(fault.Invalid, "keys of algorithm %s have no public half", a)
	}
	half, err := k.openPublic(a, spki)
	if err != nil {
		return nil, err
	}
	return &Key{algorithm: a, public: true, half: half}, nil
}

// publicOf returns the public half of material, nil where there is none.
func publicOf(k kind, a key.Algorithm, material []byte) ([]byte, error) {
	half, err := k.open(a, material)
	if err != nil {
		return nil, err
	}
	return spkiOf(half)
}

func spkiOf(half any) ([]byte, error) {
	if p, ok := half.(interface{ spki() ([]byte, error) }); ok {
		return p.spki()
	}
	return nil, nil
}

// draw fills n bytes from rnd.
func draw(n int, rnd io.Reader) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(rnd, b); err != nil {
		clear(b)
		return nil, fmt.Errorf("drawing key material: %w", err)
	}
	return b, nil
}

func drawBytes(a key.Algorithm, _ int, rnd io.Reader) ([]byte, error) {
	return draw(a.Traits().Bytes, rnd)
}

// badMaterial says that material is no key of algorithm a. What is wrong with it is told in our words only: a parser's
// might quote what it read.
func badMaterial(a key.Algorithm, format string, args ...any) error {
	return fault.New(fault.Invalid, "the material is no %s key: %s", a, fmt.Sprintf(format, args...))
}

func badPublic(a key.Algorithm) error {
	return fault.New(fault.Invalid, "this is no public key of algorithm %s", a).
		WithHint("Public keys are SubjectPublicKeyInfo (PEM block PUBLIC KEY) of the same algorithm and size.")
}
