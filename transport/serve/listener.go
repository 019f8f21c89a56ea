package serve

import (
	"net"
	"net/netip"
	"sync"
)

// listener refuses connections beyond the limits by closing them at once, so that one who floods cannot keep others
// from being accepted.
type listener struct {
	net.Listener
	limits Limits
	meter  Meter

	mu   sync.Mutex
	open int
	from map[netip.Prefix]int // open connections by address; entries go when they reach 0
}

func newListener(ln net.Listener, l Limits, m Meter) *listener {
	return &listener{Listener: ln, limits: l, meter: m, from: map[netip.Prefix]int{}}
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
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
	l.from[p]++
	return ""
}

func (l *listener) release(p netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
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
	once sync.Once
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.l.release(c.from) })
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
