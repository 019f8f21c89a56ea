package primitive

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/hkdf"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxDerived is the most bytes that one derivation gives: 255 blocks of SHA-256 (RFC 5869, 2.3), whatever the hash.
const MaxDerived = 8160

// Derivation is how bytes are derived.
//
// Without Peer it is HKDF (RFC 5869) over the key's material. With Peer it is a key agreement (ECDH; SP 800-56A, 5.7.1.2, or
// RFC 7748): HKDF over the shared secret if Bytes is not 0, else the shared secret itself, which is not uniform and should
// go through a key derivation elsewhere.
type Derivation struct {
	Hash  crypto.Hash // SHA-256, -384 or -512; 0: that of an hmac key, else SHA-256
	Salt  []byte      // public, may be empty
	Info  []byte      // tells purposes apart
	Bytes int         // 1 to MaxDerived
	Peer  []byte      // SubjectPublicKeyInfo on the key's own curve
}

func (k *secretKey) derive(d Derivation) ([]byte, error) {
	if d.Peer != nil {
		return nil, fault.New(fault.Invalid, "only keys of a curve agree with a peer's public key").WithHint("Leave the peer's key out.")
	}
	return expand(k.material, d)
}

func expand(secret []byte, d Derivation) ([]byte, error) {
	if d.Bytes < 1 || d.Bytes > MaxDerived {
		return nil, fault.New(fault.Invalid, "1 to %d bytes can be derived at once, not %d", MaxDerived, d.Bytes)
	}
	h, err := hashOr(d.Hash, crypto.SHA256)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(h.New, secret, d.Salt, string(d.Info), d.Bytes)
}

// agree is ECDH with the peer of d.
func agree(private *ecdh.PrivateKey, a key.Algorithm, d Derivation) ([]byte, error) {
	if len(d.Peer) == 0 {
		return nil, fault.New(fault.Invalid, "a key of algorithm %s derives together with a peer's public key", a).
			WithHint("Send the peer's public key, or derive from a secret, hmac or symmetric key.")
	}
	if d.Bytes == 0 && (d.Hash != 0 || len(d.Salt)+len(d.Info) != 0) {
		return nil, fault.New(fault.Invalid, "hash, salt and info mean nothing for the shared secret itself").
			WithHint("Say how many bytes to derive, or leave them out.")
	}
	peer, err := parsePeer(d.Peer)
	if err != nil || peer.Curve() != private.Curve() {
		return nil, fault.New(fault.Invalid, "this is no public key on the curve of %s", a).
			WithHint("Both sides need keys of the same algorithm; send SubjectPublicKeyInfo.")
	}
	shared, err := private.ECDH(peer)
	if err != nil { // all zero: the peer's point has small order (RFC 7748, 6.1)
		return nil, fault.New(fault.Invalid, "the peer's public key gives no secret").WithHint("It is not a proper key: ask the peer for another.")
	}
	if d.Bytes == 0 {
		return shared, nil
	}
	defer clear(shared)
	return expand(shared, d)
}

func parsePeer(spki []byte) (*ecdh.PublicKey, error) {
	p, err := parseSPKI(spki)
	if err != nil {
		return nil, err
	}
	switch p := p.(type) {
	case *ecdh.PublicKey:
		return p, nil
	case *ecdsa.PublicKey:
		return p.ECDH()
	}
	return nil, fault.Invalid
}
