package access

import (
	"hash/maphash"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/cedar-policy/cedar-go"

	"github.com/quorate/quorate/vault/key"
)

// A cache remembers up to shards × slots decisions of one PolicySet. Each has one place, given by its hash, and the
// newest stays: nothing is locked, and nothing needs to be thrown out. A hit compares everything that a policy could
// have seen, so two requests whose hashes collide, or a key that went back in time with a restored backup, are never
// mistaken for one another.
type cache struct {
	shards [shards]atomic.Pointer[shard] // made when first needed
}

const (
	shards = 64
	slots  = 1024
)

type shard [slots]atomic.Pointer[entry]

func (c *cache) find(h uint64) *entry {
	s := c.shards[h%shards].Load()
	if s == nil {
		return nil
	}
	return s[h/shards%slots].Load()
}

func (c *cache) put(h uint64, e *entry) {
	place := &c.shards[h%shards]
	s := place.Load()
	if s == nil {
		place.CompareAndSwap(nil, new(shard))
		s = place.Load()
	}
	s[h/shards%slots].Store(e)
}

// entry is a decision with all that it was made from. Never changed once stored; all of it is copied, so that it
// keeps no record alive and no caller can change it.
type entry struct {
	decision Decision

	principal string
	groups    []string
	kind      Kind
	door      string
	remote    string
	action    Action

	vault      bool
	id         key.ID
	revision   uint64
	name       string
	owner      string
	algorithm  key.Algorithm
	objectType key.ObjectType
	state      key.State
	exportable bool
	tags       map[string]string
}

func newEntry(c *Caller, a Action, r Resource, d Decision) *entry {
	e := &entry{
		decision: d, principal: c.Principal, groups: slices.Clone(c.Groups), kind: c.Kind, door: c.Door, remote: c.Remote,
		action: a, vault: r.record == nil,
	}
	if rec := r.record; rec != nil {
		e.id, e.revision, e.name, e.owner = rec.ID, rec.Revision, rec.Name, rec.Owner
		e.algorithm, e.objectType, e.state, e.exportable = rec.Algorithm, rec.Type, rec.State, rec.Exportable
		e.tags = maps.Clone(rec.Tags)
	}
	return e
}

func (e *entry) matches(c *Caller, a Action, r Resource, context bool) bool {
	if e.principal != c.Principal || e.kind != c.Kind || e.action != a || e.vault != (r.record == nil) || !slices.Equal(e.groups, c.Groups) {
		return false
	}
	if context && (e.door != c.Door || !sameHost(e.remote, c.Remote)) {
		return false
	}
	rec := r.record
	return rec == nil || e.id == rec.ID && e.revision == rec.Revision && e.state == rec.State && e.name == rec.Name &&
		e.owner == rec.Owner && e.algorithm == rec.Algorithm && e.objectType == rec.Type && e.exportable == rec.Exportable &&
		maps.Equal(e.tags, rec.Tags)
}

// sameHost tells whether two addresses differ in nothing but the port. It may say no where the answer is yes.
func sameHost(a, b string) bool {
	return a == b || hostOf(a) != "" && hostOf(a) == hostOf(b)
}

// hostOf is what stands before the port in "192.0.2.1:50" and "[2001:db8::1]:50"; "" for any other form.
func hostOf(remote string) string {
	i := strings.LastIndexByte(remote, ':')
	if i < 1 {
		return ""
	}
	host := remote[:i]
	if host[0] == '[' && host[i-1] == ']' || strings.IndexByte(host, ':') < 0 {
		return host
	}
	return ""
}

func (p *PolicySet) hash(c *Caller, a Action, r Resource) uint64 {
	h := maphash.String(p.seed, c.Principal) ^ uint64(c.Kind)*0x9e3779b97f4a7c15
	h = mix(h, maphash.String(p.seed, string(a)))
	for _, g := range c.Groups {
		h = mix(h, maphash.String(p.seed, g))
	}
	if p.context {
		h = mix(mix(h, maphash.String(p.seed, c.Door)), maphash.String(p.seed, hostOf(c.Remote)))
	}
	if r.record != nil {
		h = mix(h, maphash.Bytes(p.seed, r.record.ID[:]))
	}
	return h
}

func mix(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, x^0xe7037ed1a0b428db)
	return hi ^ lo
}

// contexts remembers the contexts of callers, as Cedar sees them: there are few doors and hosts, and making a context costs more
// than most decisions. Each has one place and the newest stays, as in cache.
type contexts struct {
	seed   maphash.Seed
	places [256]atomic.Pointer[knownContext]
}

type knownContext struct {
	surroundings
	record cedar.Record
}

func (k *contexts) of(c *Caller) cedar.Record {
	s := surroundingsOf(c)
	place := &k.places[maphash.Comparable(k.seed, s)%uint64(len(k.places))]
	known := place.Load()
	if known == nil || known.surroundings != s {
		known = &knownContext{s, s.record()}
		place.Store(known)
	}
	return known.record
}
