// Package gossip tells who is alive and where: each node announces its addresses and its condition to the others,
// encrypted under the cluster's gossip key, and hears of theirs.
//
// It is the only package that imports memberlist. It finds and hints; it never decides who is a member
// (reliability.md R12), and it must not know Raft, keys or shares. What a node announces is signed; what is not
// signed by that node is ignored and counted, so the gossip key alone lets nobody speak for another.
//
// What an attacker gains: with the gossip port, nothing; with the gossip key, names and addresses of the nodes, and
// the power to claim that a node is up or down, which sends nobody anywhere but to a port that demands a certificate.
package gossip

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/quorate/quorate/vault/fault"
)

// Config is what a node needs to gossip. Node, BindAddr, Key, Cluster, Meta, Sign and Verify are required.
type Config struct {
	// Node is this node's name.
	Node string
	// BindAddr is host:port for TCP and UDP; port 0 lets the kernel choose. AdvertiseAddr is where others
	// reach it (IP:port); empty: the bound address.
	BindAddr, AdvertiseAddr string
	// Key encrypts everything (AES-256-GCM): 32 bytes. Without it nothing starts.
	Key []byte
	// Cluster is the cluster's id. Other clusters' packets are refused, and signatures are bound to it.
	Cluster string
	// Meta returns what this node announces; asked at Start and after each Refresh. Node and Seq are filled in here.
	Meta func() Meta
	// Sign signs with the key of this node's certificate. Verify checks node's signature; an error of kind
	// fault.NotFound means "its certificate is not known yet": asked again later, and not counted. Both are called
	// without locks of this package, and must not call into it.
	Sign   func(msg []byte) []byte
	Verify func(node string, msg, sig []byte) error
	// Log gets what an operator should see. Nil: slog.Default().
	Log *slog.Logger
	// RejoinEvery is how often an isolated node tries to find the others again. Default 2 s.
	RejoinEvery time.Duration
	// Now is the clock for Member.Since. Nil: time.Now.
	Now func() time.Time
}

// Gossip is a node's part in the conversation. Its methods may be called concurrently.
type Gossip struct {
	cfg  Config
	list *memberlist.Memberlist
	book *book

	dirty   chan struct{}
	own     atomic.Pointer[[]byte] // what NodeMeta hands out
	pubMu   sync.Mutex             // one publication at a time
	last    Meta                   // as announced; guarded by pubMu
	seedMu  sync.Mutex
	seeds   []string // guarded by seedMu
	leaving atomic.Bool
	closed  atomic.Bool
}

const (
	maxSeeds     = 64
	minPublish   = 200 * time.Millisecond
	recheckEvery = 5 * time.Second
	keySize      = 32
)

// Start opens the gossip port and announces this node. Nobody is contacted before Join. Kinds: fault.Invalid for a
// Config that is not complete, fault.TooLarge for metadata that do not fit into 512 bytes.
func Start(cfg Config) (*Gossip, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.RejoinEvery <= 0 {
		cfg.RejoinEvery = 2 * time.Second
	}
	g := &Gossip{cfg: cfg, dirty: make(chan struct{}, 1)}
	g.book = newBook(cfg)
	if _, err := g.compose(); err != nil {
		return nil, err
	}
	mc, err := g.memberlistConfig()
	if err != nil {
		return nil, err
	}
	g.list, err = memberlist.Create(mc)
	if err != nil {
		_ = mc.Transport.Shutdown()
		return nil, fmt.Errorf("starting gossip: %w", err)
	}
	return g, nil
}

func (c *Config) check() error {
	switch {
	case c.Node == "" || len(c.Node) > maxNodeName:
		return fault.New(fault.Invalid, "gossip needs the node's name")
	case len(c.Key) != keySize:
		return fault.New(fault.Invalid, "gossip needs a key of %d bytes: it is never sent in the clear", keySize)
	case c.Cluster == "":
		return fault.New(fault.Invalid, "gossip needs the cluster's id")
	case c.Meta == nil || c.Sign == nil || c.Verify == nil:
		return fault.New(fault.Invalid, "gossip needs metadata and the means to sign and verify them")
	}
	return nil
}

