package primitive

import (
	"bytes"
	"io"

	kwp "github.com/tink-crypto/tink-go/v2/kwp/subtle"

	"github.com/quorate/quorate/vault/fault"
)

// keyWrap is AES-KWP (RFC 5649; NIST SP 800-38F, 6.3), within Tink's bounds on what is wrapped.
type keyWrap struct {
	kwp interface {
		Wrap(plaintext []byte) ([]byte, error)
		Unwrap(wrapped []byte) ([]byte, error)
	}
}

// keyWrap192 is for the one length of keys that Tink refuses.
type keyWrap192 struct{ material []byte }

func (k keyWrap192) Wrap(plaintext []byte) ([]byte, error) {
	return WrapAESPadded(k.material, plaintext)
}

func (k keyWrap192) Unwrap(wrapped []byte) ([]byte, error) {
	return UnwrapAESPadded(k.material, wrapped)
}

func newKeyWrap(material []byte) (keyWrap, error) {
	if len(material) == 24 {
		return keyWrap{keyWrap192{bytes.Clone(material)}}, nil
	}
	k, err := kwp.NewKWP(material)
	return keyWrap{k}, err
}

func (k keyWrap) wrap(_ io.Reader, plaintext, aad []byte) ([]byte, error) {
	if err := refuseAAD(aad); err != nil {
		return nil, err
	}
	return k.wrapBytes(plaintext)
}

func (k keyWrap) unwrap(wrapped, aad []byte) ([]byte, error) {
	if err := refuseAAD(aad); err != nil {
		return nil, err
	}
	return k.unwrapBytes(wrapped)
}

func refuseAAD(aad []byte) error {
	if len(aad) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "AES key wrap binds no aad").
		WithHint("Leave aad out, or wrap with a chacha20-poly1305, rsa, x25519 or ml-kem key.")
}

func (k keyWrap) wrapBytes(plaintext []byte) ([]byte, error) {
	if len(plaintext) < kwp.MinWrapSize {
		return nil, fault.New(fault.Invalid, "AES key wrap takes at least %d bytes, not %d", kwp.MinWrapSize, len(plaintext)).
			WithHint("Encrypt it instead, or wrap with a chacha20-poly1305, x25519 or ml-kem key.")
	}
	if len(plaintext) > kwp.MaxWrapSize {
		return nil, fault.New(fault.TooLarge, "AES key wrap takes at most %d bytes, not %d", kwp.MaxWrapSize, len(plaintext)).
			WithHint("Encrypt it instead, or wrap with a chacha20-poly1305, x25519 or ml-kem key.")
	}
	return k.kwp.Wrap(plaintext)
}

func (k keyWrap) unwrapBytes(wrapped []byte) ([]byte, error) {
	plain, err := k.kwp.Unwrap(wrapped)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}
