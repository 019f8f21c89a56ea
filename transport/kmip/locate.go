package kmip

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// mostLocated is how many identifiers one answer has, whatever is asked for.
const mostLocated = 10_000

// filter is what Locate looks for.
type filter struct {
	version wire.Version
	wanted  []given
	dates   map[wire.Tag][]int64 // one: that second; two: from the one to the other
	storage int32                // bits of Storage Status Mask
	fresh   bool                 // only fresh members of the group
	one     bool                 // only the group's default member
	most    int
	offset  int
	paged   bool // a part of those found is asked for
	query   vault.LocateQuery

	x      *exchange // who asks for the digests
	looks  int       // how many digests were asked for
	failed error     // why one was not told
}

// locate is Locate (KMIP 1.4, section 4.9; 2.1, section 6.1.28): the newest first, those that the caller may see. A filter that is not
// understood is an error: passed over, it would match everything. Of more than mostLocated a part is given, and told that it is one; versions
// without a word for that get them only if they ask for a part.
func locate(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	f, err := x.readFilter(payload)
	if err != nil {
		return err
	}
	x.id = "" // what an operation before found is not meant any more
	f.query.Match, f.query.Limit, f.query.Offset = f.matches, min(f.most, mostLocated), f.offset
	f.query.Living = f.storage&int32(wire.StorageStatusMaskDestroyedStorage) == 0
	page, total, err := x.server.vault.Locate(x.ctx, x.caller, f.query)
	if errors.Is(err, fault.Denied) { // who may list nothing finds nothing
		err = nil
	}
	if err == nil {
		err = f.failed
	}
	if err != nil {
		return err
	}
	if total-f.offset > mostLocated && !f.one && f.most == mostLocated && !f.paged {
		if x.version.Before(wire.V13) {
			return because(wire.ResultReasonResponseTooLarge, fault.New(fault.TooLarge, "%d objects match, and one answer has %d identifiers", total, mostLocated).
				WithHint("Ask for a name or a group, or give Maximum Items."))
		}
		f.paged = true
	}
	if f.one { // the default member of a group is its newest
		total, page = min(total, 1), page[:min(len(page), 1)]
	}
	if f.paged && !x.version.Before(wire.V13) { // else what is shown is all there is
		out.Integer(wire.TagLocatedItems, int32(min(total, math.MaxInt32)))
	}
	for _, r := range page {
		x.done(r.ID, out)
	}
	if len(page) > 1 {
		x.id = "" // which of them, nobody could say
	}
	return nil
}

