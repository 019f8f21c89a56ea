// Package clustertest runs several nodes of package cluster in one process: real peer ports on loopback, real files,
// connections that can be cut. It is for tests of cluster and of what is built on it.
//
// It knows cluster's exported API only, and must not be imported by the product.
package clustertest

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// Patience bounds every wait for something that must happen.
const Patience = 30 * time.Second

// Cluster is a set of nodes, numbered from 0. The test ends it. Its methods are for one goroutine at a time, but for
// Propose, Node, Machine, Leader and the cuts.
type Cluster struct {
	t     testing.TB
	net   *network
	dir   string
	id    [16]byte
	ca    []byte // certificate, DER
	caKey []byte
	keys  [2][]byte // gossip, log
	tune  func(i int, cfg *cluster.Config)

	mu    sync.Mutex
	nodes []*member // guarded by mu
}

type member struct {
	name     string
	dir      string
	identity *peer.Identity
	node     *cluster.Node // nil while it is down
	machine  *fsm.Machine
	addr     string // peer address, kept over restarts
	ended    chan error
	cancel   context.CancelFunc
}

// New starts n nodes, all voters, and waits until one leads and the others follow. Each tune may change a node's
// configuration before it starts, on every start.
func New(t testing.TB, n int, tune ...func(i int, cfg *cluster.Config)) *Cluster {
	t.Helper()
	c := &Cluster{t: t, net: newNetwork(), dir: t.TempDir()}
	c.tune = func(i int, cfg *cluster.Config) {
		for _, f := range tune {
			f(i, cfg)
		}
	}
	_, _ = rand.Read(c.id[:])
	for i := range c.keys {
		c.keys[i] = make([]byte, 32)
		_, _ = rand.Read(c.keys[i])
	}
	var err error
	if c.ca, c.caKey, err = peer.NewCA(c.id, time.Now()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	c.add()
	c.start(0, func(cfg *cluster.Config) { cfg.Bootstrap = true })
	for i := 1; i < n; i++ {
		c.Add()
	}
	for i := range n {
		c.WaitFresh(i)
	}
	return c
}

// Add starts one more node with an empty directory, admits it, waits until it votes, and returns its number.
func (c *Cluster) Add() int {
	c.t.Helper()
	i := c.AddNonvoter()
	c.WaitRole(i, cluster.RoleVoter)
	return i
}

// AddNonvoter starts one more node and admits it; it will become a voter by itself.
func (c *Cluster) AddNonvoter() int {
	c.t.Helper()
	i := c.add()
	c.start(i, nil)
	m := c.at(i)
	c.onLeader("admitting "+m.name, func(ctx context.Context, n *cluster.Node) error {
		return n.Admit(ctx, m.name, m.addr, fsm.MaxLevel)
	})
	return i
}

// add makes a node's identity and directory.
func (c *Cluster) add() int {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &member{name: fmt.Sprintf("n%d", len(c.nodes)+1)}
	m.dir = filepath.Join(c.dir, m.name)
	m.identity = c.Identity(m.name)
	c.nodes = append(c.nodes, m)
	return len(c.nodes) - 1
}

// Identity makes a certificate of this cluster for a name, with the cluster's keys.
func (c *Cluster) Identity(name string) *peer.Identity {
	c.t.Helper()
	key, csr, err := peer.NewCSR(name, []string{"localhost"}, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	cert, err := peer.SignNode(c.ca, c.caKey, csr, name, c.id, 24*time.Hour, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	caPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ca})
	id, err := peer.NewIdentity(cert, key, caPEM, c.keys[0], c.keys[1])
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *Cluster) at(i int) *member {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[i]
}

// Size is how many nodes there are, running or not.
func (c *Cluster) Size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.nodes)
}

// Config is how node i is configured.
func (c *Cluster) Config(i int) cluster.Config {
	m := c.at(i)
	cfg := cluster.Config{
		Dir: m.dir, Node: m.name, Identity: m.identity, Machine: fsm.New(), Peer: "127.0.0.1:0",
		API: m.name + ".test:8200", Version: "test", Log: slog.New(slog.DiscardHandler),
		Dial: c.net.dialer(m.name), PromoteAfter: 100 * time.Millisecond,
		DiskBallast: -1, DiskMark: 1, DiskStall: 20 * time.Second, // the test's machine may be busy
	}
	if m.addr != "" {
		cfg.Peer = m.addr
	}
	c.tune(i, &cfg)
	return cfg
}

