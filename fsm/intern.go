package fsm

import (
	"maps"

	"github.com/quorate/quorate/vault/key"
)

// interner lets records share what many of them have alike: owners, tags, whole tag maps. It is the writer's own. Each
// value has one place, given by its hash, and the newest stays: what it forgets is kept twice, and nothing else changes.
type interner struct {
	owners [interned]string
	tags   [interned]*tag
	maps   [interned]map[string]string
}

const interned = 1 << 12 // places of each kind

// tag is a tag's name and value as an index has it. Never changed.
type tag struct {
	name, value string
	any         bool // stands for the tag with whatever value
}

// share makes r share what it can with records seen before, and wastes no room behind its versions. r is not in any
// state yet.
func (x *interner) share(r *key.Record) {
	if r.Owner != "" {
		place := &x.owners[hashText(offset, r.Owner)%interned]
		if *place != r.Owner {
			*place = r.Owner
		}
		r.Owner = *place
	}
	if len(r.Tags) > 0 {
		r.Tags = x.tagMap(r.Tags)
	}
	if n := len(r.Versions); cap(r.Versions) > n+n/8 {
		exact := make([]key.Version, n)
		copy(exact, r.Versions)
		r.Versions = exact
	}
}

func (x *interner) tagMap(m map[string]string) map[string]string {
	sum := uint64(len(m))
	for name, value := range m { // in any order: a sum has none
		sum += hashText(hashText(offset, name)^'=', value)
	}
	place := &x.maps[sum%interned]
	if *place != nil && maps.Equal(*place, m) {
		return *place
	}
	own := make(map[string]string, len(m))
	for name, value := range m {
		t := x.tag(name, value, false)
		own[t.name] = t.value
	}
	*place = own
	return own
}

func (x *interner) tag(name, value string, anyValue bool) *tag {
	h := hashText(hashText(offset, name), value)
	if anyValue {
		h++
	}
	place := &x.tags[h%interned]
	if t := *place; t != nil && t.name == name && t.value == value && t.any == anyValue {
		return t
	}
	*place = &tag{name, value, anyValue}
	return *place
}

const offset = 14695981039346656037

// hashText goes on from h with the text (FNV-1a).
func hashText(h uint64, text string) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}
