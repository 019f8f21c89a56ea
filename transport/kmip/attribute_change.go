package kmip

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// editTries is how often a change of an attribute looks again when somebody else changed the object meanwhile.
const editTries = 16

// edit changes the values of one attribute of the object that a payload names, in one entry of the log, and writes the answer. to gets the values
// that there are and gives those that there will be, and the one that 1.x shows.
func (x *exchange) edit(payload ttlv.Item, out *ttlv.Encoder, g given, right attribute.Rights, to func(rule attribute.Rule, now []attribute.Value) (next []attribute.Value, show attribute.Value, err error)) error {
	id, err := x.object(payload)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		r, err := x.server.vault.Key(x.ctx, x.caller, id)
		if err != nil {
			return err
		}
		if err := present(r); err != nil {
			return err
		}
		rule, ok := attribute.RuleOf(g.tag, g.name)
		if err := x.fits(rule, ok, g, wire.ObjectType(r.Type)); err != nil {
			return err
		}
		if !rule.Has(right) && (r.Type != key.Template || rule.Rights&(attribute.Set|attribute.Make) == 0) { // of what a template lends, all may change
			return readOnly(g.name)
		}
		next, show, err := to(rule, valuesOf(r, x.version, g.name))
		if err != nil {
			return err
		}
		changed, err := x.store(id, r, g, next)
		if errors.Is(err, fault.Conflict) && try < editTries && x.ctx.Err() == nil {
			continue
		}
		if err != nil {
			return err
		}
		x.done(changed.ID, out)
		if x.version.Before(wire.V20) {
			x.writeAttribute(out, instance{g.tag, g.name, show.Index, func(e *ttlv.Encoder, t wire.Tag) { e.CopyAs(t, show.Item) }})
		}
		return nil
	}
}

// store makes the change. A date that has come is a step in the object's life.
func (x *exchange) store(id string, r *key.Record, g given, values []attribute.Value) (*key.Record, error) {
	next := r.Clone()
	if err := assign(next, g.tag, g.name, values); err != nil {
		return nil, err
	}
	if g.tag == wire.TagUsageLimits {
		if err := limited(r); err != nil {
			return nil, err
		}
	}
	now := x.now()
	switch {
	case g.tag == wire.TagActivationDate && r.State != key.PreActive:
		return nil, because(wire.ResultReasonWrongKeyLifecycleState, fault.New(fault.BadState, "the activation date has acted: the object is %s", r.State))
	case g.tag == wire.TagActivationDate && next.ActivateAt <= now:
		return x.server.vault.ChangeState(x.ctx, x.caller, id, vault.StateChange{Action: access.Activate, IfMatch: r.Revision})
	case g.tag == wire.TagDeactivationDate && next.DeactivAt <= now:
		return x.server.vault.ChangeState(x.ctx, x.caller, id, vault.StateChange{Action: access.Deactivate, IfMatch: r.Revision})
	}
	return x.server.vault.UpdateKey(x.ctx, x.caller, id, patch(r, next))
}

// fits refuses what is no attribute, not of the version, or not of such objects.
func (x *exchange) fits(rule attribute.Rule, known bool, g given, kind wire.ObjectType) error {
	switch {
	case !known || g.tag != 0 && !g.tag.In(x.version):
		return because(wire.ResultReasonUnsupportedAttribute, fault.New(fault.Invalid, "version %v has no attribute %s", x.version, g.name))
	case !rule.Fits(kind) && kind != wire.ObjectTypeTemplate: // it has those of whatever is made by it
		return because(wire.ResultReasonUnsupportedAttribute, fault.New(fault.Invalid, "objects of type %v have no attribute %s", kind, g.name))
	}
	return nil
}

func readOnly(name string) error {
	return because(wire.ResultReasonAttributeReadOnly, fault.New(fault.Invalid, "clients cannot do this to the attribute %s", name))
}

func noAttribute(g given) error {
	return because(wire.ResultReasonAttributeNotFound, fault.New(fault.Invalid, "the object has no attribute %s", g.name))
}

