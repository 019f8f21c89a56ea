package primitive

import (
	"crypto"
	_ "crypto/sha256" // crypto.SHA256
	_ "crypto/sha512" // crypto.SHA384, crypto.SHA512

	"github.com/quorate/quorate/vault/fault"
)

// Padding is how RSA signatures are padded.
type Padding uint8

// Paddings (RFC 8017, 8).
const (
	PSS      Padding = 0
	PKCS1v15 Padding = 1
)

// Form is how a signature is written.
type Form uint8

// Forms. They differ for ECDSA only; signatures by RSA and Ed25519 have one form.
const (
	Natural Form = 0 // ECDSA: ASN.1 DER, as OpenSSL and X.509 write it
	Raw     Form = 1 // ECDSA: r ‖ s, each as long as the curve's order (IEEE P1363)
	JWS     Form = 2 // the bytes that RFC 7518 and 8037 put in a token: Raw, with the one hash that they name for the curve
)

// Scheme is what there is to choose about a signature. The zero Scheme is the one that fits most: RSA-PSS with SHA-256, ECDSA
// with the hash of its curve, Ed25519.
type Scheme struct {
	// Hash is SHA-256, -384 or -512. 0: SHA-256 for RSA, that of the curve for ECDSA. Ed25519 hashes by itself: 0, or SHA-512 with
	// Prehashed.
	Hash crypto.Hash

	// Prehashed means that the input is the digest already. For Ed25519 it is another scheme, Ed25519ph (RFC 8032, 5.1) with an empty
	// context, over a SHA-512 digest; plain Ed25519 does not verify it.
	Prehashed bool

	Padding Padding // of RSA; must be 0 for all else
	Salt    int     // of PSS, in bytes, when signing; 0: as long as the hash
	Form    Form
}

// digest checks the common parts of s and returns the digest of input and its hash, usual unless s names another.
func (s Scheme) digest(input []byte, usual crypto.Hash) ([]byte, crypto.Hash, error) {
	h, err := hashOr(s.Hash, usual)
	if err != nil {
		return nil, 0, err
	}
	if s.Form > JWS {
		return nil, 0, fault.New(fault.Invalid, "there is no form of signatures with number %d", s.Form)
	}
	if s.Prehashed {
		if len(input) != h.Size() {
			return nil, 0, fault.New(fault.Invalid, "a prehashed input for %s has %d bytes, not %d", h, h.Size(), len(input)).
				WithHint("Send the digest, or the message without prehashed.")
		}
		return input, h, nil
	}
	state := h.New()
	state.Write(input)
	return state.Sum(nil), h, nil
}

// noPadding refuses a padding where none is chosen.
func (s Scheme) noPadding() error {
	if s.Padding == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "only RSA signatures have a padding to choose").WithHint("Leave the padding out.")
}

// hashOr returns h, or usual for 0; fault.Invalid for what is no SHA-2 of at least 256 bits.
func hashOr(h, usual crypto.Hash) (crypto.Hash, error) {
	switch h {
	case 0:
		return usual, nil
	case crypto.SHA256, crypto.SHA384, crypto.SHA512:
		return h, nil
	}
	return 0, fault.New(fault.Invalid, "the hash %s is not offered", h).WithHint("Hashes are SHA-256, SHA-384 and SHA-512.")
}
