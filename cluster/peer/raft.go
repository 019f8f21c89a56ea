package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/plant"
)

// TransportConfig is what a Transport needs beside its port. Every field may be zero.
type TransportConfig struct {
	// LocalAddr is what raft is told as our own address. Empty: the port's address.
	LocalAddr raft.ServerAddress
	// Resolve finds where a node is now; nodes come back with other addresses. Nil, or false: the address that raft has.
	Resolve func(id raft.ServerID) (addr string, ok bool)
	// RPCTimeout bounds one exchange, plus a second for each 4 MiB that it carries. Default 1 s.
	RPCTimeout time.Duration
	// SnapshotStall ends the transfer of a snapshot on which nothing moved for so long. Default 10 s.
	SnapshotStall time.Duration
	// MaxSnapshot bounds a snapshot in bytes, both ways. Default 4 GiB.
	MaxSnapshot int64
}

// Transport carries Raft's messages between the ports of a cluster. It implements raft.Transport, raft.WithPreVote
// and raft.WithClose. There is one exchange at a time on a connection and no pipelining (reliability.md R6). Each
// exchange checks that the other side's header carries the name in its certificate.
type Transport struct {
	port *Port
	self raft.ServerID
	cfg  TransportConfig

	consumer  chan raft.RPC
	ctx       context.Context // ends with the transport
	cancel    context.CancelFunc
	mu        sync.Mutex
	heartbeat func(raft.RPC)         // guarded by mu
	idle      map[lane][]*exchange   // guarded by mu
	serving   map[*tls.Conn]struct{} // guarded by mu
	closed    bool                   // guarded by mu
}

var (
	_ raft.Transport   = (*Transport)(nil)
	_ raft.WithPreVote = (*Transport)(nil)
	_ raft.WithClose   = (*Transport)(nil)
)

// lane keeps kinds of traffic with one node apart, so that a heartbeat never waits behind a large append.
type lane struct {
	node      string
	heartbeat bool
}

const (
	maxIdlePerLane = 2
	maxIdleTime    = time.Minute // less than the server's IdleTimeout
	bytesPerSecond = 4 << 20
	keepBuffer     = 1 << 20
)

// exchange is one connection to a node, used for one request and its answer at a time.
type exchange struct {
	conn *tls.Conn
	id   *Identity // under which it was made
	buf  []byte    // for requests; reused
	used time.Time
}

// Transport makes the port carry Raft for the node self, which must be the name in our certificate. A port has one
// transport at a time; a new one takes the place of the former.
func (p *Port) Transport(self raft.ServerID, cfg TransportConfig) *Transport {
	if cfg.LocalAddr == "" {
		cfg.LocalAddr = raft.ServerAddress(p.Addr().String())
	}
	if cfg.RPCTimeout <= 0 {
		cfg.RPCTimeout = time.Second
	}
	if cfg.SnapshotStall <= 0 {
		cfg.SnapshotStall = 10 * time.Second
	}
	if cfg.MaxSnapshot <= 0 {
		cfg.MaxSnapshot = 4 << 30
	}
	t := &Transport{
		port: p, self: self, cfg: cfg, consumer: make(chan raft.RPC),
		idle: map[lane][]*exchange{}, serving: map[*tls.Conn]struct{}{},
	}
	t.ctx, t.cancel = context.WithCancel(p.ctx)
	if former := p.raft.Swap(t); former != nil {
		_ = former.Close()
	}
	return t
}

// Consumer is where raft takes the requests of other nodes from.
func (t *Transport) Consumer() <-chan raft.RPC { return t.consumer }

// LocalAddr is our own address, as raft is to know it.
func (t *Transport) LocalAddr() raft.ServerAddress { return t.cfg.LocalAddr }

// AppendEntriesPipeline is refused: one append is in flight at a time (reliability.md R6).
func (t *Transport) AppendEntriesPipeline(id raft.ServerID, addr raft.ServerAddress) (raft.AppendPipeline, error) {
	if plant.InFlight {
		return newPipeline(t, id, addr), nil
	}
	return nil, raft.ErrPipelineReplicationNotSupported
}

// AppendEntries sends log entries, or a heartbeat, to a node.
func (t *Transport) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	return t.exchange(lane{string(id), isHeartbeat(args)}, target, frameAppend, args, resp)
}

// RequestVote asks a node for its vote.
func (t *Transport) RequestVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return t.exchange(lane{node: string(id)}, target, frameVote, args, resp)
}

