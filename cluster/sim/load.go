package sim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

const (
	methodPropose = "sim/propose"
	epochLasts    = 2 * time.Minute // then clients turn to fresh registers, so that histories stay short
	registers     = 3               // in an epoch
	patience      = 90 * time.Second
)

// load is the clients: writers who retry until they know, readers who ask each node all the time.
type load struct {
	w       *World
	stop    chan struct{}
	work    sync.WaitGroup
	values  atomic.Uint64
	healthy atomic.Bool // nothing is wrong just now
	spell   spell

	mu       sync.Mutex
	commands map[[16]byte]pending // under way, by request; guarded by mu
	keys     []*held              // in the order in which they were made; guarded by mu
	regs     map[string]*register // guarded by mu
	epoch    int                  // guarded by mu
	now      []*register          // of the epoch; guarded by mu
}

// pending is a command under way, and who is told at the moment of its acknowledgement.
type pending struct {
	cmd   fsm.Command
	acked func(fsm.Outcome) // nil: nobody
}

// outcome is what a client learnt of a write.
type outcome struct {
	kind  fault.Kind // Internal: done
	rev   uint64
	index uint64
}

func (w *World) newLoad() *load {
	return &load{w: w, stop: make(chan struct{}), commands: map[[16]byte]pending{}, regs: map[string]*register{}}
}

// run starts the clients.
func (l *load) run() {
	l.turn()
	l.work.Go(func() {
		for l.sleep(epochLasts) {
			l.turn()
		}
	})
	for c := range 3 {
		rnd := rand.New(rand.NewPCG(l.w.opt.Seed, uint64(100+c)))
		l.work.Go(func() {
			for l.sleep(300*time.Millisecond + time.Duration(rnd.Int64N(int64(6*time.Second)))) {
				l.act(c, rnd)
			}
		})
	}
	for i := range keepers {
		rnd := rand.New(rand.NewPCG(l.w.opt.Seed, uint64(200+i)))
		l.work.Go(func() { l.keep(rnd) })
	}
	hasty := rand.New(rand.NewPCG(l.w.opt.Seed, 98))
	l.work.Go(func() { // one who is busy when something is wrong
		for l.sleep(100*time.Millisecond + time.Duration(hasty.Int64N(int64(500*time.Millisecond)))) {
			if !l.healthy.Load() {
				l.act(9, hasty)
			}
		}
	})
	rnd := rand.New(rand.NewPCG(l.w.opt.Seed, 99))
	l.work.Go(func() {
		for l.sleep(20*time.Millisecond + time.Duration(rnd.Int64N(int64(150*time.Millisecond)))) {
			for _, n := range l.w.Members() {
				if life := n.alive(); life != nil {
					think := time.Duration(0)
					if rnd.IntN(8) == 0 {
						think = time.Duration(rnd.Int64N(int64(3 * time.Second)))
					}
					l.look(n, life, l.pick(rnd), think)
					if k := l.recent(rnd); k != nil && rnd.IntN(2) == 0 {
						l.useSometime(n, life, k, think)
					}
				}
			}
		}
	})
}

// sleep waits; false: the clients stop.
func (l *load) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-l.stop:
		return false
	}
}

// turn begins an epoch.
func (l *load) turn() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	l.now = nil
	for i := range registers {
		r := &register{name: fmt.Sprintf("setting/e%d-r%d", l.epoch, i)}
		l.regs[r.name] = r
		l.now = append(l.now, r)
	}
}

func (l *load) pick(rnd *rand.Rand) *register {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now[rnd.IntN(len(l.now))]
}

// somebody is a node that runs; nil if there is none.
func (l *load) somebody(rnd *rand.Rand) (*Node, *life) {
	list := l.w.Members()
	for range 4 {
		n := list[rnd.IntN(len(list))]
		if life := n.alive(); life != nil {
			return n, life
		}
	}
	return nil, nil
}

