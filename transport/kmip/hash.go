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

// hash is Hash (KMIP 1.4, section 4.38; 2.1, section 6.1.22).
func hash(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationHash, false, payload, 0, func(p *parcel) error {
		_, err := x.hashed(p)
		return err
	}, out)
	if p == nil || err != nil {
		return err
	}
	if p.correlation != nil { // of a stream, whose parts were joined here
		defer clear(p.data)
	}
	sum, err := x.hashed(p)
	if err != nil {
		return err
	}
	out.Bytes(wire.TagData, sum)
	return nil
}

// hashed is the hash of a parcel.
func (x *exchange) hashed(p *parcel) ([]byte, error) {
	v, err := p.parameters.Find(wire.TagHashingAlgorithm).Enumeration()
	if err != nil {
		return nil, err
	}
	name, ok := hashNames[wire.HashingAlgorithm(v)]
	if !ok {
		return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the hash %v is not offered", wire.HashingAlgorithm(v)).WithHint("Take one of the SHA-2 or SHA-3 family from 256 bits."))
	}
	return x.server.vault.Hash(x.ctx, x.caller, vault.HashInput{Input: p.data, Algorithm: name})
}
