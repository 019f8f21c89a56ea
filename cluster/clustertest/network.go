package clustertest

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// network is every connection that nodes open, by who opened it to whom. A cut swallows what is sent and what comes;
// nobody is told, as with a cable pulled out.
type network struct {
	mu    sync.Mutex
	names map[string]string   // node by address; guarded by mu
	cuts  map[[2]string]bool  // from, to; guarded by mu
	conns map[*gated]struct{} // guarded by mu
}

func newNetwork() *network {
	return &network{names: map[string]string{}, cuts: map[[2]string]bool{}, conns: map[*gated]struct{}{}}
}

func (w *network) know(addr, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names[addr] = name
}

// dialer is the Dial of one node.
func (w *network) dialer(from string) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, addr string) (net.Conn, error) {
		w.mu.Lock()
		pair := [2]string{from, w.names[addr]}
		closed := w.cuts[pair]
		w.mu.Unlock()
		if closed {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		d := net.Dialer{Timeout: 5 * time.Second}
		raw, err := d.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		g := &gated{Conn: raw, net: w, pair: pair}
		w.mu.Lock()
		defer w.mu.Unlock()
		g.shut.Store(w.cuts[pair])
		w.conns[g] = struct{}{}
		return g, nil
	}
}

func (w *network) cut(from, to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pair := [2]string{from, to}
	w.cuts[pair] = true
	for g := range w.conns {
		if g.pair == pair {
			g.shut.Store(true)
		}
	}
}

// heal opens everything; connections that lost something cannot go on and are closed.
func (w *network) heal() {
	w.mu.Lock()
	clear(w.cuts)
	var doomed []*gated
	for g := range w.conns {
		if g.shut.Load() {
			doomed = append(doomed, g)
		}
	}
	w.mu.Unlock()
	for _, g := range doomed {
		_ = g.Close()
	}
}

// gated is a connection that can be cut.
type gated struct {
	net.Conn
	net  *network
	pair [2]string
	shut atomic.Bool
}

// Read swallows what comes while the connection is cut.
func (g *gated) Read(p []byte) (int, error) {
	for {
		n, err := g.Conn.Read(p)
		if !g.shut.Load() {
			return n, err
		}
		if err != nil { // closed, or past its deadline: nothing more will come
			return 0, err
		}
	}
}

// Write swallows what is sent while the connection is cut.
func (g *gated) Write(p []byte) (int, error) {
	if g.shut.Load() {
		return len(p), nil
	}
	return g.Conn.Write(p)
}

// Close forgets the connection and closes it.
func (g *gated) Close() error {
	g.net.mu.Lock()
	delete(g.net.conns, g)
	g.net.mu.Unlock()
	return g.Conn.Close()
}
