package serve

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// listener refuses connections beyond the limits by closing them at once, so that one who floods cannot keep others
// from being accepted.
type listener struct {
	net.Listener
	limits Limits
	meter  Meter

	held   atomic.Bool   // nobody is let in any more, and Accept waits for Close
	closed chan struct{} // by Close
	once   sync.Once
	kept   atomic.Int64 // open connections that brought a request

	mu    sync.Mutex
	open  int
	fresh int                  // open connections that brought no request yet
	from  map[netip.Prefix]int // open connections by address; entries go when they reach 0
}

func newListener(ln net.Listener, l Limits, m Meter) *listener {
	return &listener{Listener: ln, limits: l, meter: m, closed: make(chan struct{}), from: map[netip.Prefix]int{}}
}

// hold lets nobody in any more, without net/http noticing: once that knows, it drops what comes on connections that were let in.
func (l *listener) hold() {
	l.held.Store(true)
	_ = l.Listener.Close() // whoever waits to be let in connects elsewhere
}

// Close implements net.Listener.
func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	if l.held.Load() {
		return nil
	}
	return l.Listener.Close()
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			if l.held.Load() {
				<-l.closed
			}
			return nil, err
		}
		p := origin(c.RemoteAddr())
		reason := l.admit(p)
		if reason == "" {
			l.meter.Add(Connections, 1)
			return &conn{Conn: c, l: l, from: p}, nil
		}
		l.meter.Refused(reason)
		_ = c.Close() // refused; there is nobody to tell
	}
}

// admit counts a connection from p in, or says why not.
func (l *listener) admit(p netip.Prefix) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.open >= l.limits.Connections:
		return limitTotal
	case l.from[p] >= l.limits.PerAddress:
		return limitAddress
	}
	l.open++
	l.fresh++
	l.from[p]++
	return ""
}

// waiting is how many connections were let in and brought no request yet.
func (l *listener) waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fresh
}

func (l *listener) release(p netip.Prefix, fresh bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if fresh {
		l.fresh--
	} else {
		l.kept.Add(-1)
	}
	if l.from[p]--; l.from[p] <= 0 {
		delete(l.from, p)
	}
	l.meter.Add(Connections, -1)
}

// conn gives its place back when closed.
type conn struct {
	net.Conn
	l    *listener
	from netip.Prefix
	used atomic.Bool // it brought a request
	once sync.Once
}

// came says that a request came.
func (c *conn) came() {
	if c.used.Load() || c.used.Swap(true) {
		return
	}
	c.l.kept.Add(1)
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	c.l.fresh--
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.l.release(c.from, !c.used.Swap(true)) })
	return err
}

// origin is what the limit per address counts by: the IPv4 address, or the /64 of an IPv6 one, which is what a
// single customer commands.
func origin(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	length := 32
	if ip.Is6() {
		length = 64
	}
	p, err := ip.Prefix(length)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
