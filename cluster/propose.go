package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// enqueueWithin bounds how long a proposal waits for raft to take it; nothing is written before that.
const enqueueWithin = 2 * time.Second

// Propose commits a command and returns what became of it, once it is applied here and, if it takes something out of
// use, once no node can serve the old state.
//
// Three ends: a nil error, and the Outcome says done or refused (Outcome.Fault); fault.NoLeader, and nothing was
// written; fault.Uncertain, and nobody knows yet: the same request, proposed again, gives the first outcome.
// fault.Invalid and TooLarge are for commands that cannot be written at all, BadState for those that some member could not read
// (see level.go), fault.Full for those that have to wait until
// there is room on a disk: nothing was written.
func (n *Node) Propose(ctx context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error) {
	began := time.Now()
	out, err := fsm.Outcome{}, n.refuseGrowth(cmd)
	if err == nil {
		out, err = n.propose(ctx, cmd, r)
	}
	n.meter.proposed(time.Since(began), err)
	return out, err
}

func (n *Node) propose(ctx context.Context, cmd fsm.Command, r fsm.Request) (fsm.Outcome, error) {
	ld := n.leading()
	if ld == nil || n.dead.Load() {
		return fsm.Outcome{}, fault.New(fault.NoLeader, "this node does not lead, or is not ready yet")
	}
	if err := n.refuseNewer(cmd); err != nil {
		return fsm.Outcome{}, err
	}
	entry, err := fsm.Encode(cmd, r, n.stamp())
	if err != nil {
		return fsm.Outcome{}, err
	}
	wait := enqueueWithin
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline))
	}
	if wait <= 0 || ctx.Err() != nil {
		return fsm.Outcome{}, fault.New(fault.NoLeader, "the request ended before anything was written")
	}
	n.tell.begin()
	f := n.raft.Apply(entry, wait)
	err = n.await(ctx, f)
	n.tell.end(n)
	if err != nil {
		return fsm.Outcome{}, err
	}
	out, ok := f.Response().(fsm.Outcome)
	if !ok {
		return fsm.Outcome{}, fault.New(fault.Uncertain, "this node stopped while it applied the change")
	}
	if v, ok := cmd.(fsm.Revoker); ok && v.Revokes() && out.Fault == nil {
		if err := n.outlast(ctx, ld, out.Index); err != nil {
			return out, err
		}
	}
	return out, nil
}

// stamp is the time for an entry: the wall clock, but never before what was stamped, or applied, already. The machine
// sees to it that time does not run backwards between entries that pass each other on the way into the log.
func (n *Node) stamp() key.Time {
	now := max(n.cfg.Now().UnixMilli(), int64(n.app.machine.State().At()))
	for {
		old := n.stamped.Load()
		if now <= old {
			return key.Time(old)
		}
		if n.stamped.CompareAndSwap(old, now) {
			return key.Time(now)
		}
	}
}

// await waits for one of raft's futures, but not longer than ctx: raft's own timeouts cover queueing only. Its errors
// have a kind: fault.NoLeader if the log certainly holds nothing of it, fault.Uncertain if it may.
func (n *Node) await(ctx context.Context, f raft.IndexFuture) error {
	// Raft answers each future of a running node. At its end it may forget some; then this goroutine ends with the process.
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		return fault.Wrap(fault.Uncertain, ctx.Err(), "the request ended before its outcome was known")
	case <-n.stopped:
		return fault.New(fault.Uncertain, "this node stopped before the outcome was known")
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fault.Full): // our own store said so, before anybody else had it
		return err
	case f.Index() == 0: // never given a place in the log
		return fault.Wrap(fault.NoLeader, err, "this node cannot commit just now; nothing was written")
	default:
		return fault.Wrap(fault.Uncertain, err, "leadership or the disk was lost while the change was under way")
	}
}

// Wait returns when this node has applied index. Kind: fault.Stale when ctx ends first.
func (n *Node) Wait(ctx context.Context, index uint64) error {
	if err := n.app.done.wait(ctx, index); err != nil {
		return fault.Wrap(fault.Stale, err, "this node has applied %d, not yet %d", n.app.done.reached(), index)
	}
	return nil
}

// Snapshot makes raft take a snapshot now. Kind: fault.BadState if there is nothing new.
func (n *Node) Snapshot(ctx context.Context) error {
	f := n.raft.Snapshot()
	done := make(chan error, 1)
	go func() { done <- f.Error() }()
	select {
	case err := <-done:
		if errors.Is(err, raft.ErrNothingNewToSnapshot) {
			return fault.New(fault.BadState, "nothing has changed since the last snapshot").WithHint("There is nothing to do: the last one has it all.")
		}
		if err != nil {
			return fmt.Errorf("taking a snapshot: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("taking a snapshot: %w", ctx.Err())
	case <-n.stopped:
		return fault.New(fault.BadState, "this node has stopped").WithHint("Start it again, or ask another node.")
	}
}
