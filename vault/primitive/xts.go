package primitive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// maxXTS bounds a data unit of XTS in bytes (NIST SP 800-38E: 2^20 blocks).
const maxXTS = 16 << 20

// xtsBlocks are the two ciphers of an XTS key (IEEE 1619): an AES key of 256 bits is two of 128. The two of 256 are a key of 512 bits, which
// no algorithm here has; who keeps one keeps it as a secret of 64 bytes.
func (k *Key) xtsBlocks() (data, tweak cipher.Block, err error) {
	half, ok := k.half.(holder)
	fits := ok && (k.algorithm == key.AES256GCM || k.algorithm == key.Secret && len(half.bytes()) == 64)
	if !fits {
		return nil, nil, fault.New(fault.Invalid, "a key of algorithm %s does not run XTS: that takes AES keys of 256 or 512 bits", k.algorithm)
	}
	material := half.bytes()
	first, second := material[:len(material)/2], material[len(material)/2:]
	if subtle.ConstantTimeCompare(first, second) == 1 {
		return nil, nil, fault.New(fault.Invalid, "the two halves of this key are the same, so it does not run XTS")
	}
	if data, err = aes.NewCipher(first); err != nil {
		return nil, nil, err
	}
	tweak, err = aes.NewCipher(second)
	return data, tweak, err
}

// xts runs one data unit, whose number is the IV, little-endian. What is no whole blocks steals from the last whole one.
func (k *Key) xts(c *Cipher, in []byte, encrypting bool) ([]byte, error) {
	data, second, err := k.xtsBlocks()
	switch {
	case err != nil:
		return nil, err
	case len(in) < aes.BlockSize:
		return nil, fault.New(fault.Invalid, "a data unit of XTS has %d bytes or more, not %d", aes.BlockSize, len(in))
	case len(in) > maxXTS:
		return nil, fault.New(fault.TooLarge, "a data unit of XTS has at most %d bytes, not %d", maxXTS, len(in))
	}
	tweak := make([]byte, aes.BlockSize)
	second.Encrypt(tweak, c.IV)
	defer clear(tweak)
	out := make([]byte, len(in))
	do := data.Decrypt
	if encrypting {
		do = data.Encrypt
	}
	run := func(dst, src, tweak []byte) {
		subtle.XORBytes(dst, src, tweak)
		do(dst, dst)
		subtle.XORBytes(dst, dst, tweak)
	}
	rest := len(in) % aes.BlockSize
	whole := len(in) - rest
	if rest > 0 {
		whole -= aes.BlockSize
	}
	for at := 0; at < whole; at += aes.BlockSize {
		run(out[at:at+aes.BlockSize], in[at:at+aes.BlockSize], tweak)
		doubleLittle(tweak)
	}
	if rest > 0 {
		next := append(make([]byte, 0, aes.BlockSize), tweak...)
		defer clear(next)
		doubleLittle(next)
		if !encrypting { // the blocks were made in the other order
			tweak, next = next, tweak
		}
		var block [aes.BlockSize]byte
		defer clear(block[:])
		run(block[:], in[whole:whole+aes.BlockSize], tweak)
		copy(out[whole+aes.BlockSize:], block[:rest])
		copy(block[:rest], in[whole+aes.BlockSize:])
		run(out[whole:whole+aes.BlockSize], block[:], next)
	}
	return out, nil
}

// doubleLittle multiplies by x in the field of IEEE 1619, 5.2, whose bytes are in the other order than CMAC's.
func doubleLittle(b []byte) {
	carry := b[len(b)-1] >> 7
	for i := len(b) - 1; i > 0; i-- {
		b[i] = b[i]<<1 | b[i-1]>>7
	}
	b[0] = b[0]<<1 ^ 0x87*carry
}
