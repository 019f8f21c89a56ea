package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Port is one node's end of all traffic between nodes. Its methods may be called concurrently.
type Port struct {
	cfg   Config
	ln    net.Listener
	conns *conns

	calls    *callServer
	joins    *joinServer
	outlets  outlets
	raft     atomic.Pointer[Transport]
	ctx      context.Context // ends with the port; not a request's
	cancel   context.CancelFunc
	work     sync.WaitGroup // one per accepted connection
	mu       sync.Mutex
	shut     bool // guarded by mu
	refusals atomic.Uint64
}

// Listen opens addr. Nothing is accepted before Run; calls can be made at once. Kind: fault.Invalid for a Config
// without Identity or Member.
func Listen(addr string, cfg Config) (*Port, error) {
	if cfg.Identity == nil || cfg.Member == nil || cfg.Identity() == nil {
		return nil, fault.New(fault.Invalid, "the peer port needs an identity and a member list")
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("opening the peer port: %w", err)
	}
	p := &Port{cfg: cfg.withDefaults(), ln: ln}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.conns = newConns(p.cfg)
	p.joins = newJoinServer(p.cfg)
	p.outlets.port = p
	p.calls = newCallServer(p)
	return p, nil
}

// Addr is the address that the port listens on.
func (p *Port) Addr() net.Addr { return p.ln.Addr() }

// Refused counts the connections that were turned away: limits, failed handshakes, strangers.
func (p *Port) Refused() uint64 { return p.refusals.Load() }

// CutMember closes every connection with node, in both directions. Whether it may come back is Config.Member's to say.
func (p *Port) CutMember(node string) {
	p.outlets.drop(node)
	if n := p.conns.cut(node); n > 0 {
		p.cfg.Log.Info("connections with a node cut", "node", node, "connections", n)
	}
}

// Close ends the port and everything on it. Run, if it runs, then returns.
func (p *Port) Close() error {
	p.mu.Lock()
	first := !p.shut
	p.shut = true
	p.mu.Unlock()
	if !first {
		return nil
	}
	p.cancel()
	err := p.ln.Close()
	p.conns.closeAll()
	p.outlets.closeAll()
	return err
}

// Run accepts and serves until ctx ends or the port is closed, and returns when everything that it started is
// done. It closes the port. It returns nil unless the listener itself fails. Call it once.
func (p *Port) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	defer stop()
	served := make(chan struct{})
	go func() {
		defer close(served)
		p.calls.run()
	}()
	err := p.accept()
	_ = p.Close()
	p.calls.close()
	<-served
	p.work.Wait()
	p.calls.wait(p.cfg.Log)
	return err
}

func (p *Port) accept() error {
	var pause time.Duration
	for {
		raw, err := p.ln.Accept()
		switch {
		case err == nil:
			pause = 0
		case errors.Is(err, net.ErrClosed):
			return nil
		default: // out of descriptors, or the like: wait, then go on
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			p.cfg.Log.Warn("a connection could not be accepted", "error", err)
			select {
			case <-time.After(pause):
				continue
			case <-p.ctx.Done():
				return nil
			}
		}
		c, ok := p.conns.pend(raw)
		if !ok {
			p.refusals.Add(1)
			_ = raw.Close()
			continue
		}
		p.work.Go(func() { p.admit(c) })
	}
}

// admit finds out who the other side is and hands the connection to what it came for.
func (p *Port) admit(c *conn) {
	conn, node, err := p.handshake(p.ctx, c)
	if err != nil {
		p.refusals.Add(1)
		p.cfg.Log.Debug("peer connection refused", "remote", c.RemoteAddr().String(), "error", err)
		_ = c.Close()
		return
	}
	proto := conn.ConnectionState().NegotiatedProtocol
	if proto == alpnJoin {
		defer c.Close()
		p.joins.serve(p.ctx, conn, hostOf(c.RemoteAddr()), p.cfg.Log)
		return
	}
	if !p.conns.identify(c, node) {
		p.refusals.Add(1)
		p.cfg.Log.Warn("too many connections from one member", "node", node)
		_ = c.Close()
		return
	}
	in := &inbound{node: node, until: conn.ConnectionState().PeerCertificates[0].NotAfter}
	if !p.admitted(in) { // removed between the handshake and the register: the cut has missed it
		_ = c.Close()
		return
	}
	if proto == alpnCall {
		p.calls.serve(conn)
		return
	}
	defer c.Close()
	if t := p.raft.Load(); t != nil {
		t.serve(conn, in)
	}
}

// inbound is the other side of an accepted connection, as its certificate names it.
type inbound struct {
	node  string
	until time.Time // the certificate's end
}

// admitted tells whether the other side is still welcome: a member, and its certificate has not run out.
func (p *Port) admitted(in *inbound) bool {
	return p.cfg.Member(in.node) && p.cfg.Now().Before(in.until)
}

// inboundOf reads an accepted, verified connection.
func inboundOf(conn *tls.Conn) *inbound {
	leaf := conn.ConnectionState().PeerCertificates[0]
	_, node, err := NodeOf(leaf)
	if err != nil {
		return nil
	}
	return &inbound{node: node, until: leaf.NotAfter}
}

var _ http.Handler = (*callServer)(nil)
