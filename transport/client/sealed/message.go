package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/quorate/quorate/vault/fault"
)

// Overhead is how much longer the body of a message is than its plaintext: nonce and tag.
const Overhead = nonceSize + tagSize

// MessageCipher derives the cipher of the messages under one data key from the header that they all begin with. It draws
// a random nonce for each: at most 2^32 messages under one data key (NIST SP 800-38D, section 8.3).
func MessageCipher(dataKey, raw []byte) (cipher.AEAD, error) {
	block, err := derived(dataKey, nil, derivation(raw))
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// OpenMessage appends the plaintext of a message's body, which is everything behind the header, to dst.
func OpenMessage(c cipher.AEAD, dst, body, aad []byte) ([]byte, error) {
	if len(body) < Overhead {
		return nil, cutShort(errTooShort, fmt.Sprintf("to %d bytes behind its header", len(body)))
	}
	plain, err := c.Open(dst, nil, body, aad)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the message does not open: it was changed or cut, or the associated data is another").
			WithHint("Give the associated data that it was encrypted with, and an intact copy.")
	}
	return plain, nil
}

// ParseMessage takes a message apart: its header, as it lies there, and the body. fault.Invalid says what is wrong.
func ParseMessage(message []byte) (h *Header, raw, body []byte, err error) {
	h, raw, err = ReadHeader(bytes.NewReader(message))
	if err != nil {
		return nil, nil, nil, err
	}
	if h.Segment != 0 {
		return nil, nil, nil, fault.New(fault.Invalid, "the input is an encrypted stream, not a message").WithHint("Open it with DecryptStream or `quorate decrypt`.")
	}
	return h, raw, message[len(raw):], nil
}

// WrappedIn is the wrapped data key in what may be a message, without a look at the rest; nil if there is no room for one.
func WrappedIn(message []byte) []byte {
	if len(message) < fixedHeader {
		return nil
	}
	n := int(binary.BigEndian.Uint16(message[30:32]))
	if n > len(message)-fixedHeader {
		return nil
	}
	return message[fixedHeader : fixedHeader+n]
}

// derived is the block cipher under HKDF-SHA-256 (RFC 5869) of a data key.
func derived(dataKey, salt, info []byte) (cipher.Block, error) {
	k, err := hkdf.Key(sha256.New, dataKey, salt, string(info), DataKeySize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	defer clear(k)
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	return block, nil
}
