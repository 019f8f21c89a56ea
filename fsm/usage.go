package fsm

import (
	"bytes"
	"iter"

	"github.com/quorate/quorate/fsm/btree"

	"github.com/quorate/quorate/vault/key"
)

// MaxSeals is how often a version of an authenticated cipher protects before it gets a successor. AES-GCM with random
// nonces allows 2^32 (NIST SP 800-38D, section 8.3); half of that leaves time to rotate. ChaCha20-Poly1305 is held to the same.
const MaxSeals = 1 << 31

// Usage is what is known of the uses of one version, as far as the nodes have told; or, under Version 0, what was handed
// out of a key's usage limit. Usages stand beside the records, which stay as they are however often they are used. In
// the state they are shared and never changed.
type Usage struct {
	ID        key.ID   `cbor:"1,keyasint"`
	Version   uint32   `cbor:"2,keyasint,omitempty"`
	Uses      uint64   `cbor:"3,keyasint,omitempty"` // how often it protected something
	Bytes     uint64   `cbor:"4,keyasint,omitempty"` // that it protected
	LastUsed  key.Time `cbor:"5,keyasint,omitempty"` // for whatever
	Allocated uint64   `cbor:"6,keyasint,omitempty"` // uses handed out to nodes, of Record.UsageLimit
}

// usageTable is the usages in their order, and the keys of which the latest version is exhausted. The latter follows
// from the former and the records.
type usageTable struct {
	byVersion index[Usage, *Usage]
	exhausted idSet
}

func newUsageTable() usageTable {
	return usageTable{
		byVersion: newIndex(lessUsage, func(u *Usage) *Usage { return u }, func(u *Usage, to []*Usage) []*Usage { return append(to, u) }),
		exhausted: idSet{tree: btree.New(func(a, b key.ID) bool { return bytes.Compare(a[:], b[:]) < 0 })},
	}
}

func lessUsage(a, b *Usage) bool {
	if c := bytes.Compare(a.ID[:], b.ID[:]); c != 0 {
		return c < 0
	}
	return a.Version < b.Version
}

func (t *usageTable) share() {
	t.byVersion.share()
	t.exhausted.shared = true
}

// idSet is a set of keys, ascending by id.
type idSet struct {
	tree   *btree.Tree[key.ID]
	shared bool // a published State reads tree
}

func (s *idSet) put(id key.ID, in bool) {
	if s.tree.Has(id) == in {
		return
	}
	if s.shared {
		s.tree, s.shared = s.tree.Clone(), false
	}
	if in {
		s.tree.Put(id)
	} else {
		s.tree.Delete(id)
	}
}

// usageOf finds what is known of a version's uses; nil if it was never used.
func (c *content) usageOf(id key.ID, version uint32) *Usage {
	u, _ := c.usage.byVersion.tree.Get(&Usage{ID: id, Version: version})
	return u
}

// exhausted tells whether the cluster must give r a new version because of the uses of its latest.
func (c *content) exhausted(r *key.Record) bool {
	latest := r.Latest()
	if latest == nil || r.State != key.Active || latest.State != key.Active || r.Archived != 0 {
		return false
	}
	u := c.usageOf(r.ID, latest.Number)
	if u == nil {
		return false
	}
	return r.RotateUses != 0 && u.Uses >= r.RotateUses || r.RotateBytes != 0 && u.Bytes >= r.RotateBytes ||
		r.Algorithm.Traits().AEAD && u.Uses >= MaxSeals
}

// weigh keeps the set of exhausted keys true after r or its usage changed.
func (c *content) weigh(r *key.Record) { c.usage.exhausted.put(r.ID, c.exhausted(r)) }

// putUsage puts fresh where old was (nil: nothing).
func (d *Draft) putUsage(old, fresh *Usage) {
	d.dirty = true
	d.usage.byVersion.replace(old, fresh)
}

// forgetUsage drops what is known of the uses of a key, but for the versions that left has (nil: the record is purged). What is
// destroyed keeps its uses: the tombstone tells of them.
func (d *Draft) forgetUsage(id key.ID, left *key.Record) {
	var gone []*Usage
	d.usage.byVersion.tree.AscendFrom(&Usage{ID: id}, func(u *Usage) bool {
		if u.ID != id {
			return false
		}
		if left == nil || u.Version != 0 && left.Version(u.Version) == nil {
			gone = append(gone, u)
		}
		return true
	})
	for _, u := range gone {
		d.putUsage(u, nil)
	}
}

// Usage is what is known of the uses of one version, as far as the nodes have told: the zero counts if it was never
// used. Version 0 has what was handed out of the key's usage limit.
func (s *State) Usage(id key.ID, version uint32) Usage {
	if u := s.usageOf(id, version); u != nil {
		return *u
	}
	return Usage{ID: id, Version: version}
}

// UsageCount is the number of versions and limits of which uses are known.
func (s *State) UsageCount() int { return s.usage.byVersion.tree.Len() }

// Exhausted gives the keys of which the latest version was used as often, or for as many bytes, as it may be, at most
// limit, by id: each needs a new version.
func (s *State) Exhausted(limit int) iter.Seq[*key.Record] {
	return func(yield func(*key.Record) bool) {
		n := 0
		s.usage.exhausted.tree.Ascend(func(id key.ID) bool {
			if n >= limit {
				return false
			}
			n++
			return yield(s.key(id))
		})
	}
}

// more is a + b, or the largest number there is.
func more(a, b uint64) uint64 {
	if a+b < a {
		return ^uint64(0)
	}
	return a + b
}
