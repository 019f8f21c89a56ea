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
	"github.com/quorate/quorate/vault/key"
)

// privateOf reads a private key; nil for a kind that is only kept.
func privateOf(a wire.CryptographicAlgorithm, f wire.KeyFormatType, material ttlv.Item) (any, error) {
	switch f {
	case wire.KeyFormatTypeTransparentRSAPrivateKey:
		return transparentRSA(material)
	case wire.KeyFormatTypeTransparentECPrivateKey, wire.KeyFormatTypeTransparentECDSAPrivateKey, wire.KeyFormatTypeTransparentECDHPrivateKey:
		return transparentEC(material)
	}
	if material.Type() == ttlv.Structure {
		return nil, nil // transparent, of an algorithm that nothing here knows
	}
	b, err := material.Bytes()
	if err != nil {
		return nil, err
	}
	var half any
	switch f {
	case wire.KeyFormatTypePKCS_1:
		half, err = x509.ParsePKCS1PrivateKey(b)
	case wire.KeyFormatTypePKCS_8:
		half, err = x509.ParsePKCS8PrivateKey(b)
		if _, _, v := about(half); err != nil || v == 0 && half == nil {
			return nil, nil // of an algorithm that nothing here knows
		}
	case wire.KeyFormatTypeECPrivateKey:
		half, err = x509.ParseECPrivateKey(b)
	case wire.KeyFormatTypeRaw:
		if a == wire.CryptographicAlgorithmEd25519 && len(b) == ed25519.SeedSize {
			return ed25519.NewKeyFromSeed(b), nil
		}
		return nil, nil
	default:
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(key.PrivateKey, f)
	}
	return half, nil
}

// integers reads the big integers of a transparent key: those that must be there, and those that may (nil if they are not).
func integers(material ttlv.Item, must []wire.Tag, may ...wire.Tag) (all []*big.Int, err error) {
	if _, err := material.Structure(); err != nil {
		return nil, err
	}
	for i, t := range append(must, may...) {
		item := material.Find(t)
		if i >= len(must) && !item.Present() {
			all = append(all, nil)
			continue
		}
		v, err := item.BigInteger()
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// transparentRSA builds a key of what it was taken apart into; only one with its primes can be kept whole.
func transparentRSA(material ttlv.Item) (any, error) {
	v, err := integers(material, []wire.Tag{wire.TagModulus}, wire.TagPublicExponent, wire.TagPrivateExponent, wire.TagP, wire.TagQ)
	if err != nil {
		return nil, err
	}
	if v[1] == nil || v[2] == nil || v[3] == nil || v[4] == nil {
		return nil, nil // allowed by the specification: kept as it came
	}
	if !v[1].IsInt64() || v[1].Int64() > 1<<31-1 {
		return nil, unreadable(key.PrivateKey, wire.KeyFormatTypeTransparentRSAPrivateKey)
	}
	k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: v[0], E: int(v[1].Int64())}, D: v[2], Primes: []*big.Int{v[3], v[4]}}
	if k.Validate() != nil {
		return nil, unreadable(key.PrivateKey, wire.KeyFormatTypeTransparentRSAPrivateKey)
	}
	k.Precompute()
	return k, nil
}

func transparentEC(material ttlv.Item) (any, error) {
	c, err := material.Find(wire.TagRecommendedCurve).Enumeration()
	if err != nil {
		return nil, err
	}
	v, err := integers(material, []wire.Tag{wire.TagD})
	if err != nil {
		return nil, err
	}
	curve, bad := curves[wire.RecommendedCurve(c)], unreadable(key.PrivateKey, wire.KeyFormatTypeTransparentECPrivateKey)
	switch {
	case v[0].Sign() <= 0:
		return nil, bad
	case wire.RecommendedCurve(c) == wire.RecommendedCurveCURVE25519 && v[0].BitLen() <= 256:
		if k, err := ecdh.X25519().NewPrivateKey(v[0].FillBytes(make([]byte, 32))); err == nil {
			return k, nil
		}
		return nil, bad
	case curve == nil:
		return nil, nil
	case v[0].Cmp(curve.Params().N) >= 0:
		return nil, bad
	}
	k, err := ecdsa.ParseRawPrivateKey(curve, v[0].FillBytes(make([]byte, (curve.Params().BitSize+7)/8)))
	if err != nil {
		return nil, bad
	}
	return k, nil
}
