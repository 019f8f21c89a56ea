package kmip

import (
	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// ciphers is what the protocol calls the vault's algorithms, and their length in bits.
var ciphers = map[key.Algorithm]struct {
	algorithm wire.CryptographicAlgorithm
	bits      int32
}{
	key.AES128GCM:        {wire.CryptographicAlgorithmAES, 128},
	key.AES192GCM:        {wire.CryptographicAlgorithmAES, 192},
	key.AES256GCM:        {wire.CryptographicAlgorithmAES, 256},
	key.ChaCha20Poly1305: {wire.CryptographicAlgorithmChaCha20Poly1305, 256},
	key.HMACSHA256:       {wire.CryptographicAlgorithmHMAC_SHA256, 256},
	key.HMACSHA384:       {wire.CryptographicAlgorithmHMAC_SHA384, 384},
	key.HMACSHA512:       {wire.CryptographicAlgorithmHMAC_SHA512, 512},
	key.RSA2048:          {wire.CryptographicAlgorithmRSA, 2048},
	key.RSA3072:          {wire.CryptographicAlgorithmRSA, 3072},
	key.RSA4096:          {wire.CryptographicAlgorithmRSA, 4096},
	key.ECDSAP256:        {wire.CryptographicAlgorithmEC, 256},
	key.ECDSAP384:        {wire.CryptographicAlgorithmEC, 384},
	key.ECDSAP521:        {wire.CryptographicAlgorithmEC, 521},
	key.Ed25519:          {wire.CryptographicAlgorithmEd25519, 256},
	key.X25519:           {wire.CryptographicAlgorithmEC, 256},
}

// cipherOf is the Cryptographic Algorithm and Length of an object, zero where it has none: what was said of it when it was made, if
// that was kept, else what the vault's algorithm is.
func cipherOf(r *key.Record) (wire.CryptographicAlgorithm, int32) {
	c := ciphers[r.Algorithm]
	if p, ok := vault.PartOf(r); ok {
		c = ciphers[p.Algorithm]
	}
	if v, err := keptItem(r, wire.TagCryptographicAlgorithm).Enumeration(); err == nil {
		c.algorithm = wire.CryptographicAlgorithm(v)
	}
	if v, err := keptItem(r, wire.TagCryptographicLength).Integer(); err == nil {
		c.bits = v
	}
	return c.algorithm, c.bits
}

// keptItem is an attribute of the specification that the record keeps, absent if it keeps none.
func keptItem(r *key.Record, t wire.Tag) ttlv.Item {
	b, ok := r.Attributes[t.Name()]
	if !ok {
		return ttlv.Item{}
	}
	for _, v := range attribute.Decode(b) {
		return v.Item
	}
	return ttlv.Item{}
}

// Lengths in bits of ciphers that the vault only keeps, and of AES in XTS, which has no algorithm there: what a client may ask for, and how many bits of material that is.
var keptLengths = map[wire.CryptographicAlgorithm]map[int32]int{
	wire.CryptographicAlgorithmAES:         {512: 512}, // two keys of 256 bits, for XTS
	wire.CryptographicAlgorithmDES3:        {112: 128, 128: 128, 168: 192, 192: 192},
	wire.CryptographicAlgorithmBlowfish:    {128: 128, 192: 192, 256: 256, 384: 384, 448: 448},
	wire.CryptographicAlgorithmCamellia:    {128: 128, 192: 192, 256: 256},
	wire.CryptographicAlgorithmCAST5:       {128: 128},
	wire.CryptographicAlgorithmIDEA:        {128: 128},
	wire.CryptographicAlgorithmRC4:         {128: 128, 256: 256},
	wire.CryptographicAlgorithmTwofish:     {128: 128, 192: 192, 256: 256},
	wire.CryptographicAlgorithmChaCha20:    {256: 256},
	wire.CryptographicAlgorithmHMAC_SHA1:   nil,
	wire.CryptographicAlgorithmHMAC_SHA224: nil,
	wire.CryptographicAlgorithmHMAC_SHA256: nil,
	wire.CryptographicAlgorithmHMAC_SHA384: nil,
	wire.CryptographicAlgorithmHMAC_SHA512: nil,

	wire.CryptographicAlgorithmHMAC_SHA3_224: nil,
	wire.CryptographicAlgorithmHMAC_SHA3_256: nil,
	wire.CryptographicAlgorithmHMAC_SHA3_384: nil,
	wire.CryptographicAlgorithmHMAC_SHA3_512: nil,
}

// keptBits is how many bits of material a symmetric key has that the vault keeps and does not use. Of HMAC's keys any number of bytes.
func keptBits(a wire.CryptographicAlgorithm, bits int32) (int, error) {
	lengths, ok := keptLengths[a]
	switch {
	case !ok:
		return 0, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "keys of algorithm %v are not made here", a))
	case lengths[bits] != 0:
		return lengths[bits], nil
	case lengths == nil && bits > 0 && bits%8 == 0:
		return int(bits), nil
	}
	return 0, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "keys of algorithm %v have no %d bits", a, bits))
}

