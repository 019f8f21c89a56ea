package vault

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// counting is how far a node may count on its own. DESIGN.md proves from these that no cipher is used beyond its bound.
type counting struct {
	tellAt uint64 // uses of one version that are told at once; 0: 2^20
	holdAt uint64 // uses of one version that may be untold; beyond, it protects nothing; 0: 2^21
	stopAt uint64 // committed uses at which a version of an authenticated cipher protects nothing any more; 0: 2^32 - 2^28
}

func (c *counting) complete() {
	for _, d := range []struct {
		field *uint64
		value uint64
	}{{&c.tellAt, 1 << 20}, {&c.holdAt, 1 << 21}, {&c.stopAt, 1<<32 - 1<<28}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
}

// counter counts the uses of one version on this node. Every use touches it, without a lock.
type counter struct {
	uses      atomic.Uint64 // protecting uses that the cluster was not told of yet
	bytes     atomic.Uint64 // that they protected
	last      atomic.Int64  // the latest use of any kind, a key.Time
	told      atomic.Int64  // what the cluster knows of last
	committed atomic.Uint64 // protecting uses that the state knows, of all nodes
	asked     atomic.Int64  // when usages.of last gave it out: a time.Duration since usages.began
}

// learn raises what is known to be committed.
func (c *counter) learn(committed uint64) {
	for {
		old := c.committed.Load()
		if committed <= old || c.committed.CompareAndSwap(old, committed) {
			return
		}
	}
}

// usages is what a node counts: uses by version, and what it holds of usage limits. Its lock is taken when a key is opened
// and when the counts are told, not when a key is used.
type usages struct {
	mu         sync.RWMutex
	counters   map[slot]*counter     // guarded by mu
	allowances map[key.ID]*allowance // guarded by mu

	nudge chan struct{} // something must be told at once
	turn  chan struct{} // whoever tells holds it
	batch *usageBatch   // what is being told; guarded by turn
	began time.Time     // for durations that no change of the clock disturbs, as those of the cache of opened keys
	boot  [8]byte       // names the batches of this process
	seq   uint64        // guarded by turn
}

func newUsages() *usages {
	return &usages{
		counters: map[slot]*counter{}, allowances: map[key.ID]*allowance{},
		nudge: make(chan struct{}, 1), turn: make(chan struct{}, 1), began: time.Now(),
	}
}

// of is the counter of a version, made if there was none. It may be kept for as long as an opened key is.
func (u *usages) of(at slot, s *fsm.State) *counter {
	now := time.Since(u.began)
	u.mu.RLock()
	c := u.counters[at]
	if c != nil {
		c.asked.Store(int64(now))
	}
	u.mu.RUnlock()
	if c != nil {
		return c
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if c = u.counters[at]; c == nil {
		c = &counter{}
		c.learn(s.Usage(at.id, at.version).Uses)
		u.counters[at] = c
	}
	c.asked.Store(int64(now))
	return c
}

// known is the counter of a version; nil if there is none.
func (u *usages) known(at slot) *counter {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.counters[at]
}

// soon has the node tell what it counted now, not at the next interval.
func (u *usages) soon() {
	select {
	case u.nudge <- struct{}{}:
	default:
	}
}

// changed has the node tell now if it knows of uses of r that the cluster does not: whoever takes a key out of use may destroy
// it next, and the leader is asked then when it was last used.
func (u *usages) changed(r *key.Record) {
	for i := range r.Versions {
		if c := u.known(slot{r.ID, r.Versions[i].Number}); c != nil && c.last.Load() != c.told.Load() {
			u.soon()
			return
		}
	}
}

// prune drops counters that have nothing to tell and that nobody can hold any more: they were not given out for so long.
func (u *usages) prune(idle time.Duration) {
	before := time.Since(u.began) - idle
	u.mu.Lock()
	defer u.mu.Unlock()
	for at, c := range u.counters {
		if time.Duration(c.asked.Load()) < before && c.uses.Load() == 0 && c.bytes.Load() == 0 && c.last.Load() == c.told.Load() {
			delete(u.counters, at)
		}
	}
}

// applied takes up what the state knows after some node told of its uses.
func (u *usages) applied(items []fsm.UsageItem, s *fsm.State) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for i := range items {
		if c := u.counters[slot{items[i].ID, items[i].Version}]; c != nil {
			c.learn(s.Usage(items[i].ID, items[i].Version).Uses)
		}
	}
}

// came takes up what a key was used before it came here. What is left here of one with its id, that was purged, is not taken off: it can only be
// too much.
func (u *usages) came(id key.ID, used []fsm.FirstUse, s *fsm.State) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	for i := range used {
		if c := u.counters[slot{id, used[i].Version}]; c != nil {
			c.learn(s.Usage(id, used[i].Version).Uses)
		}
	}
}

// restored takes up what another state knows. What this node holds of limits may have been handed out in none that led to it.
func (u *usages) restored(s *fsm.State) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for at, c := range u.counters {
		c.committed.Store(s.Usage(at.id, at.version).Uses)
	}
	for _, a := range u.allowances { // an opened key may still have it
		a.left.Store(0)
	}
	clear(u.allowances)
}

// protects tells whether an operation applies protection, so that it counts towards what a cipher bears.
func protects(op key.Operation) bool {
	switch op {
	case key.ToEncrypt, key.ToDataKey, key.ToSign, key.ToMAC, key.ToDerive, key.ToDeriveKey, key.ToWrap, key.ToSealBackup, key.ToEncapsulate, key.ToHaveChild:
		return true
	}
	return false
}

