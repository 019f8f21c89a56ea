package primitive

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/subtle"

	"github.com/quorate/quorate/vault/fault"
)

// Mode is how a block cipher is run over a message.
type Mode uint8

// Modes (NIST SP 800-38A, 800-38C, 800-38D and 800-38E). CFB's segments are whole blocks.
const (
	GCM Mode = 0
	CBC Mode = 1
	ECB Mode = 2
	CFB Mode = 3
	OFB Mode = 4
	CTR Mode = 5
	CCM Mode = 6
	XTS Mode = 7

	ChaCha20 Mode = 8 // no mode of a block cipher: the stream cipher of RFC 8439, by a secret of 32 bytes
)

// BlockPadding is how CBC and ECB fill up the last block. The other modes need none and take no notice of it.
type BlockPadding uint8

// Paddings. With NoPadding a message has to be whole blocks.
const (
	NoPadding BlockPadding = 0
	PKCS5     BlockPadding = 1 // each byte says how many there are (RFC 5652, 6.3)
	X923      BlockPadding = 2 // zeros, and the last byte says how many there are (ANSI X9.23)
)

// Cipher is a choice of mode and what goes with it. What it encrypts carries no frame of ours: other software opens it.
// Beside GCM and CCM nothing here notices that a ciphertext was altered.
type Cipher struct {
	Triple  bool // 3DES (NIST SP 800-67) by a secret of 16 or 24 bytes, in CBC, ECB, CFB, OFB or CTR; not AES
	Mode    Mode
	Padding BlockPadding
	IV      []byte // of a block; GCM: of 1 byte or more, 12 being usual, CCM: of 7 to 13, never the same twice; XTS: the data unit's number; ChaCha20: see stream20; ECB: none
	Counter uint32 // of ChaCha20 with an IV that has none: the first block's
	AAD     []byte // of GCM and CCM alone
	Tag     int    // in bytes, of GCM 12 to 16, of CCM an even number from 8 to 16; 0: 16
}

// IVBytes is how long an IV is when we draw it.
func (c *Cipher) IVBytes() int {
	switch c.Mode {
	case GCM, CCM, ChaCha20:
		return 12
	case ECB:
		return 0
	default:
		return c.blockSize()
	}
}

func (c *Cipher) blockSize() int {
	if c.Triple {
		return des.BlockSize
	}
	return aes.BlockSize
}

// Bounds on GCM's tag in bytes. Shorter ones are for special cases (SP 800-38D, appendix C), which nobody here can vouch for.
const (
	minTag = 12
	maxTag = 16
)

// ErrTagLength is the answer to a length of GCM's tag that is not offered.
var ErrTagLength = fault.New(fault.Invalid, "a tag of GCM has %d to %d bytes", minTag, maxTag)

// ErrNoIV is the answer to a mode that needs an IV and got none.
var ErrNoIV = fault.New(fault.Invalid, "this mode needs an IV").WithHint("Send the one with which it was encrypted.")

// blocker is a half that lends its bare block cipher.
type blocker interface{ block() cipher.Block }

func (k *aesKey) block() cipher.Block { return k.cipher }

// EncryptBlocks encrypts plaintext in the mode and the padding of c, bare: no frame, no nonce of ours. tag is GCM's or CCM's, nil in
// all other modes. Who may call this for chosen IVs can compute whatever the key computes.
func (k *Key) EncryptBlocks(c Cipher, plaintext []byte) (ciphertext, tag []byte, err error) {
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	if half, ok := k.half.(*chachaKey); ok && c.Mode == GCM {
		return c.sealChaCha(half.aead, plaintext)
	}
	b, err := k.blocks(&c, "encrypt in block modes")
	if err != nil {
		return nil, nil, err
	}
	if err := k.threefold(&c); err != nil {
		return nil, nil, err
	}
	switch c.Mode {
	case ChaCha20:
		ciphertext, err = k.stream20(&c, plaintext)
		return ciphertext, nil, err
	case XTS:
		ciphertext, err = k.xts(&c, plaintext, true)
		return ciphertext, nil, err
	case GCM:
		return c.sealGCM(b, plaintext)
	case CCM:
		return c.sealCCM(b, plaintext)
	case CBC, ECB:
		padded, err := c.pad(plaintext)
		if err != nil {
			return nil, nil, err
		}
		if c.Mode == ECB {
			ecb(b, b.Encrypt, padded)
		} else {
			cipher.NewCBCEncrypter(b, c.IV).CryptBlocks(padded, padded)
		}
		return padded, nil, nil
	default:
		return c.stream(b, plaintext, true), nil, nil
	}
}

