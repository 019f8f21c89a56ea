package primitive

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Sizes of RSA keys that others' certificates may have, in bits: below is weak, above is slow enough to be an attack.
const (
	minForeignRSA = 2048
	maxForeignRSA = 8192
)

// certificate is an X.509 certificate or its public key: it verifies, if its key is of an algorithm that does, and nothing else.
type certificate struct {
	der []byte // SubjectPublicKeyInfo
	key verifier
}

func openCertificate(a key.Algorithm, material []byte) (any, error) {
	if len(material) > maxCertificate {
		return nil, badMaterial(a, "it has %d bytes; %d are allowed", len(material), maxCertificate)
	}
	c, err := x509.ParseCertificate(bytes.Clone(material)) // it keeps what it is given, and that is lent
	if err != nil {
		return nil, fault.New(fault.Invalid, "the material is no X.509 certificate").
			WithHint("Material of %s is one certificate in DER (PEM block CERTIFICATE).", a)
	}
	return certificate{c.RawSubjectPublicKeyInfo, foreign(c.PublicKey)}, nil
}

func openCertificatePublic(a key.Algorithm, der []byte) (any, error) {
	k, err := parseSPKI(der)
	if err != nil {
		return nil, badPublic(a)
	}
	return certificate{append([]byte(nil), der...), foreign(k)}, nil
}

// foreign returns what verifies with a public key that was not made here; nil if nothing does.
func foreign(public any) verifier {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n >= minForeignRSA && n <= maxForeignRSA {
			return rsaPublic{k}
		}
	case *ecdsa.PublicKey:
		for _, c := range curves {
			if c.Curve == k.Curve {
				return ecdsaPublic{k, c}
			}
		}
	case ed25519.PublicKey:
		return ed25519Public{k}
	}
	return nil
}

func (c certificate) spki() ([]byte, error) { return c.der, nil }

func (c certificate) verify(input, signature []byte, s Scheme) error {
	if c.key == nil {
		return fault.New(fault.Invalid, "the key in this certificate verifies no signatures here").
			WithHint("RSA of 2048 to 8192 bits, P-256, P-384, P-521 and Ed25519 do.")
	}
	return c.key.verify(input, signature, s)
}
