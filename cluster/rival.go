package cluster

import (
	"sync"
	"time"
)

// rivals is what a leader heard of the processes that speak for each member: one that was started again, and perhaps one that was started
// from a stolen directory. Each process has a boot id, drawn when it starts, and says it with every report.
type rivals struct {
	mu     sync.Mutex
	byNode map[string]map[[16]byte]time.Duration // boot time of the last report of each process; guarded by mu
}

// maxRivals bounds what is kept of one member.
const maxRivals = 8

// note keeps that a process of a member has just reported.
func (r *rivals) note(node string, boot [16]byte, now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byNode == nil {
		r.byNode = map[string]map[[16]byte]time.Duration{}
	}
	known := r.byNode[node]
	if known == nil {
		known = map[[16]byte]time.Duration{}
		r.byNode[node] = known
	}
	known[boot] = now
	for len(known) > maxRivals {
		oldest, at := boot, known[boot]
		for b, t := range known {
			if t < at {
				oldest, at = b, t
			}
		}
		delete(known, oldest)
	}
}

// last is when another process of the member than boot reported last; 0: never.
func (r *rivals) last(node string, boot [16]byte) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var newest time.Duration
	for b, at := range r.byNode[node] {
		if b != boot {
			newest = max(newest, at)
		}
	}
	return newest
}

// Elsewhere tells a leader whether a member may be alive as another process than the one with that boot id: 0 means no, as far as reports
// tell; else how long it takes until that can be said, if none is heard of meanwhile. A leader that is new first waits until others had the
// time to report to it. On a node that does not lead the answer is never 0.
func (n *Node) Elsewhere(node string, boot [16]byte) time.Duration {
	quiet := n.silence() * 3 / 2
	ld := n.leading()
	switch {
	case ld == nil || node == n.cfg.Node && boot != n.cfg.Process:
		return quiet
	case node == n.cfg.Node:
		return 0 // this very process
	}
	heard := max(ld.since, n.rivals.last(node, boot))
	return max(quiet-(n.boot()-heard), 0)
}
