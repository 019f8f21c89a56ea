package primitive

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Bounds on what is parsed, in bytes, so that nobody has us reckon with numbers of millions of digits. RSA-4096 in PKCS #8 has
// 2.4 KiB, the largest public key, a hybrid's, 1.7 KiB; certificates may carry much else.
const (
	maxPKCS8       = 8 << 10
	maxSPKI        = 4 << 10
	maxCertificate = 64 << 10
)

// parsePrivate reads material in PKCS #8 that holds a key of type T, and nothing behind it.
func parsePrivate[T any](a key.Algorithm, material []byte) (T, error) {
	var none T
	if len(material) > maxPKCS8 {
		return none, notPKCS8(a)
	}
	var whole asn1.RawValue
	if rest, err := asn1.Unmarshal(material, &whole); err != nil || len(rest) != 0 {
		return none, notPKCS8(a)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(material)
	if err != nil {
		return none, notPKCS8(a)
	}
	k, ok := parsed.(T)
	if !ok {
		return none, badMaterial(a, "it is a key of another algorithm")
	}
	return k, nil
}

func notPKCS8(a key.Algorithm) error {
	return fault.New(fault.Invalid, "the material is no %s key: it is not a sound key in PKCS #8", a).
		WithHint("Material of %s is PKCS #8 in DER (PEM block PRIVATE KEY).", a)
}

// parsePublic reads a SubjectPublicKeyInfo that holds a key of type T.
func parsePublic[T any](a key.Algorithm, spki []byte) (T, error) {
	var none T
	parsed, err := parseSPKI(spki)
	if err != nil {
		return none, badPublic(a)
	}
	k, ok := parsed.(T)
	if !ok {
		return none, badPublic(a)
	}
	return k, nil
}

func parseSPKI(spki []byte) (any, error) {
	if len(spki) > maxSPKI {
		return nil, fault.New(fault.Invalid, "a public key has at most %d bytes, not %d", maxSPKI, len(spki))
	}
	return x509.ParsePKIXPublicKey(bytes.Clone(spki)) // what it parses may share memory with what it is given, and that is lent
}
