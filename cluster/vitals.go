package cluster

import (
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Vitals is how fast the node's disk is and how full its store, at one moment. Status tells the room on the disk.
type Vitals struct {
	Path           string        // the data directory
	Slowest        time.Duration // the longest write within the last minute or two, synced
	Stall          time.Duration // a write that takes this long ends the node
	Store          string        // the file that keeps the log
	StoreSize      int64         // bytes
	StoreFreePages int64         // bytes of it in pages that hold nothing
	LogEntries     int64         // that the log has
}

// Vitals looks at the disk. It waits for no write.
func (n *Node) Vitals() Vitals {
	v := Vitals{Path: n.cfg.Dir, Slowest: n.store.pace.slowest(n.boot()), Stall: n.cfg.DiskStall, Store: filepath.Join(n.cfg.Dir, logFile)}
	if info, err := os.Stat(v.Store); err == nil {
		v.StoreSize = info.Size()
	}
	if s, ok := n.store.disk.(interface{ Stats() bbolt.Stats }); ok {
		v.StoreFreePages = int64(s.Stats().FreePageN) * int64(os.Getpagesize())
	}
	first, err := n.store.FirstIndex()
	last, err2 := n.store.LastIndex()
	if err == nil && err2 == nil && last > 0 {
		v.LogEntries = int64(last-first) + 1
	}
	return v
}

// pace remembers the slowest write of this minute and of the one before.
type pace struct {
	mu        sync.Mutex
	minute    int64         // of boot time; guarded by mu
	this, was time.Duration // guarded by mu
}

func (p *pace) note(now, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turnLocked(now)
	p.this = max(p.this, took)
}

func (p *pace) slowest(now time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turnLocked(now)
	return max(p.this, p.was)
}

func (p *pace) turnLocked(now time.Duration) {
	minute := int64(now / time.Minute)
	switch {
	case minute == p.minute:
		return
	case minute == p.minute+1:
		p.was = p.this
	default:
		p.was = 0
	}
	p.this, p.minute = 0, minute
}
