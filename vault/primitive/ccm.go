package primitive

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"

	"github.com/quorate/quorate/vault/fault"
)

// Bounds of CCM (NIST SP 800-38C) in bytes. Tags of less than 8 need an analysis of their own (its section B.2), as GCM's short ones do.
const (
	minCCMNonce = 7
	maxCCMNonce = 13
	minCCMTag   = 8
)

// ErrCCMTag is the answer to a length of CCM's tag that is not offered: it is ErrTagLength, too.
var ErrCCMTag = fault.Wrap(fault.Invalid, ErrTagLength, "a tag of CCM has 8, 10, 12, 14 or 16 bytes")

func (c *Cipher) checkCCM() error {
	switch n := c.tagBytes(); {
	case len(c.IV) < minCCMNonce || len(c.IV) > maxCCMNonce:
		return fault.New(fault.Invalid, "a nonce of CCM has %d to %d bytes, not %d", minCCMNonce, maxCCMNonce, len(c.IV))
	case n < minCCMTag || n > maxTag || n%2 != 0:
		return ErrCCMTag
	}
	return nil
}

// ccmFits refuses what is longer than the nonce leaves room to count.
func (c *Cipher) ccmFits(n int) error {
	if q := 15 - len(c.IV); q < 4 && n >= 1<<(8*q) {
		return fault.New(fault.TooLarge, "CCM with a nonce of %d bytes takes less than %d bytes, not %d", len(c.IV), 1<<(8*q), n).WithHint("Use a shorter nonce.")
	}
	return nil
}

func (c *Cipher) sealCCM(b cipher.Block, plaintext []byte) (ciphertext, tag []byte, err error) {
	if err := c.ccmFits(len(plaintext)); err != nil {
		return nil, nil, err
	}
	sum := c.ccmSum(b, plaintext)
	defer clear(sum)
	out := make([]byte, aes.BlockSize+len(plaintext))
	stream := c.ccmStream(b)
	stream.XORKeyStream(out, sum)
	stream.XORKeyStream(out[aes.BlockSize:], plaintext)
	return out[aes.BlockSize:], out[:c.tagBytes():c.tagBytes()], nil
}

func (c *Cipher) openCCM(b cipher.Block, ciphertext, tag []byte) ([]byte, error) {
	n := c.tagBytes()
	if len(tag) < n || len(tag) > maxTag || c.ccmFits(len(ciphertext)) != nil {
		return nil, ErrUnopened
	}
	mask, plain := make([]byte, aes.BlockSize), make([]byte, len(ciphertext))
	stream := c.ccmStream(b)
	stream.XORKeyStream(mask, mask)
	stream.XORKeyStream(plain, ciphertext)
	sum := c.ccmSum(b, plain)
	defer clear(sum) // the right tag, also where it is not this one
	defer clear(mask)
	subtle.XORBytes(sum, sum, mask)
	if subtle.ConstantTimeCompare(sum[:n], tag[:n]) != 1 {
		clear(plain)
		return nil, ErrUnopened
	}
	return plain, nil
}

// ccmStream is the keystream: its first block is for the tag (SP 800-38C, A.3).
func (c *Cipher) ccmStream(b cipher.Block) cipher.Stream {
	var first [aes.BlockSize]byte
	first[0] = byte(14 - len(c.IV))
	copy(first[1:], c.IV)
	return cipher.NewCTR(b, first[:])
}

// ccmSum is the CBC-MAC over the lengths, the additional data and the plaintext (SP 800-38C, A.2).
func (c *Cipher) ccmSum(b cipher.Block, plaintext []byte) []byte {
	q := 15 - len(c.IV)
	sum := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(sum[8:], uint64(len(plaintext)))
	sum[0] = byte((c.tagBytes()-2)/2<<3 | (q - 1))
	copy(sum[1:], c.IV)
	if len(c.AAD) > 0 {
		sum[0] |= 0x40
	}
	b.Encrypt(sum, sum)
	if n := len(c.AAD); n > 0 {
		var head []byte
		if n < 0xff00 {
			head = binary.BigEndian.AppendUint16(nil, uint16(n))
		} else {
			head = binary.BigEndian.AppendUint32([]byte{0xff, 0xfe}, uint32(n)) // messages are far shorter than 4 GiB
		}
		cbcMAC(b, sum, append(head, c.AAD...))
	}
	cbcMAC(b, sum, plaintext)
	return sum
}

// cbcMAC goes on with a sum over input, which zeros fill up to whole blocks.
func cbcMAC(b cipher.Block, sum, input []byte) {
	for len(input) > 0 {
		n := subtle.XORBytes(sum, sum, input[:min(aes.BlockSize, len(input))])
		b.Encrypt(sum, sum)
		input = input[n:]
	}
}
