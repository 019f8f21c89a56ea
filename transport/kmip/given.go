package kmip

import (
	"strings"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// given is one attribute as a request gives it, in whichever version.
type given struct {
	tag   wire.Tag  // of the specification's attributes; 0 for any other
	name  string    // what the specification calls it, "x-…", or vendor and name with a colon between
	index int       // in 1.x: which of several; -1 where it is not said
	value ttlv.Item // under Attribute Value in 1.x and for custom attributes, under its own tag otherwise
	lent  bool      // by a template, so it is passed over where an object of the type has none such
}

// template is the attributes that a request gives a new object, in their order.
type template []given

// template reads the attributes in those of a payload's structures that have one of the tags: of 1.x (Template-Attribute and its
// kin), of 2.x (Attributes and its kin), whatever is there. Where none is there, none are given.
func (x *exchange) template(payload ttlv.Item, tags ...wire.Tag) (template, error) {
	var all template
	for _, tag := range tags {
		s := payload.Find(tag)
		if !s.Present() {
			continue
		}
		own, err := x.listed(s)
		if err != nil {
			return nil, err
		}
		if all = append(all, own...); x.version.Before(wire.V20) {
			lent, err := x.lent(s, own)
			if err != nil {
				return nil, err
			}
			all = append(all, lent...)
		}
	}
	return all, nil
}

// listed is the attributes in a structure. Names of templates are not among them.
func (x *exchange) listed(s ttlv.Item) (all template, err error) {
	if _, err := s.Structure(); err != nil {
		return nil, err
	}
	for item := range s.Children() {
		if item.Tag() == wire.TagName && x.version.Before(wire.V20) {
			continue
		}
		g, err := x.given(item)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// given reads one attribute: an Attribute of 1.x, an attribute of 2.x by its own tag, or a vendor's.
func (x *exchange) given(item ttlv.Item) (g given, err error) {
	if g, err = x.asGiven(item); err == nil && g.tag == wire.TagLink {
		g.value, err = x.identifiedLink(g.value)
	}
	return g, err
}

func (x *exchange) asGiven(item ttlv.Item) (given, error) {
	switch {
	case x.version.Before(wire.V20):
		return givenByName(item)
	case item.Tag() == wire.TagAttribute && !item.Find(wire.TagVendorIdentification).Present() && item.Find(wire.TagAttributeName).Present():
		return givenByName(item) // as 1.x writes it, unmistakably
	case item.Tag() == wire.TagAttribute:
		return givenByVendor(item)
	}
	return given{tag: item.Tag(), name: item.Tag().Name(), index: -1, value: item}, nil
}

// givenByName reads an Attribute of 1.x.
func givenByName(item ttlv.Item) (given, error) {
	g := given{index: -1}
	if item.Tag() != wire.TagAttribute {
		return g, item.Fail("attributes are expected here")
	}
	name, err := item.Find(wire.TagAttributeName).Text()
	if err != nil {
		return g, err
	}
	if i := item.Find(wire.TagAttributeIndex); i.Present() {
		v, err := i.Integer()
		if err != nil {
			return g, err
		}
		if v < 0 {
			return g, i.Fail("an index is not negative")
		}
		g.index = int(v)
	}
	g.value = item.Find(wire.TagAttributeValue)
	g.tag, g.name = attributeNamed(name)
	if g.name == "" {
		return g, item.Fail("there is no attribute %q; a custom one begins with x- or y-", name)
	}
	return g, nil
}

// attributeNamed is an attribute of 1.x: its tag, 0 for a custom one, and its name, "" if there can be none.
func attributeNamed(name string) (wire.Tag, string) {
	if t, ok := wire.TagNamed(name); ok {
		return t, t.Name()
	}
	vendor, rest, ok := strings.Cut(name, ":")
	if strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "y-") || ok && vendor != "" && rest != "" {
		return 0, name
	}
	return 0, ""
}

// givenByVendor reads an Attribute of 2.x: one that the specification does not have.
func givenByVendor(item ttlv.Item) (given, error) {
	g := given{index: -1}
	vendor, err := item.Find(wire.TagVendorIdentification).Text()
	if err != nil {
		return g, err
	}
	name, err := item.Find(wire.TagAttributeName).Text()
	if err != nil {
		return g, err
	}
	if vendor == "" || name == "" {
		return g, item.Fail("a vendor's attribute has a vendor and a name")
	}
	g.name, g.value = vendorName(vendor, name), item.Find(wire.TagAttributeValue)
	return g, nil
}

// vendorName is what a vendor's attribute is called here. The vendors x and y are what 1.x wrote as a prefix (KMIP 2.1, section 4.58).
func vendorName(vendor, name string) string {
	if vendor == "x" || vendor == "y" {
		return vendor + "-" + name
	}
	return vendor + ":" + name
}

// find is the first attribute with that tag. If there is none it has no value.
func (all template) find(t wire.Tag) given {
	for _, g := range all {
		if g.tag == t {
			return g
		}
	}
	return given{tag: t, name: t.Name(), index: -1}
}

// enum is an attribute that is an enumeration, 0 where it is not given.
func (all template) enum(t wire.Tag) (uint32, error) { return lookup(all, t, ttlv.Item.Enumeration) }

// integer is an attribute that is an Integer, 0 where it is not given.
func (all template) integer(t wire.Tag) (int32, error) { return lookup(all, t, ttlv.Item.Integer) }

func lookup[T any](all template, t wire.Tag, read func(ttlv.Item) (T, error)) (T, error) {
	g := all.find(t)
	if g.value == (ttlv.Item{}) {
		var none T
		return none, nil
	}
	return read(g.value)
}
