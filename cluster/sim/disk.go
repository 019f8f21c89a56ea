package sim

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/room"
)

var (
	errDisk  = errors.New("simulated: input/output error")
	errPower = errors.New("simulated: this process was killed")
)

// content is what a disk holds. It is changed as a whole or not at all, as by bbolt's transactions.
type content struct {
	first uint64 // index of logs[0]
	logs  []raft.Log
	vals  map[string][]byte
}

func (c *content) clone() content {
	return content{first: c.first, logs: slices.Clone(c.logs), vals: maps.Clone(c.vals)}
}

// disk is the store of one node, over its lives.
type disk struct {
	mu     sync.Mutex
	now    content       // what a process reads; guarded by mu
	safe   *content      // what a power cut leaves, where that is less; guarded by mu
	synced time.Time     // when all of it was last safe; guarded by mu
	fail   bool          // writes fail; guarded by mu
	slow   time.Duration // writes take so long; guarded by mu
	frozen chan struct{} // writes wait for it to be closed; nil: they do not. Guarded by mu
}

// writeback is how long the kernel keeps what nobody told it to sync.
const writeback = 5 * time.Second

func newDisk() *disk { return &disk{now: content{vals: map[string][]byte{}}} }

// open gives a process its end of the disk. It honours what the options say of syncing.
func (d *disk) open(options *bbolt.Options) *handle {
	return &handle{disk: d, noSync: options.NoSync, dead: make(chan struct{})}
}

// cutPower leaves what was synced.
func (d *disk) cutPower() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.safe != nil {
		d.now, d.safe = *d.safe, nil
	}
}

// ail sets how the disk is: failing, slow, frozen. The zero values heal it.
func (d *disk) ail(fail bool, slow time.Duration, freeze bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail, d.slow = fail, slow
	switch {
	case freeze && d.frozen == nil:
		d.frozen = make(chan struct{})
	case !freeze && d.frozen != nil:
		close(d.frozen)
		d.frozen = nil
	}
}

// handle is one process's end of the disk: nothing that the process writes after its death arrives.
type handle struct {
	*disk
	noSync bool
	once   sync.Once
	dead   chan struct{}
}

var _ cluster.Store = (*handle)(nil)

func (h *handle) kill() { h.once.Do(func() { close(h.dead) }) }

// write makes one change, as the disk's condition lets it.
func (h *handle) write(change func(*content)) error {
	h.mu.Lock()
	slow, frozen := h.slow, h.frozen
	h.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-h.dead:
		}
	}
	if frozen != nil {
		select {
		case <-frozen:
		case <-h.dead:
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.dead:
		return errPower
	default:
	}
	if h.fail {
		return errDisk
	}
	if h.noSync && time.Since(h.synced) > writeback {
		safe := h.now.clone()
		h.safe, h.synced = &safe, time.Now()
	}
	change(&h.now)
	return nil
}

// FirstIndex implements raft.LogStore.
func (h *handle) FirstIndex() (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.now.logs) == 0 {
		return 0, nil
	}
	return h.now.first, nil
}

// LastIndex implements raft.LogStore.
func (h *handle) LastIndex() (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.now.logs) == 0 {
		return 0, nil
	}
	return h.now.first + uint64(len(h.now.logs)) - 1, nil
}

// GetLog implements raft.LogStore.
func (h *handle) GetLog(index uint64, l *raft.Log) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if index < h.now.first || index >= h.now.first+uint64(len(h.now.logs)) {
		return raft.ErrLogNotFound
	}
	*l = h.now.logs[index-h.now.first]
	return nil
}

// StoreLog implements raft.LogStore.
func (h *handle) StoreLog(l *raft.Log) error { return h.StoreLogs([]*raft.Log{l}) }

// StoreLogs implements raft.LogStore.
func (h *handle) StoreLogs(logs []*raft.Log) error {
	return h.write(func(c *content) {
		for _, l := range logs {
			if len(c.logs) == 0 {
				c.first = l.Index
			}
			at := l.Index - c.first
			if at > uint64(len(c.logs)) {
				panic("sim: a hole in the log")
			}
			c.logs = append(c.logs[:at], *l)
		}
	})
}

// DeleteRange implements raft.LogStore, for the two ends of the log.
func (h *handle) DeleteRange(lo, hi uint64) error {
	return h.write(func(c *content) {
		end := c.first + uint64(len(c.logs))
		switch {
		case len(c.logs) == 0 || hi < c.first || lo >= end:
		case lo <= c.first && hi+1 >= end:
			c.first, c.logs = 0, nil
		case lo <= c.first:
			c.logs = slices.Clone(c.logs[hi+1-c.first:])
			c.first = hi + 1
		default:
			c.logs = c.logs[:lo-c.first]
		}
	})
}

// Set implements raft.StableStore.
func (h *handle) Set(key, val []byte) error {
	return h.write(func(c *content) { c.vals[string(key)] = slices.Clone(val) })
}

// Get implements raft.StableStore.
func (h *handle) Get(key []byte) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if v, ok := h.now.vals[string(key)]; ok {
		return slices.Clone(v), nil
	}
	return nil, raftboltdb.ErrKeyNotFound
}

// SetUint64 implements raft.StableStore; package cluster keeps one record through Set.
func (h *handle) SetUint64([]byte, uint64) error { return errors.New("sim: not used") }

// GetUint64 implements raft.StableStore.
func (h *handle) GetUint64([]byte) (uint64, error) { return 0, raftboltdb.ErrKeyNotFound }

// roomy is a file system that is never full: what a full disk does is shown elsewhere.
func roomy(string) (room.Space, error) { return room.Space{Free: 1 << 40, Total: 1 << 40}, nil }
