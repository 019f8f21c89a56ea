package primitive

import (
	"crypto/hpke"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// hpkePublic wraps by HPKE (RFC 9180), hpkePrivate unwraps: base mode, HKDF-SHA256, AES-256-GCM, no info. Its randomness is the
// system's.
type hpkePublic struct{ hpke hpke.PublicKey }

type hpkePrivate struct {
	hpke  hpke.PrivateKey
	bytes int // of the encapsulated key
}

func (k hpkePublic) wrap(_ io.Reader, plaintext, aad []byte) ([]byte, error) {
	enc, sender, err := hpke.NewSender(k.hpke, hpke.HKDFSHA256(), hpke.AES256GCM(), nil)
	if err != nil { // an X25519 key of small order
		return nil, fault.New(fault.Invalid, "this public key wraps nothing").WithHint("It is not a proper key: ask its owner for another.")
	}
	body, err := sender.Seal(aad, plaintext)
	if err != nil {
		return nil, err
	}
	return append(enc, body...), nil
}

func (k hpkePrivate) unwrap(wrapped, aad []byte) ([]byte, error) {
	if len(wrapped) < k.bytes {
		return nil, ErrUnopened
	}
	recipient, err := hpke.NewRecipient(wrapped[:k.bytes], k.hpke, hpke.HKDFSHA256(), hpke.AES256GCM(), nil)
	if err != nil {
		return nil, ErrUnopened
	}
	plain, err := recipient.Open(aad, wrapped[k.bytes:])
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}
