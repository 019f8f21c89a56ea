package sim

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/fsm"
)

// Options say what a world is like.
type Options struct {
	Seed    uint64
	Dir     string // for snapshots; a directory in memory is the quickest
	Nodes   int    // default 3
	Instant bool   // messages take no time
	Tune    func(*cluster.Config)
	Only    func(fault string) bool // which faults; nil: all
	Log     slog.Handler            // nil: nothing is logged
}

// World is a cluster under simulation. It is made, used and ended inside one synctest bubble.
type World struct {
	opt   Options
	began time.Time
	rnd   *rand.Rand // of whoever injects faults
	net   *network
	ca    []byte
	caKey []byte
	id    [16]byte
	seq   atomic.Int64 // orders what happens at one moment

	mu    sync.Mutex
	all   []*Node // guarded by mu
	ended bool    // guarded by mu
	work  sync.WaitGroup

	lease  time.Duration // what the nodes are told; set by the first start
	record Record
}

// Node is one machine, over the lives of the process on it.
type Node struct {
	Name  string
	w     *World
	addr  string
	dir   string
	who   *peer.Identity
	clock *clock
	disk  *disk

	mu   sync.Mutex
	life *life // nil: down. Guarded by mu
	down bool  // it is not to be started again; guarded by mu
	gone bool  // it was removed; guarded by mu
}

// life is one process.
type life struct {
	node    *cluster.Node
	machine *fsm.Machine
	port    *port
	handle  *handle
	cancel  context.CancelFunc
	born    time.Time
	since   int64         // order of its start
	over    chan struct{} // closed when all of it has ended
}

// New makes a world and founds its cluster: all nodes are voters.
func New(opt Options) *World {
	synctest.Wait() // panics outside of a bubble: the stories sleep, and may only where that costs no time
	if opt.Nodes == 0 {
		opt.Nodes = 3
	}
	if opt.Log == nil {
		opt.Log = slog.DiscardHandler
	}
	w := &World{opt: opt, began: time.Now(), rnd: rand.New(rand.NewPCG(opt.Seed, 1)), net: newNetwork(opt.Seed)}
	w.net.instant = opt.Instant
	w.record.init()
	for i := range w.id {
		w.id[i] = byte(opt.Seed >> (i % 8))
	}
	var err error
	if w.ca, w.caKey, err = peer.NewCA(w.id, w.began); err != nil {
		panic(err) // a kit for tests
	}
	w.start(w.add(), true)
	for range opt.Nodes - 1 {
		w.join()
	}
	return w
}

// add makes a machine with an empty disk.
func (w *World) add() *Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := len(w.all) + 1
	n := &Node{Name: fmt.Sprintf("n%d", i), w: w, disk: newDisk()}
	n.addr = n.Name + ":8300"
	n.dir = filepath.Join(w.opt.Dir, n.Name)
	// No two clocks run apart by one in a hundred.
	n.clock = &clock{began: w.began, base: time.Duration(w.rnd.Int64N(int64(1000 * time.Hour))), rate: 1 + (w.rnd.Float64()-0.5)*0.0095}
	key, csr, err := peer.NewCSR(n.Name, []string{"localhost"}, nil)
	if err != nil {
		panic(err)
	}
	cert, err := peer.SignNode(w.ca, w.caKey, csr, n.Name, w.id, 24*time.Hour, time.Now())
	if err != nil {
		panic(err)
	}
	logKey := []byte("simulated log key, 32 bytes long")
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.ca})
	if n.who, err = peer.NewIdentity(cert, key, ca, logKey, logKey); err != nil {
		panic(err)
	}
	w.all = append(w.all, n)
	return n
}

// Members are the nodes that were not removed.
func (w *World) Members() []*Node {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []*Node
	for _, n := range w.all {
		n.mu.Lock()
		if !n.gone {
			list = append(list, n)
		}
		n.mu.Unlock()
	}
	return list
}

