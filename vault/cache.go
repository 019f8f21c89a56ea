package vault

import (
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"

	"github.com/quorate/quorate/vault/plant"
)

// opened is one version of a key, ready for use. Its record was checked when it was opened; it serves only while
// the state still holds that very record, so a change of any kind is never missed, whatever the cache forgot to drop.
type opened struct {
	record *key.Record
	key    *primitive.Key

	uses      *counter   // of this version, on this node
	allowance *allowance // of a key with a usage limit
}

type slot struct {
	id      key.ID
	version uint32
}

// keyCache holds opened keys, bounded in number and age. Readers take no common lock.
type keyCache struct {
	cache *otter.Cache[slot, *opened] // nil: turned off
}

func newKeyCache(size int, age time.Duration) *keyCache {
	return &keyCache{cache: newCache[slot, *opened](size, age)}
}

// newCache returns a bounded cache whose entries end age after they were made; nil if age is negative.
func newCache[K comparable, V any](size int, age time.Duration) *otter.Cache[K, V] {
	if age < 0 {
		return nil
	}
	return otter.Must(&otter.Options[K, V]{
		MaximumSize:      size,
		ExpiryCalculator: otter.ExpiryCreating[K, V](age),
	})
}

// get returns the opened version if it was opened from this very record.
func (c *keyCache) get(r *key.Record, version uint32) *opened {
	if c.cache == nil {
		return nil
	}
	o, ok := c.cache.GetIfPresent(slot{r.ID, version})
	if !ok || o.record != r {
		return nil
	}
	return o
}

// once is the record that this node checked when it first had it: a bug, unless it is r.
func (c *keyCache) once(r *key.Record) *key.Record {
	if !plant.StaleCache || c.cache == nil {
		return r
	}
	if o, ok := c.cache.GetIfPresent(slot{r.ID, 0}); ok {
		return o.record
	}
	return r
}

func (c *keyCache) put(version uint32, o *opened) {
	if c.cache != nil {
		c.cache.Invalidate(slot{o.record.ID, version})
		c.cache.Set(slot{o.record.ID, version}, o)
	}
}

// drop forgets every version of a key.
func (c *keyCache) drop(r *key.Record) {
	if c.cache == nil || plant.StaleCache {
		return
	}
	c.cache.Invalidate(slot{r.ID, 0}) // where the record's check is remembered
	for i := range r.Versions {
		c.cache.Invalidate(slot{r.ID, r.Versions[i].Number})
	}
}

// purge forgets everything.
func (c *keyCache) purge() {
	if c.cache != nil {
		c.cache.InvalidateAll()
	}
}

// stop ends the cache's own goroutine.
func (c *keyCache) stop() {
	if c.cache != nil {
		c.cache.StopAllGoroutines()
	}
}

// dualCache holds data keys that were opened with a client's key-encrypting key, by the hash of that key's PEM.
// An entry's bytes are its own; they are lent under the entry's lock-free lifetime and left to the collector.
type dualCache struct {
	cache *otter.Cache[[32]byte, *dualEntry]
}

type dualEntry struct {
	record *key.Record
	dek    []byte
}

func newDualCache(size int, age time.Duration) *dualCache {
	return &dualCache{cache: newCache[[32]byte, *dualEntry](size, age)}
}

func (c *dualCache) get(sum [32]byte) *dualEntry {
	if c.cache == nil {
		return nil
	}
	e, _ := c.cache.GetIfPresent(sum)
	return e
}

func (c *dualCache) put(sum [32]byte, e *dualEntry) {
	if c.cache != nil {
		c.cache.Set(sum, e)
	}
}

func (c *dualCache) drop(id key.ID) {
	if c.cache == nil {
		return
	}
	for sum, e := range c.cache.All() {
		if e.record.ID == id {
			c.cache.Invalidate(sum)
		}
	}
}

func (c *dualCache) purge() {
	if c.cache != nil {
		c.cache.InvalidateAll()
	}
}

// stop ends the cache's own goroutine.
func (c *dualCache) stop() {
	if c.cache != nil {
		c.cache.StopAllGoroutines()
	}
}
