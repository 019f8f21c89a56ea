package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/gossip"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/cluster/room"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/plant"
)

const (
	removedFile = "removed"
	maxAppend   = 64 // entries in one append: 64 of the typical size; the port bounds the bytes
	stopWithin  = 5 * time.Second
)

// Node is this process's part of the cluster. Its methods may be called concurrently.
type Node struct {
	cfg Config
	log *slog.Logger
	id  atomic.Pointer[peer.Identity]

	raft     *raft.Raft
	store    *store
	stable   *stable
	snaps    *snapshots
	app      *applier
	port     Port
	room     *room.Watch
	look     look                          // at the store's file
	gossip   atomic.Pointer[gossip.Gossip] // nil without gossip
	gossipAt atomic.Pointer[string]        // where others reach it
	meter    meter

	booted    atomic.Bool // raft is set
	lead      atomic.Pointer[leadership]
	stamped   atomic.Int64  // the newest time put into an entry, in ms
	stated    atomic.Uint64 // index of the newest digest stated
	lease     lease
	confirmer confirmer
	grants    grants
	tell      telling
	reports   reports
	rivals    rivals
	book      certBook
	around    around
	confMu    longLock // one change of membership or leadership at a time
	sealed    atomic.Bool
	rising    atomic.Uint32          // the level that this leader has proposed; it may not be applied yet
	buryAt    time.Duration          // boot time before which no dead member is removed; only runMembers touches it
	crowded   atomic.Pointer[string] // the voters without room, if the others are no quorum; kept by the leader
	pinched   chan struct{}          // look at the disk now
	poked     chan struct{}          // renew now
	nudged    chan struct{}          // look after the members now

	ctx      context.Context // ends when the node stops; not a request's
	cancel   context.CancelFunc
	workMu   sync.Mutex
	stopping bool // no new goroutines; guarded by workMu
	work     sync.WaitGroup
	dead     atomic.Bool // do not serve
	fatalMu  sync.Mutex
	fatalErr error         // guarded by fatalMu
	fatal    chan struct{} // closed when fatalErr is set
	ending   atomic.Bool   // somebody has begun to stop it
	stopErr  error
	stopped  chan struct{} // closed when everything has ended
}

// Open verifies everything in the node's directory, then starts it: raft, the peer port, gossip. It returns a running
// node; Run waits for its end, and one of Run, Shutdown and Halt must be called. Errors: *DamageError names what is
// damaged, *RemovedError says that the node was removed, *LostError that its log is gone, fault.Exists refuses Bootstrap over data.
func Open(cfg Config) (*Node, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, log: cfg.Log.With("node", cfg.Node), poked: make(chan struct{}, 1), nudged: make(chan struct{}, 1), pinched: make(chan struct{}, 1),
		fatal: make(chan struct{}), stopped: make(chan struct{}),
	}
	n.id.Store(cfg.Identity)
	n.lease.clock, n.grants.clock, n.reports.clock, n.book.clock = n.boot, n.boot, n.boot, n.boot
	n.ctx, n.cancel = context.WithCancel(context.Background())
	if err := n.open(); err != nil {
		n.stop(context.Background())
		return nil, err
	}
	return n, nil
}

func (n *Node) open() error {
	if err := n.openDir(); err != nil {
		return err
	}
	if err := compact(filepath.Join(n.cfg.Dir, logFile), n.cfg.CompactAt, n.verifyStore, n.log); err != nil {
		return err
	}
	if err := n.openStore(); err != nil {
		return err
	}
	if err := n.openPort(); err != nil {
		return err
	}
	if err := n.startRaft(); err != nil {
		return err
	}
	if err := n.startGossip(); err != nil {
		return err
	}
	if err := n.meter.register(n); err != nil {
		return err
	}
	if plant.NoGate {
		n.lease.extend(n.boot() + n.cfg.Lease)
	}
	for _, loop := range []func(context.Context){n.runLead, n.runPause, n.runRenew, n.runMembers, n.runAcquaint, n.runRoom} {
		n.spawn(func() { loop(n.ctx) })
	}
	return nil
}

func (n *Node) openDir() error {
	if err := makeDir(n.cfg.Dir); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	marker := filepath.Join(n.cfg.Dir, removedFile)
	switch _, err := os.Stat(marker); {
	case err == nil:
		return &RemovedError{File: marker}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("looking for the removal marker: %w", err)
	}
	n.room = room.Open(room.Config{Dir: n.cfg.Dir, Mark: n.cfg.DiskMark, Ballast: n.cfg.DiskBallast, Statfs: n.cfg.Statfs})
	return nil
}