// RequestPreVote asks a node whether it would vote for us, before any term is raised.
func (t *Transport) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return t.exchange(lane{node: string(id)}, target, framePreVote, args, resp)
}

// TimeoutNow hands leadership to a node.
func (t *Transport) TimeoutNow(id raft.ServerID, target raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return t.exchange(lane{node: string(id)}, target, frameTimeoutNow, args, resp)
}

// EncodePeer writes a node's address as raft keeps it.
func (t *Transport) EncodePeer(_ raft.ServerID, addr raft.ServerAddress) []byte { return []byte(addr) }

// DecodePeer reads what EncodePeer wrote.
func (t *Transport) DecodePeer(b []byte) raft.ServerAddress { return raft.ServerAddress(b) }

// SetHeartbeatHandler lets heartbeats pass by the queue, so that they do not wait for the disk.
func (t *Transport) SetHeartbeatHandler(cb func(rpc raft.RPC)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heartbeat = cb
}

// Close ends the transport and its connections. The port stays open.
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	var doomed []*tls.Conn
	for _, list := range t.idle {
		for _, x := range list {
			doomed = append(doomed, x.conn)
		}
	}
	clear(t.idle)
	for c := range t.serving {
		doomed = append(doomed, c)
	}
	t.mu.Unlock()
	t.cancel()
	t.port.raft.CompareAndSwap(t, nil)
	for _, c := range doomed {
		_ = c.NetConn().Close() // at once: no farewell to a peer that may not read
	}
	return nil
}

// exchange sends one request and reads its answer.
func (t *Transport) exchange(l lane, target raft.ServerAddress, kind byte, args, resp any) error {
	x, err := t.take(l, target)
	if err != nil {
		return err
	}
	x.buf, err = encodeMessage(x.buf[:0], kind, args, t.port.cfg.MaxFrame)
	if err != nil {
		t.give(l, x)
		return fmt.Errorf("encoding a request to %s: %w", l.node, err)
	}
	wait := t.cfg.RPCTimeout + time.Duration(len(x.buf))*time.Second/bytesPerSecond
	told, err := t.converse(x, l.node, wait, kind, resp)
	if err != nil || told != nil { // who refuses, hangs up
		x.drop()
		return fmt.Errorf("exchange with %s: %w", l.node, errors.Join(told, err))
	}
	t.give(l, x)
	return nil
}

// converse sends what x.buf holds and waits for the answer. told is the other node's refusal.
func (t *Transport) converse(x *exchange, node string, wait time.Duration, kind byte, resp any) (told, err error) {
	if err := x.conn.SetDeadline(time.Now().Add(wait)); err != nil {
		return nil, fmt.Errorf("setting a deadline: %w", err)
	}
	if _, err := x.conn.Write(x.buf); err != nil {
		return nil, fmt.Errorf("sending: %w", err)
	}
	got, body, err := readFrame(x.conn, t.port.cfg.MaxFrame)
	if err != nil {
		return nil, fmt.Errorf("waiting for the answer: %w", err)
	}
	return t.understand(node, kind, got, body, resp)
}

// understand reads the answer to a request of the given kind, and checks who signed it.
func (t *Transport) understand(node string, kind, got byte, body []byte, resp any) (told, err error) {
	switch got {
	case kind + frameAnswer:
	case frameFault:
		return fmt.Errorf("node %s refused: %w", node, decodeFault(body)), nil
	default:
		return nil, errFrameKind
	}
	if err := decodeMessage(body, resp); err != nil {
		return nil, err
	}
	h, ok := headerOf(resp)
	_, nameless := resp.(*raft.TimeoutNowResponse) // raft leaves its header empty; it carries nothing else
	if !ok || string(h.ID) != node && !(nameless && len(h.ID) == 0) {
		return nil, fault.New(fault.Unauthenticated, "node %s answered in the name of another", node)
	}
	return nil, nil
}

// InstallSnapshot streams a snapshot to a node and waits until it is installed. There is no limit on the time as
// long as something moves.
func (t *Transport) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if args.Size < 0 || args.Size > t.cfg.MaxSnapshot {
		return fault.New(fault.TooLarge, "a snapshot of %d bytes exceeds the limit of %d", args.Size, t.cfg.MaxSnapshot)
	}
	l := lane{node: string(id)}
	x, err := t.take(l, target)
	if err != nil {
		return err
	}
	told, err := t.sendSnapshot(x, l.node, args, resp, data)
	if err != nil || told != nil {
		x.drop() // part of the stream may be left
		return errors.Join(told, err)
	}
	t.give(l, x)
	return nil
}