func (c *Cluster) start(i int, change func(*cluster.Config)) {
	c.t.Helper()
	if err := c.TryStart(i, change); err != nil {
		c.t.Fatalf("starting node %d: %v", i, err)
	}
}

// TryStart starts node i, which is down, and returns the error of cluster.Open.
func (c *Cluster) TryStart(i int, change func(*cluster.Config)) error {
	m := c.at(i)
	cfg := c.Config(i)
	if change != nil {
		change(&cfg)
	}
	n, err := cluster.Open(cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- n.Run(ctx) }()
	c.mu.Lock()
	defer c.mu.Unlock()
	m.node, m.machine, m.addr, m.ended, m.cancel = n, cfg.Machine, n.PeerAddr(), ended, cancel
	c.net.know(m.addr, m.name)
	return nil
}

// Node is node i; nil while it is down.
func (c *Cluster) Node(i int) *cluster.Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[i].node
}

// Machine is the state machine of node i, of its last start.
func (c *Cluster) Machine(i int) *fsm.Machine {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[i].machine
}

// Name is the name of node i, Dir its directory.
func (c *Cluster) Name(i int) string { return c.at(i).name }

// Dir is the directory of node i.
func (c *Cluster) Dir(i int) string { return c.at(i).dir }

// Kill stops node i without handing anything over.
func (c *Cluster) Kill(i int) {
	c.t.Helper()
	m := c.at(i)
	c.mu.Lock()
	node := m.node
	m.node = nil
	c.mu.Unlock()
	if node == nil {
		return
	}
	if err := node.Halt(); err != nil {
		c.t.Errorf("halting %s: %v", m.name, err)
	}
	m.cancel()
	<-m.ended
}

// Stop shuts node i down in order.
func (c *Cluster) Stop(i int) {
	c.t.Helper()
	m := c.at(i)
	c.mu.Lock()
	m.node = nil
	c.mu.Unlock()
	m.cancel()
	if err := <-m.ended; err != nil {
		c.t.Errorf("stopping %s: %v", m.name, err)
	}
}

// Ended waits until node i has ended by itself and returns what its Run returned. The node is then down.
func (c *Cluster) Ended(i int) error {
	c.t.Helper()
	m := c.at(i)
	select {
	case err := <-m.ended:
		c.mu.Lock()
		m.node = nil
		c.mu.Unlock()
		m.cancel()
		return err
	case <-time.After(Patience):
		c.t.Fatalf("%s did not end", m.name)
		return nil
	}
}

// Restart starts node i again, at its former address.
func (c *Cluster) Restart(i int) {
	c.t.Helper()
	c.start(i, nil)
}

// RestartElsewhere starts node i again, at another address.
func (c *Cluster) RestartElsewhere(i int) {
	c.t.Helper()
	c.start(i, func(cfg *cluster.Config) { cfg.Peer = "127.0.0.1:0" })
}

func (c *Cluster) close() {
	c.net.heal()
	var all sync.WaitGroup
	for i := range c.Size() {
		m, node := c.at(i), c.Node(i)
		if node == nil {
			continue
		}
		all.Go(func() {
			_ = node.Halt()
			m.cancel()
			<-m.ended
		})
	}
	all.Wait()
}

// Leader waits for a ready leader and returns its number.
func (c *Cluster) Leader() int {
	c.t.Helper()
	leader := -1
	c.Until("a node leads", func() bool {
		for i := range c.Size() {
			if n := c.Node(i); n != nil {
				if _, self := n.Leader(); self {
					leader = i
					return true
				}
			}
		}
		return false
	})
	return leader
}

// Follower is the number of some running voter that does not lead.
func (c *Cluster) Follower() int {
	c.t.Helper()
	leader := c.Leader()
	for i := range c.Size() {
		if i != leader && c.Node(i) != nil {
			return i
		}
	}
	c.t.Fatal("there is no follower")
	return -1
}