// complete holds a value that a client gives to the attribute's type, and adds what the server makes up.
func (x *exchange) complete(g given, v *attribute.Value) error {
	rule, _ := attribute.RuleOf(g.tag, g.name)
	if !v.Item.Present() {
		return v.Item.Fail("it is missing")
	}
	if got := v.Item.Type(); rule.Type != 0 && got != rule.Type && (got != ttlv.DateTimeExtended || rule.Type != ttlv.DateTime) {
		return v.Item.Fail("%s is of type %v, not %v", g.name, rule.Type, got)
	}
	switch g.tag {
	case wire.TagAlternativeName:
		if _, err := v.Item.Find(wire.TagAlternativeNameValue).Text(); err != nil {
			return err
		}
	case wire.TagApplicationSpecificInformation:
		return generateData(v)
	}
	return nil
}

// generateData makes up the data of Application Specific Information where a client gives only the namespace (KMIP 1.4, section 3.36).
func generateData(v *attribute.Value) error {
	namespace, err := v.Item.Find(wire.TagApplicationNamespace).Text()
	if err != nil || v.Item.Find(wire.TagApplicationData).Present() {
		return err
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	var e ttlv.Encoder
	e.Structure(v.Item.Tag(), func() {
		e.Text(wire.TagApplicationNamespace, namespace)
		e.Text(wire.TagApplicationData, hex.EncodeToString(b[:]))
	})
	written, err := e.Message()
	if err != nil {
		return err
	}
	if made := attribute.Decode(written); len(made) == 1 {
		v.Item = made[0].Item
	}
	return nil
}

// newAttribute is the attribute that a payload gives: in Attribute (1.x) or in New Attribute.
func (x *exchange) newAttribute(payload ttlv.Item) (given, error) {
	if x.version.Before(wire.V20) {
		item, err := payload.Find(wire.TagAttribute).Structure()
		if err != nil {
			return given{}, err
		}
		return x.given(item)
	}
	return x.within(payload.Find(wire.TagNewAttribute))
}

// within is the one attribute in a structure of 2.x.
func (x *exchange) within(s ttlv.Item) (given, error) {
	if _, err := s.Structure(); err != nil {
		return given{}, err
	}
	for item := range s.Children() {
		return x.given(item)
	}
	return given{}, s.Fail("there is no attribute in it")
}

// addAttribute is Add Attribute (KMIP 1.4, section 4.14; 2.1, section 6.1.2): another value, or the only one.
func addAttribute(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	g, err := x.newAttribute(payload)
	if err != nil {
		return err
	}
	if g.index > 0 {
		return because(wire.ResultReasonInvalidField, fault.New(fault.Invalid, "the server gives a new value its index"))
	}
	return x.edit(payload, out, g, attribute.Set, func(rule attribute.Rule, now []attribute.Value) ([]attribute.Value, attribute.Value, error) {
		v := attribute.Value{Item: g.value}
		if err := x.complete(g, &v); err != nil {
			return nil, v, err
		}
		if len(now) > 0 && !rule.Has(attribute.Many) && !unset(g.tag) {
			return nil, v, because(wire.ResultReasonAttributeSingleValued, fault.New(fault.Invalid, "the object has the attribute %s already; modify it", g.name))
		}
		if len(now) > 0 && rule.Has(attribute.Many) {
			v.Index = now[len(now)-1].Index + 1
			return append(now, v), v, nil
		}
		return []attribute.Value{v}, v, nil
	})
}

// unset are the attributes that every object has from the start, so that to add one is to change it.
func unset(t wire.Tag) bool { return t == wire.TagSensitive || t == wire.TagExtractable }

// modifyAttribute is Modify Attribute (KMIP 1.4, section 4.15; 2.1, section 6.1.33): of 1.x the value with the index, the first where
// none is said; of 2.x the one that is equal to Current Attribute.
func modifyAttribute(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	g, err := x.newAttribute(payload)
	if err != nil {
		return err
	}
	var current given
	if c := payload.Find(wire.TagCurrentAttribute); c.Present() {
		if current, err = x.within(c); err != nil {
			return err
		}
		if current.name != g.name {
			return c.Fail("it is another attribute than the new one")
		}
	}
	return x.edit(payload, out, g, attribute.Modify, func(rule attribute.Rule, now []attribute.Value) ([]attribute.Value, attribute.Value, error) {
		at, err := which(now, g, current)
		if err != nil {
			return nil, attribute.Value{}, err
		}
		next := slices.Clone(now)
		next[at].Item = g.value
		err = x.complete(g, &next[at])
		return next, next[at], err
	})
}

// which finds the value that a request means.
func which(now []attribute.Value, g, current given) (int, error) {
	if len(now) == 0 {
		return 0, noAttribute(g)
	}
	at := 0
	switch {
	case current.name != "":
		at = slices.IndexFunc(now, func(v attribute.Value) bool { return equal(v.Item, current.value) })
	case g.index >= 0:
		at = slices.IndexFunc(now, func(v attribute.Value) bool { return v.Index == g.index })
	}
	if at < 0 {
		return 0, because(wire.ResultReasonAttributeInstanceNotFound, fault.New(fault.Invalid, "the attribute %s has no such value", g.name))
	}
	return at, nil
}

// equal tells whether two items have the same value, under whatever tags.
func equal(a, b ttlv.Item) bool {
	ra, rb := a.Raw(), b.Raw()
	return len(ra) == len(rb) && len(ra) > 3 && slices.Equal(ra[3:], rb[3:])
}

// deleteAttribute is Delete Attribute (KMIP 1.4, section 4.16; 2.1, section 6.1.13): one value, or by Attribute Reference all.
func deleteAttribute(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	g, current, all, err := x.doomed(payload)
	if err != nil {
		return err
	}
	return x.edit(payload, out, g, attribute.Delete, func(rule attribute.Rule, now []attribute.Value) ([]attribute.Value, attribute.Value, error) {
		at, err := which(now, g, current)
		switch {
		case err != nil:
			return nil, attribute.Value{}, err
		case all:
			return nil, now[at], nil
		}
		return slices.Delete(slices.Clone(now), at, at+1), now[at], nil
	})
}

// doomed is what Delete Attribute names: an attribute, and which of its values, or all of them.
func (x *exchange) doomed(payload ttlv.Item) (g, current given, all bool, err error) {
	g.index = -1
	if x.version.Before(wire.V20) {
		name, err := payload.Find(wire.TagAttributeName).Text()
		if err != nil {
			return g, current, false, err
		}
		if i := payload.Find(wire.TagAttributeIndex); i.Present() {
			v, err := i.Integer()
			if err != nil {
				return g, current, false, err
			}
			g.index = int(v)
		}
		if g.tag, g.name = attributeNamed(name); g.name == "" {
			g.name = name
			return g, current, false, noAttribute(g)
		}
		return g, current, false, nil
	}
	if c := payload.Find(wire.TagCurrentAttribute); c.Present() {
		current, err = x.within(c)
		g.tag, g.name = current.tag, current.name
		return g, current, false, err
	}
	item := payload.Find(wire.TagAttributeReference)
	if !item.Present() {
		return g, current, false, payload.Find(wire.TagCurrentAttribute).Fail("the attribute is not named")
	}
	g.tag, g.name, err = referred(item)
	return g, current, true, err
}

// setAttribute is Set Attribute (KMIP 2.1, section 6.1.53): the one value of an attribute, whether there was one or not.
func setAttribute(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	g, err := x.newAttribute(payload)
	if err != nil {
		return err
	}
	return x.edit(payload, out, g, attribute.Set, func(rule attribute.Rule, now []attribute.Value) ([]attribute.Value, attribute.Value, error) {
		v := attribute.Value{Item: g.value}
		if g.tag != 0 && rule.Has(attribute.Many) {
			return nil, v, because(wire.ResultReasonMultiValuedAttribute, fault.New(fault.Invalid, "the attribute %s can have many values; add or modify one", g.name))
		}
		return []attribute.Value{v}, v, x.complete(g, &v)
	})
}
