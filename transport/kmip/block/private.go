package block

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"math/big"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

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
