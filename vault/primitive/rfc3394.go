package primitive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"

	"github.com/quorate/quorate/vault/fault"
)

// block8 is the half block that AES key wrap works on.
const block8 = 8

// maxWrapped bounds what is wrapped here, in bytes; RFC 5649 goes up to 4 GiB.
const maxWrapped = 64 << 10

var (
	wrapIV    = [block8]byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6} // RFC 3394, 2.2.3.1
	wrapAIV   = [4]byte{0xa6, 0x59, 0x59, 0xa6}                              // RFC 5649, 3
	wrapSizes = "AES key wrap takes whole blocks of 8 bytes, 2 to %d of them"
)

// WrapAES wraps by RFC 3394 (NIST SP 800-38F, KW) under an AES key of any length: what has two or more whole blocks of 8 bytes.
func WrapAES(kek, plain []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, "an AES key has 16, 24 or 32 bytes, not %d", len(kek))
	case len(plain)%block8 != 0 || len(plain) < 2*block8 || len(plain) > maxWrapped:
		return nil, fault.New(fault.Invalid, wrapSizes, maxWrapped/block8).WithHint("Wrap with padding (RFC 5649) instead.")
	}
	return wrapRounds(b, wrapIV, plain), nil
}

// UnwrapAES undoes WrapAES. The caller clears the result.
func UnwrapAES(kek, wrapped []byte) ([]byte, error) {
	iv, plain, err := unwrapRounds(kek, wrapped, 3)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(iv[:], wrapIV[:]) != 1 {
		clear(plain)
		return nil, ErrUnopened
	}
	return plain, nil
}

// WrapAESPadded wraps by RFC 5649 (KWP) under an AES key of any length: what has one byte or more.
func WrapAESPadded(kek, plain []byte) ([]byte, error) {
	b, err := aes.NewCipher(kek)
	switch {
	case err != nil:
		return nil, fault.New(fault.Invalid, "an AES key has 16, 24 or 32 bytes, not %d", len(kek))
	case len(plain) == 0 || len(plain) > maxWrapped:
		return nil, fault.New(fault.Invalid, "AES key wrap with padding takes 1 to %d bytes, not %d", maxWrapped, len(plain))
	}
	var iv [block8]byte
	copy(iv[:], wrapAIV[:])
	binary.BigEndian.PutUint32(iv[4:], uint32(len(plain)))
	padded := make([]byte, (len(plain)+block8-1)/block8*block8)
	defer clear(padded)
	copy(padded, plain)
	if len(padded) > block8 {
		return wrapRounds(b, iv, padded), nil
	}
	out := append(iv[:], padded...)
	b.Encrypt(out, out)
	return out, nil
}

// UnwrapAESPadded undoes WrapAESPadded. The caller clears the result.
func UnwrapAESPadded(kek, wrapped []byte) ([]byte, error) {
	iv, padded, err := unwrapRounds(kek, wrapped, 2)
	if err != nil {
		return nil, err
	}
	n := int64(binary.BigEndian.Uint32(iv[4:]))
	pad := int64(len(padded)) - n
	if subtle.ConstantTimeCompare(iv[:4], wrapAIV[:]) != 1 || pad < 0 || pad >= block8 || !bytes.Equal(padded[n:], make([]byte, pad)) {
		clear(padded)
		return nil, ErrUnopened
	}
	return padded[:n], nil
}

// wrapRounds is the wrapping function W of SP 800-38F, 6.1.
func wrapRounds(b cipher.Block, iv [block8]byte, plain []byte) []byte {
	out := append(iv[:], plain...)
	var x [2 * block8]byte
	defer clear(x[:])
	n := len(plain) / block8
	copy(x[:block8], iv[:])
	for t := range 6 * n {
		r := out[block8*(1+t%n):][:block8]
		copy(x[block8:], r)
		b.Encrypt(x[:], x[:])
		binary.BigEndian.PutUint64(x[:block8], binary.BigEndian.Uint64(x[:block8])^uint64(t+1))
		copy(r, x[block8:])
	}
	copy(out, x[:block8])
	return out
}

// unwrapRounds is its inverse, on at least so many half blocks; two are one block of AES alone (RFC 5649, 4.2).
func unwrapRounds(kek, wrapped []byte, least int) (iv [block8]byte, plain []byte, err error) {
	b, err := aes.NewCipher(kek)
	switch {
	case err != nil:
		return iv, nil, fault.New(fault.Invalid, "an AES key has 16, 24 or 32 bytes, not %d", len(kek))
	case len(wrapped)%block8 != 0 || len(wrapped) < least*block8 || len(wrapped) > maxWrapped+2*block8:
		return iv, nil, ErrUnopened
	}
	var x [2 * block8]byte
	defer clear(x[:])
	plain = bytes.Clone(wrapped[block8:])
	copy(x[:], wrapped[:block8])
	if len(plain) == block8 {
		copy(x[block8:], plain)
		b.Decrypt(x[:], x[:])
		copy(iv[:], x[:block8])
		copy(plain, x[block8:])
		return iv, plain, nil
	}
	n := len(plain) / block8
	for t := 6*n - 1; t >= 0; t-- {
		r := plain[block8*(t%n):][:block8]
		binary.BigEndian.PutUint64(x[:block8], binary.BigEndian.Uint64(x[:block8])^uint64(t+1))
		copy(x[block8:], r)
		b.Decrypt(x[:], x[:])
		copy(r, x[block8:])
	}
	copy(iv[:], x[:block8])
	return iv, plain, nil
}