// memberlistConfig is tuned for small clusters in one network: a dead node is seen in one to two seconds.
func (g *Gossip) memberlistConfig() (*memberlist.Config, error) {
	ring, err := memberlist.NewKeyring(nil, append([]byte(nil), g.cfg.Key...))
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the gossip key cannot be used")
	}
	logger := log.New(newFilter(g.cfg.Log, g.cfg.Now), "", 0)
	trans, host, port, err := listen(g.cfg.BindAddr, logger)
	if err != nil {
		return nil, err
	}
	mc := memberlist.DefaultLANConfig()
	mc.Name = g.cfg.Node
	mc.Label = g.cfg.Cluster
	mc.Transport = trans
	mc.BindAddr, mc.BindPort, mc.AdvertisePort = host, port, port
	mc.Keyring = ring
	mc.GossipVerifyIncoming, mc.GossipVerifyOutgoing = true, true
	mc.EnableCompression = false // nothing here is large, and what is not decompressed cannot explode
	mc.TCPTimeout = 2 * time.Second
	mc.ProbeInterval, mc.ProbeTimeout = 300*time.Millisecond, 150*time.Millisecond
	mc.SuspicionMult, mc.SuspicionMaxTimeoutMult = 3, 2
	mc.GossipInterval = 100 * time.Millisecond
	mc.PushPullInterval = 10 * time.Second
	mc.DeadNodeReclaimTime = time.Second // a node comes back under another address
	mc.RequireNodeNames = false
	mc.Logger = logger
	d := &delegate{g}
	mc.Delegate, mc.Events, mc.Alive = d, d, d
	if g.cfg.AdvertiseAddr != "" {
		if mc.AdvertiseAddr, mc.AdvertisePort, err = splitAddr(g.cfg.AdvertiseAddr); err != nil {
			_ = trans.Shutdown()
			return nil, err
		}
		if mc.AdvertisePort == 0 {
			mc.AdvertisePort = port
		}
	}
	return mc, nil
}

// Addr is the address under which the others reach this node's gossip.
func (g *Gossip) Addr() string { return g.list.LocalNode().Address() }

// Join contacts nodes at the given host:port addresses, remembers them for Run, and returns how many answered.
// Kind: fault.NoLeader if none did.
func (g *Gossip) Join(addrs []string) (int, error) {
	g.seedMu.Lock()
	for _, a := range addrs {
		if a != "" && len(g.seeds) < maxSeeds && !contains(g.seeds, a) {
			g.seeds = append(g.seeds, a)
		}
	}
	g.seedMu.Unlock()
	return g.join(addrs)
}

func (g *Gossip) join(addrs []string) (int, error) {
	n, err := g.list.Join(addrs)
	if err != nil {
		return 0, fault.Wrap(fault.NoLeader, err, "no node answered on the gossip addresses given").
			WithHint("Check the addresses, that the port is open for TCP and UDP, and that all nodes belong to one cluster.")
	}
	return n, nil
}

// Members lists every node heard of, this one included, in the order of their names.
func (g *Gossip) Members() []Member { return g.book.members() }

// Events tells of nodes that came, went or changed. When nobody reads, the oldest events are lost: Members is the truth.
func (g *Gossip) Events() <-chan Event { return g.book.events }

// Forged counts announcements that were ignored: unsigned, wrongly signed, replayed or unreadable.
func (g *Gossip) Forged() uint64 { return g.book.forged.Load() }

// Forget drops a node from the list, as after its removal from the cluster. If it still gossips, it comes back.
func (g *Gossip) Forget(node string) { g.book.forget(node) }

// Refresh announces anew what Config.Meta returns, soon, if it changed. It does not wait; Run does the work.
func (g *Gossip) Refresh() {
	select {
	case g.dirty <- struct{}{}:
	default:
	}
}

