package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"

	"github.com/hashicorp/raft"
)

// port is a node's end of the network, with the contract of peer.Port: who calls is known, only members are heard, and
// deadlines and faults travel.
type port struct {
	net   *network
	clock *clock
	name  string
	addr  string
	cfg   peer.Config

	ctx      context.Context // ends with the process
	cancel   context.CancelFunc
	accepts  chan struct{} // closed by Run: before that, who connects waits in the backlog
	mu       sync.Mutex
	handlers map[string]cluster.Handler // guarded by mu
	raft     *transport                 // nil until raft starts; guarded by mu
	calls    sync.WaitGroup
	shut     bool // guarded by mu
}

var _ cluster.Port = (*port)(nil)

func (n *network) open(name, addr string, c *clock, cfg peer.Config) *port {
	p := &port{net: n, clock: c, name: name, addr: addr, cfg: cfg, accepts: make(chan struct{}), handlers: map[string]cluster.Handler{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ports[addr] = p
	return p
}

// address is a name as a net.Addr.
type address string

// Network implements net.Addr.
func (address) Network() string { return "sim" }

// String implements net.Addr.
func (a address) String() string { return string(a) }

// Addr implements cluster.Port.
func (p *port) Addr() net.Addr { return address(p.addr) }

// Handle implements cluster.Port.
func (p *port) Handle(method string, h func(context.Context, string, []byte) ([]byte, error)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handlers[method] = h
}

// HandleJoin implements cluster.Port; nobody joins by itself here.
func (p *port) HandleJoin(func(context.Context, []byte) ([]byte, error)) {}

// CutMember implements cluster.Port: who is no member is not heard anyway.
func (p *port) CutMember(string) {}

// Run implements cluster.Port.
func (p *port) Run(ctx context.Context) error {
	close(p.accepts)
	select {
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
	return p.Close()
}

// Close implements cluster.Port.
func (p *port) Close() error {
	p.kill()
	p.mu.Lock()
	p.shut = true
	p.mu.Unlock()
	p.calls.Wait()
	return nil
}

// kill takes the process off the network, at once.
func (p *port) kill() {
	p.cancel()
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if p.net.ports[p.addr] == p {
		delete(p.net.ports, p.addr)
	}
}

// begin counts a handler in, unless the port is closed.
func (p *port) begin(method string) (cluster.Handler, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shut || p.ctx.Err() != nil {
		return nil, false
	}
	p.calls.Add(1)
	return p.handlers[method], true
}

var (
	errUnreachable = errors.New("simulated: connection refused")
	errSilence     = errors.New("simulated: no answer")
	// errNotHeard is what the other side's TLS alert looks like to who is no member there.
	errNotHeard = &net.OpError{Op: "remote error", Err: errors.New("simulated: not a member")}
)

// Call implements cluster.Port.
func (p *port) Call(ctx context.Context, addr, node, method string, body []byte) ([]byte, error) {
	failed := func(sent bool, err error) error {
		return &peer.CallError{Node: node, Sent: sent, Err: errors.Join(ctx.Err(), err)}
	}
	wait := func() { // for an answer that does not come
		select {
		case <-ctx.Done():
		case <-p.ctx.Done():
		case <-time.After(3 * time.Second): // the connection is given up
		}
	}
	if !p.running(ctx) {
		return nil, failed(false, errUnreachable)
	}
	if !p.net.pass(callLane, p.name, node) {
		wait()
		return nil, failed(true, errSilence)
	}
	to := p.net.at(addr)
	if to == nil || to.name != node {
		return nil, failed(false, errUnreachable)
	}
	if !to.running(ctx) || !to.accepting(ctx) {
		wait()
		return nil, failed(true, errSilence)
	}
	if !to.cfg.Member(p.name) {
		return nil, failed(false, errNotHeard)
	}
	answer, err, gone := to.serve(ctx, p.name, method, body)
	if gone || !to.running(ctx) || !p.net.pass(callLane, node, p.name) || !p.running(ctx) || p.ctx.Err() != nil {
		wait()
		return nil, failed(true, errSilence)
	}
	if ctx.Err() != nil {
		return nil, failed(true, errSilence)
	}
	return answer, err
}

// accepting waits until the port takes connections, for as long as package peer's lets a dial take. False: it does not.
func (p *port) accepting(ctx context.Context) bool {
	select {
	case <-p.accepts: // the usual case takes no time, not even a simulated one
		return true
	default:
	}
	select {
	case <-p.accepts:
		return true
	case <-time.After(time.Second):
	case <-ctx.Done():
	case <-p.ctx.Done():
	}
	return false
}

// running waits while the process stands still. False: ctx ended, or the process did.
func (p *port) running(ctx context.Context) bool {
	for {
		resume := p.clock.paused()
		if resume == nil {
			return p.ctx.Err() == nil
		}
		select {
		case <-resume:
		case <-ctx.Done():
			return false
		case <-p.ctx.Done():
			return false
		}
	}
}

// serve runs a handler. What travels of an error is its kind, message and hint.
func (p *port) serve(caller context.Context, from, method string, body []byte) (answer []byte, err error, gone bool) {
	h, ok := p.begin(method)
	if !ok {
		return nil, nil, true
	}
	ctx, cancel := context.WithCancel(p.ctx)
	if deadline, has := caller.Deadline(); has {
		ctx, cancel = context.WithDeadline(p.ctx, deadline)
	}
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		defer p.calls.Done()
		defer cancel()
		if h == nil {
			done <- result{err: fault.New(fault.Invalid, "this node knows no peer call %.64q", method)}
			return
		}
		a, err := h(ctx, from, body)
		done <- result{a, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			f := fault.Of(r.err)
			return nil, &fault.Error{Kind: f.Kind, Message: f.Message, Hint: f.Hint}, false
		}
		return r.answer, nil, false
	case <-caller.Done():
		cancel()
		return nil, nil, true
	case <-p.ctx.Done():
		return nil, nil, true
	}
}

// Raft implements cluster.Port.
func (p *port) Raft(self raft.ServerID, cfg peer.TransportConfig) cluster.Transport {
	t := &transport{port: p, self: self, cfg: cfg, rpcs: make(chan raft.RPC)}
	if t.cfg.LocalAddr == "" {
		t.cfg.LocalAddr = raft.ServerAddress(p.addr)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.raft = t
	return t
}

func (p *port) String() string { return fmt.Sprintf("%s at %s", p.name, p.addr) }
