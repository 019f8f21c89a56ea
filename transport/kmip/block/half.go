package block

import (
	"crypto/ed25519"
	"crypto/x509"
	"math/big"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// reading is how the halves of pairs of one type are read, in each format.
type reading struct {
	transparent map[wire.KeyFormatType]func(ttlv.Item) (any, error)
	encoded     map[wire.KeyFormatType]func([]byte) (any, error)
	any         wire.KeyFormatType // in which keys of every algorithm stand: one that is not read is kept as it came
	ed25519     func([]byte) any   // of a raw key of Ed25519; nil if it is none
}

var readings = map[key.ObjectType]reading{
	key.PrivateKey: {
		transparent: map[wire.KeyFormatType]func(ttlv.Item) (any, error){
			wire.KeyFormatTypeTransparentRSAPrivateKey: transparentRSA, wire.KeyFormatTypeTransparentECPrivateKey: transparentEC,
			wire.KeyFormatTypeTransparentECDSAPrivateKey: transparentEC, wire.KeyFormatTypeTransparentECDHPrivateKey: transparentEC,
		},
		encoded: map[wire.KeyFormatType]func([]byte) (any, error){
			wire.KeyFormatTypePKCS_1: parse(x509.ParsePKCS1PrivateKey), wire.KeyFormatTypePKCS_8: x509.ParsePKCS8PrivateKey, wire.KeyFormatTypeECPrivateKey: parse(x509.ParseECPrivateKey),
		},
		any: wire.KeyFormatTypePKCS_8,
		ed25519: func(b []byte) any {
			if len(b) != ed25519.SeedSize {
				return nil
			}
			return ed25519.NewKeyFromSeed(b)
		},
	},
	key.PublicKey: {
		transparent: map[wire.KeyFormatType]func(ttlv.Item) (any, error){
			wire.KeyFormatTypeTransparentRSAPublicKey: transparentModulus, wire.KeyFormatTypeTransparentECPublicKey: transparentPoint,
			wire.KeyFormatTypeTransparentECDSAPublicKey: transparentPoint, wire.KeyFormatTypeTransparentECDHPublicKey: transparentPoint,
		},
		encoded: map[wire.KeyFormatType]func([]byte) (any, error){
			wire.KeyFormatTypePKCS_1: parse(x509.ParsePKCS1PublicKey), wire.KeyFormatTypeX_509: x509.ParsePKIXPublicKey,
		},
		any: wire.KeyFormatTypeX_509,
		ed25519: func(b []byte) any {
			if len(b) != ed25519.PublicKeySize {
				return nil
			}
			return ed25519.PublicKey(b)
		},
	},
}

func parse[K any](f func([]byte) (K, error)) func([]byte) (any, error) {
	return func(b []byte) (any, error) { return f(b) }
}

// halfOf reads a half of a pair; nil for a kind that is only kept.
func halfOf(t key.ObjectType, a wire.CryptographicAlgorithm, f wire.KeyFormatType, material ttlv.Item) (any, error) {
	how := readings[t]
	if read := how.transparent[f]; read != nil {
		return read(material)
	}
	if material.Type() == ttlv.Structure {
		return nil, nil // transparent, of an algorithm that nothing here knows
	}
	b, err := material.Bytes()
	if err != nil {
		return nil, err
	}
	if f == wire.KeyFormatTypeRaw && a == wire.CryptographicAlgorithmEd25519 {
		return how.ed25519(b), nil
	}
	read := how.encoded[f]
	if read == nil {
		return nil, nil
	}
	half, err := read(b)
	switch {
	case err != nil && f == how.any:
		return nil, nil
	case err != nil:
		return nil, unreadable(t, f)
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
