package cluster

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/plant"
)

const (
	methodIndex = "cluster/read-index"
	methodWait  = "cluster/wait"
)

// grants is what a leader remembers of the leases that it made possible: for each node, until when it may serve reads
// from a state of which index. An entry outlives its node's membership; it ends with its time.
type grants struct {
	clock  clock
	mu     sync.Mutex
	byNode map[string][]grant // in the order given; guarded by mu
	// watched has, by node, a channel that the next forget closes and takes out; guarded by mu.
	watched map[string]chan struct{}
}

type grant struct {
	index uint64
	until time.Duration // boot time of this node, lease and margin included
}

// maxGrants bounds what is kept of one node: several exchanges may run in one lease, for linearizable reads.
const maxGrants = 64

// give records that node may hold a lease from now on and returns the index that it must have applied. Reading the
// index happens under the lock: every grant either is seen by outstanding or carries an index at least as high as
// what outstanding was asked about.
func (g *grants) give(node string, index func() uint64, until time.Duration) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := grant{index: index(), until: until}
	if g.byNode == nil {
		g.byNode = map[string][]grant{}
	}
	list := g.prune(g.byNode[node])
	if len(list) > 0 && list[len(list)-1].index == at.index {
		list[len(list)-1].until = max(list[len(list)-1].until, until)
	} else {
		list = append(list, at)
	}
	if len(list) > maxGrants { // merge the two oldest, to the safe side: the older index, the later end
		list[1] = grant{index: list[0].index, until: max(list[0].until, list[1].until)}
		list = list[1:]
	}
	g.byNode[node] = list
	return at.index
}

// prune drops what has run out.
func (g *grants) prune(list []grant) []grant {
	now := g.clock.now()
	kept := list[:0]
	for _, at := range list {
		if at.until > now {
			kept = append(kept, at)
		}
	}
	return kept
}

// outstanding lists the nodes that may serve a state older than index, and until when.
func (g *grants) outstanding(index uint64) map[string]time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	open := map[string]time.Duration{}
	for node, list := range g.byNode {
		list = g.prune(list)
		g.byNode[node] = list
		if len(list) == 0 {
			delete(g.byNode, node)
		}
		for _, at := range list {
			if at.index < index {
				open[node] = max(open[node], at.until)
			}
		}
	}
	return open
}

// forget drops the leases that node was given up to then, on this node's clock: it has said that it serves no more.
func (g *grants) forget(node string, given, bound time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if list, ok := g.byNode[node]; ok {
		g.byNode[node] = slices.DeleteFunc(list, func(at grant) bool { return at.until <= given+bound })
	}
	if c, ok := g.watched[node]; ok {
		close(c)
		delete(g.watched, node)
	}
}

// forgotten is closed when leases of node are next forgotten. Who wants to miss none takes it before asking outstanding.
func (g *grants) forgotten(node string) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, ok := g.watched[node]
	if !ok {
		if g.watched == nil {
			g.watched = map[string]chan struct{}{}
		}
		c = make(chan struct{})
		g.watched[node] = c
	}
	return c
}

// leaseBound is how long after granting, on this node's clock, a lease has ended on its holder's: clocks may run
// apart by one in a hundred.
func (n *Node) leaseBound() time.Duration { return n.cfg.Lease + n.cfg.Lease/100 + 5*time.Millisecond }

type indexRequest struct {
	Report report `cbor:"1,keyasint"`
}

type indexAnswer struct {
	Index uint64 `cbor:"1,keyasint"`
	Term  uint64 `cbor:"2,keyasint"`
}

// askIndex asks the leader for a read index, and tells it how this node is.
func (n *Node) askIndex(ctx context.Context) (uint64, error) {
	leader := n.whoLeads()
	if leader == "" {
		return 0, fault.New(fault.NoLeader, "no leader is known")
	}
	if leader == n.cfg.Node {
		return 0, fault.New(fault.NoLeader, "this node was elected and is not ready yet")
	}
	var a indexAnswer
	err := n.ask(ctx, leader, methodIndex, indexRequest{Report: n.ownReport()}, &a)
	return a.Index, err
}

// serveIndex is the leader's side: ready, confirmed by a quorum after the question came, then the index.
func (n *Node) serveIndex(ctx context.Context, from string, body []byte) ([]byte, error) {
	var q indexRequest
	if err := wireDec.Unmarshal(body, &q); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request for a read index cannot be read")
	}
	ld := n.leading()
	if ld == nil {
		return nil, fault.New(fault.NoLeader, "this node does not lead, or is not ready yet")
	}
	if _, member := n.find(from); !member { // it may be heard, on another's word, and may be a member no more
		return nil, fault.New(fault.Denied, "node %q is not a member", from)
	}
	n.reports.note(from, q.Report, n.app.done.reached(), n.cfg.Now(), n.silence())
	n.rivals.note(from, q.Report.Process, n.boot())
	if err := n.confirm(ctx, ld); err != nil {
		return nil, err
	}
	if _, member := n.find(from); !member { // removed meanwhile, and perhaps told so already
		return nil, fault.New(fault.Denied, "node %q is not a member any more", from)
	}
	index := n.grants.give(from, n.app.done.reached, n.boot()+n.leaseBound())
	return wireEnc.Marshal(indexAnswer{Index: index, Term: ld.term})
}

