package peer

import (
	"crypto/tls"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
)

// serve answers one member's requests on one connection, one after the other, until either side ends it.
func (t *Transport) serve(conn *tls.Conn, in *inbound) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.serving[conn] = struct{}{}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.serving, conn)
	}()
	s := &session{t: t, conn: conn, in: in}
	for s.next() {
	}
}

// session is the serving side of one connection.
type session struct {
	t    *Transport
	conn *tls.Conn
	in   *inbound
	buf  []byte // for answers; reused
}

// next serves one request. False: the connection is finished.
func (s *session) next() bool {
	cfg := s.t.port.cfg
	if err := s.conn.SetReadDeadline(time.Now().Add(cfg.IdleTimeout)); err != nil {
		return false
	}
	kind, body, err := readFrame(s.conn, cfg.MaxFrame)
	if err != nil {
		if !errors.Is(err, io.EOF) {
			cfg.Log.Debug("raft connection ended", "node", s.in.node, "error", err)
		}
		return false
	}
	if !s.t.port.admitted(s.in) {
		s.t.port.CutMember(s.in.node)
		return false
	}
	req, err := s.open(kind, body)
	if err != nil {
		cfg.Log.Warn("raft request refused", "node", s.in.node, "error", err)
		s.refuse(err)
		return false
	}
	if snap, ok := req.(*raft.InstallSnapshotRequest); ok {
		return s.install(snap)
	}
	return s.respond(kind, s.ask(raft.RPC{Command: req}))
}

// open decodes a request and checks that it is made in the name of the node whose certificate we saw.
func (s *session) open(kind byte, body []byte) (any, error) {
	var req any
	switch kind {
	case frameAppend:
		req = new(raft.AppendEntriesRequest)
	case frameVote:
		req = new(raft.RequestVoteRequest)
	case framePreVote:
		req = new(raft.RequestPreVoteRequest)
	case frameSnapshot:
		req = new(raft.InstallSnapshotRequest)
	case frameTimeoutNow:
		req = new(raft.TimeoutNowRequest)
	default:
		return nil, errFrameKind
	}
	if err := decodeMessage(body, req); err != nil {
		return nil, err
	}
	if h, ok := headerOf(req); !ok || string(h.ID) != s.in.node {
		return nil, fault.New(fault.Denied, "a Raft request in the name of another node")
	}
	return req, nil
}

// ask lets raft answer. A request that raft does not take up within the RPC timeout is dropped: its sender has given up.
func (s *session) ask(rpc raft.RPC) raft.RPCResponse {
	answers := make(chan raft.RPCResponse, 1)
	rpc.RespChan = answers
	if m, ok := rpc.Command.(*raft.AppendEntriesRequest); ok && isHeartbeat(m) {
		s.t.mu.Lock()
		beat := s.t.heartbeat
		s.t.mu.Unlock()
		if beat != nil {
			beat(rpc)
			return s.await(answers)
		}
	}
	timer := time.NewTimer(s.t.cfg.RPCTimeout)
	defer timer.Stop()
	select {
	case s.t.consumer <- rpc:
		return s.await(answers)
	case <-timer.C:
		return raft.RPCResponse{Error: fault.New(fault.Busy, "the node is too slow to take up a Raft request")}
	case <-s.t.ctx.Done():
		return raft.RPCResponse{Error: raft.ErrTransportShutdown}
	}
}

func (s *session) await(answers <-chan raft.RPCResponse) raft.RPCResponse {
	select {
	case a := <-answers:
		return a
	case <-s.t.ctx.Done():
		return raft.RPCResponse{Error: raft.ErrTransportShutdown}
	}
}

// respond writes raft's answer. False: the connection is finished.
func (s *session) respond(kind byte, answer raft.RPCResponse) bool {
	if answer.Error != nil {
		if s.t.ctx.Err() == nil {
			s.refuse(fault.Wrap(fault.KindOf(answer.Error), answer.Error, "raft refused: %s", answer.Error))
		}
		return false
	}
	var err error
	if s.buf, err = encodeMessage(s.buf[:0], kind+frameAnswer, answer.Response, s.t.port.cfg.MaxFrame); err != nil {
		s.t.port.cfg.Log.Error("raft answer cannot be sent", "node", s.in.node, "error", err)
		return false
	}
	return s.write(s.buf) == nil
}

func (s *session) refuse(err error) {
	frame := append(appendHead(nil, frameFault), encodeFault(err)...)
	if seal(frame, s.t.port.cfg.MaxFrame) == nil {
		_ = s.write(frame) // the connection ends either way
	}
}

func (s *session) write(frame []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.t.cfg.RPCTimeout)); err != nil {
		return err
	}
	_, err := s.conn.Write(frame)
	return err
}

// install passes a snapshot's stream to raft. While raft works on what has arrived, the sender is told that we live.
func (s *session) install(req *raft.InstallSnapshotRequest) bool {
	if req.Size < 0 || req.Size > s.t.cfg.MaxSnapshot {
		err := fault.New(fault.TooLarge, "a snapshot of %d bytes exceeds the limit of %d", req.Size, s.t.cfg.MaxSnapshot)
		s.t.port.cfg.Log.Warn("raft request refused", "node", s.in.node, "error", err)
		s.refuse(err)
		return false
	}
	stream := &intake{from: &moving{conn: s.conn, stall: s.t.cfg.SnapshotStall}, session: s}
	stream.left.Store(req.Size)
	done := make(chan struct{})
	var pulse sync.WaitGroup
	pulse.Go(func() { s.pulse(stream, done) })
	answer := s.ask(raft.RPC{Command: req, Reader: stream})
	close(done)
	pulse.Wait()
	ok := s.respond(frameSnapshot, answer)
	return ok && stream.left.Load() == 0
}

// pulse says "working" four times within the stall time, once the whole stream has arrived.
func (s *session) pulse(stream *intake, done <-chan struct{}) {
	tick := time.NewTicker(s.t.cfg.SnapshotStall / 4)
	defer tick.Stop()
	frame := appendHead(nil, frameWorking)
	if seal(frame, s.t.port.cfg.MaxFrame) != nil {
		return
	}
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if stream.left.Load() == 0 && s.write(frame) != nil {
				return
			}
		}
	}
}

// intake reads exactly the announced bytes of a snapshot, from a sender that stays a member throughout.
type intake struct {
	from    io.Reader
	session *session
	left    atomic.Int64
}

// Read gives the next bytes of the snapshot, io.EOF after the last announced one.
func (r *intake) Read(b []byte) (int, error) {
	left := r.left.Load()
	if left <= 0 {
		return 0, io.EOF
	}
	if !r.session.t.port.admitted(r.session.in) {
		return 0, fault.New(fault.Denied, "the sender of the snapshot is not a member any more")
	}
	if int64(len(b)) > left {
		b = b[:left]
	}
	n, err := r.from.Read(b)
	r.left.Add(-int64(n))
	if err != nil {
		return n, noEOF(err)
	}
	return n, nil
}
