package sim

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
)

// rpcTimeout is the one of package peer.
const rpcTimeout = time.Second

// transport carries raft's messages over the simulated network, one at a time, as package peer's does.
type transport struct {
	port *port
	self raft.ServerID
	cfg  peer.TransportConfig
	rpcs chan raft.RPC

	mu        sync.Mutex
	heartbeat func(raft.RPC) // guarded by mu
}

var _ cluster.Transport = (*transport)(nil)

var errRaft = errors.New("simulated: no answer to a message of raft's")

// Consumer implements raft.Transport.
func (t *transport) Consumer() <-chan raft.RPC { return t.rpcs }

// LocalAddr implements raft.Transport.
func (t *transport) LocalAddr() raft.ServerAddress { return t.cfg.LocalAddr }

// AppendEntriesPipeline implements raft.Transport.
func (t *transport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// AppendEntries implements raft.Transport.
func (t *transport) AppendEntries(id raft.ServerID, target raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	beat := args.PrevLogEntry == 0 && args.PrevLogTerm == 0 && len(args.Entries) == 0 && args.LeaderCommitIndex == 0
	if beat && t.port.clock.paused() != nil {
		// A leader that stands still does not notice that nobody answers: when it goes on it still believes that it leads, and
		// finds the answer to its last heartbeat waiting. The code around raft does not stand still here, so it is told so.
		time.Sleep(t.port.net.shortly())
		*resp = raft.AppendEntriesResponse{RPCHeader: args.RPCHeader, Term: args.Term, Success: true}
		return nil
	}
	sent := *args
	sent.Entries = make([]*raft.Log, len(args.Entries))
	for i, l := range args.Entries {
		own := *l
		sent.Entries[i] = &own
	}
	got, err := t.exchange(string(id), target, &sent, nil, beat)
	if err != nil {
		return err
	}
	*resp = *got.(*raft.AppendEntriesResponse)
	return nil
}

// RequestVote implements raft.Transport.
func (t *transport) RequestVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	sent := *args
	got, err := t.exchange(string(id), target, &sent, nil, false)
	if err != nil {
		return err
	}
	*resp = *got.(*raft.RequestVoteResponse)
	return nil
}

// RequestPreVote implements raft.WithPreVote.
func (t *transport) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	sent := *args
	got, err := t.exchange(string(id), target, &sent, nil, false)
	if err != nil {
		return err
	}
	*resp = *got.(*raft.RequestPreVoteResponse)
	return nil
}

// TimeoutNow implements raft.Transport.
func (t *transport) TimeoutNow(id raft.ServerID, target raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	sent := *args
	got, err := t.exchange(string(id), target, &sent, nil, false)
	if err != nil {
		return err
	}
	*resp = *got.(*raft.TimeoutNowResponse)
	return nil
}

// InstallSnapshot implements raft.Transport. The snapshot travels as one message.
func (t *transport) InstallSnapshot(id raft.ServerID, target raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	body, err := io.ReadAll(io.LimitReader(data, args.Size))
	if err != nil {
		return err
	}
	sent := *args
	got, err := t.exchange(string(id), target, &sent, bytes.NewReader(body), false)
	if err != nil {
		return err
	}
	*resp = *got.(*raft.InstallSnapshotResponse)
	return nil
}

// EncodePeer implements raft.Transport.
func (t *transport) EncodePeer(_ raft.ServerID, addr raft.ServerAddress) []byte { return []byte(addr) }

// DecodePeer implements raft.Transport.
func (t *transport) DecodePeer(b []byte) raft.ServerAddress { return raft.ServerAddress(b) }

// SetHeartbeatHandler implements raft.Transport.
func (t *transport) SetHeartbeatHandler(cb func(raft.RPC)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heartbeat = cb
}

// Close implements raft.WithClose.
func (t *transport) Close() error { return nil }

// exchange sends one message and waits for its answer.
func (t *transport) exchange(node string, target raft.ServerAddress, msg any, data io.Reader, beat bool) (any, error) {
	limit := time.NewTimer(rpcTimeout)
	defer limit.Stop()
	fail := func() (any, error) { // nothing comes back
		select {
		case <-limit.C:
		case <-t.port.ctx.Done():
		}
		return nil, errRaft
	}
	if !t.until(t.port, limit) || !t.port.net.pass(raftLane, t.port.name, node) {
		return fail()
	}
	addr := string(target)
	if t.cfg.Resolve != nil {
		if a, ok := t.cfg.Resolve(raft.ServerID(node)); ok {
			addr = a
		}
	}
	to := t.port.net.at(addr)
	if to == nil || to.name != node || t.port.ctx.Err() != nil {
		return nil, errUnreachable
	}
	answer := make(chan raft.RPCResponse, 1)
	rpc := raft.RPC{Command: msg, Reader: data, RespChan: answer}
	if resume := to.clock.paused(); resume != nil && data == nil {
		go to.deliver(rpc, beat, resume) // it lies in the kernel's buffer, whatever becomes of its sender
	} else if !to.deliver(rpc, beat, resume) {
		return nil, errUnreachable
	}
	select {
	case a := <-answer:
		if !t.until(to, limit) || !t.port.net.pass(raftLane, node, t.port.name) || !t.until(t.port, limit) {
			return fail()
		}
		return a.Response, a.Error
	case <-limit.C:
	case <-t.port.ctx.Done():
	case <-to.ctx.Done():
	}
	return nil, errRaft
}

// until waits while p's process stands still, but not past the limit.
func (t *transport) until(p *port, limit *time.Timer) bool {
	for resume := p.clock.paused(); resume != nil; resume = p.clock.paused() {
		select {
		case <-resume:
		case <-limit.C:
			limit.Reset(0) // for whoever asks next
			return false
		case <-p.ctx.Done():
			return false
		}
	}
	return p.ctx.Err() == nil
}

// deliver hands a message to raft, once the process runs, if it comes from a member. False: it was not taken.
func (p *port) deliver(rpc raft.RPC, beat bool, resume <-chan struct{}) bool {
	if resume != nil {
		select {
		case <-resume:
		case <-p.ctx.Done():
			return false
		}
		select {
		case <-time.After(p.net.shortly()): // there is much to do for a process that wakes up
		case <-p.ctx.Done(): // and it may not live so long
			return false
		}
	}
	h, ok := rpc.Command.(raft.WithRPCHeader)
	if !p.accepting(p.ctx) {
		return false
	}
	p.mu.Lock()
	t := p.raft
	p.mu.Unlock()
	if t == nil || !ok || !p.cfg.Member(string(h.GetRPCHeader().ID)) {
		return false
	}
	t.mu.Lock()
	heartbeat := t.heartbeat
	t.mu.Unlock()
	if beat && heartbeat != nil {
		heartbeat(rpc)
		return true
	}
	select {
	case t.rpcs <- rpc:
		return true
	default:
	}
	select {
	case t.rpcs <- rpc:
		return true
	case <-p.ctx.Done():
		return false
	case <-time.After(rpcTimeout): // the sender has given up
		return false
	}
}
