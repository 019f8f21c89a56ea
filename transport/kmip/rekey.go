package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// rekey is Re-key (KMIP 1.4, section 4.4; 2.1, section 6.1.47): a new object takes over the names of a symmetric key.
func rekey(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	r, err := x.replace(payload, false, wire.TagUniqueIdentifier, wire.TagTemplateAttribute, wire.TagAttributes)
	if err != nil {
		return err
	}
	x.done(r.ID, out)
	return nil
}

// rekeyPair is Re-key Key Pair (KMIP 1.4, section 4.5; 2.1, section 6.1.48): likewise of both halves, named by the private one.
func rekeyPair(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	r, err := x.replace(payload, true, wire.TagPrivateKeyUniqueIdentifier, wire.TagCommonTemplateAttribute, wire.TagPrivateKeyTemplateAttribute,
		wire.TagPublicKeyTemplateAttribute, wire.TagCommonAttributes, wire.TagPrivateKeyAttributes, wire.TagPublicKeyAttributes)
	if err != nil {
		return err
	}
	x.id = r.ID.String()
	out.Text(wire.TagPrivateKeyUniqueIdentifier, x.id)
	for _, l := range r.Links {
		if l.Kind == key.LinkPublic {
			out.Text(wire.TagPublicKeyUniqueIdentifier, l.To.String())
		}
	}
	return nil
}

// replace replaces the object that a payload names under a tag. Attributes for the new one are refused: it has the old one's, and Modify Attribute is there.
func (x *exchange) replace(payload ttlv.Item, pair bool, named wire.Tag, templates ...wire.Tag) (*key.Record, error) {
	all, err := x.template(payload, templates...)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 {
		return nil, because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "attributes are not given while a key is replaced; modify those of the new object afterwards"))
	}
	id, err := x.objectAt(payload.Find(named))
	if err != nil {
		return nil, err
	}
	s := vault.ReplaceSpec{Pair: pair}
	if offset := payload.Find(wire.TagOffset); offset.Present() {
		d, err := offset.Interval()
		if err != nil {
			return nil, err
		}
		s.Offset = &d
	}
	return x.server.vault.ReplaceKey(x.ctx, x.caller, id, s)
}