// act does one thing to one register.
func (l *load) act(client int, rnd *rand.Rand) {
	r := l.pick(rnd)
	n, life := l.somebody(rnd)
	if n == nil {
		return
	}
	switch p := rnd.IntN(100); {
	case p < 30:
		l.readNewest(client, r, n, life)
	case p < 45 && r.written():
		l.revoke(client, rnd, r, n, life)
	default:
		l.put(client, rnd, r, n, life)
	}
}

func (l *load) put(client int, rnd *rand.Rand, r *register, n *Node, life *life) {
	expect := uint64(0)
	if d := life.machine.State().Document(r.name); d != nil {
		expect = d.Revision
	}
	if expect == 0 && !r.make() {
		return
	}
	value := l.values.Add(1)
	body := binary.BigEndian.AppendUint64(nil, value)
	in := input{op: opPut, expect: expect, value: value}
	call := l.w.seq.Add(1)
	out, known, index := l.commit(rnd, &fsm.PutDocument{Name: r.name, Expect: expect, Body: body}, nil)
	r.wrote(client, in, out, known, call, l.w.seq.Add(1))
	if known && out.kind == fault.Internal && rnd.IntN(2) == 0 {
		l.readAt(rnd, r, out.rev, index)
	}
}

// revoke takes the register out of use.
func (l *load) revoke(client int, rnd *rand.Rand, r *register, _ *Node, life *life) {
	d := life.machine.State().Document(r.name)
	if d == nil || !r.end() {
		return
	}
	in := input{op: opDelete, expect: d.Revision}
	call, began, calm := l.w.seq.Add(1), time.Now(), l.calm()
	out, known, _ := l.commit(rnd, &fsm.DeleteDocument{Name: r.name, Expect: d.Revision}, func(fsm.Outcome) { r.gone(l.w.seq.Add(1)) })
	if known && out.kind == fault.Internal {
		l.w.record.revoked(time.Since(began), calm != 0 && calm == l.calm())
	}
	r.wrote(client, in, out, known, call, l.w.seq.Add(1))
}

// commit proposes a command through any node, with the same request, until its outcome is known or patience ends.
// known false: it may have been made, or may be made yet; out.kind is then NoLeader if it was certainly not.
// acked, if not nil, is told at the moment of the acknowledgement.
func (l *load) commit(rnd *rand.Rand, cmd fsm.Command, acked func(fsm.Outcome)) (out outcome, known bool, index uint64) {
	var req fsm.Request
	for i := range req.ID {
		req.ID[i] = byte(rnd.Uint32())
	}
	l.mu.Lock()
	l.commands[req.ID] = pending{cmd, acked}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.commands, req.ID)
	}()
	limit := time.Now().Add(patience)
	nothing := true
	for first := true; time.Now().Before(limit) || first; first = false {
		n, life := l.somebody(rnd)
		if n != nil {
			n.clock.gate()
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second+time.Duration(rnd.Int64N(int64(8*time.Second))))
			o, err := l.attempt(ctx, life, req)
			cancel()
			if err == nil {
				l.w.record.count(&l.w.record.writes)
				return o, true, o.index
			}
			nothing = nothing && errors.Is(err, fault.NoLeader)
		}
		if !l.sleep(100*time.Millisecond + time.Duration(rnd.Int64N(int64(400*time.Millisecond)))) {
			break
		}
	}
	l.w.record.count(&l.w.record.unknown)
	if nothing {
		return outcome{kind: fault.NoLeader}, false, 0
	}
	return outcome{kind: fault.Uncertain}, false, 0
}

// attempt asks one node.
func (l *load) attempt(ctx context.Context, life *life, req fsm.Request) (outcome, error) {
	body := req.ID[:]
	answer, err := life.node.Forward(ctx, methodPropose, body)
	if errors.Is(err, cluster.ErrSelfLeader) {
		answer, err = l.w.servePropose(ctx, life.node, body)
	}
	if err != nil {
		return outcome{}, err
	}
	return outcome{
		kind: fault.Kind(answer[0]), rev: binary.BigEndian.Uint64(answer[1:]), index: binary.BigEndian.Uint64(answer[9:]),
	}, nil
}

