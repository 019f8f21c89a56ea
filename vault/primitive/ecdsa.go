package primitive

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"io"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// curve is what is fixed about an ECDSA algorithm.
type curve struct {
	elliptic.Curve
	hash  crypto.Hash // its strength's (FIPS 186-5, 6.1.1), and the one that RFC 7518 names for it
	bytes int         // of a scalar
}

var curves = map[key.Algorithm]*curve{
	key.ECDSAP256: {elliptic.P256(), crypto.SHA256, 32},
	key.ECDSAP384: {elliptic.P384(), crypto.SHA384, 48},
	key.ECDSAP521: {elliptic.P521(), crypto.SHA512, 66},
}

type ecdsaPublic struct {
	key   *ecdsa.PublicKey
	curve *curve
}

type ecdsaPrivate struct {
	ecdsaPublic
	algorithm key.Algorithm
	private   *ecdsa.PrivateKey
	exchange  *ecdh.PrivateKey
}

// drawECDSA draws scalars until one lies in range (FIPS 186-5, A.2.2).
func drawECDSA(a key.Algorithm, _ int, rnd io.Reader) ([]byte, error) {
	c := curves[a]
	for range 128 { // each fails with a chance below one half
		scalar, err := draw(c.bytes, rnd)
		if err != nil {
			return nil, err
		}
		scalar[0] &= 0xff >> (c.bytes*8 - c.Params().N.BitLen())
		k, err := ecdsa.ParseRawPrivateKey(c.Curve, scalar)
		clear(scalar)
		if err == nil {
			return x509.MarshalPKCS8PrivateKey(k)
		}
	}
	return nil, fmt.Errorf("the source of randomness gives no scalar for %s", a)
}

func openECDSA(a key.Algorithm, material []byte) (any, error) {
	k, err := parsePrivate[*ecdsa.PrivateKey](a, material)
	if err != nil {
		return nil, err
	}
	if k.Curve != curves[a].Curve {
		return nil, badMaterial(a, "it is on the curve %s", k.Curve.Params().Name)
	}
	exchange, err := k.ECDH()
	if err != nil {
		return nil, badMaterial(a, "it is no point of its curve")
	}
	return &ecdsaPrivate{ecdsaPublic{&k.PublicKey, curves[a]}, a, k, exchange}, nil
}

func openECDSAPublic(a key.Algorithm, spki []byte) (any, error) {
	k, err := parsePublic[*ecdsa.PublicKey](a, spki)
	if err != nil {
		return nil, err
	}
	if k.Curve != curves[a].Curve {
		return nil, badPublic(a)
	}
	return ecdsaPublic{k, curves[a]}, nil
}

func (k ecdsaPublic) spki() ([]byte, error) { return x509.MarshalPKIXPublicKey(k.key) }

// digest checks s; the JWS form allows one hash only.
func (k ecdsaPublic) digest(input []byte, s Scheme) ([]byte, error) {
	if err := s.noPadding(); err != nil {
		return nil, err
	}
	digest, h, err := s.digest(input, k.curve.hash)
	if err != nil {
		return nil, err
	}
	if s.Form == JWS && h != k.curve.hash {
		return nil, fault.New(fault.Invalid, "a JWS by a key on %s is made with %s, not with %s", k.curve.Params().Name, k.curve.hash, h).
			WithHint("Leave the hash out, or ask for the raw form.")
	}
	return digest, nil
}

func (k *ecdsaPrivate) sign(rnd io.Reader, input []byte, s Scheme) ([]byte, error) {
	digest, err := k.digest(input, s)
	if err != nil {
		return nil, err
	}
	der, err := ecdsa.SignASN1(rnd, k.private, digest)
	if err != nil {
		return nil, fmt.Errorf("signing with ECDSA: %w", err)
	}
	if s.Form == Natural {
		return der, nil
	}
	return k.curve.raw(der)
}

func (k ecdsaPublic) verify(input, signature []byte, s Scheme) error {
	digest, err := k.digest(input, s)
	if err != nil {
		return err
	}
	if s.Form != Natural {
		if signature = k.curve.der(signature); signature == nil {
			return ErrMismatch
		}
	}
	if !ecdsa.VerifyASN1(k.key, digest, signature) {
		return ErrMismatch
	}
	return nil
}

func (k *ecdsaPrivate) derive(d Derivation) ([]byte, error) { return agree(k.exchange, k.algorithm, d) }

// raw writes an ASN.1 signature as r ‖ s.
func (c *curve) raw(der []byte) ([]byte, error) {
	var inner cryptobyte.String
	var r, s []byte
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) ||
		len(r) > c.bytes || len(s) > c.bytes {
		return nil, fmt.Errorf("a fresh ECDSA signature is malformed")
	}
	out := make([]byte, 2*c.bytes)
	copy(out[c.bytes-len(r):], r)
	copy(out[2*c.bytes-len(s):], s)
	return out, nil
}

// der writes r ‖ s in ASN.1; nil if it has not the one length of the curve.
func (c *curve) der(raw []byte) []byte {
	if len(raw) != 2*c.bytes {
		return nil
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addInteger(b, raw[:c.bytes])
		addInteger(b, raw[c.bytes:])
	})
	der, err := b.Bytes()
	if err != nil {
		return nil
	}
	return der
}

// addInteger adds a big-endian unsigned number as an INTEGER.
func addInteger(b *cryptobyte.Builder, n []byte) {
	for len(n) > 1 && n[0] == 0 {
		n = n[1:]
	}
	b.AddASN1(asn1.INTEGER, func(b *cryptobyte.Builder) {
		if n[0]&0x80 != 0 {
			b.AddUint8(0)
		}
		b.AddBytes(n)
	})
}
