package envelope

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/kwp/subtle"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// Scheme is how one key is wrapped with another.
type Scheme string

// Schemes. HPKE (RFC 9180) is base mode with HKDF-SHA256 and AES-256-GCM, info and aad empty, and enc before the ciphertext; its
// name goes on with the algorithm of the recipient, which decides the KEM.
const (
	RSAKWP     Scheme = "rsa-oaep-sha256+aes-kwp" // CKM_RSA_AES_KEY_WRAP (PKCS #11): OAEP over a fresh AES-256 key, then AES-KWP under it
	RSASHA1KWP Scheme = "rsa-oaep-sha1+aes-kwp"   // the same with SHA-1 in OAEP, as older HSMs have it
	RSAOAEP    Scheme = "rsa-oaep-sha256"         // OAEP over the key itself, which must be short
	KWP        Scheme = "aes-kwp"                 // RFC 5649 under a shared AES key
	HPKE       Scheme = "hpke"
	HPKEP256   Scheme = "hpke-p256" // to ECDH keys on P-256; for export only
)

// SchemeFor is what keys of algorithm a wrap with unless told otherwise; "" if they do not wrap.
func SchemeFor(a key.Algorithm) Scheme {
	switch a {
	case key.RSA2048, key.RSA3072, key.RSA4096:
		return RSAKWP
	case key.AES128GCM, key.AES192GCM, key.AES256GCM:
		return KWP
	case key.X25519, key.MLKEM768, key.MLKEM1024, key.MLKEM768X25519, key.MLKEM768P256, key.MLKEM1024P384:
		return HPKE + "-" + Scheme(a.String())
	}
	return ""
}

// CheckScheme completes the scheme that somebody names for a wrapping key of algorithm a. fault.Invalid for one that a does not have.
func CheckScheme(name string, a key.Algorithm) (Scheme, error) {
	own, s := SchemeFor(a), Scheme(name)
	switch {
	case own == "":
		return "", fault.New(fault.Invalid, "keys of algorithm %s wrap no keys", a).WithHint("Wrap with RSA, AES, X25519, ML-KEM or a hybrid of them.")
	case s == "" || s == own, s == HPKE && own[:4] == HPKE[:4]:
		return own, nil
	case own == RSAKWP && (s == RSASHA1KWP || s == RSAOAEP):
		return s, nil
	}
	return "", fault.New(fault.Invalid, "keys of algorithm %s do not wrap with the scheme %q", a, clip(name)).WithHint("The scheme of this key is %s.", own)
}

// errUnwrap is all that is said of what does not unwrap.
func errUnwrap() error {
	return fault.New(fault.Invalid, "it does not unwrap with this key").
		WithHint("It was altered, wrapped to another key or another version, or with another scheme.")
}

// UnwrapSHA1 undoes RSASHA1KWP with the material of an RSA key. The caller clears the result.
func UnwrapSHA1(material, wrapped []byte) ([]byte, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(material)
	if err != nil {
		return nil, fmt.Errorf("reading RSA material: %w", err)
	}
	k, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fault.New(fault.Invalid, "the scheme %s needs an RSA key", RSASHA1KWP)
	}
	if len(wrapped) <= k.Size() {
		return nil, errUnwrap()
	}
	kek, err := rsa.DecryptOAEP(sha1.New(), nil, k, wrapped[:k.Size()], nil)
	if err != nil {
		return nil, errUnwrap()
	}
	defer clear(kek)
	w, err := subtle.NewKWP(kek)
	if err != nil {
		return nil, errUnwrap()
	}
	plain, err := w.Unwrap(wrapped[k.Size():])
	if err != nil {
		return nil, errUnwrap()
	}
	return plain, nil
}

// Recipient is the public key of somebody to whom keys are wrapped.
type Recipient struct {
	spki      []byte
	algorithm key.Algorithm  // 0: p256
	public    *primitive.Key // nil: p256
	p256      hpke.PublicKey
}