// servePropose is the leader's side of a forwarded write. Its return is the acknowledgement.
func (w *World) servePropose(ctx context.Context, node *cluster.Node, body []byte) ([]byte, error) {
	l := w.record.load.Load()
	if l == nil || node == nil {
		return nil, fault.New(fault.NoLeader, "not ready")
	}
	var req fsm.Request
	copy(req.ID[:], body)
	l.mu.Lock()
	asked, known := l.commands[req.ID]
	l.mu.Unlock()
	if !known { // its caller has given up
		return nil, fault.New(fault.Uncertain, "nobody waits for this")
	}
	before, began := l.spell.of(node.Status().Node), time.Now()
	out, err := node.Propose(ctx, asked.cmd, req)
	if err != nil {
		return nil, err
	}
	if v, ok := asked.cmd.(fsm.Revoker); ok && v.Revokes() && before != 0 && before == l.spell.of(node.Status().Node) {
		w.record.revokedWithout(time.Since(began))
	}
	kind, rev := fault.Internal, uint64(0)
	if out.Fault != nil {
		kind = out.Fault.Kind
	} else {
		rev = out.Result.Revision
		if asked.acked != nil {
			asked.acked(out)
		}
	}
	answer := binary.BigEndian.AppendUint64([]byte{byte(kind)}, rev)
	return binary.BigEndian.AppendUint64(answer, out.Index), nil
}

// readNewest is a linearizable read.
func (l *load) readNewest(client int, r *register, n *Node, life *life) {
	n.clock.gate()
	call := l.w.seq.Add(1)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := life.node.Fresh(ctx, access.Consistency{Mode: access.Linearizable}); err != nil {
		l.w.record.count(&l.w.record.refused)
		return
	}
	rev, value := r.in(life)
	n.clock.gate()
	r.read(client, rev, value, call, l.w.seq.Add(1))
	l.w.record.count(&l.w.record.newest)
}

// rush is what waited at the door of a process that stood still: it reads everything, at once.
func (l *load) rush(n *Node) {
	life := n.alive()
	if life == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, r := range l.now {
		l.work.Go(func() { l.readNewest(20+i, r, n, life) })
		l.work.Go(func() { l.lookNow(n, life, r, 0) })
	}
}

// readAt is a read of one's own write on any node.
func (l *load) readAt(rnd *rand.Rand, r *register, rev, index uint64) {
	n, life := l.somebody(rnd)
	if n == nil {
		return
	}
	n.clock.gate()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if life.node.Fresh(ctx, access.Consistency{Mode: access.AtIndex, Index: index}) != nil {
		l.w.record.count(&l.w.record.refused)
		return
	}
	if got, _ := r.in(life); got < rev && !r.mayBeGone.Load() {
		l.w.record.complain("%s, asked for index %d, served revision %d of %s, which that index made %d", n.Name, index, got, r.name, rev)
	}
	l.w.record.count(&l.w.record.atIndex)
}

// look is a local read as the vault makes it: may this node answer, what is there, some work, may it still answer, and is
// it still there. A process that stands still does none of it.
func (l *load) look(n *Node, life *life, r *register, think time.Duration) {
	if n.clock.paused() != nil {
		l.work.Go(func() { // whoever asks a process that stands still waits
			n.clock.gate()
			l.lookNow(n, life, r, 0)
		})
		return
	}
	if think > 0 {
		l.work.Go(func() { l.lookNow(n, life, r, think) })
		return
	}
	l.lookNow(n, life, r, 0)
}

func (l *load) lookNow(n *Node, life *life, r *register, think time.Duration) {
	local := access.Consistency{}
	if life.node.Fresh(context.Background(), local) != nil {
		l.w.record.local(false, l.healthy.Load())
		return
	}
	r.in(life)
	if think > 0 && !l.sleep(think) {
		return
	}
	n.clock.gate()
	at, order := time.Now(), l.w.seq.Add(1)
	if life.node.Fresh(context.Background(), local) != nil {
		l.w.record.local(false, false)
		return
	}
	rev, _ := r.in(life)
	l.w.record.local(true, false)
	r.judge(l.w, n, life, rev, at, order)
}