// DecryptBlocks undoes EncryptBlocks. What does not open, a wrong tag or padding, is told apart from nothing else. The caller
// clears the outcome. Of a tag that is longer than c.Tag the first bytes count.
func (k *Key) DecryptBlocks(c Cipher, ciphertext, tag []byte) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if half, ok := k.half.(*chachaKey); ok && c.Mode == GCM {
		return c.openChaCha(half.aead, ciphertext, tag)
	}
	b, err := k.blocks(&c, "decrypt in block modes")
	if err != nil {
		return nil, err
	}
	switch c.Mode {
	case ChaCha20:
		return k.stream20(&c, ciphertext)
	case XTS:
		return k.xts(&c, ciphertext, false)
	case GCM:
		return c.openGCM(b, ciphertext, tag)
	case CCM:
		return c.openCCM(b, ciphertext, tag)
	case CBC, ECB:
		if len(ciphertext)%c.blockSize() != 0 {
			return nil, ErrUnopened
		}
		plain := bytes.Clone(ciphertext)
		if c.Mode == ECB {
			ecb(b, b.Decrypt, plain)
		} else {
			cipher.NewCBCDecrypter(b, c.IV).CryptBlocks(plain, plain)
		}
		return c.unpad(plain)
	default:
		return c.stream(b, ciphertext, false), nil
	}
}

func (c *Cipher) check() error {
	authentic := c.Mode == GCM || c.Mode == CCM
	switch {
	case c.Mode > ChaCha20 || c.Padding > X923:
		return fault.New(fault.Invalid, "there is no such mode or padding")
	case c.Triple && (authentic || c.Mode == XTS || c.Mode == ChaCha20):
		return fault.New(fault.Invalid, "3DES runs in CBC, ECB, CFB, OFB and CTR").WithHint("Name one of these modes.")
	case c.Mode == ECB && len(c.IV) > 0:
		return fault.New(fault.Invalid, "ECB has no IV").WithHint("Leave it out.")
	case c.Mode != ECB && len(c.IV) == 0:
		return ErrNoIV
	case c.Mode == ChaCha20 && len(c.IV) != 8 && len(c.IV) != 12 && len(c.IV) != 16:
		return fault.New(fault.Invalid, "a nonce of ChaCha20 has 12 bytes, or 8, or 16 with its counter; not %d", len(c.IV))
	case !authentic && c.Mode != ECB && c.Mode != ChaCha20 && len(c.IV) != c.blockSize():
		return fault.New(fault.Invalid, "an IV of this mode has %d bytes, not %d", c.blockSize(), len(c.IV))
	case !authentic && len(c.AAD) > 0:
		return fault.New(fault.Invalid, "only GCM and CCM authenticate additional data").WithHint("Leave it out, or use GCM.")
	case c.Mode == GCM && c.Tag != 0 && (c.Tag < minTag || c.Tag > maxTag):
		return ErrTagLength
	case c.Mode == CCM:
		return c.checkCCM()
	}
	return nil
}

func (c *Cipher) tagBytes() int {
	if c.Tag == 0 {
		return maxTag
	}
	return c.Tag
}