// ParseRecipient reads a public key: PEM or DER of a SubjectPublicKeyInfo. fault.Invalid for what is no public key, and for keys to
// which nothing can be wrapped: RSA below 2048 bits, keys that only sign.
func ParseRecipient(data []byte) (*Recipient, error) {
	if len(data) > MaxInput {
		return nil, fault.New(fault.TooLarge, "the recipient's public key has %d bytes, the most is %d", len(data), MaxInput)
	}
	spki := data
	if b, rest := pem.Decode(data); b != nil {
		if b.Type != "PUBLIC KEY" || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fault.New(fault.Invalid, "the recipient's PEM is a %q, not one PUBLIC KEY", clip(b.Type)).WithHint("openssl pkey -in FILE -pubout writes it.")
		}
		spki = b.Bytes
	}
	if !wholeSequence(spki) {
		return nil, fault.New(fault.Invalid, "the recipient's public key is neither PEM nor DER").WithHint("openssl pkey -in FILE -pubout writes PEM.")
	}
	k, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return kemRecipient(spki)
	}
	switch k := k.(type) {
	case *rsa.PublicKey:
		if a := rsaAlgorithm(k.N.BitLen()); a != 0 {
			return NewRecipient(a, spki)
		}
		return nil, fault.New(fault.Invalid, "the recipient's RSA key has %d bits; 2048, 3072 and 4096 are accepted", k.N.BitLen())
	case *ecdh.PublicKey:
		return NewRecipient(key.X25519, spki)
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			break
		}
		p, err := k.ECDH()
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the recipient's public key is not valid")
		}
		h, err := hpke.NewDHKEMPublicKey(p)
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the recipient's public key is not valid")
		}
		return &Recipient{spki: spki, p256: h}, nil
	}
	return nil, fault.New(fault.Invalid, "nothing can be wrapped to a public key of this kind").WithHint("Give one of RSA (2048 bits or more), P-256, X25519 or ML-KEM.")
}

// kemRecipient tries the algorithms that the standard library's parser does not know.
func kemRecipient(spki []byte) (*Recipient, error) {
	for _, a := range []key.Algorithm{key.MLKEM768, key.MLKEM1024, key.MLKEM768X25519, key.MLKEM768P256, key.MLKEM1024P384} {
		if r, err := NewRecipient(a, spki); err == nil {
			return r, nil
		}
	}
	return nil, fault.New(fault.Invalid, "the recipient's public key is of a kind that is not known here").WithHint("Give one of RSA (2048 bits or more), P-256, X25519 or ML-KEM.")
}

// NewRecipient is the recipient with a public key of a known algorithm.
func NewRecipient(a key.Algorithm, spki []byte) (*Recipient, error) {
	k, err := primitive.OpenPublic(a, spki)
	if err != nil {
		return nil, err
	}
	return &Recipient{spki: spki, algorithm: a, public: k}, nil
}

// Fingerprint is the SHA-256 of the recipient's SubjectPublicKeyInfo in hex.
func (r *Recipient) Fingerprint() string { return Fingerprint(r.spki) }

// RawRecipient is the recipient with a public key of algorithm a that is given as the bytes HPKE has for it.
func RawRecipient(a key.Algorithm, raw []byte) (*Recipient, error) {
	spki, err := spkiOf(a, raw)
	if err != nil {
		return nil, err
	}
	return NewRecipient(a, spki)
}

// Wrap wraps a key to the recipient with the scheme named ("": the one for the recipient's algorithm), and says which that was.
func (r *Recipient) Wrap(rnd io.Reader, plain []byte, name string) ([]byte, Scheme, error) {
	if r.public == nil {
		if name != "" && Scheme(name) != HPKE && Scheme(name) != HPKEP256 {
			return nil, "", fault.New(fault.Invalid, "keys on P-256 do not wrap with the scheme %q", clip(name)).WithHint("The scheme of this key is %s.", HPKEP256)
		}
		out, err := hpke.Seal(r.p256, hpke.HKDFSHA256(), hpke.AES256GCM(), nil, plain)
		return out, HPKEP256, err
	}
	s, err := CheckScheme(name, r.algorithm)
	if err != nil {
		return nil, "", err
	}
	switch s {
	case RSASHA1KWP:
		return nil, "", fault.New(fault.Invalid, "keys are not wrapped with SHA-1").WithHint("It is only read, from older HSMs. Use %s.", RSAKWP)
	case RSAOAEP:
		out, err := r.public.Seal(rnd, nil, plain, nil)
		return out, s, err
	}
	out, err := r.public.Wrap(rnd, plain, nil)
	return out, s, err
}