type waitRequest struct {
	Index uint64 `cbor:"1,keyasint"`
}

type waitAnswer struct {
	Applied uint64 `cbor:"1,keyasint"`
}

// serveWait answers when this node has applied an index.
func (n *Node) serveWait(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var q waitRequest
	if err := wireDec.Unmarshal(body, &q); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the request to wait cannot be read")
	}
	if err := n.app.done.wait(ctx, q.Index); err != nil {
		return nil, fault.Wrap(fault.Stale, err, "index %d is not applied here yet", q.Index)
	}
	return wireEnc.Marshal(waitAnswer{Applied: n.app.done.reached()})
}

// Outlast returns when no node can serve a state older than the one that this leader has now: it is for who repeats a
// revocation whose first acknowledgement may not have been given, also from before a restore, whose index says nothing
// here. Kinds: fault.NoLeader, fault.Uncertain.
func (n *Node) Outlast(ctx context.Context) error {
	ld := n.leading()
	if ld == nil {
		return fault.New(fault.NoLeader, "this node does not lead, or is not ready yet")
	}
	return n.outlast(ctx, ld, n.app.done.reached())
}

// outlast returns when no node can serve a state older than index: each that may hold a lease has applied it, or its
// lease has run out. ld is the leadership under which index was committed, or the one before that; leases
// that earlier leaders granted are waited out from its beginning. Kind: fault.Uncertain when ctx ends first.
func (n *Node) outlast(ctx context.Context, ld *leadership, index uint64) error {
	if plant.NoOutlast {
		return nil
	}
	open := n.grants.outstanding(index)
	still := func(node string) bool { return n.grants.outstanding(index)[node] > 0 } // until it is forgotten
	inherited := ld.since + n.leaseBound()
	everybody := time.Duration(0)
	if n.boot() < inherited {
		for _, s := range n.servers() {
			if id := string(s.ID); id != n.cfg.Node {
				open[id] = max(open[id], inherited)
			}
		}
		still = func(string) bool { return true }
		everybody = min(inherited, n.app.lastDrop()+n.leaseBound()) // one who is no member any more may hold a lease
	}
	if len(open) == 0 && everybody <= n.boot() {
		return nil
	}
	var waits sync.WaitGroup
	for node, until := range open {
		waits.Go(func() { n.outlastOne(ctx, node, index, until, still) })
	}
	n.sleepUntil(ctx, everybody)
	waits.Wait()
	if ctx.Err() != nil || n.ctx.Err() != nil {
		return fault.New(fault.Uncertain, "the change is made at index %d; whether every node has stopped using the old state was not confirmed in time", index)
	}
	return nil
}

// outlastOne returns when node has applied index, when its lease has run out, or when still says no: that is asked again
// whenever leases of node are forgotten, for one that was removed ends with our question unanswered.
func (n *Node) outlastOne(ctx context.Context, node string, index uint64, until time.Duration, still func(string) bool) {
	body, err := wireEnc.Marshal(waitRequest{Index: index})
	if err != nil {
		n.sleepUntil(ctx, until)
		return
	}
	for {
		forgotten := n.grants.forgotten(node)
		left := until - n.boot()
		if left <= 0 || ctx.Err() != nil || n.ctx.Err() != nil || !still(node) {
			return
		}
		try, cancel := context.WithTimeout(ctx, left)
		var watch sync.WaitGroup
		watch.Go(func() {
			select {
			case <-forgotten:
				cancel()
			case <-try.Done():
			}
		})
		var a waitAnswer
		_, err := n.askRaw(try, node, methodWait, body, &a)
		if err != nil || a.Applied < index {
			pause := 10*time.Millisecond + rand.N(20*time.Millisecond)
			n.sleepUntil(try, min(until, n.boot()+pause))
		}
		cancel()
		watch.Wait()
		if err == nil && a.Applied >= index {
			return
		}
	}
}

// sleepUntil waits for a boot time, or for the end of ctx or of the node.
func (n *Node) sleepUntil(ctx context.Context, until time.Duration) {
	for {
		left := until - n.boot()
		if left <= 0 {
			return
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return
		case <-n.ctx.Done():
			return
		}
	}
}
