package cluster

import (
	"context"
	"sync"
	"sync/atomic"
)

// progress is how far this node has come: the machine holds the entries up to it, and OnApply has been told of them. It
// is a counter of its own, and not the machine's, because whoever hears "applied" may rely on OnApply having acted.
type progress struct {
	at      atomic.Uint64
	mu      sync.Mutex
	changed chan struct{} // closed at the next advance; nil while nobody waits. Guarded by mu
}

// reached is the index of the newest entry.
func (p *progress) reached() uint64 { return p.at.Load() }

// advance is for one caller at a time.
func (p *progress) advance(index uint64) {
	if index <= p.at.Load() {
		return
	}
	p.at.Store(index)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// wait returns once index is reached, or the context's error if that ends first.
func (p *progress) wait(ctx context.Context, index uint64) error {
	for p.at.Load() < index {
		p.mu.Lock()
		if p.at.Load() >= index {
			p.mu.Unlock()
			return nil
		}
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
