package fsm

import (
	"reflect"
	"slices"
	"sync/atomic"
	"weak"

	"github.com/quorate/quorate/vault/key"
)

// held is a key as the state holds it, beside its cell. Most keys of a large vault are alike: one version, active since it was made,
// no dates, no attributes, no links. Of such a key there is a plain, which takes a third of the record's memory and a
// third of its pointers; its record is made when somebody asks. Every other key is held as its record. Neither is ever changed.
type held struct {
	whole *key.Record // nil where there is a plain
	plain *plain
}

// plain is what a cell does not say of a plain key.
type plain struct {
	view       atomic.Pointer[weak.Pointer[key.Record]] // what was made of it last, which is the record for as long as anybody has it
	tags       map[string]string
	bytes      []byte // the MAC, then the wrapped material
	created    key.Time
	updated    key.Time
	revision   uint64
	parent     key.ID
	usage      key.Usage
	number     uint32 // of the version, as term, under and active
	term       uint32
	under      uint32
	kind       key.ObjectType
	active     key.State
	origin     key.Origin
	exportable bool
	guard      key.Guard
	mac        uint8 // how many bytes of it
}

// packed is a held and its plain, in one object.
type packed struct {
	held
	plain
}

// packer is a writer's, for holding records.
type packer struct {
	rest    key.Record
	version key.Version
	was, is view // of a plain key whose material moves
}

// hold gives the form in which r is kept. What plain and cell have no room for must be zero in a plain key, whatever fields a record
// may come to have: so nothing can be lost.
func (x *packer) hold(r *key.Record) *held {
	if len(r.Versions) != 1 || len(r.MAC) > 255 || r.Versions[0].Created != r.Created || r.Versions[0].Activated != r.Created {
		return &held{whole: r}
	}
	x.rest, x.version = *r, r.Versions[0]
	rest, v := &x.rest, &x.version
	v.Number, v.State, v.Material, v.Created, v.Activated = 0, 0, key.Material{}, 0, 0
	rest.ID, rest.Name, rest.Owner, rest.State, rest.Algorithm = key.ID{}, "", "", 0, 0 // the cell has them
	rest.Type, rest.Usage, rest.Parent, rest.Tags, rest.Origin, rest.Exportable, rest.Guard = 0, 0, key.ID{}, nil, 0, false, 0
	rest.Created, rest.Updated, rest.Revision, rest.MAC, rest.Versions = 0, 0, 0, nil, nil
	if !reflect.ValueOf(rest).Elem().IsZero() || !reflect.ValueOf(v).Elem().IsZero() {
		return &held{whole: r}
	}
	m := &r.Versions[0].Material
	p := &packed{plain: plain{
		tags: r.Tags, bytes: slices.Concat(r.MAC, m.Sealed), created: r.Created, updated: r.Updated, revision: r.Revision,
		parent: r.Parent, usage: r.Usage, number: r.Versions[0].Number, term: m.Term, under: m.Parent,
		kind: r.Type, active: r.Versions[0].State, origin: r.Origin, exportable: r.Exportable, guard: r.Guard, mac: uint8(len(r.MAC)),
	}}
	p.held.plain = &p.plain
	return &p.held
}

// moved is h with the material of fresh, which has the same of everything else.
func (h *held) moved(fresh *key.Record) *held {
	if h.whole != nil {
		return &held{whole: fresh}
	}
	old, m := h.plain, &fresh.Versions[0].Material
	p := &packed{plain: plain{
		tags: old.tags, bytes: slices.Concat(fresh.MAC, m.Sealed), created: old.created, updated: old.updated, revision: old.revision,
		parent: old.parent, usage: old.usage, number: old.number, term: m.Term, under: m.Parent,
		kind: old.kind, active: old.active, origin: old.origin, exportable: old.exportable, guard: old.guard, mac: old.mac,
	}}
	p.held.plain = &p.plain
	return &p.held
}

// pair gives the record of a key, and a copy in which its material may be moved, which shares all but the versions. Of a plain key both are
// good until the next call: nothing is kept of them but the material.
func (x *packer) pair(e idEntry) (old, fresh *key.Record) {
	if old = e.held.whole; old == nil {
		return e.look(&x.was), e.look(&x.is)
	}
	c := *old
	c.Versions = slices.Clone(old.Versions)
	return old, &c
}

// view is a record that is made of a plain, in one object.
type view struct {
	record   key.Record
	versions [1]key.Version
}

// record is the key, the same record for as long as somebody has it: who remembers what it found out about a record knows it again.
func (h *held) record(c *cell) *key.Record {
	if h.whole != nil {
		return h.whole
	}
	for {
		last := h.plain.view.Load()
		if last != nil {
			if r := last.Value(); r != nil {
				return r
			}
		}
		r := h.look(c, new(view))
		next := weak.Make(r)
		if h.plain.view.CompareAndSwap(last, &next) {
			return r
		}
	}
}

// look is the key for a short look: it may be in to, and nobody knows it again.
func (h *held) look(c *cell, to *view) *key.Record {
	p := h.plain
	if h.whole != nil {
		return h.whole
	}
	m := key.Material{Term: p.term, Parent: p.under}
	if int(p.mac) < len(p.bytes) {
		m.Sealed = p.bytes[p.mac:]
	}
	to.versions[0] = key.Version{Number: p.number, State: p.active, Material: m, Created: p.created, Activated: p.created}
	to.record = key.Record{
		ID: c.id, Name: c.name, Owner: c.owner, State: c.state, Algorithm: c.algorithm, Type: p.kind, Usage: p.usage, Versions: to.versions[:],
		Parent: p.parent, Tags: p.tags, Origin: p.origin, Exportable: p.exportable, Guard: p.guard, Created: p.created, Updated: p.updated, Revision: p.revision,
	}
	if p.mac > 0 {
		to.record.MAC = p.bytes[:p.mac:p.mac]
	}
	return &to.record
}

func (h *held) tags() map[string]string {
	if h.whole != nil {
		return h.whole.Tags
	}
	return h.plain.tags
}

// due and labels are of whole records only: see plain.
func (h *held) due() key.Time {
	if h.whole != nil {
		return h.whole.Due()
	}
	return 0
}

func (h *held) labels(of func(*key.Record) []key.Label) []key.Label {
	if h.whole != nil {
		return of(h.whole)
	}
	return nil
}
