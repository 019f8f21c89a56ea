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

// lookWithin is how long Vitals waits for the disk before it tells what it saw last: metrics must be there when the disk is frozen.
const lookWithin = 100 * time.Millisecond

// look is what was seen of the store's file, and somebody who looks again. A disk that does not answer keeps one goroutine, until it ends
// this node.
type look struct {
	mu    sync.Mutex
	seen  Vitals        // guarded by mu
	under chan struct{} // closed when whoever looks is back; nil: nobody looks. Guarded by mu
}

func (l *look) at(see func() Vitals) Vitals {
	l.mu.Lock()
	if l.under == nil {
		l.under = make(chan struct{})
		go func() {
			seen := see()
			l.mu.Lock()
			defer l.mu.Unlock()
			l.seen = seen
			close(l.under)
			l.under = nil
		}()
	}
	under := l.under
	l.mu.Unlock()
	timer := time.NewTimer(lookWithin)
	defer timer.Stop()
	select {
	case <-under:
	case <-timer.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen
}

// Vitals looks at the disk, and waits no longer for it than lookWithin: of the store's file it tells then what was seen last.
func (n *Node) Vitals() Vitals {
	v := n.look.at(n.storeVitals)
	v.Path, v.Slowest, v.Stall, v.Store = n.cfg.Dir, n.store.pace.slowest(n.boot()), n.cfg.DiskStall, filepath.Join(n.cfg.Dir, logFile)
	return v
}

// storeVitals may wait for the disk for as long as that likes.
func (n *Node) storeVitals() (v Vitals) {
	v.Store = filepath.Join(n.cfg.Dir, logFile)
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
