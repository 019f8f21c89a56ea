package kmip

import (
	"bytes"
	"maps"
	"slices"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// valuesOf are the values of one attribute of a record, in the order of their indexes.
func valuesOf(r *key.Record, v wire.Version, name string) []attribute.Value {
	return valuesAmong(attributes(r, v), name)
}

func valuesAmong(instances []instance, name string) (all []attribute.Value) {
	for _, a := range instances {
		if a.name != name {
			continue
		}
		t := a.tag
		if t == 0 {
			t = wire.TagAttributeValue
		}
		var e ttlv.Encoder
		a.write(&e, t)
		if b, err := e.Message(); err == nil {
			all = append(all, attribute.Decode(b)...)
			all[len(all)-1].Index = a.index
		}
	}
	return all
}

// assign makes values those of an attribute of r, which is the caller's own: in the field that the vault acts on, or else among the attributes
// that it keeps.
func assign(r *key.Record, t wire.Tag, name string, values []attribute.Value) (err error) {
	if r.Type == key.Template && t != wire.TagName { // it is for others
		return keepAll(r, t, name, values)
	}
	switch t {
	case wire.TagName:
		r.Names, err = labels(values, func(it ttlv.Item) (l key.Label, err error) {
			if l.Value, err = it.Find(wire.TagNameValue).Text(); err != nil {
				return l, err
			}
			l.Kind, err = it.Find(wire.TagNameType).Enumeration()
			return l, err
		})
		if delete(r.Attributes, keptUnnamed); err == nil && len(r.Names) == 0 {
			if r.Attributes == nil {
				r.Attributes = map[string][]byte{}
			}
			r.Attributes[keptUnnamed] = []byte{1}
		}
	case wire.TagObjectGroup:
		r.Groups, err = labels(values, func(it ttlv.Item) (l key.Label, err error) {
			l.Value, err = it.Text()
			return l, err
		})
	case wire.TagLink:
		r.Links, err = linksOf(values)
	case wire.TagActivationDate:
		err = single(values, &r.ActivateAt, dateOf)
	case wire.TagDeactivationDate:
		err = single(values, &r.DeactivAt, dateOf)
	case wire.TagProcessStartDate:
		err = single(values, &r.ProcessStart, dateOf)
	case wire.TagProtectStopDate:
		err = single(values, &r.ProtectStop, dateOf)
	case wire.TagUsageLimits:
		if err = single(values, &r.UsageLimit, limitOf); err == nil {
			r.LimitBytes = len(values) > 0 && inBytes(values[0].Item)
		}
	case wire.TagCryptographicUsageMask:
		err = single(values, &r.Usage, func(it ttlv.Item) (key.Usage, error) {
			v, err := it.Integer()
			return key.Usage(v), err
		})
	case wire.TagOperationPolicyName:
		name := ""
		if err = single(values, &name, ttlv.Item.Text); err == nil {
			r.Tags = map[string]string{policy.Tag: name} // what a new object has; nobody changes it after
			err = keepAll(r, t, t.Name(), values)
		}
	case wire.TagExtractable:
		err = single(values, &r.Exportable, ttlv.Item.Boolean)
	case wire.TagSensitive:
		sensitive := false
		if err = single(values, &sensitive, ttlv.Item.Boolean); err == nil {
			r.Guard = r.Guarded(&sensitive, nil)
		}
	case wire.TagQuantumSafe:
		for _, v := range values {
			a, _ := cipherOf(r)
			if err := withstands(v.Item, a); err != nil {
				return err
			}
		}
		return keepAll(r, t, name, values)
	default:
		return keepAll(r, t, name, values)
	}
	return err
}

func keepAll(r *key.Record, t wire.Tag, name string, values []attribute.Value) error {
	b, err := attribute.Encode(t, values)
	if err != nil {
		return err
	}
	if r.Attributes == nil {
		r.Attributes = map[string][]byte{}
	}
	if r.Attributes[name] = b; len(values) == 0 {
		delete(r.Attributes, name)
	}
	return nil
}

// single reads the one value of an attribute, none as zero.
func single[T any](values []attribute.Value, to *T, read func(ttlv.Item) (T, error)) (err error) {
	var v T
	for _, each := range values {
		if v, err = read(each.Item); err != nil {
			return err
		}
	}
	*to = v
	return nil
}

func dateOf(it ttlv.Item) (key.Time, error) {
	at, err := it.Time()
	if err == nil && at.UnixMilli() <= 0 {
		return 0, it.Fail("dates before 1970 cannot be kept")
	}
	return key.Time(at.UnixMilli()), err
}

func limitOf(it ttlv.Item) (uint64, error) {
	total, err := it.Find(wire.TagUsageLimitsTotal).LongInteger()
	if err != nil {
		return 0, err
	}
	unit, err := it.Find(wire.TagUsageLimitsUnit).Enumeration()
	switch {
	case err != nil:
		return 0, err
	case wire.UsageLimitsUnit(unit) != wire.UsageLimitsUnitObject && wire.UsageLimitsUnit(unit) != wire.UsageLimitsUnitByte:
		return 0, it.Find(wire.TagUsageLimitsUnit).Fail("the unit is Byte or Object")
	case total <= 0:
		return 0, it.Fail("the total is not positive")
	}
	return uint64(total), nil
}

// inBytes tells whether Usage Limits count bytes.
func inBytes(it ttlv.Item) bool {
	unit, err := it.Find(wire.TagUsageLimitsUnit).Enumeration()
	return err == nil && wire.UsageLimitsUnit(unit) == wire.UsageLimitsUnitByte
}

func labels(values []attribute.Value, read func(ttlv.Item) (key.Label, error)) (all []key.Label, err error) {
	for _, v := range values {
		l, err := read(v.Item)
		if err != nil {
			return nil, err
		}
		l.Index = uint32(v.Index)
		all = append(all, l)
	}
	return all, nil
}

func linksOf(values []attribute.Value) (all []key.Link, err error) {
	for _, v := range values {
		kind, err := v.Item.Find(wire.TagLinkType).Enumeration()
		if err != nil {
			return nil, err
		}
		at := v.Item.Find(wire.TagLinkedObjectIdentifier)
		to, err := at.Text()
		if err != nil {
			return nil, err
		}
		id, err := key.ParseID(to)
		if err != nil || kind&^0xff != linkTypes || !wire.ValueIn(wire.TagLinkType, kind, wire.V21) {
			return nil, at.Fail("links here are of the specification's types, and lead to objects of this vault")
		}
		all = append(all, key.Link{Kind: key.LinkKind(kind), To: id})
	}
	return all, nil
}

// patch is what turns one record into another, as far as clients can change records.
func patch(old, r *key.Record) vault.KeyPatch {
	p := vault.KeyPatch{IfMatch: old.Revision}
	if !slices.Equal(old.Names, r.Names) {
		p.Names = &r.Names
	}
	if !slices.Equal(old.Groups, r.Groups) {
		p.Groups = &r.Groups
	}
	if !slices.Equal(old.Links, r.Links) {
		p.Links = &r.Links
	}
	differs(&p.ActivateAt, old.ActivateAt, r.ActivateAt)
	differs(&p.DeactivAt, old.DeactivAt, r.DeactivAt)
	differs(&p.ProcessStart, old.ProcessStart, r.ProcessStart)
	differs(&p.ProtectStop, old.ProtectStop, r.ProtectStop)
	differs(&p.UsageLimit, old.UsageLimit, r.UsageLimit)
	differs(&p.LimitBytes, old.LimitBytes, r.LimitBytes)
	differs(&p.Exportable, old.Exportable, r.Exportable)
	differs(&p.Sensitive, old.Sensitive(), r.Sensitive())
	p.Attributes = map[string][]byte{}
	for name, value := range r.Attributes {
		if !bytes.Equal(old.Attributes[name], value) {
			p.Attributes[name] = value
		}
	}
	for name := range old.Attributes {
		if _, still := r.Attributes[name]; !still {
			p.Attributes[name] = nil
		}
	}
	return p
}

func differs[T comparable](to **T, old, v T) {
	if old != v {
		*to = &v
	}
}

// describe puts what a template gives a new object into its specification: everything but its algorithm, length and material. Of what
// is not given, an activation date matters: without it the object waits to be activated.
func (x *exchange) describe(all template, kind wire.ObjectType, s *vault.KeySpec) error {
	r := key.Record{Attributes: maps.Clone(s.Attributes), Exportable: true, Type: key.ObjectType(kind)}
	if err := x.assignAll(&r, all); err != nil {
		return err
	}
	if r.Tags == nil { // the specification's
		r.Tags = map[string]string{policy.Tag: "default"}
	}
	if s.Tags = maps.Clone(s.Tags); s.Tags == nil {
		s.Tags = map[string]string{}
	}
	maps.Copy(s.Tags, r.Tags)
	s.Attributes, s.Names, s.Groups, s.Links, s.Unnamed = r.Attributes, r.Names, r.Groups, r.Links, s.Name == ""
	s.LimitBytes, s.Sensitive = r.LimitBytes, r.Sensitive()
	s.ProcessStart, s.ProtectStop, s.DeactivAt, s.UsageLimit, s.Exportable, s.Usage = r.ProcessStart, r.ProtectStop, r.DeactivAt, r.UsageLimit, r.Exportable, r.Usage
	switch {
	case r.ActivateAt == 0:
		s.PreActive = true
	case r.ActivateAt > x.now():
		s.PreActive, s.ActivateAt = true, r.ActivateAt
	default: // it is active as of then
		var e ttlv.Encoder
		e.DateTime(wire.TagActivationDate, r.ActivateAt.Time())
		b, err := e.Message()
		if err != nil {
			return err
		}
		if s.Attributes == nil {
			s.Attributes = map[string][]byte{}
		}
		s.Attributes[wire.TagActivationDate.Name()] = b
	}
	return nil
}

// assignAll gives a new object all attributes of a template.
func (x *exchange) assignAll(r *key.Record, all template) error {
	for i, g := range all {
		if slices.ContainsFunc(all[:i], func(o given) bool { return o.name == g.name }) {
			continue // it was taken with the first
		}
		var values []attribute.Value
		for _, o := range all[i:] {
			if o.name == g.name {
				values = append(values, attribute.Value{Index: len(values), Item: o.value})
			}
		}
		if err := x.make1(r, g, values); err != nil {
			return err
		}
	}
	return nil
}

// now is the door's clock, as the vault keeps time.
func (x *exchange) now() key.Time { return key.Time(x.server.cfg.Now().UnixMilli()) }

// make1 gives a new object one of its attributes.
func (x *exchange) make1(r *key.Record, g given, values []attribute.Value) error {
	rule, ok := attribute.RuleOf(g.tag, g.name)
	if g.lent && (!ok || !rule.Fits(wire.ObjectType(r.Type))) {
		return nil
	}
	if err := x.fits(rule, ok, g, wire.ObjectType(r.Type)); err != nil {
		return err
	}
	if !rule.Has(attribute.Set) && !rule.Has(attribute.Make) {
		return readOnly(g.name)
	}
	if len(values) > 1 && !rule.Has(attribute.Many) {
		return because(wire.ResultReasonAttributeSingleValued, fault.New(fault.Invalid, "an object has one %s", g.name))
	}
	for i := range values {
		if err := x.complete(g, &values[i]); err != nil {
			return err
		}
	}
	switch g.tag {
	case wire.TagCryptographicAlgorithm, wire.TagCryptographicLength, wire.TagObjectType, wire.TagKeyFormatType: // the object's own say
		if r.Type != key.Template {
			return nil
		}
	case wire.TagProtectionStorageMask:
		return isStored(values[0].Item)
	}
	return assign(r, g.tag, g.name, values)
}
