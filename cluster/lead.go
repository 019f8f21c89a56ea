package cluster

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/plant"
)

// leadership is one stretch of time in which this node leads and is ready: a barrier of this term is applied here, so
// the state holds everything that was ever acknowledged.
type leadership struct {
	term  uint64
	since time.Duration // boot time at which it was noticed; never before the election
}

const (
	barrierTimeout = 5 * time.Second
	pauseTick      = 20 * time.Millisecond
)

// leading returns the present leadership, nil if this node does not lead or is not ready.
func (n *Node) leading() *leadership {
	ld := n.lead.Load()
	if ld == nil || n.raft.State() != raft.Leader || n.raft.CurrentTerm() != ld.term {
		return nil
	}
	return ld
}

// runLead makes this node ready each time it becomes leader. Each event starts over: raft's channel keeps the last only.
func (n *Node) runLead(ctx context.Context) {
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	results := make(chan *leadership, 1)
	pending := false
	try := func() {
		n.lead.Store(nil)
		if pending || n.raft.State() != raft.Leader {
			return
		}
		pending = true
		if !n.spawn(func() { results <- n.barrier() }) {
			pending = false
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.raft.LeaderCh():
			try()
			n.poke()
		case ld := <-results:
			pending = false
			if ld == nil || n.raft.State() != raft.Leader || n.raft.CurrentTerm() != ld.term {
				continue
			}
			n.lead.Store(ld)
			n.log.Info("this node leads", "term", ld.term)
			n.poke()
			n.nudge()
		case <-retry.C: // a barrier that failed, or readiness lost in a pause
			if n.leading() == nil && n.raft.State() == raft.Leader {
				try()
			}
		}
	}
}

// barrier waits until everything before it is applied here. Nil: it did not happen in one term.
func (n *Node) barrier() *leadership {
	ld := &leadership{term: n.raft.CurrentTerm(), since: n.boot()}
	if n.raft.State() != raft.Leader {
		return nil
	}
	if plant.NoGate {
		return ld
	}
	if err := n.raft.Barrier(barrierTimeout).Error(); err != nil {
		return nil
	}
	return ld
}

// runPause notices that the process, or the whole machine, stood still for long: whatever this node believes of its
// leadership and its lease dates from before. Both are dropped, to be proved again.
func (n *Node) runPause(ctx context.Context) {
	tick := time.NewTicker(pauseTick)
	defer tick.Stop()
	before := n.boot()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := n.boot()
		if gap := now - before; gap > n.cfg.Lease/2 {
			n.lead.Store(nil)
			n.lease.drop("this node stood still and has to ask the leader again")
			n.log.Warn("this node stood still", "for", gap)
			n.poke()
		}
		before = now
	}
}
