package cluster

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

// methodAround asks a member what it knows of the others: who leads, where they are; and for its certificate.
const methodAround = "cluster/around"

const aroundEvery = 500 * time.Millisecond

var randomness = rand.Reader

// around is what this node learnt by asking members other than the leader.
type around struct {
	refusals refusals
	last     atomic.Int64 // boot time of the last round, ns
	found    atomic.Int64 // boot time at which findMissing began last, ns; 0: never
	finding  atomic.Bool  // a round of it is under way
	mu       sync.Mutex
	leader   string                   // as somebody said it; guarded by mu
	addrs    map[string]string        // where nodes are, as somebody said it; guarded by mu
	vouched  map[string]time.Duration // members that a voter named, and until when that counts; guarded by mu
}

// aroundAnswer is what a member says. The addresses are hints.
type aroundAnswer struct {
	Leader string            `cbor:"1,keyasint,omitempty"`
	Addrs  map[string]string `cbor:"2,keyasint,omitempty"`
	Cert   []byte            `cbor:"3,keyasint,omitempty"` // the member's own certificate
	Gossip string            `cbor:"4,keyasint,omitempty"` // where the member gossips
	// Members are the members as the one who answers knows them.
	Members []string `cbor:"5,keyasint,omitempty"`
}

type aroundQuestion struct {
	Peer string `cbor:"1,keyasint,omitempty"` // where the asker is now
}

// whoLeads is the leader as raft knows it, else as somebody said. A wrong answer costs one call.
func (n *Node) whoLeads() string {
	if _, id := n.raft.LeaderWithID(); id != "" {
		return string(id)
	}
	n.around.mu.Lock()
	defer n.around.mu.Unlock()
	return n.around.leader
}

// resolve finds where a node is now, if it is known better than the Raft configuration knows it.
func (n *Node) resolve(id raft.ServerID) (string, bool) {
	if m, ok := n.announced()[string(id)]; ok && m.Healthy && m.Peer != "" {
		return m.Peer, true
	}
	n.around.mu.Lock()
	defer n.around.mu.Unlock()
	addr, ok := n.around.addrs[string(id)]
	return addr, ok
}

// lookAround asks all members, when the leader cannot be asked: who leads, where is everybody.
func (n *Node) lookAround(ctx context.Context, _ error) {
	now := n.boot()
	if now-time.Duration(n.around.last.Load()) < aroundEvery || len(n.servers()) == 0 {
		return
	}
	n.around.last.Store(int64(now))
	ctx, cancel := context.WithTimeout(ctx, aroundEvery)
	defer cancel()
	var mu sync.Mutex
	errs := map[string]error{}
	var calls sync.WaitGroup
	for _, s := range n.servers() {
		if string(s.ID) == n.cfg.Node {
			continue
		}
		calls.Go(func() {
			err := n.askAround(ctx, string(s.ID))
			mu.Lock()
			defer mu.Unlock()
			errs[string(s.ID)] = err
		})
	}
	calls.Wait()
	n.countRefusals(errs)
	var missing []string
	for node, err := range errs {
		if err != nil {
			missing = append(missing, node)
		}
	}
	n.findMissing(missing)
}

func (n *Node) askAround(ctx context.Context, node string) error {
	var a aroundAnswer
	if err := n.ask(ctx, node, methodAround, aroundQuestion{Peer: n.peerAddr()}, &a); err != nil {
		return err
	}
	n.book.learn(node, a.Cert, n.id.Load())
	n.meet(a.Gossip)
	n.around.mu.Lock()
	if s, ok := n.find(node); ok && s.Suffrage == raft.Voter {
		n.around.vouchLocked(a.Members, n.boot()+vouchedFor)
	}
	n.around.mu.Unlock() // isMember asks for it
	known := map[string]string{}
	for name, addr := range a.Addrs {
		if len(addr) <= maxAddr && name != n.cfg.Node && n.isMember(name) {
			known[name] = addr
		}
	}
	n.around.mu.Lock()
	defer n.around.mu.Unlock()
	if a.Leader != "" && a.Leader != n.cfg.Node && len(a.Leader) < 64 {
		n.around.leader = a.Leader
	}
	for name, addr := range known {
		n.noteAddrLocked(name, addr)
	}
	return nil
}

// vouchedFor is how long a voter's word on who is a member counts. A node that is cut off from its leader asks again
// every aroundEvery.
const vouchedFor = 5 * time.Second

// vouchLocked notes whom a voter named as members. Caller holds mu.
func (a *around) vouchLocked(names []string, until time.Duration) {
	if a.vouched == nil {
		a.vouched = map[string]time.Duration{}
	}
	for _, name := range names {
		if len(a.vouched) < maxVouched || a.vouched[name] != 0 {
			a.vouched[name] = until
		}
	}
}

// maxVouched bounds what is kept: more members than any cluster has.
const maxVouched = 256

// vouchedFor tells whether a voter has said of late that node is a member.
func (a *around) vouchedFor(node string, now time.Duration) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	until, ok := a.vouched[node]
	if ok && until <= now {
		delete(a.vouched, node)
	}
	return ok && until > now
}

// noteAddrLocked keeps a hint. Caller holds around.mu.
func (n *Node) noteAddrLocked(node, addr string) {
	if n.around.addrs == nil {
		n.around.addrs = map[string]string{}
	}
	n.around.addrs[node] = addr
}

// serveAround answers what this node knows, and learns where the asker is.
func (n *Node) serveAround(_ context.Context, from string, body []byte) ([]byte, error) {
	var q aroundQuestion
	if err := wireDec.Unmarshal(body, &q); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the question cannot be read")
	}
	a := aroundAnswer{Addrs: map[string]string{n.cfg.Node: n.peerAddr()}, Cert: n.id.Load().Cert.Certificate[0], Gossip: n.GossipAddr()}
	a.Leader, _ = n.Leader()
	for _, s := range n.servers() {
		a.Members = append(a.Members, string(s.ID))
	}
	heard := n.isMember(from)
	n.around.mu.Lock()
	if q.Peer != "" && len(q.Peer) <= maxAddr && heard {
		n.noteAddrLocked(from, q.Peer)
	}
	for name, addr := range n.around.addrs {
		a.Addrs[name] = addr
	}
	n.around.mu.Unlock()
	return wireEnc.Marshal(a)
}

// certBook keeps the certificates of members, to check what they sign in gossip.
type certBook struct {
	clock  clock
	mu     sync.Mutex
	byNode map[string]*x509.Certificate // verified; guarded by mu
	asked  map[string]time.Duration     // boot time of the last attempt to get one; guarded by mu
}

// learn keeps a certificate if the cluster's CA vouches for it and it names the node.
func (b *certBook) learn(node string, der []byte, id *peer.Identity) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: id.CA, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return
	}
	cluster, name, err := peer.NodeOf(leaf)
	if err != nil || cluster != id.Cluster || name != node {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byNode == nil {
		b.byNode = map[string]*x509.Certificate{}
	}
	b.byNode[node] = leaf
}

func (b *certBook) get(node string) *x509.Certificate {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byNode[node]
}

// due tells whether it is time to ask a node for its certificate again.
func (b *certBook) due(node string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.now()
	if last, ok := b.asked[node]; ok && now-last < aroundEvery {
		return false
	}
	if b.asked == nil {
		b.asked = map[string]time.Duration{}
	}
	b.asked[node] = now
	return true
}

var errUnknownCert = errors.New("its certificate is not known yet")
