package primitive

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/fips140"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/chacha20"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// The ciphers here have no algorithm of the vault's: their keys are secrets, and whoever kept one says what it is a key of. They open and make what
// other software protects. None of them is approved (NIST SP 800-131A), so they are refused where FIPS 140 is on.

// approved refuses a cipher where FIPS 140 is on.
func approved(what string) error {
	if !fips140.Enabled() {
		return nil
	}
	return fault.New(fault.Invalid, "%s is not computed with in FIPS 140 mode", what).WithHint("Move what it protects to AES, on a server without that mode.")
}

// blocks is the block cipher of a key; nil where the mode has its own.
func (k *Key) blocks(c *Cipher, what string) (cipher.Block, error) {
	if c.Triple {
		return k.tripleDES(what)
	}
	if b, ok := k.half.(blocker); ok {
		return b.block(), nil
	}
	if c.Mode == XTS || c.Mode == ChaCha20 {
		return nil, nil
	}
	return nil, k.refuse(what)
}

// tripleDES is 3DES with three keys, or with two, of which the first comes again as the third.
func (k *Key) tripleDES(what string) (cipher.Block, error) {
	half, ok := k.half.(holder)
	if !ok || k.algorithm != key.Secret {
		return nil, k.refuse(what + " of 3DES")
	}
	if err := approved("3DES"); err != nil {
		return nil, err
	}
	three := half.bytes()
	switch len(three) {
	case 24:
	case 16:
		three = slices.Concat(three, three[:8])
		defer clear(three)
	default:
		return nil, fault.New(fault.Invalid, "a key of 3DES has 16 or 24 bytes, not %d", len(three))
	}
	return des.NewTripleDESCipher(three)
}

// threefold refuses a key of 3DES that two equal keys following each other make one of DES (NIST SP 800-67). Nothing new is put under such
// a key; what is under one already is opened. A bit of each byte is parity, and no part of the key.
func (k *Key) threefold(c *Cipher) error {
	half, ok := k.half.(holder)
	if !c.Triple || !ok {
		return nil
	}
	const n = des.BlockSize
	all, same := half.bytes(), [2]byte{}
	for i := n; i < len(all); i++ {
		same[i/n-1] |= (all[i] ^ all[i-n]) &^ 1
	}
	if same[0] == 0 || len(all) > 2*n && same[1] == 0 {
		return fault.New(fault.Invalid, "two keys of this 3DES key are equal, which makes it one of DES: nothing is encrypted under it").WithHint("Decrypt what it protects, and encrypt that under an AES key.")
	}
	return nil
}

// stream20 is ChaCha20, which is its own inverse. An IV of 12 bytes is the nonce of RFC 8439; one of 8 that of the cipher as it was first published, whose
// counter is longer by what the nonce is shorter; one of 16 has the counter before the nonce, as OpenSSL takes it.
func (k *Key) stream20(c *Cipher, in []byte) ([]byte, error) {
	half, ok := k.half.(holder)
	if !ok || k.algorithm != key.Secret || len(half.bytes()) != chacha20.KeySize {
		return nil, k.refuse("run ChaCha20: that takes a secret of 256 bits")
	}
	if err := approved("ChaCha20"); err != nil {
		return nil, err
	}
	counter, nonce := c.Counter, c.IV
	switch len(nonce) {
	case 8:
		nonce = append(make([]byte, 4, 12), nonce...)
	case 16:
		counter, nonce = binary.LittleEndian.Uint32(nonce), nonce[4:]
	}
	if blocks := (uint64(len(in)) + 63) / 64; uint64(counter)+blocks > 1<<32 {
		return nil, fault.New(fault.TooLarge, "the counter of ChaCha20 ends before the data does")
	}
	s, err := chacha20.NewUnauthenticatedCipher(half.bytes(), nonce)
	if err != nil {
		return nil, err
	}
	s.SetCounter(counter)
	out := make([]byte, len(in))
	s.XORKeyStream(out, in)
	return out, nil
}

// fitsChaCha refuses what ChaCha20-Poly1305 (RFC 8439) has in one length only.
func (c *Cipher) fitsChaCha(aead cipher.AEAD) error {
	switch {
	case len(c.IV) != aead.NonceSize():
		return fault.New(fault.Invalid, "a nonce of ChaCha20-Poly1305 has %d bytes, not %d", aead.NonceSize(), len(c.IV))
	case c.tagBytes() != aead.Overhead():
		return fault.Wrap(fault.Invalid, ErrTagLength, "a tag of ChaCha20-Poly1305 has %d bytes", aead.Overhead())
	}
	return nil
}

func (c *Cipher) sealChaCha(aead cipher.AEAD, plaintext []byte) (ciphertext, tag []byte, err error) {
	if err := c.fitsChaCha(aead); err != nil {
		return nil, nil, err
	}
	sealed, n := aead.Seal(nil, c.IV, plaintext, c.AAD), len(plaintext)
	return sealed[:n:n], sealed[n:], nil
}

func (c *Cipher) openChaCha(aead cipher.AEAD, ciphertext, tag []byte) ([]byte, error) {
	if err := c.fitsChaCha(aead); err != nil {
		return nil, err
	}
	if len(tag) != aead.Overhead() {
		return nil, ErrUnopened
	}
	plain, err := aead.Open(nil, c.IV, append(bytes.Clone(ciphertext), tag...), c.AAD)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}
