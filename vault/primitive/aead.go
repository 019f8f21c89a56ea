package primitive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// wrapLabel begins what a key wrapped by ChaCha20-Poly1305 is bound to, so that decrypt never opens what wrap made, nor unwrap
// what encrypt made. (AES needs none: KWP and GCM are different ciphers.)
const wrapLabel = "quorate wrap\n"

// aeadKey is an authenticated cipher. Its material is kept for deriving.
type aeadKey struct {
	secretKey
	aead cipher.AEAD
}

// aesKey also wraps, with KWP, and lends its block cipher to other modes.
type aesKey struct {
	aeadKey
	keyWrap
	cipher cipher.Block
}

// chachaKey also wraps, with itself.
type chachaKey struct{ aeadKey }

func openAEAD(a key.Algorithm, material []byte) (any, error) {
	if want := a.Traits().Bytes; len(material) != want {
		return nil, badMaterial(a, "it has %d bytes, not %d", len(material), want)
	}
	secret := secretKey{bytes.Clone(material)}
	if a == key.ChaCha20Poly1305 {
		aead, err := chacha20poly1305.New(material)
		return &chachaKey{aeadKey{secret, aead}}, err
	}
	block, err := aes.NewCipher(material)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	kwp, err := newKeyWrap(material)
	return &aesKey{aeadKey{secret, aead}, kwp, block}, err
}

func (k *aeadKey) seal(rnd io.Reader, dst, plaintext, binding []byte) ([]byte, error) {
	n, nonce := len(dst), k.aead.NonceSize()
	if need := nonce + len(plaintext) + k.aead.Overhead(); cap(dst)-n < need {
		dst = append(make([]byte, 0, n+need), dst...)
	}
	dst = dst[:n+nonce]
	if _, err := io.ReadFull(rnd, dst[n:]); err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	return k.aead.Seal(dst, dst[n:], plaintext, binding), nil
}

func (k *aeadKey) unseal(sealed, binding []byte) ([]byte, error) {
	nonce := k.aead.NonceSize()
	if len(sealed) < nonce+k.aead.Overhead() {
		return nil, fault.New(fault.Invalid, "the ciphertext is too short")
	}
	plain, err := k.aead.Open(nil, sealed[:nonce], sealed[nonce:], binding)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}

func (k *chachaKey) wrap(rnd io.Reader, plaintext, aad []byte) ([]byte, error) {
	return k.seal(rnd, nil, plaintext, append([]byte(wrapLabel), aad...))
}

func (k *chachaKey) unwrap(wrapped, aad []byte) ([]byte, error) {
	return k.unseal(wrapped, append([]byte(wrapLabel), aad...))
}
