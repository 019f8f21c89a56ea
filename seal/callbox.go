package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"

	"github.com/quorate/quorate/vault/fault"
)

// The answer to a RootTokenCall is encrypted to the key that the call names, by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM)
// with the whole call as info: it opens for whoever made the call, and as the answer to nothing else.

// NewRootTokenCall makes a call for a root token, and the private half (X25519, 32 bytes) of the key that it names. The caller clears it.
func NewRootTokenCall(c *Call) (private []byte, err error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "no key could be made")
	}
	c.To = [32]byte(k.PublicKey().Bytes())
	return k.Bytes(), nil
}

// Encrypt encrypts the answer to the call. fault.Invalid if the call names no proper key.
func (c *Call) Encrypt(answer []byte) ([]byte, error) {
	public, err := ecdh.X25519().NewPublicKey(c.To[:])
	if err == nil {
		var to hpke.PublicKey
		if to, err = hpke.NewDHKEMPublicKey(public); err == nil {
			var sealed []byte
			if sealed, err = hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), c.payload(), answer); err == nil {
				return sealed, nil
			}
		}
	}
	return nil, fault.Wrap(fault.Invalid, err, "the call names a key that nothing can be encrypted to")
}

// Decrypt opens the answer with the call's private half. The caller clears what it gets. fault.Invalid if it is not the answer to
// this call, or the key another one's.
func (c *Call) Decrypt(private, sealed []byte) ([]byte, error) {
	k, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return nil, fault.New(fault.Invalid, "this is not the private key of a call")
	}
	own, err := hpke.NewDHKEMPrivateKey(k)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "this is not the private key of a call")
	}
	plain, err := hpke.Open(own, hpke.HKDFSHA256(), hpke.AES256GCM(), c.payload(), sealed)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the answer does not open: it belongs to another call, or this is another key")
	}
	return plain, nil
}
