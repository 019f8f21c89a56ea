package kmip

import (
	"github.com/quorate/quorate/transport/kmip/block"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// get is Get (KMIP 1.4, section 4.11; 2.1, section 6.1.21), in the format that is asked for, or else the one in which the object came.
func get(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	return x.give(payload, out, func() {})
}

// give answers with an object: between its identifier and itself stands what between writes.
func (x *exchange) give(payload ttlv.Item, out *ttlv.Encoder, between func()) error {
	wanted, err := format(payload)
	if err != nil {
		return err
	}
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	w, err := x.readWrapping(payload.Find(wire.TagKeyWrappingSpecification))
	if err != nil {
		return err
	}
	came, err := x.asRegistered(payload)
	if err != nil {
		return err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, id)
	switch {
	case err != nil:
		return err
	case !wire.ValueIn(wire.TagObjectType, uint32(r.Type), x.version):
		return because(wire.ResultReasonInvalidObjectType, fault.New(fault.Invalid, "version %v has no objects of type %v", x.version, wire.ObjectType(r.Type)))
	case r.State.Gone() && !x.version.Before(wire.V20):
		return because(wire.ResultReasonObjectDestroyed, fault.New(fault.BadState, "the object was destroyed"))
	case !r.Exportable: // whoever may read the record may know
		return because(wire.ResultReasonNotExtractable, fault.New(fault.Denied, "the key is not extractable"))
	}
	if came {
		if w, err = x.cameWrapped(r); err != nil {
			return err
		}
	}
	lend := x.server.vault.Lend
	if w == nil || w.key == "" {
		if err := mayLeavePlain(r); err != nil {
			return err
		}
		lend = x.server.vault.Reveal
	}
	return lend(x.ctx, x.caller, id, 0, func(r *key.Record, _ uint32, material []byte) error {
		out.Enumeration(wire.TagObjectType, uint32(r.Type))
		x.done(r.ID, out)
		between()
		return x.writeObject(out, r, wanted, w, material)
	})
}

// asRegistered tells whether a request asks for an object wrapped as it came (KMIP 1.4, section 4.11).
func (x *exchange) asRegistered(payload ttlv.Item) (bool, error) {
	item := payload.Find(wire.TagKeyWrapType)
	if !item.Present() {
		return false, nil
	}
	v, err := item.Enumeration()
	switch {
	case err != nil:
		return false, err
	case v != uint32(wire.KeyWrapTypeNotWrapped) && v != uint32(wire.KeyWrapTypeAsRegistered):
		return false, because(wire.ResultReasonKeyWrapTypeNotSupported, fault.New(fault.Invalid, "the key wrap type %v is not known; use NotWrapped or AsRegistered", wire.KeyWrapType(v)))
	case payload.Find(wire.TagKeyWrappingSpecification).Present():
		return false, item.Fail("a Key Wrapping Specification says how the key is wrapped already")
	}
	return v == uint32(wire.KeyWrapTypeAsRegistered), nil
}

// cameWrapped is how an object was wrapped when it came; nil if it was not. It is wrapped anew, so by who may use that key now.
func (x *exchange) cameWrapped(r *key.Record) (*wrapping, error) {
	b, ok := r.Attributes[keptWrapping]
	if !ok {
		return nil, nil //nolint:nilnil // not wrapped is neither a value nor an error
	}
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		return nil, err
	}
	return x.readWrapping(m.Root())
}

// writeObject writes an object with its material; format 0 is its own.
func (x *exchange) writeObject(out *ttlv.Encoder, r *key.Record, f wire.KeyFormatType, w *wrapping, material []byte) (err error) {
	form, ok := forms[r.Type]
	if !ok {
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "an object of this kind cannot be taken out by KMIP"))
	}
	if r.Type == key.Template {
		x.writeTemplate(out, r)
		return nil
	}
	out.Structure(form.object, func() {
		writeRest(out, r)
		if form.content == wire.TagKeyBlock {
			err = x.writeBlock(out, r, f, w, material)
			return
		}
		if f != 0 || w != nil {
			err = because(wire.ResultReasonKeyFormatTypeNotSupported, fault.New(fault.Invalid, "only keys have a format, or are wrapped"))
		}
		out.Bytes(form.content, material)
	})
	return err
}