// Run publishes refreshed metadata, checks announcements whose certificate was not known, and finds the others again
// when this node is isolated or one of them was lost. It returns when ctx ends.
func (g *Gossip) Run(ctx context.Context) error {
	rejoin := time.NewTicker(g.cfg.RejoinEvery)
	defer rejoin.Stop()
	recheck := time.NewTicker(min(recheckEvery, g.cfg.RejoinEvery))
	defer recheck.Stop()
	pace := time.NewTicker(minPublish)
	defer pace.Stop()
	for round := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-recheck.C:
			g.book.recheck()
		case <-rejoin.C:
			round++
			if targets := g.lost(round); len(targets) > 0 {
				if _, err := g.join(targets); err != nil {
					g.cfg.Log.Debug("gossip does not find the others", "error", err)
				}
			}
		case <-pace.C: // at most one publication a tick
			select {
			case <-g.dirty:
				g.publish()
			default:
			}
		}
	}
}

// lost is whom to look for: everybody once known when alone, otherwise now and then one that is missing.
func (g *Gossip) lost(round int) []string {
	missing, alone := g.book.missing()
	if !alone {
		if len(missing) == 0 || round%3 != 0 {
			return nil
		}
		return []string{missing[(round/3)%len(missing)]}
	}
	g.seedMu.Lock()
	defer g.seedMu.Unlock()
	targets := append([]string(nil), g.seeds...)
	for _, a := range missing {
		if !contains(targets, a) {
			targets = append(targets, a)
		}
	}
	return targets
}

func (g *Gossip) publish() {
	changed, err := g.compose()
	if err != nil {
		g.cfg.Log.Warn("this node's gossip metadata cannot be announced", "error", err)
		return
	}
	if !changed {
		return
	}
	if err := g.list.UpdateNode(time.Second); err != nil {
		g.cfg.Log.Debug("gossip metadata not spread yet", "error", err)
	}
}

// compose encodes and signs the present metadata. False: nothing changed since the last time.
func (g *Gossip) compose() (bool, error) {
	g.pubMu.Lock()
	defer g.pubMu.Unlock()
	m := g.cfg.Meta()
	m.Node, m.Seq, m.Leaving = g.cfg.Node, g.last.Seq, g.leaving.Load()
	if g.own.Load() != nil && m == g.last {
		return false, nil
	}
	m.Seq = max(g.last.Seq+1, uint64(max(g.cfg.Now().UnixMilli(), 0)))
	raw, err := encodeMeta(m, g.cfg.Cluster, g.cfg.Sign)
	if err != nil {
		return false, err
	}
	g.last = m
	g.own.Store(&raw)
	return true, nil
}

// Leave tells the others that this node goes, and waits until that is spread or timeout has passed. Call it before
// Close; afterwards only Close is left to do.
func (g *Gossip) Leave(timeout time.Duration) error {
	if g.closed.Load() || g.leaving.Swap(true) {
		return nil
	}
	if _, err := g.compose(); err != nil {
		return err
	}
	half := max(timeout/2, time.Millisecond)
	if err := g.list.UpdateNode(half); err != nil {
		return fmt.Errorf("saying goodbye: %w", err)
	}
	if err := g.list.Leave(half); err != nil {
		return fmt.Errorf("leaving gossip: %w", err)
	}
	return nil
}

// Close closes the port without telling anybody. The other methods are not to be called afterwards.
func (g *Gossip) Close() error {
	if g.closed.Swap(true) {
		return nil
	}
	if err := g.list.Shutdown(); err != nil {
		return fmt.Errorf("closing gossip: %w", err)
	}
	return nil
}

func splitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err == nil {
		var n uint64
		if n, err = strconv.ParseUint(text, 10, 16); err == nil {
			return host, int(n), nil
		}
	}
	return "", 0, fault.Wrap(fault.Invalid, err, "%.128q is not a gossip address (host:port)", addr)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
