//go:build plant_inflight

package peer

import (
	"time"

	"github.com/hashicorp/raft"
)

// pipeline is what this package does without (reliability.md R6): it sends the next append before the last is answered. It is
// here to show that a test would notice; see package plant, InFlight.
type pipeline struct {
	t     *Transport
	lane  lane
	addr  raft.ServerAddress
	turns chan struct{} // as many as may be under way
	done  chan raft.AppendFuture
	ended chan struct{}
}

func newPipeline(t *Transport, id raft.ServerID, addr raft.ServerAddress) raft.AppendPipeline {
	const underway = 2
	return &pipeline{
		t: t, lane: lane{node: string(id)}, addr: addr, turns: make(chan struct{}, underway),
		done: make(chan raft.AppendFuture, underway), ended: make(chan struct{}),
	}
}

// AppendEntries sends without waiting for the answer to what was sent before.
func (p *pipeline) AppendEntries(args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) (raft.AppendFuture, error) {
	select {
	case p.turns <- struct{}{}:
	case <-p.ended:
		return nil, raft.ErrPipelineShutdown
	}
	f := &appendFuture{args: args, resp: resp, began: time.Now(), done: make(chan struct{})}
	go func() {
		f.err = p.t.exchange(p.lane, p.addr, frameAppend, args, resp)
		close(f.done)
		<-p.turns
		select {
		case p.done <- f:
		case <-p.ended:
		}
	}()
	return f, nil
}

// Consumer gives what was answered.
func (p *pipeline) Consumer() <-chan raft.AppendFuture { return p.done }

// Close ends it. It is called once.
func (p *pipeline) Close() error {
	close(p.ended)
	return nil
}

type appendFuture struct {
	args  *raft.AppendEntriesRequest
	resp  *raft.AppendEntriesResponse
	began time.Time
	done  chan struct{}
	err   error
}

func (f *appendFuture) Error() error {
	<-f.done
	return f.err
}
func (f *appendFuture) Start() time.Time                      { return f.began }
func (f *appendFuture) Request() *raft.AppendEntriesRequest   { return f.args }
func (f *appendFuture) Response() *raft.AppendEntriesResponse { return f.resp }