func (n *Node) openPort() error {
	port, err := n.cfg.World.Port(n.cfg.Peer, peer.Config{
		Identity: n.id.Load, Member: n.isMember, Log: n.log, Dial: n.cfg.Dial,
	})
	if err != nil {
		return err
	}
	n.port = port
	for method, h := range map[string]Handler{
		methodTerm: n.serveTerm, methodIndex: n.serveIndex, methodWait: n.serveWait, methodAround: n.serveAround,
		methodRemoved: n.serveRemoved, methodRemove: n.serveRemove,
	} {
		port.Handle(method, n.whenBooted(h))
	}
	for method, h := range n.cfg.Handlers {
		n.Handle(method, h)
	}
	if n.cfg.Join != nil {
		port.HandleJoin(n.cfg.Join)
	}
	return nil
}

// whenBooted keeps calls away until raft is there.
func (n *Node) whenBooted(h Handler) Handler {
	return func(ctx context.Context, from string, body []byte) ([]byte, error) {
		if !n.booted.Load() || n.dead.Load() {
			return nil, fault.New(fault.NoLeader, "this node is starting or stopping")
		}
		return h(ctx, from, body)
	}
}

// raftConfig is reliability.md section 2.
func (n *Node) raftConfig() *raft.Config {
	c := raft.DefaultConfig()
	c.LocalID = raft.ServerID(n.cfg.Node)
	c.HeartbeatTimeout = n.cfg.Timing.Heartbeat
	c.ElectionTimeout = n.cfg.Timing.Election
	c.LeaderLeaseTimeout = n.cfg.Timing.LeaderLease
	c.CommitTimeout = n.cfg.Timing.Commit
	c.MaxAppendEntries = maxAppend
	c.SnapshotThreshold = n.cfg.SnapshotThreshold
	c.SnapshotInterval = n.cfg.SnapshotInterval
	c.TrailingLogs = 4 * n.cfg.SnapshotThreshold
	c.ShutdownOnRemove = true
	c.NoLegacyTelemetry = true
	c.RestoreCommittedLogs = false
	c.PreVoteDisabled = false
	c.Logger = &raftLog{lg: n.log}
	return c
}

func (n *Node) startRaft() error {
	conf := n.raftConfig()
	trans := newNamed(n.port.Raft(conf.LocalID, peer.TransportConfig{
		LocalAddr: raft.ServerAddress(n.peerAddr()), Resolve: n.resolve,
	}), conf.LocalID)
	logs := newRecent(n.store)
	if n.cfg.Bootstrap {
		if err := n.bootstrap(conf, logs, trans); err != nil {
			return err
		}
	}
	n.app = &applier{machine: n.cfg.Machine, onApply: n.cfg.OnApply, onRestore: n.cfg.OnRestore, onConf: n.confChanged, fatal: n.fail, clock: n.boot, ending: n.ending.Load}
	r, err := n.newRaft(conf, logs, trans)
	if err != nil {
		return fmt.Errorf("starting raft: %w", err)
	}
	n.raft = r
	leading := func() bool { return r.State() == raft.Leader }
	n.store.leading.Store(&leading)
	n.store.running.Store(true)
	r.RegisterObserver(raft.NewObserver(nil, false, func(o *raft.Observation) bool {
		switch o.Data.(type) {
		case raft.LeaderObservation, raft.RaftState:
			n.poke()
		}
		return false
	}))
	n.booted.Store(true)
	n.spawn(func() { trans.run(n.ctx, n.spawn) })
	n.spawn(func() {
		if err := n.port.Run(n.ctx); err != nil {
			n.fail(fmt.Errorf("the peer port ended: %w", err))
		}
	})
	return nil
}

// newRaft is raft.NewRaft, which panics when the disk does not keep its term: the reason is known by then.
func (n *Node) newRaft(conf *raft.Config, logs raft.LogStore, trans raft.Transport) (r *raft.Raft, err error) {
	defer func() {
		if v := recover(); v != nil {
			n.fatalMu.Lock()
			defer n.fatalMu.Unlock()
			if err = n.fatalErr; err == nil {
				panic(v)
			}
		}
	}()
	return raft.NewRaft(conf, n.app, logs, n.stable, n.snaps, trans)
}

// bootstrap founds a cluster of one.
func (n *Node) bootstrap(conf *raft.Config, logs raft.LogStore, trans raft.Transport) error {
	found := func() bool { return true }
	n.store.leading.Store(&found)
	defer n.store.leading.Store(nil)
	one := raft.Configuration{Servers: []raft.Server{{ID: conf.LocalID, Address: raft.ServerAddress(n.peerAddr())}}}
	err := raft.BootstrapCluster(conf, logs, n.stable, n.snaps, trans, one)
	if errors.Is(err, raft.ErrCantBootstrap) {
		return fault.New(fault.Exists, "%s holds a cluster's data already", n.cfg.Dir).
			WithHint("Start the node without founding a cluster, or choose an empty directory.")
	}
	if err != nil {
		return fmt.Errorf("founding the cluster: %w", err)
	}
	return nil
}

