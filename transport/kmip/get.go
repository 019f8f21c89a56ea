package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// get is Get (KMIP 1.4, section 4.11; 2.1, section 6.1.21) of a symmetric key, in the clear, as raw bytes.
func get(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	if err := plain(payload); err != nil {
		return err
	}
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, id)
	switch {
	case err != nil:
		return err
	case r.Type != key.SymmetricKey:
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "only symmetric keys can be taken out by KMIP"))
	case !r.Exportable: // whoever may read the record may know
		return because(wire.ResultReasonNotExtractable, fault.New(fault.Denied, "the key is not extractable"))
	}
	return x.server.vault.Reveal(x.ctx, x.caller, id, 0, func(r *key.Record, _ uint32, material []byte) error {
		out.Enumeration(wire.TagObjectType, uint32(r.Type))
		x.done(r.ID, out)
		out.Structure(wire.TagSymmetricKey, func() {
			out.Structure(wire.TagKeyBlock, func() {
				out.Enumeration(wire.TagKeyFormatType, uint32(wire.KeyFormatTypeRaw))
				out.Structure(wire.TagKeyValue, func() { out.Bytes(wire.TagKeyMaterial, material) })
				c := ciphers[r.Algorithm]
				out.Enumeration(wire.TagCryptographicAlgorithm, uint32(c.algorithm))
				out.Integer(wire.TagCryptographicLength, c.bits)
			})
		})
		return nil
	})
}

// plain refuses to give a key in another form than there is.
func plain(payload ttlv.Item) error {
	if format := payload.Find(wire.TagKeyFormatType); format.Present() {
		v, err := format.Enumeration()
		if err != nil {
			return err
		}
		if f := wire.KeyFormatType(v); f != wire.KeyFormatTypeRaw {
			return because(wire.ResultReasonKeyFormatTypeNotSupported, fault.New(fault.Invalid, "the key format %v is not supported; use Raw", f))
		}
	}
	if payload.Find(wire.TagKeyCompressionType).Present() {
		return because(wire.ResultReasonKeyCompressionTypeNotSupported, fault.New(fault.Invalid, "keys are not compressed here"))
	}
	if payload.Find(wire.TagKeyWrappingSpecification).Present() {
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "keys are not wrapped by Get here"))
	}
	return nil
}
