package primitive

import (
	"crypto"
	"fmt"
	"io"
	"log/slog"

	"github.com/quorate/quorate/vault/fault"
)

// What halves of keys can do. Each is implemented by the halves that can and by no other.
type (
	sealer interface {
		seal(rnd io.Reader, dst, plaintext, binding []byte) ([]byte, error)
	}
	unsealer interface {
		unseal(sealed, binding []byte) ([]byte, error)
	}
	signer interface {
		sign(rnd io.Reader, input []byte, s Scheme) ([]byte, error)
	}
	verifier interface {
		verify(input, signature []byte, s Scheme) error
	}
	macer interface {
		mac(input []byte, hash crypto.Hash) ([]byte, error)
	}
	deriver interface {
		derive(d Derivation) ([]byte, error)
	}
	encapsulator interface {
		encapsulate() (shared, ciphertext []byte, err error)
	}
	decapsulator interface {
		decapsulate(ciphertext []byte) ([]byte, error)
	}
	wrapper interface {
		wrap(rnd io.Reader, plaintext, aad []byte) ([]byte, error)
	}
	unwrapper interface {
		unwrap(wrapped, aad []byte) ([]byte, error)
	}
)

// ErrMismatch is the answer of Verify and VerifyMAC to whatever does not verify, garbage included.
var ErrMismatch = fault.New(fault.Invalid, "the signature does not verify").
	WithHint("It is over other input, by another key or version, or in another scheme (hash, padding, form).")

// ErrUnopened is the answer to every ciphertext and wrapped key that does not open: which check failed is not told, so that
// nobody learns from asking often.
var ErrUnopened = fault.New(fault.Invalid, "the ciphertext does not open with this key").
	WithHint("It was altered, belongs to another key, or aad and context are not those it was encrypted with.")

func (k *Key) refuse(what string) error {
	if k.public {
		return fault.New(fault.Invalid, "a public key of algorithm %s cannot %s", k.algorithm, what)
	}
	return fault.New(fault.Invalid, "a key of algorithm %s cannot %s", k.algorithm, what)
}

// Seal encrypts plaintext bound to binding, which is authenticated and not stored, and appends the outcome to dst. AEADs
// append nonce, ciphertext and tag; the nonce is random (NIST SP 800-38D, 8.2.2). RSA is OAEP with SHA-256 and binding as its
// label (RFC 8017, 7.1); what is too long for it is refused with fault.TooLarge.
func (k *Key) Seal(rnd io.Reader, dst, plaintext, binding []byte) ([]byte, error) {
	if s, ok := k.half.(sealer); ok {
		return s.seal(rnd, dst, plaintext, binding)
	}
	return nil, k.refuse("encrypt")
}

// Open undoes Seal. What does not open is told apart from nothing else: fault.Invalid. sealed is only read.
func (k *Key) Open(sealed, binding []byte) ([]byte, error) {
	if s, ok := k.half.(unsealer); ok {
		return s.unseal(sealed, binding)
	}
	return nil, k.refuse("decrypt")
}

// Sign signs input in scheme s.
func (k *Key) Sign(rnd io.Reader, input []byte, s Scheme) ([]byte, error) {
	if h, ok := k.half.(signer); ok {
		return h.sign(rnd, input, s)
	}
	return nil, k.refuse("sign")
}

// Verify tells whether signature is one over input in scheme s: nil if so, ErrMismatch if not, another fault.Invalid if the
// question is wrong (a scheme that the algorithm lacks, a prehashed input of another length than the hash's).
func (k *Key) Verify(input, signature []byte, s Scheme) error {
	if h, ok := k.half.(verifier); ok {
		return h.verify(input, signature, s)
	}
	return k.refuse("verify")
}

// MAC authenticates input with HMAC (FIPS 198-1). hash must be 0 or that of the algorithm.
func (k *Key) MAC(input []byte, hash crypto.Hash) ([]byte, error) {
	if h, ok := k.half.(macer); ok {
		return h.mac(input, hash)
	}
	return nil, k.refuse("mac")
}

// VerifyMAC tells in constant time whether mac is the whole MAC over input: nil, or an error that is ErrMismatch.
// A truncated MAC does not verify.
func (k *Key) VerifyMAC(input, mac []byte, hash crypto.Hash) error {
	h, ok := k.half.(macer)
	if !ok {
		return k.refuse("verify a mac")
	}
	want, err := h.mac(input, hash)
	if err != nil {
		return err
	}
	return compareMAC(want, mac)
}

// Derive derives bytes as d says. The caller clears them.
func (k *Key) Derive(d Derivation) ([]byte, error) {
	if h, ok := k.half.(deriver); ok {
		return h.derive(d)
	}
	return nil, k.refuse("derive")
}

// Encapsulate makes a shared secret of 32 bytes, which the caller clears, and the ciphertext from which the private half
// gets the same. Its randomness is the system's, whatever rnd is: the standard library reads no other.
func (k *Key) Encapsulate(rnd io.Reader) (shared, ciphertext []byte, err error) {
	if h, ok := k.half.(encapsulator); ok {
		return h.encapsulate()
	}
	return nil, nil, k.refuse("encapsulate")
}

// Decapsulate gets the shared secret out of ciphertext. A ciphertext of the right length that was altered or made for
// another key gives another secret and no error (implicit rejection, FIPS 203, 6.3).
func (k *Key) Decapsulate(ciphertext []byte) ([]byte, error) {
	if h, ok := k.half.(decapsulator); ok {
		return h.decapsulate(ciphertext)
	}
	return nil, k.refuse("decapsulate")
}

// Wrap encrypts key material.
//
//   - AES: AES-KWP (RFC 5649, NIST SP 800-38F); 16 to 8192 bytes; aad is refused, for KWP binds none.
//   - ChaCha20-Poly1305: nonce, ciphertext and tag, bound to wrapLabel and aad.
//   - RSA: OAEP-SHA256 of a fresh AES-256 key with aad as its label, then AES-KWP under that key (PKCS #11, CKM_RSA_AES_KEY_WRAP).
//     Whoever may decrypt with the RSA key can open the first part, and so unwrap.
//   - X25519, ML-KEM and the hybrids: HPKE base mode (RFC 9180; draft-ietf-hpke-pq) with HKDF-SHA256, AES-256-GCM and no info:
//     the encapsulated key, then the ciphertext, bound to aad.
func (k *Key) Wrap(rnd io.Reader, plaintext, aad []byte) ([]byte, error) {
	if h, ok := k.half.(wrapper); ok {
		return h.wrap(rnd, plaintext, aad)
	}
	return nil, k.refuse("wrap")
}

// Unwrap undoes Wrap. What does not open is told apart from nothing else: fault.Invalid. The caller clears the outcome.
func (k *Key) Unwrap(wrapped, aad []byte) ([]byte, error) {
	if h, ok := k.half.(unwrapper); ok {
		return h.unwrap(wrapped, aad)
	}
	return nil, k.refuse("unwrap")
}

// String names the algorithm and tells nothing else.
func (k Key) String() string { return fmt.Sprintf("primitive.Key(%s)", k.algorithm) }

// Format prints what String does, whatever the verb: no verb reaches the fields.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalText keeps encoders from the fields.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// LogValue keeps loggers from the fields.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