// SetIdentity hands over a renewed certificate: new connections use it. Log key, gossip key, cluster and name must be
// those of the former identity. Kind: fault.Invalid.
func (n *Node) SetIdentity(id *peer.Identity) error {
	if id == nil || id.Node != n.cfg.Node || id.Cluster != n.cfg.Identity.Cluster {
		return fault.New(fault.Invalid, "the new certificate belongs to another node or cluster")
	}
	n.id.Store(id)
	n.refreshGossip()
	return nil
}

// peerAddr is where others reach this node's peer port.
func (n *Node) peerAddr() string {
	if n.cfg.AdvertisePeer != "" {
		return n.cfg.AdvertisePeer
	}
	return n.port.Addr().String()
}

// PeerAddr is where others reach this node's peer port.
func (n *Node) PeerAddr() string { return n.peerAddr() }

// GossipAddr is where others reach this node's gossip port; "" without gossip.
func (n *Node) GossipAddr() string {
	if at := n.gossipAt.Load(); at != nil {
		return *at
	}
	return ""
}

// spawn starts a goroutine that stop waits for. False: the node is stopping, and nothing was started.
func (n *Node) spawn(do func()) bool {
	n.workMu.Lock()
	defer n.workMu.Unlock()
	if n.stopping {
		return false
	}
	n.work.Go(do)
	return true
}

// fail ends the node with a reason. The first one counts.
func (n *Node) fail(err error) {
	n.fatalMu.Lock()
	defer n.fatalMu.Unlock()
	if n.fatalErr != nil {
		return
	}
	n.fatalErr = err
	n.dead.Store(true)
	n.lease.drop("this node is stopping")
	n.lead.Store(nil)
	close(n.fatal)
}

// Fatal is closed when the node must end; Reason and Run then return the reason.
func (n *Node) Fatal() <-chan struct{} { return n.fatal }

// Reason is why the node must end, once Fatal is closed. It does not wait for the node to end, as Run does: a disk that hangs would let
// it wait.
func (n *Node) Reason() error {
	n.fatalMu.Lock()
	defer n.fatalMu.Unlock()
	return n.fatalErr
}

// Run waits until ctx ends and then shuts the node down in order, or until the node cannot go on: it returns the reason
// (*DiskError, *DamageError, *RemovedError, or what the state machine said). The process should then end.
func (n *Node) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stopWithin)
		defer cancel()
		return n.Shutdown(end)
	case <-n.fatal:
		n.stop(context.Background())
		return n.Reason()
	case <-n.stopped:
		return nil
	}
}

// Shutdown hands leadership over if this node leads, says goodbye, and stops.
func (n *Node) Shutdown(ctx context.Context) error {
	if n.raft != nil && n.raft.State() == raft.Leader && len(n.servers()) > 1 {
		if err := n.Transfer(ctx, ""); err != nil {
			n.log.Warn("leadership could not be handed over before stopping", "error", err)
		}
	}
	n.lease.drop("this node is stopping")
	if g := n.gossip.Load(); g != nil {
		if err := g.Leave(time.Second); err != nil {
			n.log.Debug("gossip could not say goodbye", "error", err)
		}
	}
	return n.stop(ctx)
}

// Halt stops the node at once, without handing anything over: to the others it looks like a crash.
func (n *Node) Halt() error { return n.stop(context.Background()) }

// stop ends everything, in the order in which it leans on each other. It may be called at any stage of Open.
func (n *Node) stop(ctx context.Context) error {
	if !n.ending.CompareAndSwap(false, true) { // somebody else does it; the waiting is on a channel, as for all that may take long
		<-n.stopped
		return n.stopErr
	}
	n.dead.Store(true)
	n.lead.Store(nil)
	n.cancel()
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	var errs []error
	raftDone := true
	if n.raft != nil {
		raftDone = within(ctx, func() { errs = append(errs, n.raft.Shutdown().Error()) })
	}
	if n.port != nil {
		errs = append(errs, n.port.Close())
	}
	if g := n.gossip.Load(); g != nil {
		errs = append(errs, g.Close())
	}
	n.workMu.Lock()
	n.stopping = true
	n.workMu.Unlock()
	ended := within(ctx, n.work.Wait)
	if raftDone && ended && n.store != nil { // else somebody may still be writing
		errs = append(errs, n.store.close())
	}
	if !raftDone || !ended {
		errs = []error{fault.New(fault.Internal, "the node did not stop in time: a write to the disk hangs")}
	}
	n.stopErr = errors.Join(errs...)
	close(n.stopped)
	return n.stopErr
}

// within runs do and tells whether it returned before ctx ended. If not, do's goroutine is left behind: it hangs in
// the disk, and the process is about to end.
func within(ctx context.Context, do func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}