// Until polls until what holds is true, and fails the test if it never is.
func (c *Cluster) Until(what string, holds func() bool) {
	c.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(Patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-limit:
			c.t.Fatalf("waited %v in vain: %s", Patience, what)
		}
	}
}

// WaitFresh waits until node i may serve local reads.
func (c *Cluster) WaitFresh(i int) {
	c.t.Helper()
	c.Until(c.Name(i)+" is fresh", func() bool { return c.Node(i).Status().Fresh })
}

// WaitRole waits until more than half of the running nodes list node i in a role, so that the membership outlives its leader: a leader lists a
// change that it alone has written yet. RoleVoter is met by the leader, too.
func (c *Cluster) WaitRole(i int, role string) {
	c.t.Helper()
	c.Until(c.Name(i)+" is "+role, func() bool {
		listed, running := 0, 0
		for j := range c.Size() {
			n := c.Node(j)
			if n == nil {
				continue
			}
			running++
			if lists(n.Members(), c.Name(i), role) {
				listed++
			}
		}
		return listed > running/2
	})
}

func lists(members []cluster.Member, node, role string) bool {
	return slices.ContainsFunc(members, func(m cluster.Member) bool {
		return m.Node == node && (m.Role == role || role == cluster.RoleVoter && m.Role == cluster.RoleLeader)
	})
}

// onLeader runs do on the leader, again and again while leadership is moving.
func (c *Cluster) onLeader(what string, do func(context.Context, *cluster.Node) error) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	for {
		err := do(ctx, c.Node(c.Leader()))
		switch {
		case err == nil:
			return
		case ctx.Err() == nil && (errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Uncertain)):
		default:
			c.t.Fatalf("%s: %v", what, err)
		}
	}
}

// Propose commits a command through whichever node leads, with the same request, until it is done or ctx ends.
func (c *Cluster) Propose(ctx context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error) {
	var last error = fault.New(fault.NoLeader, "no leader")
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		for i := range c.Size() {
			n := c.Node(i)
			if n == nil {
				continue
			}
			if _, self := n.Leader(); !self {
				continue
			}
			out, err := n.Propose(ctx, cmd, r)
			if err == nil {
				return out, nil
			}
			if !errors.Is(err, fault.NoLeader) && !errors.Is(err, fault.Uncertain) {
				return out, err
			}
			if !errors.Is(last, fault.Uncertain) {
				last = err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fsm.Outcome{}, last
		}
	}
}

// Put writes a new document and fails the test if it cannot.
func (c *Cluster) Put(name string, body string) fsm.Outcome {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	out, err := c.Propose(ctx, &fsm.PutDocument{Name: name, Body: []byte(body)}, NewRequest())
	if err != nil || out.Fault != nil {
		c.t.Fatalf("putting %s: %v %v", name, err, out.Fault)
	}
	return out
}

// NewRequest draws a request.
func NewRequest() fsm.Request {
	var r fsm.Request
	_, _ = rand.Read(r.ID[:])
	return r
}

// WaitConverged waits until every running node has the same state, and fails the test if they never have.
func (c *Cluster) WaitConverged() {
	c.t.Helper()
	c.Until("all nodes have the same state", func() bool {
		var first [32]byte
		seen := false
		for i := range c.Size() {
			if c.Node(i) == nil {
				continue
			}
			d := c.Machine(i).State().Digest()
			if seen && d != first {
				return false
			}
			first, seen = d, true
		}
		return true
	})
}

// Cut cuts two nodes off from each other: what is sent disappears. Heal ends all cuts.
func (c *Cluster) Cut(a, b int) {
	c.CutOneWay(a, b)
	c.CutOneWay(b, a)
}

// CutOneWay cuts the connections that one node opens to another, but not those the other way round.
func (c *Cluster) CutOneWay(from, to int) { c.net.cut(c.Name(from), c.Name(to)) }

// Isolate cuts node i off from all others.
func (c *Cluster) Isolate(i int) {
	for j := range c.Size() {
		if j != i {
			c.Cut(i, j)
		}
	}
}

// Heal ends all cuts.
func (c *Cluster) Heal() { c.net.heal() }