// start runs the process. False: it did not come up.
func (w *World) start(n *Node, found bool) bool {
	l := &life{machine: fsm.New(), over: make(chan struct{}), born: time.Now(), since: w.seq.Add(1)}
	cfg := cluster.Config{
		Dir: n.dir, Identity: n.who, Machine: l.machine, Peer: n.addr, API: n.Name + ":8200", Version: "sim", Bootstrap: found,
		Log: slog.New(w.opt.Log), Now: n.clock.Now, DiskBallast: -1, Statfs: roomy, SnapshotThreshold: 64, PromoteAfter: time.Second,
		Handlers: map[string]cluster.Handler{methodPropose: func(ctx context.Context, _ string, body []byte) ([]byte, error) {
			return w.servePropose(ctx, l.node, body)
		}},
		World: cluster.World{
			Boot: n.clock.Boot,
			Disk: func(_ string, o *bbolt.Options) (cluster.Store, error) {
				l.handle = n.disk.open(o)
				return l.handle, nil
			},
			Port: func(addr string, c peer.Config) (cluster.Port, error) {
				l.port = w.net.open(n.Name, addr, n.clock, c)
				return l.port, nil
			},
		},
	}
	if w.opt.Tune != nil {
		w.opt.Tune(&cfg)
	}
	if w.lease == 0 {
		w.lease = max(cfg.Lease, 2*time.Second)
	}
	node, err := cluster.Open(cfg)
	if err != nil {
		if l.port != nil {
			l.port.kill()
		}
		var disk *cluster.DiskError
		if !errors.As(err, &disk) {
			w.record.complain("starting %s: %v", n.Name, err)
		}
		return false
	}
	l.node = node
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	n.mu.Lock()
	n.life = l
	n.mu.Unlock()
	w.work.Go(func() { w.watch(ctx, n, l) })
	return true
}

// watch waits for the end of a process that ends by itself, and starts it again as a supervisor does.
func (w *World) watch(ctx context.Context, n *Node, l *life) {
	defer close(l.over)
	err := l.node.Run(ctx)
	l.port.kill()
	l.handle.kill()
	var removed *cluster.RemovedError
	n.mu.Lock()
	if n.life == l {
		n.life = nil
	}
	n.gone = n.gone || errors.As(err, &removed)
	again := !n.down && !n.gone
	n.mu.Unlock()
	if !again {
		return
	}
	w.record.restarted(err)
	w.work.Go(func() { w.revive(n) })
}

// revive starts a process until it stays up.
func (w *World) revive(n *Node) {
	for {
		time.Sleep(time.Second)
		w.mu.Lock()
		ended := w.ended
		w.mu.Unlock()
		n.mu.Lock()
		wanted := !ended && !n.down && !n.gone && n.life == nil
		n.mu.Unlock()
		if !wanted || w.start(n, false) {
			return
		}
	}
}

// kill ends a process as kill -9 does: from now on nothing of it is seen.
func (w *World) kill(n *Node) {
	n.mu.Lock()
	l := n.life
	n.life, n.down = nil, true
	n.mu.Unlock()
	n.clock.goOn()
	if l == nil {
		return
	}
	l.port.kill()
	l.handle.kill()
	w.work.Go(func() {
		_ = l.node.Halt()
		l.cancel()
	})
}

// restart starts a killed process again.
func (w *World) restart(n *Node) {
	n.mu.Lock()
	n.down = false
	idle := n.life == nil && !n.gone
	n.mu.Unlock()
	if idle && !w.start(n, false) {
		w.work.Go(func() { w.revive(n) })
	}
}

// alive is the process, nil while there is none.
func (n *Node) alive() *life {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life
}

// Leader is a node that leads and is ready; nil if there is none.
func (w *World) Leader() *Node {
	for _, n := range w.Members() {
		if l := n.alive(); l != nil && n.clock.paused() == nil {
			if _, self := l.node.Leader(); self {
				return n
			}
		}
	}
	return nil
}

// join adds a machine to the cluster and waits until it votes.
func (w *World) join() *Node {
	n := w.add()
	w.start(n, false)
	limit := time.Now().Add(time.Minute)
	for time.Now().Before(limit) {
		time.Sleep(50 * time.Millisecond)
		leader := w.Leader()
		if leader == nil {
			continue
		}
		l := leader.alive()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := l.node.Admit(ctx, n.Name, n.addr, fsm.MaxLevel)
		cancel()
		if err != nil {
			continue
		}
		for _, m := range l.node.Members() {
			if m.Node == n.Name && m.Role == cluster.RoleVoter {
				return n
			}
		}
	}
	w.record.complain("%s did not become a voter within a minute", n.Name)
	return n
}

// End stops everything.
func (w *World) End() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	for _, n := range w.Members() {
		w.kill(n)
	}
	w.work.Wait()
	_ = os.RemoveAll(w.opt.Dir)
}
