package cluster

import (
	"context"

	"github.com/hashicorp/raft"
)

// named is the port's transport with one thing put right: raft 1.8.0 leaves the header of its answers to InstallSnapshot
// and TimeoutNow empty, and the port rightly takes no answer that does not name its sender.
type named struct {
	Transport
	self raft.RPCHeader
	rpcs chan raft.RPC
}

var (
	_ raft.Transport   = (*named)(nil)
	_ raft.WithPreVote = (*named)(nil) // without it raft silently does without pre-votes
	_ raft.WithClose   = (*named)(nil)
)

func newNamed(t Transport, self raft.ServerID) *named {
	return &named{
		Transport: t, rpcs: make(chan raft.RPC),
		self: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(self), Addr: []byte(t.LocalAddr())},
	}
}

// Consumer is where raft takes the requests of other nodes from.
func (t *named) Consumer() <-chan raft.RPC { return t.rpcs }

// run hands requests on until ctx ends.
func (t *named) run(ctx context.Context, spawn func(func()) bool) {
	for {
		var rpc raft.RPC
		select {
		case rpc = <-t.Transport.Consumer():
		case <-ctx.Done():
			return
		}
		switch rpc.Command.(type) {
		case *raft.InstallSnapshotRequest, *raft.TimeoutNowRequest:
			answers := make(chan raft.RPCResponse, 1)
			asker := rpc.RespChan
			rpc.RespChan = answers
			spawn(func() { t.sign(ctx, answers, asker) })
		}
		select {
		case t.rpcs <- rpc:
		case <-ctx.Done():
			return
		}
	}
}

// sign puts our name on one answer.
func (t *named) sign(ctx context.Context, answers <-chan raft.RPCResponse, asker chan<- raft.RPCResponse) {
	select {
	case a := <-answers:
		switch r := a.Response.(type) {
		case *raft.InstallSnapshotResponse:
			r.RPCHeader = t.self
		case *raft.TimeoutNowResponse:
			r.RPCHeader = t.self
		}
		select {
		case asker <- a:
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
}
