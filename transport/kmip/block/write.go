package block

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Default is the format in which a key is given out when neither the request says which nor the object came in one.
func Default(t key.ObjectType, a wire.CryptographicAlgorithm) wire.KeyFormatType {
	switch {
	case t == key.PublicKey && a == wire.CryptographicAlgorithmRSA:
		return wire.KeyFormatTypePKCS_1
	case t == key.PublicKey:
		return wire.KeyFormatTypeX_509
	case t == key.PrivateKey && a == wire.CryptographicAlgorithmRSA:
		return wire.KeyFormatTypePKCS_1
	case t == key.PrivateKey:
		return wire.KeyFormatTypePKCS_8
	}
	return wire.KeyFormatTypeRaw
}

// Write writes material, in the vault's form, as Key Material in a format. An error if the key cannot be written so: fault.Invalid.
func Write(out *ttlv.Encoder, t key.ObjectType, f wire.KeyFormatType, material []byte) error {
	switch t {
	case key.PrivateKey:
		half, err := x509.ParsePKCS8PrivateKey(material)
		if err != nil {
			return unwritable(f)
		}
		return writePrivate(out, f, half, material)
	case key.PublicKey:
		half, err := x509.ParsePKIXPublicKey(material)
		if err != nil {
			return unwritable(f)
		}
		return writePublic(out, f, half, material)
	}
	switch f {
	case wire.KeyFormatTypeRaw, wire.KeyFormatTypeOpaque:
		out.Bytes(wire.TagKeyMaterial, material)
	case wire.KeyFormatTypeTransparentSymmetricKey:
		out.Structure(wire.TagKeyMaterial, func() { out.Bytes(wire.TagKey, material) })
	default:
		return unwritable(f)
	}
	return nil
}

// WriteAsItCame writes what Read kept as it came.
func WriteAsItCame(out *ttlv.Encoder, f wire.KeyFormatType, material []byte) error {
	if !transparent(f) {
		out.Bytes(wire.TagKeyMaterial, material)
		return nil
	}
	m, err := ttlv.Decode(material, ttlv.Limits{})
	if err != nil {
		return err
	}
	out.CopyAs(wire.TagKeyMaterial, m.Root())
	return nil
}

func transparent(f wire.KeyFormatType) bool {
	return f >= wire.KeyFormatTypeTransparentSymmetricKey && f <= wire.KeyFormatTypeTransparentECPublicKey
}

func unwritable(f wire.KeyFormatType) error {
	return fault.New(fault.Invalid, "the object cannot be given out in the format %v", f)
}

func writePrivate(out *ttlv.Encoder, f wire.KeyFormatType, half any, pkcs8 []byte) error {
	secret := func(b []byte, err error) error {
		if err != nil {
			return unwritable(f)
		}
		defer clear(b)
		out.Bytes(wire.TagKeyMaterial, b)
		return nil
	}
	switch k := half.(type) {
	case *rsa.PrivateKey:
		switch f {
		case wire.KeyFormatTypePKCS_1:
			return secret(x509.MarshalPKCS1PrivateKey(k), nil)
		case wire.KeyFormatTypeTransparentRSAPrivateKey:
			writeRSA(out, k)
			return nil
		}
	case *ecdsa.PrivateKey:
		switch f {
		case wire.KeyFormatTypeECPrivateKey:
			return secret(x509.MarshalECPrivateKey(k))
		case wire.KeyFormatTypeTransparentECPrivateKey:
			d, err := k.Bytes()
			defer clear(d)
			if err != nil {
				return unwritable(f)
			}
			return writeScalar(out, curveOf(&k.PublicKey), d)
		}
	case ed25519.PrivateKey:
		if f == wire.KeyFormatTypeRaw {
			return secret(k.Seed(), nil)
		}
	case *ecdh.PrivateKey:
		if f == wire.KeyFormatTypeTransparentECPrivateKey {
			return writeScalar(out, wire.RecommendedCurveCURVE25519, k.Bytes())
		}
	}
	if f == wire.KeyFormatTypePKCS_8 {
		out.Bytes(wire.TagKeyMaterial, pkcs8)
		return nil
	}
	return unwritable(f)
}

func writeRSA(out *ttlv.Encoder, k *rsa.PrivateKey) {
	k.Precompute()
	out.Structure(wire.TagKeyMaterial, func() {
		out.BigInteger(wire.TagModulus, k.N)
		out.BigInteger(wire.TagPrivateExponent, k.D)
		out.BigInteger(wire.TagPublicExponent, big.NewInt(int64(k.E)))
		out.BigInteger(wire.TagP, k.Primes[0])
		out.BigInteger(wire.TagQ, k.Primes[1])
		out.BigInteger(wire.TagPrimeExponentP, k.Precomputed.Dp)
		out.BigInteger(wire.TagPrimeExponentQ, k.Precomputed.Dq)
		out.BigInteger(wire.TagCRTCoefficient, k.Precomputed.Qinv)
	})
}

func writeScalar(out *ttlv.Encoder, c wire.RecommendedCurve, d []byte) error {
	out.Structure(wire.TagKeyMaterial, func() {
		out.Enumeration(wire.TagRecommendedCurve, uint32(c))
		out.BigInteger(wire.TagD, new(big.Int).SetBytes(d))
	})
	return nil
}

func curveOf(k *ecdsa.PublicKey) wire.RecommendedCurve {
	for name, c := range curves {
		if c == k.Curve {
			return name
		}
	}
	return 0
}

func writePublic(out *ttlv.Encoder, f wire.KeyFormatType, half any, spki []byte) error {
	point := func(c wire.RecommendedCurve, q []byte) error {
		out.Structure(wire.TagKeyMaterial, func() {
			out.Enumeration(wire.TagRecommendedCurve, uint32(c))
			out.Bytes(wire.TagQString, q)
		})
		return nil
	}
	switch k := half.(type) {
	case *rsa.PublicKey:
		switch f {
		case wire.KeyFormatTypePKCS_1:
			out.Bytes(wire.TagKeyMaterial, x509.MarshalPKCS1PublicKey(k))
			return nil
		case wire.KeyFormatTypeTransparentRSAPublicKey:
			out.Structure(wire.TagKeyMaterial, func() {
				out.BigInteger(wire.TagModulus, k.N)
				out.BigInteger(wire.TagPublicExponent, big.NewInt(int64(k.E)))
			})
			return nil
		}
	case *ecdsa.PublicKey:
		if f == wire.KeyFormatTypeTransparentECPublicKey {
			q, err := k.Bytes()
			if err != nil {
				return unwritable(f)
			}
			return point(curveOf(k), q)
		}
	case ed25519.PublicKey:
		if f == wire.KeyFormatTypeRaw {
			out.Bytes(wire.TagKeyMaterial, k)
			return nil
		}
	case *ecdh.PublicKey:
		if f == wire.KeyFormatTypeTransparentECPublicKey {
			return point(wire.RecommendedCurveCURVE25519, k.Bytes())
		}
	}
	if f == wire.KeyFormatTypeX_509 {
		out.Bytes(wire.TagKeyMaterial, spki)
		return nil
	}
	return unwritable(f)
}
