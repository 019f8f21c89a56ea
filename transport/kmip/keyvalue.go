package kmip

import (
	"bytes"
	"slices"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Attributes may stand in a Key Value, beside the material, and so be wrapped with it (KMIP 1.4, section 2.1.4; 2.1, section 3.1.4).

// writeBeside writes those attributes of an object that a wrapping names.
func (x *exchange) writeBeside(out *ttlv.Encoder, r *key.Record, names map[string]bool) error {
	if len(names) == 0 {
		return nil
	}
	all, err := x.withDigest(r, attributes(r, x.version))
	if err != nil {
		return err
	}
	write := func() {
		for _, a := range all {
			if names[a.name] {
				x.writeAttribute(out, a)
			}
		}
	}
	if x.version.Before(wire.V20) {
		write()
	} else {
		out.Structure(wire.TagAttributes, write)
	}
	return nil
}

// beside reads the attributes in a Key Value, which is lent.
func (x *exchange) beside(value ttlv.Item) (all template, err error) {
	if value.Type() != ttlv.Structure {
		return nil, nil
	}
	for c := range value.Children() {
		if c.Tag() != wire.TagAttribute && c.Tag() != wire.TagAttributes {
			continue
		}
		m, err := ttlv.Decode(bytes.Clone(c.Raw()), ttlv.Limits{})
		if err != nil {
			return nil, err
		}
		if c.Tag() == wire.TagAttributes {
			held, err := x.listed(m.Root())
			if err != nil {
				return nil, err
			}
			all = append(all, held...)
			continue
		}
		g, err := x.given(m.Root())
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// with adds to what a request says of an object what its Key Value says: it may say more, and not otherwise. What only the server says of
// objects, such as the identifier of the one that was taken out, is not of the new one.
func (all template) with(held template) (template, error) {
	for _, g := range held {
		rule, known := attribute.RuleOf(g.tag, g.name)
		if known && rule.Rights&(attribute.Set|attribute.Make) == 0 {
			continue
		}
		same := func(o given) bool { return o.name == g.name }
		switch {
		case slices.ContainsFunc(all, func(o given) bool { return same(o) && equal(o.value, g.value) }):
		case !rule.Has(attribute.Many) && slices.ContainsFunc(all, func(o given) bool { return same(o) && !o.lent }):
			return nil, because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the attribute %s in the Key Value is not the one that the request gives", g.name))
		default:
			if !rule.Has(attribute.Many) { // of a template
				all = slices.DeleteFunc(slices.Clone(all), same)
			}
			all = append(all, g)
		}
	}
	return all, nil
}

// agrees refuses a Key Value that says another algorithm or length than the key block. A length there may be that of something else than the key's bytes.
func (all template) agrees(a wire.CryptographicAlgorithm, bits int32) error {
	said, err := all.enum(wire.TagCryptographicAlgorithm)
	if err != nil {
		return err
	}
	length, err := all.integer(wire.TagCryptographicLength)
	if err != nil {
		return err
	}
	if said != 0 && a != 0 && said != uint32(a) || length != 0 && bits != 0 && length != bits {
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the attributes say another algorithm or length than the key block"))
	}
	return nil
}
