package peer

import (
	"net"
	"sync"

	"github.com/quorate/quorate/vault/fault"
)

// conns knows every open connection of the port, so that limits hold and a removed member can be cut.
type conns struct {
	perAddress, pending, perMember int // limits

	mu       sync.Mutex
	closed   bool
	byAddr   map[string]int            // accepted, no member's certificate shown; guarded by mu
	nPending int                       // sum of byAddr; guarded by mu
	accepted map[string]int            // accepted from each member; guarded by mu
	byNode   map[string]map[*conn]bool // both directions; guarded by mu
	all      map[*conn]bool            // guarded by mu
}

func newConns(cfg Config) *conns {
	return &conns{
		perAddress: cfg.MaxConnsPerAddress, pending: cfg.MaxPending, perMember: cfg.MaxConnsPerMember,
		byAddr: map[string]int{}, accepted: map[string]int{}, byNode: map[string]map[*conn]bool{}, all: map[*conn]bool{},
	}
}

// conn is a connection that reports its own end. addr is set while it is pending, node once it is known.
type conn struct {
	net.Conn
	owner *conns
	addr  string // guarded by owner.mu
	node  string // guarded by owner.mu
	in    bool   // accepted, not dialled; never changes
}

// Close ends the connection and takes it off the register.
func (c *conn) Close() error {
	c.owner.forget(c)
	return c.Conn.Close()
}

// pend registers an accepted connection whose other side is unknown. False: a limit is reached, or the port is closed.
func (cs *conns) pend(raw net.Conn) (*conn, bool) {
	addr := hostOf(raw.RemoteAddr())
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed || cs.nPending >= cs.pending || cs.byAddr[addr] >= cs.perAddress {
		return nil, false
	}
	c := &conn{Conn: raw, owner: cs, addr: addr, in: true}
	cs.byAddr[addr]++
	cs.nPending++
	cs.all[c] = true
	return c, true
}

// identify moves a pending connection over to the member that it turned out to be. False: that member has too many.
func (cs *conns) identify(c *conn, node string) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if !cs.all[c] || cs.accepted[node] >= cs.perMember {
		return false
	}
	cs.unpendLocked(c)
	cs.accepted[node]++
	cs.nodeLocked(c, node)
	return true
}

// dialled registers a connection of our own to node. Kind: fault.NoLeader once the port is closed.
func (cs *conns) dialled(raw net.Conn, node string) (*conn, error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		return nil, fault.New(fault.NoLeader, "the peer port is closed")
	}
	c := &conn{Conn: raw, owner: cs}
	cs.all[c] = true
	cs.nodeLocked(c, node)
	return c, nil
}

func (cs *conns) nodeLocked(c *conn, node string) {
	c.node = node
	if cs.byNode[node] == nil {
		cs.byNode[node] = map[*conn]bool{}
	}
	cs.byNode[node][c] = true
}

func (cs *conns) unpendLocked(c *conn) {
	if c.addr == "" {
		return
	}
	cs.nPending--
	if cs.byAddr[c.addr]--; cs.byAddr[c.addr] <= 0 {
		delete(cs.byAddr, c.addr)
	}
	c.addr = ""
}

func (cs *conns) forget(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if !cs.all[c] {
		return
	}
	delete(cs.all, c)
	cs.unpendLocked(c)
	if c.node == "" {
		return
	}
	if c.in {
		if cs.accepted[c.node]--; cs.accepted[c.node] <= 0 {
			delete(cs.accepted, c.node)
		}
	}
	delete(cs.byNode[c.node], c)
	if len(cs.byNode[c.node]) == 0 {
		delete(cs.byNode, c.node)
	}
}

// cut closes every connection with node, in both directions, and returns how many there were.
func (cs *conns) cut(node string) int {
	cs.mu.Lock()
	var doomed []*conn
	for c := range cs.byNode[node] {
		doomed = append(doomed, c)
	}
	cs.mu.Unlock()
	for _, c := range doomed {
		_ = c.Close()
	}
	return len(doomed)
}

// closeAll closes what is open and refuses what comes.
func (cs *conns) closeAll() {
	cs.mu.Lock()
	cs.closed = true
	var doomed []*conn
	for c := range cs.all {
		doomed = append(doomed, c)
	}
	cs.mu.Unlock()
	for _, c := range doomed {
		_ = c.Close()
	}
}

func hostOf(a net.Addr) string {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.String()
	}
	return a.String()
}
