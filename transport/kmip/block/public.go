package block

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

func transparentModulus(material ttlv.Item) (any, error) {
	v, err := integers(material, []wire.Tag{wire.TagModulus, wire.TagPublicExponent})
	if err != nil {
		return nil, err
	}
	if v[0].Sign() <= 0 || !v[1].IsInt64() || v[1].Int64() <= 1 || v[1].Int64() > 1<<31-1 {
		return nil, unreadable(key.PublicKey, wire.KeyFormatTypeTransparentRSAPublicKey)
	}
	return &rsa.PublicKey{N: v[0], E: int(v[1].Int64())}, nil
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
