package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

const (
	atIndexWait = time.Second
	renewRetry  = 50 * time.Millisecond
)

// lease is this node's permission to serve reads from its own state. It ends at a boot time and says why it ended.
type lease struct {
	clock clock
	until atomic.Int64 // boot time, ns; 0: none
	lost  atomic.Pointer[lostLease]
}

// lostLease says why there is no lease, or why the present one was not renewed.
type lostLease struct {
	why   string
	since time.Duration // boot time
}

// extend makes the lease run to at least until, and forgets former trouble.
func (l *lease) extend(until time.Duration) {
	for {
		old := l.until.Load()
		if old >= int64(until) {
			return
		}
		if l.until.CompareAndSwap(old, int64(until)) {
			l.lost.Store(nil)
			return
		}
	}
}

// drop ends the lease now.
func (l *lease) drop(why string) {
	l.until.Store(0)
	l.lost.Store(&lostLease{why: why, since: l.clock.now()})
}

// failed notes that a renewal failed. The lease runs on; the beginning of the trouble is kept.
func (l *lease) failed(why string) {
	since := l.clock.now()
	if old := l.lost.Load(); old != nil {
		since = old.since
	}
	l.lost.Store(&lostLease{why: why, since: since})
}

// left is how long the lease still runs; negative or zero: it does not.
func (l *lease) left() time.Duration { return time.Duration(l.until.Load()) - l.clock.now() }

// check returns nil while the lease runs, else a fault.Stale with the reason.
func (l *lease) check() error {
	if l.left() > 0 {
		return nil
	}
	why, since := "this node has just started and has not reached the leader", time.Duration(0)
	if lost := l.lost.Load(); lost != nil {
		why, since = lost.why, lost.since
	} else if until := time.Duration(l.until.Load()); until > 0 {
		why, since = "the leader has not answered since its lease ran out", until
	}
	msg := "this node cannot prove that its state is recent: " + why
	if since > 0 {
		msg += fmt.Sprintf(" (for %v)", (l.clock.now() - since).Round(time.Millisecond))
	}
	return fault.New(fault.Stale, "%s", msg)
}

// Fresh returns nil if this node may answer such a read from its state now. Ask before looking at the state, and again
// after the crypto, just before answering. Kinds: fault.Stale with the reason; fault.Conflict if AtIndex's index is
// not reached within a second; for Linearizable, Stale also if no leader can be asked.
func (n *Node) Fresh(ctx context.Context, read access.Consistency) error {
	if n.app.halted.Load() || n.dead.Load() {
		return fault.New(fault.Stale, "this node is stopping")
	}
	switch read.Mode {
	case access.Linearizable:
		return n.linearizable(ctx)
	case access.AtIndex:
		if n.app.done.reached() < read.Index {
			wait, cancel := context.WithTimeout(ctx, atIndexWait)
			defer cancel()
			if err := n.app.done.wait(wait, read.Index); err != nil {
				return fault.Wrap(fault.Conflict, err, "this node has reached index %d, not yet %d", n.app.done.reached(), read.Index).
					WithHint("Try again in a moment, or ask another node.")
			}
		}
	}
	return n.lease.check()
}

// linearizable makes an exchange for this one read.
func (n *Node) linearizable(ctx context.Context) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(n.cfg.Lease, atIndexWait))
		defer cancel()
	}
	for {
		err := n.exchange(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(renewRetry):
		case <-ctx.Done():
			return fault.Wrap(fault.Stale, err, "the leader did not confirm in time that this node's state is the newest: %s", fault.Of(err).Message)
		case <-n.ctx.Done():
			return fault.New(fault.Stale, "this node is stopping")
		}
	}
}

// exchange proves that this node's state, when it returns nil, holds everything acknowledged before the call. It
// extends the lease by the time of sending: the proof is no younger than that.
func (n *Node) exchange(ctx context.Context) error {
	sent := n.boot()
	index := uint64(0)
	if ld := n.leading(); ld != nil {
		if err := n.confirm(ctx, ld); err != nil {
			return err
		}
	} else {
		var err error
		ask, cancel := context.WithTimeout(ctx, n.cfg.Lease/2) // an answer that comes later is worth little
		index, err = n.askIndex(ask)
		cancel()
		if err != nil {
			return err
		}
	}
	if err := n.app.done.wait(ctx, index); err != nil {
		return fault.Wrap(fault.Stale, err, "this node has applied %d of %d entries", n.app.done.reached(), index)
	}
	n.lease.extend(sent + n.cfg.Lease)
	return nil
}

// runRenew keeps the lease alive, and reports this node's condition to the leader with each renewal.
func (n *Node) runRenew(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.poked:
		case <-timer.C:
		}
		next := n.cfg.LeaseRenew
		try, cancel := context.WithTimeout(ctx, n.cfg.Lease)
		if err := n.exchange(try); err != nil && ctx.Err() == nil {
			n.lease.failed(n.whyStale(err))
			n.lookAround(try, err)
			next = min(next, renewRetry)
		} else if err == nil {
			n.around.refusals.forget()
		}
		cancel()
		timer.Reset(next)
	}
}

// whyStale says in an operator's words why a renewal failed.
func (n *Node) whyStale(err error) string {
	leader, _ := n.Leader()
	switch {
	case n.app.done.reached() == 0 && len(n.servers()) == 0:
		return "this node waits to be admitted to a cluster"
	case errors.Is(err, fault.Stale):
		return fault.Of(err).Message
	case leader == "":
		return "no leader is known"
	case leader == n.cfg.Node:
		return "this node leads and no quorum answers it"
	default:
		return "cut off from the leader " + leader + ": " + fault.Of(err).Message
	}
}

// poke makes the next renewal happen at once.
func (n *Node) poke() {
	select {
	case n.poked <- struct{}{}:
	default:
	}
}
