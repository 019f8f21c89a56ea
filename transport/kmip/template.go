package kmip

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A Template (KMIP 1.4, section 2.2.6; 2.0 has none) is an object whose attributes are given to others that are made by its name. It is an opaque
// object of the vault: the attributes, but for its own name, are kept as they came and act on nothing; so Add, Modify and Delete Attribute change it.
// Its material is the structure as it was registered, which nothing reads.

// mostTemplates bounds the templates that one structure names: each is looked for.
const mostTemplates = 16

// registeredTemplate is what is registered of a Template: what it holds, and what the request says of it beside.
func (x *exchange) registeredTemplate(object ttlv.Item, all template) (vault.RegisterSpec, error) {
	held, err := x.listed(object)
	if err != nil {
		return vault.RegisterSpec{}, err
	}
	own, _ := all.find(wire.TagOperationPolicyName).value.Text() // of another type it is refused below
	for _, g := range held {
		if !slices.ContainsFunc(all, func(o given) bool { return o.name == g.name && equal(o.value, g.value) }) { // its name is often said twice
			all = append(all, g)
		}
	}
	s, err := x.spec(all, key.Template)
	if err != nil {
		return vault.RegisterSpec{}, err
	}
	s.Algorithm = key.Opaque
	if own != "" {
		s.Tags[policy.Tag] = own
	}
	return vault.RegisterSpec{Key: s, Material: bytes.Clone(object.Raw())}, nil
}

// lent is the attributes that the templates which a structure names give to an object, beside those that it gives itself: these count more, and
// those of a template more than those of one that is named after it.
func (x *exchange) lent(s ttlv.Item, own template) (all template, err error) {
	var seen []ttlv.Item
	for item := range s.Children() {
		if item.Tag() != wire.TagName || slices.ContainsFunc(seen, func(o ttlv.Item) bool { return bytes.Equal(o.Raw(), item.Raw()) }) {
			continue
		}
		if seen = append(seen, item); len(seen) > mostTemplates {
			return nil, item.Fail("a structure names %d templates at most", mostTemplates)
		}
		r, err := x.templateNamed(item)
		if err != nil {
			return nil, err
		}
		before := slices.Concat(own, all)
		for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
			if strings.HasPrefix(name, ".") || slices.ContainsFunc(before, func(g given) bool { return g.name == name }) {
				continue
			}
			t, _ := wire.TagNamed(name)
			for _, v := range attribute.Decode(r.Attributes[name]) {
				all = append(all, given{tag: t, name: name, index: -1, value: v.Item, lent: true})
			}
		}
	}
	return all, nil
}

// templateNamed is the template that a Name names, of those that the caller may read.
func (x *exchange) templateNamed(name ttlv.Item) (*key.Record, error) {
	text, err := name.Find(wire.TagNameValue).Text()
	if err != nil {
		return nil, err
	}
	found, _, err := x.server.vault.Locate(x.ctx, x.caller, vault.LocateQuery{Name: text, Limit: 1, Living: true, Match: func(r *key.Record) bool {
		return r.Type == key.Template
	}})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, because(wire.ResultReasonItemNotFound, fault.New(fault.NotFound, "there is no such template"))
	}
	return found[0], nil
}

// ofTemplate adds what a template has of itself beside its name.
func (g *gathering) ofTemplate() {
	g.date(wire.TagInitialDate, g.r.Created)
	g.date(wire.TagLastChangeDate, g.r.Updated)
	if v := g.r.Latest(); v != nil {
		g.date(wire.TagDestroyDate, v.Destroyed)
	}
}

// writeTemplate writes a template with its name and what it gives to others.
func (x *exchange) writeTemplate(out *ttlv.Encoder, r *key.Record) {
	out.Structure(wire.TagTemplate, func() {
		for _, a := range attributes(r, x.version) {
			if _, held := r.Attributes[a.name]; held || a.tag == wire.TagName {
				x.writeAttribute(out, a)
			}
		}
	})
}
