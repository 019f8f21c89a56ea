package vault

import (
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/quorate/quorate/vault/fault"
)

// A page can end at a key that the caller may not know of: its name goes into the cursor, and must not leave like that. Such
// a cursor is sealed under a secret that every open node has, so that the next page may come from any of them.

// sealedCursor begins a cursor that is sealed. No name has a tilde, and that of a key without a name begins with one only.
const sealedCursor = "~~"

func (k *keyroom) cursorCipher() (cipher.AEAD, error) {
	secret, err := k.ring.Derive(labelCursor, nil, chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return chacha20poly1305.NewX(secret)
}

// cursorWidth is the length to which places are filled up, so that how long a sealed cursor is says little of a name.
const cursorWidth = 64

func (k *keyroom) sealCursor(random io.Reader, place string) (string, error) {
	aead, err := k.cursorCipher()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("sealing a cursor: %w", err)
	}
	for len(place)%cursorWidth != 0 {
		place += " "
	}
	return sealedCursor + base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, []byte(place), nil)), nil
}

// openCursor undoes sealCursor; what is not sealed stays as it is.
func (k *keyroom) openCursor(cursor string) (string, error) {
	text, sealed := strings.CutPrefix(cursor, sealedCursor)
	if !sealed {
		return cursor, nil
	}
	aead, err := k.cursorCipher()
	if err != nil {
		return "", err
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if n := aead.NonceSize(); err == nil && len(b) >= n {
		if place, err := aead.Open(nil, b[:n], b[n:], nil); err == nil {
			return strings.TrimRight(string(place), " "), nil
		}
	}
	return "", fault.New(fault.Invalid, "that is not the next of a page").WithHint("Pass next on as it came, or begin without it.")
}