func (c *Cipher) sealGCM(b cipher.Block, plaintext []byte) (ciphertext, tag []byte, err error) {
	aead, err := cipher.NewGCMWithNonceSize(b, len(c.IV))
	if err != nil {
		return nil, nil, err
	}
	sealed := aead.Seal(nil, c.IV, plaintext, c.AAD)
	n := len(plaintext)
	return sealed[:n:n], sealed[n : n+c.tagBytes()], nil
}

// openGCM takes tags that were cut, which the standard library knows for nonces of 12 bytes alone: it encrypts twice, once for
// the keystream and once for the tag.
func (c *Cipher) openGCM(b cipher.Block, ciphertext, tag []byte) ([]byte, error) {
	n := c.tagBytes()
	if len(tag) < n || len(tag) > maxTag {
		return nil, ErrUnopened
	}
	aead, err := cipher.NewGCMWithNonceSize(b, len(c.IV))
	if err != nil {
		return nil, err
	}
	if n == maxTag {
		plain, err := aead.Open(nil, c.IV, append(bytes.Clone(ciphertext), tag...), c.AAD)
		if err != nil {
			return nil, ErrUnopened
		}
		return plain, nil
	}
	plain := aead.Seal(nil, c.IV, ciphertext, nil)[:len(ciphertext)]
	again := aead.Seal(nil, c.IV, plain, c.AAD)
	if subtle.ConstantTimeCompare(again[len(plain):len(plain)+n], tag[:n]) != 1 {
		clear(plain)
		return nil, ErrUnopened
	}
	return plain, nil
}

func (c *Cipher) pad(plaintext []byte) ([]byte, error) {
	size := c.blockSize()
	n := size - len(plaintext)%size
	if c.Padding == NoPadding {
		if n != size {
			return nil, fault.New(fault.Invalid, "without padding a message is whole blocks of %d bytes; this one has %d", size, len(plaintext)).
				WithHint("Choose a padding (PKCS5), or a mode that needs none (GCM).")
		}
		return bytes.Clone(plaintext), nil
	}
	out := append(make([]byte, 0, len(plaintext)+n), plaintext...)
	out = append(out, make([]byte, n)...)
	if c.Padding == PKCS5 {
		for i := len(plaintext); i < len(out); i++ {
			out[i] = byte(n)
		}
	}
	out[len(out)-1] = byte(n)
	return out, nil
}

// unpad looks at all bytes that may be padding, whatever they are, so that the time tells nothing.
func (c *Cipher) unpad(plain []byte) ([]byte, error) {
	if c.Padding == NoPadding {
		return plain, nil
	}
	if len(plain) == 0 {
		return nil, ErrUnopened
	}
	size := c.blockSize()
	last := plain[len(plain)-size:]
	n := int(last[size-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, size)
	want := byte(n)
	if c.Padding == X923 {
		want = 0
	}
	for i := range size - 1 {
		inside := subtle.ConstantTimeLessOrEq(size-n, i)
		good &= subtle.ConstantTimeSelect(inside, subtle.ConstantTimeByteEq(last[i], want), 1)
	}
	if good != 1 {
		clear(plain)
		return nil, ErrUnopened
	}
	return plain[:len(plain)-n], nil
}

func ecb(c cipher.Block, do func(dst, src []byte), b []byte) {
	for ; len(b) > 0; b = b[c.BlockSize():] {
		do(b, b)
	}
}

// stream runs CTR, OFB or CFB.
func (c *Cipher) stream(b cipher.Block, in []byte, encrypting bool) []byte {
	out := make([]byte, len(in))
	if c.Mode == CTR {
		cipher.NewCTR(b, c.IV).XORKeyStream(out, in)
		return out
	}
	register := bytes.Clone(c.IV)
	size := b.BlockSize()
	for at := 0; at < len(in); at += size {
		b.Encrypt(register, register)
		end := min(at+size, len(in))
		subtle.XORBytes(out[at:end], in[at:end], register)
		switch {
		case c.Mode == OFB: // the register goes on with itself
		case encrypting:
			copy(register, out[at:end])
		default:
			copy(register, in[at:end])
		}
	}
	clear(register)
	return out
}
