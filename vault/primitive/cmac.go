package primitive

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	_ "crypto/sha1" // crypto.SHA1, of HMAC and OAEP alone
	_ "crypto/sha3"
	"crypto/subtle"

	"github.com/quorate/quorate/vault/fault"
)

// holder is a half that lends the bytes that its key is.
type holder interface{ bytes() []byte }

func (k *secretKey) bytes() []byte { return k.material }

// HMACWith authenticates input with HMAC (FIPS 198-1) under a symmetric key or a secret, whatever else the key is for, and any
// hash from SHA-1 on: HMAC does not rest on collisions.
func (k *Key) HMACWith(h crypto.Hash, input []byte) ([]byte, error) {
	half, ok := k.half.(holder)
	if !ok {
		return nil, k.refuse("mac")
	}
	if err := keyedHash(h); err != nil {
		return nil, err
	}
	state := hmac.New(h.New, half.bytes())
	state.Write(input)
	return state.Sum(nil), nil
}

// keyedHash refuses a hash that is not offered where collisions do no harm: in HMAC, and in OAEP.
func keyedHash(h crypto.Hash) error {
	switch h {
	case crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA512_224, crypto.SHA512_256,
		crypto.SHA3_224, crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512:
		return nil
	}
	return fault.New(fault.Invalid, "the hash %s is not offered", h).WithHint("Hashes are those of the SHA-2 and SHA-3 families, and SHA-1 for old software.")
}

// CMAC authenticates input under an AES key (NIST SP 800-38B).
func (k *Key) CMAC(input []byte) ([]byte, error) {
	half, ok := k.half.(blocker)
	if !ok {
		return nil, k.refuse("make a CMAC")
	}
	return cmac(half.block(), input), nil
}

func cmac(b cipher.Block, input []byte) []byte {
	subkey := make([]byte, aes.BlockSize)
	b.Encrypt(subkey, subkey)
	double(subkey) // K1
	whole := max(0, len(input)-1) / aes.BlockSize * aes.BlockSize
	last := make([]byte, aes.BlockSize)
	if n := copy(last, input[whole:]); n < aes.BlockSize {
		last[n] = 0x80
		double(subkey) // K2
	}
	sum := make([]byte, aes.BlockSize)
	for at := 0; at < whole; at += aes.BlockSize {
		subtle.XORBytes(sum, sum, input[at:at+aes.BlockSize])
		b.Encrypt(sum, sum)
	}
	subtle.XORBytes(sum, sum, last)
	subtle.XORBytes(sum, sum, subkey)
	b.Encrypt(sum, sum)
	clear(subkey)
	return sum
}

// double multiplies by x in the field of SP 800-38B, 6.1.
func double(b []byte) {
	carry := b[0] >> 7
	for i := range len(b) - 1 {
		b[i] = b[i]<<1 | b[i+1]>>7
	}
	b[len(b)-1] = b[len(b)-1]<<1 ^ 0x87*carry
}

// CheckMAC tells in constant time whether got is the MAC want, whole: nil or ErrMismatch.
func CheckMAC(want, got []byte) error { return compareMAC(want, got) }