// count counts uses before they happen, on this node alone: a use that fails afterwards was counted all the same. It asks
// the leader only for keys with a usage limit. fault.BadState when the version, or the key's limit, is used up; fault.Busy
// while too much of what this node counted could not be told.
func (t *task) count(ctx context.Context, op key.Operation, r *key.Record, ver *key.Version, o *opened, uses, size uint64) error {
	c, protecting := o.uses, protects(op)
	if protecting {
		if err := t.v.countProtecting(r, ver, c, uses); err != nil {
			return err
		}
	}
	if amount := limited(r, protecting, uses, size); amount > 0 {
		if err := t.draw(ctx, r, o.allowance, amount); err != nil {
			if protecting {
				c.uses.Add(-uses)
			}
			return err
		}
	}
	if protecting && reaches(c.bytes.Add(size), size, r.RotateBytes) {
		t.v.usage.soon()
	}
	c.touch(key.At(t.v.cfg.Now()))
	return nil
}

// limited is what a number of uses, of size bytes together, takes of a key's limit: each use, or the bytes that are protected.
func limited(r *key.Record, protecting bool, uses, size uint64) uint64 {
	switch {
	case r.UsageLimit == 0 || r.LimitBytes && !protecting:
		return 0
	case r.LimitBytes:
		return size
	}
	return uses
}

func (c *counter) touch(now key.Time) {
	if c.last.Load() < int64(now) {
		c.last.Store(int64(now))
	}
}

// reaches tells whether the last step of a count, up to sum, is the one that reached the bound; 0: there is none.
func reaches(sum, step, bound uint64) bool { return bound != 0 && sum >= bound && sum-step < bound }

func (v *Vault) countProtecting(r *key.Record, ver *key.Version, c *counter, uses uint64) error {
	bounded := r.Algorithm.Traits().AEAD
	if bounded && c.committed.Load() >= v.cfg.counting.stopAt {
		return fault.New(fault.BadState, "key %s version %d was used %d times: its cipher bears no more", nameOf(r), ver.Number, c.committed.Load()).
			WithHint("Rotate the key; what this version protected still opens. (A key restored from a backup that does not say how often it was used counts as used up.)")
	}
	n := c.uses.Add(uses)
	if n >= v.cfg.counting.tellAt || reaches(c.committed.Load()+n, uses, r.RotateUses) {
		v.usage.soon()
	}
	if bounded && n > v.cfg.counting.holdAt {
		c.uses.Add(-uses)
		return fault.New(fault.Busy, "key %s was used more often than this node could tell the leader", nameOf(r)).
			WithHint("Try again in a moment; if it lasts, look whether the cluster has a leader.")
	}
	return nil
}

// counted gives an opened version what its uses are counted with.
func (t *task) counted(r *key.Record, ver *key.Version, o *opened) *opened {
	o.uses = t.v.usage.of(slot{r.ID, ver.Number}, t.link.machine.State())
	if r.UsageLimit != 0 {
		o.allowance = t.v.usage.allowance(r)
	}
	return o
}

// shown is a record as it leaves the vault, with what is known of its uses.
func (v *Vault) shown(r *key.Record) *key.Record {
	p := public(r)
	v.showUses(p)
	return p
}

// showUses fills in what the state and this node know of the uses of a record that is about to be shown.
func (v *Vault) showUses(p *key.Record) {
	s := v.state()
	used := make([]key.Use, len(p.Versions))
	for i := range p.Versions {
		ver := &p.Versions[i]
		used[i], ver.Used = v.usesOf(s, p.ID, ver.Number), &used[i]
	}
	if p.Shown == nil { // it came from the leader
		p.Shown = new(key.Shown)
		if r := s.Key(p.ID); r != nil {
			p.Shown.Bits = secretBits(r)
		}
	}
	p.Shown.WaitsFor = holdUp(s, p)
	if p.UsageLimit == 0 {
		return
	}
	if taken := s.Usage(p.ID, 0).Allocated; taken < p.UsageLimit {
		p.Shown.UsageLeft = p.UsageLimit - taken
	}
	p.Shown.UsageLeft += v.usage.held(p)
}

// holdUp is how many versions of children are still wrapped by what of p is to be destroyed.
func holdUp(s *fsm.State, p *key.Record) (n uint64) {
	for i := range p.Versions {
		if ver := &p.Versions[i]; p.DestroyAt != 0 || ver.DestroyAt != 0 {
			n += uint64(s.ChildrenUnder(p.ID, ver.Number))
		}
	}
	return n
}

func (v *Vault) usesOf(s *fsm.State, id key.ID, version uint32) key.Use {
	u := s.Usage(id, version)
	if c := v.usage.known(slot{id, version}); c != nil {
		return key.Use{Count: u.Uses + c.uses.Load(), Bytes: u.Bytes + c.bytes.Load(), Last: max(u.LastUsed, key.Time(c.last.Load()))}
	}
	return key.Use{Count: u.Uses, Bytes: u.Bytes, Last: u.LastUsed}
}

// lastUsed is when a version of r, or any of them (0), was last used as far as this node knows; 0: never.
func (v *Vault) lastUsed(r *key.Record, version uint32) key.Time {
	s, last := v.state(), key.Time(0)
	for i := range r.Versions {
		if n := r.Versions[i].Number; version == 0 || n == version {
			last = max(last, v.usesOf(s, r.ID, n).Last)
		}
	}
	return last
}

// tellEvery is how often a node tells the leader what it counted.
const tellEvery = 10 * time.Second