func (t *Transport) sendSnapshot(x *exchange, node string, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) (told, err error) {
	if x.buf, err = encodeMessage(x.buf[:0], frameSnapshot, args, t.port.cfg.MaxFrame); err != nil {
		return nil, fmt.Errorf("encoding a snapshot's head for %s: %w", node, err)
	}
	out := &moving{conn: x.conn, stall: t.cfg.SnapshotStall}
	if _, err := out.Write(x.buf); err != nil {
		return nil, fmt.Errorf("offering a snapshot to %s: %w", node, err)
	}
	if _, err := io.CopyBuffer(onlyWriter{out}, io.LimitReader(data, args.Size), make([]byte, frameChunk)); err != nil {
		return nil, fmt.Errorf("streaming a snapshot to %s: %w", node, err)
	}
	if int64(out.written)-int64(len(x.buf)) != args.Size {
		return nil, fault.New(fault.Internal, "a snapshot for %s is shorter than its head says", node)
	}
	for {
		got, body, err := readFrame(&moving{conn: x.conn, stall: t.cfg.SnapshotStall}, t.port.cfg.MaxFrame)
		if err != nil {
			return nil, fmt.Errorf("waiting for %s to install a snapshot: %w", node, err)
		}
		if got != frameWorking {
			return t.understand(node, frameSnapshot, got, body, resp)
		}
	}
}

// take finds or makes a connection to a node.
func (t *Transport) take(l lane, target raft.ServerAddress) (*exchange, error) {
	if x := t.takeIdle(l); x != nil {
		return x, nil
	}
	if t.ctx.Err() != nil {
		return nil, raft.ErrTransportShutdown
	}
	addr := string(target)
	if t.cfg.Resolve != nil {
		if a, ok := t.cfg.Resolve(raft.ServerID(l.node)); ok {
			addr = a
		}
	}
	conn, id, err := t.port.dial(t.ctx, addr, l.node, alpnRaft)
	if err != nil {
		return nil, fmt.Errorf("reaching %s: %w", l.node, err)
	}
	return &exchange{conn: conn, id: id}, nil
}

func (t *Transport) takeIdle(l lane) *exchange {
	current := t.port.cfg.Identity()
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.idle[l]
	for len(list) > 0 {
		x := list[len(list)-1]
		list = list[:len(list)-1]
		t.idle[l] = list
		if x.id == current && time.Since(x.used) < maxIdleTime {
			return x
		}
		x.drop()
	}
	return nil
}

// give puts a connection back for the next request.
func (t *Transport) give(l lane, x *exchange) {
	x.used = time.Now()
	if cap(x.buf) > keepBuffer {
		x.buf = nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || len(t.idle[l]) >= maxIdlePerLane {
		x.drop()
		return
	}
	t.idle[l] = append(t.idle[l], x)
}

// drop closes the connection at once, without a farewell that could block.
func (x *exchange) drop() { _ = x.conn.NetConn().Close() }

// isHeartbeat tells an append that only says that the leader is there, as raft sends it on its own schedule.
func isHeartbeat(m *raft.AppendEntriesRequest) bool {
	return m.Term != 0 && m.PrevLogEntry == 0 && m.PrevLogTerm == 0 && len(m.Entries) == 0 && m.LeaderCommitIndex == 0
}

// headerOf is the header that every Raft message has.
func headerOf(m any) (raft.RPCHeader, bool) {
	h, ok := m.(raft.WithRPCHeader)
	if !ok {
		return raft.RPCHeader{}, false
	}
	return h.GetRPCHeader(), true
}

// moving reads and writes a connection on which every single read or write must end within stall.
type moving struct {
	conn    *tls.Conn
	stall   time.Duration
	written int
}

// Read reads what there is, within the stall time.
func (m *moving) Read(b []byte) (int, error) {
	if err := m.conn.SetReadDeadline(time.Now().Add(m.stall)); err != nil {
		return 0, err
	}
	return m.conn.Read(b)
}

// Write writes all of b, within the stall time.
func (m *moving) Write(b []byte) (int, error) {
	if err := m.conn.SetWriteDeadline(time.Now().Add(m.stall)); err != nil {
		return 0, err
	}
	n, err := m.conn.Write(b)
	m.written += n
	return n, err
}

// onlyWriter hides everything but Write, so that copies go through the given buffer.
type onlyWriter struct{ io.Writer }
