package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// hashNames is what the vault calls the protocol's hashes. The others are broken, or unknown to the Go library.
var hashNames = map[wire.HashingAlgorithm]string{
	wire.HashingAlgorithmSHA_256: "sha256", wire.HashingAlgorithmSHA_384: "sha384", wire.HashingAlgorithmSHA_512: "sha512",
	wire.HashingAlgorithmSHA_512_256: "sha512-256",
	wire.HashingAlgorithmSHA3_256:    "sha3-256", wire.HashingAlgorithmSHA3_384: "sha3-384", wire.HashingAlgorithmSHA3_512: "sha3-512",
}

// hash is Hash (KMIP 1.4, section 4.38; 2.1, section 6.1.22) of data that is sent at once.
func hash(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	if err := atOnce(payload); err != nil {
		return err
	}
	v, err := payload.Find(wire.TagCryptographicParameters).Find(wire.TagHashingAlgorithm).Enumeration()
	if err != nil {
		return err
	}
	name, ok := hashNames[wire.HashingAlgorithm(v)]
	if !ok {
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the hash %v is not offered", wire.HashingAlgorithm(v)).WithHint("Take one of the SHA-2 or SHA-3 family from 256 bits."))
	}
	data, err := payload.Find(wire.TagData).Bytes()
	if err != nil {
		return err
	}
	sum, err := x.server.vault.Hash(x.ctx, x.caller, vault.HashInput{Input: data, Algorithm: name})
	if err != nil {
		return err
	}
	out.Bytes(wire.TagData, sum)
	return nil
}

// atOnce refuses data that comes in several requests.
func atOnce(payload ttlv.Item) error {
	for _, tag := range []wire.Tag{wire.TagCorrelationValue, wire.TagInitIndicator, wire.TagFinalIndicator} {
		if payload.Find(tag).Present() {
			return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "data is taken in one request only; leave %v out", tag))
		}
	}
	return nil
}
