package kmip

import (
	"bytes"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A wrapped key's MAC or signature (KMIP 1.4, section 2.1.5; 2.1, section 3.1.5) is over what is encrypted, its Key Value in TTLV or the bytes of its
// material, or over what came of that, as the method says. A symmetric key makes a MAC, a private key a signature.

// prove makes the MAC or signature over data, which is lent.
func (x *exchange) prove(w *wrapping, data []byte) (proof []byte, err error) {
	r, err := x.server.vault.Key(x.ctx, x.caller, w.prover)
	if err != nil {
		return nil, err
	}
	p := &parcel{op: wire.OperationMAC, id: w.prover, parameters: w.proving(), data: bytes.Clone(data)}
	what, need, read := vault.MACBare, key.MAC, authenticating
	if r.Type == key.PrivateKey {
		p.op, what, need, read = wire.OperationSign, vault.SignBare, key.Sign, signing
	}
	err = x.bare(what, p, need, read, func(got *vault.BareOutput) { proof = bytes.Clone(got.Data) })
	return proof, err
}

// proving is the parameters of the MAC or signature.
func (w *wrapping) proving() ttlv.Item {
	return w.given.Find(wire.TagMACSignatureKeyInformation).Find(wire.TagCryptographicParameters)
}

// checkProof refuses data whose MAC or signature, as the Key Wrapping Data has it, is not good. Of a pair either half may be named.
func (x *exchange) checkProof(w *wrapping, data []byte) error {
	proof, err := w.given.Find(wire.TagMACSignature).Bytes()
	if err != nil {
		return err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, w.prover)
	if err != nil {
		return err
	}
	p := &parcel{op: wire.OperationMACVerify, id: w.prover, parameters: w.proving(), data: bytes.Clone(data), proof: proof}
	what, need, read := vault.VerifyMACBare, key.VerifyMAC, authenticating
	if r.Type == key.PrivateKey || r.Type == key.PublicKey {
		p.op, what, need, read = wire.OperationSignatureVerify, vault.VerifyBare, key.Verify, signing
	}
	for _, l := range r.Links {
		if r.Type == key.PrivateKey && l.Kind == key.LinkPublic {
			p.id = l.To.String()
		}
	}
	valid := false
	if err := x.bare(what, p, need, read, func(got *vault.BareOutput) { valid = got.Valid }); err != nil {
		return err
	}
	if !valid {
		return because(wire.ResultReasonCryptographicFailure, fault.New(fault.Invalid, "the MAC or signature of the wrapped key is not good"))
	}
	return nil
}

// unproved lends the Key Value of a key that was authenticated and not encrypted.
func (x *exchange) unproved(w *wrapping, value ttlv.Item, use func(value ttlv.Item) error) error {
	over := value.Raw()
	if w.bare {
		material := value.Find(wire.TagKeyMaterial)
		if value.Type() == ttlv.ByteString {
			material = value
		}
		b, err := material.Bytes()
		if err != nil {
			return err
		}
		if err := x.checkProof(w, b); err != nil {
			return err
		}
		return valueOf(b, use)
	}
	if _, err := value.Structure(); err != nil {
		return err
	}
	if err := x.checkProof(w, over); err != nil {
		return err
	}
	return use(value)
}