// writeRest writes what an object has beside its content: what came with it, or what the protocol demands of one that another door made.
func writeRest(out *ttlv.Encoder, r *key.Record) {
	if b, ok := r.Attributes[keptObject]; ok {
		if m, err := ttlv.Decode(b, ttlv.Limits{}); err == nil {
			for c := range m.Root().Children() {
				out.Copy(c)
			}
		}
		return
	}
	switch r.Type {
	case key.SecretData:
		out.Enumeration(wire.TagSecretDataType, uint32(wire.SecretDataTypeSeed))
	case key.Certificate:
		out.Enumeration(wire.TagCertificateType, uint32(wire.CertificateTypeX_509))
	case key.SplitKey:
		if p, ok := vault.PartOf(r); ok {
			writeSharing(out, p.Sharing(), int(p.Number))
		}
	case key.OpaqueObject:
		out.Enumeration(wire.TagOpaqueDataType, 0x80000000) // of no kind that the specification knows
	}
}

// writeBlock writes a key block.
func (x *exchange) writeBlock(out *ttlv.Encoder, r *key.Record, wanted wire.KeyFormatType, w *wrapping, material []byte) (err error) {
	algorithm, bits := cipherOf(r)
	came, f := formatOf(r, algorithm), wanted
	if f == 0 {
		f = came
	}
	out.Structure(wire.TagKeyBlock, func() {
		out.Enumeration(wire.TagKeyFormatType, uint32(f))
		content := func(e *ttlv.Encoder) error {
			if f == wire.KeyFormatTypePKCS_12 {
				return x.writePKCS12(e, r, material)
			}
			err := block.Write(e, r.Type, f, material)
			if err != nil && f == came && r.Algorithm == key.Opaque {
				err = block.WriteAsItCame(e, f, material)
			}
			if err != nil {
				return because(wire.ResultReasonKeyFormatTypeNotSupported, fault.Of(err))
			}
			return nil
		}
		var did wrapped
		if w != nil {
			did, err = x.wrap(w, out, func(e *ttlv.Encoder) error {
				if err := content(e); err != nil {
					return err
				}
				return x.writeBeside(e, r, w.names)
			})
		} else {
			out.Structure(wire.TagKeyValue, func() { err = content(out) })
		}
		if algorithm != 0 {
			out.Enumeration(wire.TagCryptographicAlgorithm, uint32(algorithm))
		}
		if bits != 0 {
			out.Integer(wire.TagCryptographicLength, bits)
		}
		if w != nil && err == nil {
			w.writeWrapping(out, x.version, did)
		}
	})
	return err
}

// formatOf is the format that a key came in, or is given out in if it was made here.
func formatOf(r *key.Record, a wire.CryptographicAlgorithm) wire.KeyFormatType {
	if b, ok := r.Attributes[keptFormat]; ok {
		if m, err := ttlv.Decode(b, ttlv.Limits{}); err == nil {
			if v, err := m.Root().Enumeration(); err == nil {
				return wire.KeyFormatType(v)
			}
		}
	}
	return block.Default(r.Type, a)
}

// format is the format that a request asks for, 0 for none.
func format(payload ttlv.Item) (wire.KeyFormatType, error) {
	if payload.Find(wire.TagKeyCompressionType).Present() {
		return 0, because(wire.ResultReasonKeyCompressionTypeNotSupported, fault.New(fault.Invalid, "keys are not compressed here"))
	}
	item := payload.Find(wire.TagKeyFormatType)
	if !item.Present() {
		return 0, nil
	}
	v, err := item.Enumeration()
	return wire.KeyFormatType(v), err
}
