package primitive

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// KeptPair is a kind of key pair that is made and kept here, and never used: too short for that, or of a curve that nothing here computes with.
type KeptPair struct {
	RSABits int    // from 1024 on
	Curve   string // "p224"
}

// Bounds on the length of RSA keys that are made and kept, in bits.
const (
	minKeptRSA = 1024
	maxKeptRSA = 4096
)

// GenerateKept makes such a pair: the private half as PKCS #8, which the caller clears, the public one as SubjectPublicKeyInfo. fault.Invalid for what
// the standard library does not make, in FIPS mode more than else.
func GenerateKept(k KeptPair, rnd io.Reader) (private, public []byte, err error) {
	var whole, half any
	switch {
	case k.Curve == "p224" && k.RSABits == 0:
		ec, err := ecdsa.GenerateKey(elliptic.P224(), rnd)
		if err != nil {
			return nil, nil, notMade(err)
		}
		whole, half = ec, &ec.PublicKey
	case k.Curve == "" && k.RSABits >= minKeptRSA && k.RSABits <= maxKeptRSA && k.RSABits%64 == 0:
		r, err := rsa.GenerateKey(rnd, k.RSABits)
		if err != nil {
			return nil, nil, notMade(err)
		}
		whole, half = r, &r.PublicKey
	default:
		return nil, nil, fault.New(fault.Invalid, "there are no such key pairs here").WithHint("RSA has %d to %d bits, a multiple of 64.", minKeptRSA, maxKeptRSA)
	}
	if private, err = x509.MarshalPKCS8PrivateKey(whole); err != nil {
		return nil, nil, err
	}
	public, err = x509.MarshalPKIXPublicKey(half)
	return private, public, err
}

func notMade(err error) error {
	return fault.Wrap(fault.Invalid, err, "a key pair of this kind is not made here")
}
