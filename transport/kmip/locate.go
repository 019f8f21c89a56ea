package kmip

import (
	"errors"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// filter is what Locate looks for.
type filter struct {
	name      string
	kind      wire.ObjectType             // 0: any
	algorithm wire.CryptographicAlgorithm // 0: any
	state     wire.State                  // 0: any
	read      map[wire.Tag]bool           // what was given
}

// locate is Locate (KMIP 1.4, section 4.9; 2.1, section 6.1.28) by name, of which a vault has each once. A filter that
// is not understood is an error: passed over, it would match everything.
func locate(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	f, err := readFilter(payload)
	if err != nil {
		return err
	}
	if f.name == "" {
		return because(wire.ResultReasonFeatureNotSupported, fault.New(fault.Invalid, "objects are located by Name here"))
	}
	x.id = "" // what an operation before found is not meant any more
	found, err := x.find(f)
	if err != nil {
		return err
	}
	if !x.version.Before(wire.V13) {
		n := int32(0)
		if found != nil {
			n = 1
		}
		out.Integer(wire.TagLocatedItems, n)
	}
	if found != nil && room(payload) {
		x.done(found.ID, out)
	}
	return nil
}

// room tells whether the page that is asked for holds the first object.
func room(payload ttlv.Item) bool {
	most, err := payload.Find(wire.TagMaximumItems).Integer()
	offset, _ := payload.Find(wire.TagOffsetItems).Integer() // without one: 0
	return (err != nil || most > 0) && offset <= 0
}

// find returns the record, nil if there is none that the caller may know of.
func (x *exchange) find(f filter) (*key.Record, error) {
	if key.CheckName(f.name) != nil { // nor may it be taken for an id
		return nil, nil
	}
	r, err := x.server.vault.Key(x.ctx, x.caller, f.name)
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Denied) {
		return nil, nil
	}
	if err != nil || !f.matches(r) {
		return nil, err
	}
	return r, nil
}

func (f filter) matches(r *key.Record) bool {
	return (f.kind == 0 || f.kind == wire.ObjectType(r.Type)) &&
		(f.algorithm == 0 || f.algorithm == ciphers[r.Algorithm].algorithm) &&
		(f.state == 0 || f.state == state(r.State))
}

func readFilter(payload ttlv.Item) (filter, error) {
	f := filter{read: map[wire.Tag]bool{}}
	for item := range payload.Children() {
		switch item.Tag() {
		case wire.TagMaximumItems, wire.TagOffsetItems:
			if _, err := item.Integer(); err != nil {
				return f, err
			}
		case wire.TagAttribute: // 1.x
			name, err := item.Find(wire.TagAttributeName).Text()
			if err != nil {
				return f, err
			}
			t, _ := wire.TagNamed(name)
			if err := f.take(t, item.Find(wire.TagAttributeValue), item); err != nil {
				return f, err
			}
		case wire.TagAttributes: // 2.x
			for a := range item.Children() {
				if err := f.take(a.Tag(), a, a); err != nil {
					return f, err
				}
			}
		default:
			return f, item.Fail("Locate does not know this filter")
		}
	}
	return f, nil
}

// take takes one attribute into the filter. at is where an error is.
func (f *filter) take(t wire.Tag, value, at ttlv.Item) error {
	if f.read[t] {
		return at.Fail("no object has the attribute twice")
	}
	f.read[t] = true
	var v uint32
	var err error
	switch t {
	case wire.TagName:
		f.name, err = value.Find(wire.TagNameValue).Text()
		return err
	case wire.TagObjectType:
		v, err = value.Enumeration()
		f.kind = wire.ObjectType(v)
	case wire.TagCryptographicAlgorithm:
		v, err = value.Enumeration()
		f.algorithm = wire.CryptographicAlgorithm(v)
	case wire.TagState:
		v, err = value.Enumeration()
		f.state = wire.State(v)
	default:
		return at.Fail("objects cannot be located by this attribute")
	}
	return err
}
