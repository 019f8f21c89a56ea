package block

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// publicOf reads a public key; nil for a kind that is only kept.
func publicOf(a wire.CryptographicAlgorithm, f wire.KeyFormatType, material ttlv.Item) (any, error) {
	switch f {
	case wire.KeyFormatTypeTransparentRSAPublicKey:
		v, err := integers(material, []wire.Tag{wire.TagModulus, wire.TagPublicExponent})
		if err != nil {
			return nil, err
		}
		if v[0].Sign() <= 0 || !v[1].IsInt64() || v[1].Int64() <= 1 || v[1].Int64() > 1<<31-1 {
			return nil, unreadable(key.PublicKey, f)
		}
		return &rsa.PublicKey{N: v[0], E: int(v[1].Int64())}, nil
	case wire.KeyFormatTypeTransparentECPublicKey, wire.KeyFormatTypeTransparentECDSAPublicKey, wire.KeyFormatTypeTransparentECDHPublicKey:
		return transparentPoint(material)
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
		half, err = x509.ParsePKCS1PublicKey(b)
	case wire.KeyFormatTypeX_509:
		if half, err = x509.ParsePKIXPublicKey(b); err != nil {
			return nil, nil // of an algorithm that nothing here knows
		}
	case wire.KeyFormatTypeRaw:
		if a == wire.CryptographicAlgorithmEd25519 && len(b) == ed25519.PublicKeySize {
			return ed25519.PublicKey(b), nil
		}
		return nil, nil
	default:
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(key.PublicKey, f)
	}
	return half, nil
}

func transparentPoint(material ttlv.Item) (any, error) {
	c, err := material.Find(wire.TagRecommendedCurve).Enumeration()
	if err != nil {
		return nil, err
	}
	point, err := material.Find(wire.TagQString).Bytes()
	if err != nil {
		return nil, err
	}
	var half any
	switch curve := curves[wire.RecommendedCurve(c)]; {
	case wire.RecommendedCurve(c) == wire.RecommendedCurveCURVE25519:
		half, err = ecdh.X25519().NewPublicKey(point)
	case curve == nil:
		return nil, nil
	default:
		half, err = ecdsa.ParseUncompressedPublicKey(curve, point)
	}
	if err != nil {
		return nil, unreadable(key.PublicKey, wire.KeyFormatTypeTransparentECPublicKey)
	}
	return half, nil
}
