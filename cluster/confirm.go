package cluster

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/plant"
)

const (
	methodTerm    = "cluster/term"
	confirmWithin = time.Second
)

// confirmer proves that this node still led at some moment after the question was asked: more than half of the voters,
// asked anew, know of no later term. It is used instead of raft.VerifyLeader, which may count the answer to a
// heartbeat that was sent before the question (reliability.md R19; DESIGN.md).
//
// Questions are answered in rounds: whoever asks joins the next round to begin, never one that is under way.
type confirmer struct {
	mu   sync.Mutex
	next *round // waiting to begin; guarded by mu
	busy bool   // a round is under way; guarded by mu
}

type round struct {
	ld   *leadership
	done chan struct{}
	err  error // set before done is closed
}

// confirm returns nil if ld was this node's leadership, and the cluster's, at some moment after the call began.
// Kinds: fault.NoLeader if it is not, or no quorum answered; Uncertain never.
func (n *Node) confirm(ctx context.Context, ld *leadership) error {
	if plant.VerifyLeader {
		return n.raft.VerifyLeader().Error()
	}
	c := &n.confirmer
	c.mu.Lock()
	r := c.next
	if r == nil || r.ld != ld {
		r = &round{ld: ld, done: make(chan struct{})}
		if c.next != nil { // asked under a leadership that is over: its askers learn that from their own check
			c.next.err = errNotConfirmed()
			close(c.next.done)
		}
		c.next = r
	}
	if !c.busy {
		c.busy = n.spawn(n.confirmRounds)
		if !c.busy {
			c.mu.Unlock()
			return errNotConfirmed()
		}
	}
	c.mu.Unlock()
	select {
	case <-r.done:
		if r.err == nil && n.leading() != ld {
			return errNotConfirmed()
		}
		return r.err
	case <-ctx.Done():
		return fault.Wrap(fault.NoLeader, ctx.Err(), "no quorum confirmed in time that this node leads")
	}
}

func errNotConfirmed() error {
	return fault.New(fault.NoLeader, "this node cannot confirm that it leads")
}

func (n *Node) confirmRounds() {
	c := &n.confirmer
	for {
		c.mu.Lock()
		r := c.next
		c.next = nil
		if r == nil {
			c.busy = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		r.err = n.askTerms(r.ld)
		close(r.done)
	}
}

// askTerms asks every other voter for its term and returns as soon as a quorum, this node included, knows of none
// later than ld's.
func (n *Node) askTerms(ld *leadership) error {
	var others []raft.Server
	voters, voting := 0, false
	for _, s := range n.servers() {
		if s.Suffrage != raft.Voter {
			continue
		}
		voters++
		if string(s.ID) == n.cfg.Node {
			voting = true
		} else {
			others = append(others, s)
		}
	}
	need := voters/2 + 1
	if voting {
		need--
	}
	if n.raft.CurrentTerm() != ld.term {
		return errNotConfirmed()
	}
	if need <= 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(n.ctx, confirmWithin)
	defer cancel()
	answers := make(chan bool, len(others))
	for _, s := range others {
		if !n.spawn(func() {
			term, err := n.askTerm(ctx, string(s.ID))
			answers <- err == nil && (term <= ld.term || plant.SkipTerm)
		}) {
			answers <- false
		}
	}
	yes, no := 0, 0
	for yes < need {
		if <-answers {
			yes++
		} else if no++; len(others)-no < need {
			return errNotConfirmed()
		}
	}
	return nil
}

type termAnswer struct {
	Term uint64 `cbor:"1,keyasint"`
	// The newest entry, committed or not, where askNewest was asked: what `operator recover` compares survivors by.
	LastTerm  uint64 `cbor:"2,keyasint,omitempty"`
	LastIndex uint64 `cbor:"3,keyasint,omitempty"`
}

func (n *Node) askTerm(ctx context.Context, node string) (uint64, error) {
	var a termAnswer
	err := n.ask(ctx, node, methodTerm, nil, &a)
	return a.Term, err
}

// askNewest is the body of a question for the newest entry too. Without it a term is told only: the question stands in the
// way of each confirmed read, and the newest entry is costly to ask raft for.
const askNewest = "newest"

func (n *Node) serveTerm(_ context.Context, _ string, body []byte) ([]byte, error) {
	a := termAnswer{Term: n.raft.CurrentTerm()}
	if string(body) == askNewest {
		a.LastTerm, a.LastIndex = n.newest()
	}
	return wireEnc.Marshal(a)
}

// newest is the newest entry that this node has, in its log or in its snapshot.
func (n *Node) newest() (term, index uint64) {
	stats := n.raft.Stats()
	number := func(name string) uint64 {
		v, _ := strconv.ParseUint(stats[name], 10, 64) // they are numbers, by raft's own code
		return v
	}
	if last, snapshot := number("last_log_index"), number("last_snapshot_index"); snapshot > last {
		return number("last_snapshot_term"), snapshot
	}
	return number("last_log_term"), number("last_log_index")
}
