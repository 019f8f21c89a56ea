package primitive

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"io"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

type ed25519Public struct{ key ed25519.PublicKey }

type ed25519Private struct {
	ed25519Public
	private ed25519.PrivateKey
}

func drawEd25519(_ key.Algorithm, _ int, rnd io.Reader) ([]byte, error) {
	seed, err := draw(ed25519.SeedSize, rnd)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	k := ed25519.NewKeyFromSeed(seed)
	defer clear(k)
	return x509.MarshalPKCS8PrivateKey(k)
}

func openEd25519(a key.Algorithm, material []byte) (any, error) {
	k, err := parsePrivate[ed25519.PrivateKey](a, material)
	if err != nil {
		return nil, err
	}
	return &ed25519Private{ed25519Public{k.Public().(ed25519.PublicKey)}, k}, nil
}

func openEd25519Public(a key.Algorithm, spki []byte) (any, error) {
	k, err := parsePublic[ed25519.PublicKey](a, spki)
	if err != nil {
		return nil, err
	}
	return ed25519Public{k}, nil
}

func (k ed25519Public) spki() ([]byte, error) { return x509.MarshalPKIXPublicKey(k.key) }

// edOptions checks s and says in the standard library's terms what it is.
func edOptions(input []byte, s Scheme) (*ed25519.Options, error) {
	if err := s.noPadding(); err != nil {
		return nil, err
	}
	switch {
	case s.Form > JWS:
		return nil, fault.New(fault.Invalid, "there is no form of signatures with number %d", s.Form)
	case !s.Prehashed && s.Hash != 0:
		return nil, fault.New(fault.Invalid, "Ed25519 hashes by itself").WithHint("Leave the hash out.")
	case !s.Prehashed:
		return &ed25519.Options{}, nil
	case s.Hash != 0 && s.Hash != crypto.SHA512:
		return nil, fault.New(fault.Invalid, "Ed25519ph signs SHA-512 digests, not those of %s", s.Hash)
	case s.Form == JWS:
		return nil, fault.New(fault.Invalid, "a JWS by Ed25519 is over the message, not over a digest (RFC 8037)").WithHint("Leave prehashed out.")
	case len(input) != crypto.SHA512.Size():
		return nil, fault.New(fault.Invalid, "a prehashed input for Ed25519ph has %d bytes, not %d", crypto.SHA512.Size(), len(input)).
			WithHint("Send the SHA-512 digest, or the message without prehashed.")
	}
	return &ed25519.Options{Hash: crypto.SHA512}, nil
}

func (k *ed25519Private) sign(_ io.Reader, input []byte, s Scheme) ([]byte, error) {
	o, err := edOptions(input, s)
	if err != nil {
		return nil, err
	}
	return k.private.Sign(nil, input, o)
}

func (k ed25519Public) verify(input, signature []byte, s Scheme) error {
	o, err := edOptions(input, s)
	if err != nil {
		return err
	}
	if ed25519.VerifyWithOptions(k.key, input, signature, o) != nil {
		return ErrMismatch
	}
	return nil
}