// pairs are the key pairs that the vault makes, by algorithm and length; those on a curve are also found by its name.
var pairs = map[wire.CryptographicAlgorithm]map[int32]key.Algorithm{
	wire.CryptographicAlgorithmRSA:     {2048: key.RSA2048, 3072: key.RSA3072, 4096: key.RSA4096},
	wire.CryptographicAlgorithmEC:      {0: key.ECDSAP256, 256: key.ECDSAP256, 384: key.ECDSAP384, 521: key.ECDSAP521},
	wire.CryptographicAlgorithmECDSA:   {0: key.ECDSAP256, 256: key.ECDSAP256, 384: key.ECDSAP384, 521: key.ECDSAP521},
	wire.CryptographicAlgorithmECDH:    {0: key.ECDSAP256, 256: key.ECDSAP256, 384: key.ECDSAP384, 521: key.ECDSAP521},
	wire.CryptographicAlgorithmEd25519: {0: key.Ed25519, 255: key.Ed25519, 256: key.Ed25519},
}

var curvePairs = map[wire.RecommendedCurve]key.Algorithm{
	wire.RecommendedCurveP_256: key.ECDSAP256, wire.RecommendedCurveP_384: key.ECDSAP384, wire.RecommendedCurveP_521: key.ECDSAP521,
	wire.RecommendedCurveCURVE25519: key.X25519,
}

// pairAlgorithm is the vault's algorithm of the pair that a template asks for, or which pair it makes to be kept.
func pairAlgorithm(all template) (a key.Algorithm, kept vault.KeptPair, err error) {
	v, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return 0, kept, err
	}
	c := wire.CryptographicAlgorithm(v)
	bits, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return 0, kept, err
	}
	if curve := all.find(wire.TagCryptographicDomainParameters).value.Find(wire.TagRecommendedCurve); curve.Present() {
		v, err := curve.Enumeration()
		if err != nil {
			return 0, kept, err
		}
		switch a := curvePairs[wire.RecommendedCurve(v)]; {
		case a != 0:
			return a, kept, nil
		case wire.RecommendedCurve(v) == wire.RecommendedCurveP_224:
			return 0, vault.KeptPair{Curve: "p224"}, nil
		}
		return 0, kept, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "pairs on the curve %v are not made here", wire.RecommendedCurve(v)))
	}
	if a := pairs[c][bits]; a != 0 {
		return a, kept, nil
	}
	switch _, curved := pairs[c][0]; {
	case c == wire.CryptographicAlgorithmRSA && bits > 0:
		return 0, vault.KeptPair{RSABits: int(bits)}, nil
	case bits == 224 && curved && c != wire.CryptographicAlgorithmEd25519:
		return 0, vault.KeptPair{Curve: "p224"}, nil
	}
	return 0, kept, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "key pairs of algorithm %v with %d bits are not made here", c, bits))
}
