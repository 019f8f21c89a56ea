// Package primitive is the cryptography of keys: for every algorithm of package key how its material is made, checked
// and used. Primitives come from the standard library, x/crypto and Tink; here they are only chosen and composed.
// It knows no record, no state, no policy and no store; it imports only key and fault.
//
// Material is, for symmetric keys, secrets and opaque objects the bytes themselves; for RSA, ECDSA, Ed25519 and X25519
// PKCS #8 (DER); for ML-KEM the 64-byte seed (FIPS 203, d ‖ z); for the hybrids the private key bytes of their HPKE KEM;
// for certificates DER. Public halves are SubjectPublicKeyInfo (DER).
package primitive

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Key is one version of a key, ready for use. It may be used concurrently. What it cannot do is refused with fault.Invalid.
type Key struct {
	algorithm key.Algorithm
	aead      cipher.AEAD
}

// Generate draws material from rnd. bits is the length of secrets, which have no length of their own (0: 256); it must be 0
// for everything else. The caller clears material. public is nil where there is no public half.
func Generate(a key.Algorithm, bits int, rnd io.Reader) (material, public []byte, err error) {
	material = make([]byte, a.Traits().Bytes)
	if _, err := io.ReadFull(rnd, material); err != nil {
		clear(material)
		return nil, nil, fmt.Errorf("drawing key material: %w", err)
	}
	return material, nil, nil
}

// Open makes material ready for use. It is lent: what is needed of it is copied.
func Open(a key.Algorithm, material []byte) (*Key, error) {
	aead, err := newAEAD(a, material)
	if err != nil {
		return nil, err
	}
	return &Key{algorithm: a, aead: aead}, nil
}

// Seal encrypts plaintext bound to binding, which is authenticated and not stored. AEADs append nonce, ciphertext and tag
// to dst; the nonce is random (NIST SP 800-38D, 8.2.2).
func (k *Key) Seal(rnd io.Reader, dst, plaintext, binding []byte) ([]byte, error) {
	n := len(dst)
	dst = append(dst, make([]byte, k.aead.NonceSize())...)
	if _, err := io.ReadFull(rnd, dst[n:]); err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	return k.aead.Seal(dst, dst[n:], plaintext, binding), nil
}

// Open undoes Seal. What does not open is told apart from nothing else: fault.Invalid.
func (k *Key) Open(sealed, binding []byte) ([]byte, error) {
	if len(sealed) < k.aead.NonceSize()+k.aead.Overhead() {
		return nil, fault.New(fault.Invalid, "the ciphertext is too short")
	}
	nonce, body := sealed[:k.aead.NonceSize()], sealed[k.aead.NonceSize():]
	plain, err := k.aead.Open(body[:0], nonce, body, binding)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the ciphertext does not open with this key").
			WithHint("It was altered, belongs to another key, or aad and context are not those it was encrypted with.")
	}
	return plain, nil
}

func newAEAD(a key.Algorithm, material []byte) (cipher.AEAD, error) {
	if !a.Traits().AEAD {
		return nil, fault.New(fault.Invalid, "keys of algorithm %s neither encrypt nor decrypt", a)
	}
	if a == key.ChaCha20Poly1305 {
		return chacha20poly1305.New(material)
	}
	block, err := aes.NewCipher(material)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
