package kmip

import (
	"strings"

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
			if len(wanted) == 0 && !x.outdated(a.tag) || wanted[a.name] {
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

// outdated tells whether an attribute is one of 1.0 that 1.1 put others in the place of: it is told to who names it alone.
func (x *exchange) outdated(t wire.Tag) bool {
	switch t {
	case wire.TagCertificateIdentifier, wire.TagCertificateSubject, wire.TagCertificateIssuer:
		return wire.V10.Before(x.version)
	}
	return false
}

// writeAttribute writes an attribute as the version does: an Attribute of 1.x, its own tag in 2.x, or an Attribute of 2.x for a
// vendor's.
func (x *exchange) writeAttribute(out *ttlv.Encoder, a instance) {
	switch {
	case x.version.Before(wire.V20):
		out.Structure(wire.TagAttribute, func() {
			out.Text(wire.TagAttributeName, a.name)
			if a.index > 0 {
				out.Integer(wire.TagAttributeIndex, int32(a.index))
			}
			a.write(out, wire.TagAttributeValue)
		})
	case a.tag != 0:
		a.write(out, a.tag)
	default:
		out.Structure(wire.TagAttribute, func() {
			writeVendor(out, a.name)
			a.write(out, wire.TagAttributeValue)
		})
	}
}

// writeVendor writes how 2.x names a custom attribute.
func writeVendor(out *ttlv.Encoder, name string) {
	vendor, rest, ok := strings.Cut(name, ":")
	if strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "y-") || !ok {
		vendor, rest, _ = strings.Cut(name, "-")
	}
	out.Text(wire.TagVendorIdentification, vendor)
	out.Text(wire.TagAttributeName, rest)
}

// getAttributeList is Get Attribute List (KMIP 1.4, section 4.13; 2.1, section 6.1.23). Each attribute is listed once.
func getAttributeList(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	all, err := x.attributesOf(payload, out)
	if err != nil {
		return err
	}
	listed := map[string]bool{}
	for _, a := range all {
		if listed[a.name] || x.outdated(a.tag) {
			continue
		}
		listed[a.name] = true
		switch {
		case x.version.Before(wire.V20):
			out.Text(wire.TagAttributeName, a.name)
		case a.tag != 0:
			out.Enumeration(wire.TagAttributeReference, uint32(a.tag))
		default:
			out.Structure(wire.TagAttributeReference, func() { writeVendor(out, a.name) })
		}
	}
	return nil
}

// attributesOf reads the object that the payload names and writes its identifier.
func (x *exchange) attributesOf(payload ttlv.Item, out *ttlv.Encoder) ([]instance, error) {
	id, err := x.object(payload)
	if err != nil {
		return nil, err
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, id)
	if err != nil {
		return nil, err
	}
	x.done(r.ID, out)
	return x.withDigest(r, attributes(r, x.version))
}

// named are the attributes that a payload names: by name in 1.x, by reference in 2.x. What is no attribute of the
// specification is one that the object may have all the same.
func named(payload ttlv.Item) (map[string]bool, error) {
	wanted := map[string]bool{}
	for item := range payload.Children() {
		var name string
		var err error
		switch item.Tag() {
		case wire.TagAttributeName:
			name, err = item.Text()
		case wire.TagAttributeReference:
			_, name, err = referred(item)
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		wanted[name] = true
	}
	return wanted, nil
}

// referred is the attribute that 2.x refers to: by its tag, or by vendor and name. Some clients write the specification's own by name, too.
func referred(item ttlv.Item) (wire.Tag, string, error) {
	if item.Type() != ttlv.Structure {
		v, err := item.Enumeration()
		t := wire.Tag(v)
		return t, t.Name(), err
	}
	vendor, err := item.Find(wire.TagVendorIdentification).Text()
	if err != nil {
		return 0, "", err
	}
	name, err := item.Find(wire.TagAttributeName).Text()
	if err != nil {
		return 0, "", err
	}
	if t, ok := wire.TagNamed(name); ok && vendor != "x" && vendor != "y" {
		return t, name, nil
	}
	return 0, vendorName(vendor, name), nil
}
