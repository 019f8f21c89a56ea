package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// sign is Sign (KMIP 1.4, section 4.31; 2.1, section 6.1.57). ECDSA's signatures are in ASN.1.
func sign(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationSign, true, payload, 0, x.may(vault.SignBare, key.Sign, signing), out)
	if p == nil || err != nil {
		return err
	}
	return x.bare(vault.SignBare, p, key.Sign, signing, func(got *vault.BareOutput) { out.Bytes(wire.TagSignatureData, got.Data) })
}

// verifySignature is Signature Verify (KMIP 1.4, section 4.32; 2.1, section 6.1.58). A signature that does not verify is an answer.
func verifySignature(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationSignatureVerify, true, payload, wire.TagSignatureData, x.may(vault.VerifyBare, key.Verify, anySignature), out)
	if p == nil || err != nil {
		return err
	}
	if len(p.proof) == 0 {
		return payload.Find(wire.TagSignatureData).Fail("there is no signature to verify")
	}
	broken := false
	read := func(c ttlv.Item, r *key.Record, s *vault.BareScheme) error {
		if h := c.Find(wire.TagHashingAlgorithm); h.Present() {
			v, err := h.Enumeration()
			if err != nil {
				return err
			}
			if broken = brokenHashes[wire.HashingAlgorithm(v)]; broken {
				return nil
			}
		}
		return signing(c, r, s)
	}
	return x.bare(vault.VerifyBare, p, key.Verify, read, func(got *vault.BareOutput) {
		got.Valid = got.Valid && !broken
		writeValidity(out)(got)
	})
}

// anySignature is signing for verifying, where a broken hash is an answer and no error.
func anySignature(c ttlv.Item, r *key.Record, s *vault.BareScheme) error {
	if v, err := c.Find(wire.TagHashingAlgorithm).Enumeration(); err == nil && brokenHashes[wire.HashingAlgorithm(v)] {
		return nil
	}
	return signing(c, r, s)
}

// brokenHashes are those under which no signature counts: whoever asks is told that it is invalid, whoever made it.
var brokenHashes = map[wire.HashingAlgorithm]bool{wire.HashingAlgorithmMD5: true, wire.HashingAlgorithmSHA_1: true}

func writeValidity(out *ttlv.Encoder) func(*vault.BareOutput) {
	return func(got *vault.BareOutput) {
		v := wire.ValidityIndicatorInvalid
		if got.Valid {
			v = wire.ValidityIndicatorValid
		}
		out.Enumeration(wire.TagValidityIndicator, uint32(v))
	}
}
