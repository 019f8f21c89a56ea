package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// getAttributes is Get Attributes (KMIP 1.4, section 4.12; 2.1, section 6.1.22): those that are named and that the
// object has, or all. One that it has not is left out.
func getAttributes(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	wanted, err := named(payload)
	if err != nil {
		return err
	}
	all, err := x.attributesOf(payload, out)
	if err != nil {
		return err
	}
	write := func() {
		for _, a := range all {
			if len(wanted) > 0 && !wanted[a.tag] {
				continue
			}
			if !x.version.Before(wire.V20) {
				a.write(out, a.tag)
				continue
			}
			out.Structure(wire.TagAttribute, func() {
				out.Text(wire.TagAttributeName, a.tag.Name())
				a.write(out, wire.TagAttributeValue)
			})
		}
	}
	if x.version.Before(wire.V20) {
		write()
	} else {
		out.Structure(wire.TagAttributes, write)
	}
	return nil
}

// getAttributeList is Get Attribute List (KMIP 1.4, section 4.13; 2.1, section 6.1.23).
func getAttributeList(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	all, err := x.attributesOf(payload, out)
	if err != nil {
		return err
	}
	for _, a := range all {
		if x.version.Before(wire.V20) {
			out.Text(wire.TagAttributeName, a.tag.Name())
		} else {
			out.Enumeration(wire.TagAttributeReference, uint32(a.tag))
		}
	}
	return nil
}

// attributesOf reads the object that the payload names and writes its identifier.
func (x *exchange) attributesOf(payload ttlv.Item, out *ttlv.Encoder) ([]attribute, error) {
	id, err := x.object(payload)
	if err != nil {
		return nil, err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, id)
	if err != nil {
		return nil, err
	}
	x.done(r.ID, out)
	return attributes(r, x.version), nil
}

// named are the attributes that a payload names: by name in 1.x, by reference in 2.x. What is no attribute of the
// specification is one that no object here has.
func named(payload ttlv.Item) (map[wire.Tag]bool, error) {
	wanted := map[wire.Tag]bool{}
	for item := range payload.Children() {
		switch {
		case item.Tag() == wire.TagAttributeName:
			name, err := item.Text()
			if err != nil {
				return nil, err
			}
			t, _ := wire.TagNamed(name)
			wanted[t] = true
		case item.Tag() == wire.TagAttributeReference && item.Type() == ttlv.Structure: // a vendor's
			wanted[0] = true
		case item.Tag() == wire.TagAttributeReference:
			v, err := item.Enumeration()
			if err != nil {
				return nil, err
			}
			wanted[wire.Tag(v)] = true
		}
	}
	return wanted, nil
}