// readFilter reads what a payload asks for.
func (x *exchange) readFilter(payload ttlv.Item) (*filter, error) {
	f := &filter{x: x, version: x.version, most: mostLocated, storage: int32(wire.StorageStatusMaskOnLineStorage), dates: map[wire.Tag][]int64{}}
	for item := range payload.Children() {
		var err error
		switch item.Tag() {
		case wire.TagMaximumItems:
			f.paged = true
			f.most, err = count(item)
		case wire.TagOffsetItems:
			f.paged = true
			f.offset, err = count(item)
		case wire.TagStorageStatusMask:
			if f.storage, err = item.Integer(); err == nil && f.storage&^7 != 0 {
				err = item.Fail("it has bits that are not known")
			}
		case wire.TagObjectGroupMember:
			err = f.member(item)
		case wire.TagAttribute:
			err = f.take(x, item)
		case wire.TagAttributes, wire.TagTemplateAttribute: // of 2.x; and what some clients of 1.0 put around it
			for a := range item.Children() {
				if err = f.take(x, a); err != nil {
					break
				}
			}
		default:
			err = item.Fail("Locate does not know this filter")
		}
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

func count(item ttlv.Item) (int, error) {
	n, err := item.Integer()
	if err == nil && n < 0 {
		err = item.Fail("it is negative")
	}
	return int(n), err
}

func (f *filter) member(item ttlv.Item) error {
	v, err := item.Enumeration()
	switch wire.ObjectGroupMember(v) {
	case wire.ObjectGroupMemberGroupMemberFresh:
		f.fresh = true
	case wire.ObjectGroupMemberGroupMemberDefault:
		f.one = true
	default:
		if err == nil {
			err = item.Fail("there is no such group member")
		}
	}
	return err
}

// take takes one attribute into the filter.
func (f *filter) take(x *exchange, item ttlv.Item) error {
	g, err := x.given(item)
	if err != nil {
		return err
	}
	rule, known := attribute.RuleOf(g.tag, g.name)
	if !known || g.tag != 0 && !g.tag.In(x.version) {
		return item.Fail("objects cannot be located by %s", g.name)
	}
	if !g.value.Present() {
		return g.value.Fail("it is missing")
	}
	if rule.Type == ttlv.DateTime {
		at, err := g.value.Time()
		if err != nil {
			return err
		}
		if f.dates[g.tag] = append(f.dates[g.tag], at.Unix()); len(f.dates[g.tag]) > 2 {
			return item.Fail("a date is found by itself, or between two others")
		}
		return nil
	}
	if rule.Type != 0 && rule.Type != g.value.Type() {
		return item.Fail("%s is of type %v, not %v", g.name, rule.Type, g.value.Type())
	}
	if !rule.Has(attribute.Many) {
		for _, o := range f.wanted {
			if o.name == g.name {
				return item.Fail("no object has the attribute twice")
			}
		}
	}
	f.wanted = append(f.wanted, g)
	return f.narrow(g)
}

// narrow makes a filter that is looked up of an attribute.
func (f *filter) narrow(g given) (err error) {
	var text string
	switch g.tag {
	case wire.TagName:
		text, err = g.value.Find(wire.TagNameValue).Text()
		f.query.Name = text
	case wire.TagObjectGroup:
		text, err = g.value.Text()
		f.query.Group = text
	case wire.TagUniqueIdentifier:
		if text, err = g.value.Text(); err == nil {
			f.query.ID = identified(text)
		}
	case wire.TagState:
		var v uint32
		if v, err = g.value.Enumeration(); wire.State(v) == wire.StateDestroyed || wire.State(v) == wire.StateDestroyedCompromised {
			f.storage |= int32(wire.StorageStatusMaskDestroyedStorage)
		}
	}
	return err
}

// matches tells whether a record has all that is asked for.
func (f *filter) matches(r *key.Record) bool {
	if !f.stored(r) || r.Type == key.Template && !f.version.Before(wire.V20) {
		return false
	}
	for _, g := range f.wanted { // what is cheap to tell first
		if v, err := g.value.Enumeration(); err == nil && (g.tag == wire.TagObjectType && v != uint32(r.Type) || g.tag == wire.TagState && v != uint32(state(r.State))) {
			return false
		}
	}
	if len(f.wanted) == 0 && len(f.dates) == 0 && !f.fresh {
		return true
	}
	all := attributes(r, f.version)
	values := func(name string) (found []ttlv.Item) {
		for _, v := range valuesAmong(all, name) {
			found = append(found, v.Item)
		}
		return found
	}
	for t, span := range f.dates {
		if found := values(t.Name()); len(found) == 0 || !within(found[0], span) {
			return false
		}
	}
	for _, g := range f.wanted {
		switch g.tag {
		case wire.TagDigest: // below
		case wire.TagUniqueIdentifier: // it has several forms
			if r.ID != f.query.ID {
				return false
			}
		default:
			if !anyHas(values(g.name), g.value) {
				return false
			}
		}
	}
	if f.fresh {
		found := values(wire.TagFresh.Name())
		if len(found) == 0 {
			return false
		}
		if is, err := found[0].Boolean(); err != nil || !is {
			return false
		}
	}
	return f.hasDigest(r, all)
}

// maxDigestLooks is how many objects one question for a digest opens at most, those left that have everything else.
const maxDigestLooks = 10_000

// hasDigest tells whether an object has the digest that is asked for, if one is, and if it is told to the caller.
func (f *filter) hasDigest(r *key.Record, all []instance) bool {
	at := slices.IndexFunc(f.wanted, func(g given) bool { return g.tag == wire.TagDigest })
	if at < 0 {
		return true
	}
	if f.looks++; f.looks > maxDigestLooks {
		f.failed = cmp.Or(f.failed, error(fault.New(fault.TooLarge, "that would be to compute the digests of more than %d objects", maxDigestLooks).WithHint("Name something else that the object has, too.")))
	}
	if f.failed != nil {
		return false
	}
	all, err := f.x.withDigest(r, all)
	if err != nil {
		if !errors.Is(err, fault.NotFound) && !errors.Is(err, fault.Denied) {
			f.failed = err
		}
		return false
	}
	for _, v := range valuesAmong(all, wire.TagDigest.Name()) {
		if has(v.Item, f.wanted[at].value) {
			return true
		}
	}
	return false
}

// stored tells whether an object is kept where the filter looks.
func (f *filter) stored(r *key.Record) bool {
	switch {
	case r.State.Gone():
		return f.storage&int32(wire.StorageStatusMaskDestroyedStorage) != 0
	case r.Archived != 0:
		return f.storage&int32(wire.StorageStatusMaskArchivalStorage) != 0
	}
	return f.storage&int32(wire.StorageStatusMaskOnLineStorage) != 0
}

// within tells whether a date is the one asked for, or between two.
func within(v ttlv.Item, span []int64) bool {
	at, err := v.Time()
	first, last := span[0], span[len(span)-1]
	return err == nil && min(first, last) <= at.Unix() && at.Unix() <= max(first, last)
}

func anyHas(values []ttlv.Item, want ttlv.Item) bool {
	for _, v := range values {
		if has(v, want) {
			return true
		}
	}
	return false
}

// has tells whether a value is what is asked for: equal, or a mask with all its bits, or a structure with all its fields.
func has(v, want ttlv.Item) bool {
	switch {
	case v.Type() == ttlv.Structure && want.Type() == ttlv.Structure:
		for field := range want.Children() {
			found := false
			for c := range v.Children() {
				found = found || c.Tag() == field.Tag() && has(c, field)
			}
			if !found {
				return false
			}
		}
		return true
	case wire.IsMask(v.Tag()) && v.Type() == ttlv.Integer && want.Type() == ttlv.Integer:
		a, _ := v.Integer() // both are Integers
		b, _ := want.Integer()
		return a&b == b
	}
	return equal(v, want)
}
