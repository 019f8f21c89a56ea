package vaulttest

import (
	"context"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// replica is a node's part in the shared log.
type replica struct{ n *node }

var _ vault.Replica = replica{}

// Propose implements vault.Replica: only the leader's proposals get anywhere.
func (r replica) Propose(ctx context.Context, cmd fsm.Command, req fsm.Request) (fsm.Outcome, error) {
	f := r.n.f
	if err := r.mayPropose(ctx); err != nil {
		return fsm.Outcome{}, err
	}
	if do := f.popMeanwhile(); do != nil {
		do()
	}
	failure := f.popFailure()
	if failure == Stall { // others may propose meanwhile
		<-ctx.Done()
		return fsm.Outcome{}, fault.Wrap(fault.Uncertain, ctx.Err(), "the request ended before its outcome was known")
	}
	f.commit.Lock()
	defer f.commit.Unlock()
	if err := r.mayPropose(ctx); err != nil {
		return fsm.Outcome{}, err
	}
	for _, first := range f.popAhead() {
		if _, err := f.applyLocked(first, fsm.Request{}); err != nil {
			return fsm.Outcome{}, err
		}
	}
	switch failure {
	case NoLeader:
		return fsm.Outcome{}, fault.New(fault.NoLeader, "this node cannot commit just now; nothing was written")
	case Lost:
		return fsm.Outcome{}, errUnknown
	case Committed, Moved:
		if _, err := f.applyLocked(cmd, req); err != nil {
			return fsm.Outcome{}, err
		}
		if failure == Moved {
			f.set(func() { f.leader = f.nextLeaderLocked() })
		}
		return fsm.Outcome{}, errUnknown
	}
	return f.applyLocked(cmd, req)
}

var errUnknown = fault.New(fault.Uncertain, "leadership was lost while the change was under way")

// Outlast implements vault.Replica: Leased says what it finds.
func (r replica) Outlast(ctx context.Context) error {
	if err := r.mayPropose(ctx); err != nil {
		return err
	}
	r.n.f.mu.Lock()
	defer r.n.f.mu.Unlock()
	if !r.n.f.leased {
		return nil
	}
	return fault.New(fault.Uncertain, "the change is made; whether every node has stopped using the old state was not confirmed in time")
}

// mayPropose is nil while this node leads and the request goes on.
func (r replica) mayPropose(ctx context.Context) error {
	if _, self := r.Leader(); !self {
		return fault.New(fault.NoLeader, "node %s does not lead", r.n.name)
	}
	if ctx.Err() != nil {
		return fault.New(fault.NoLeader, "the request ended before anything was written")
	}
	return nil
}

// applyLocked encodes a command, appends it and applies it everywhere. Caller holds commit.
func (f *Fixture) applyLocked(cmd fsm.Command, req fsm.Request) (fsm.Outcome, error) {
	at := key.At(f.Now())
	if last := f.newest(); last != nil {
		at = max(at, last.State().At())
	}
	data, err := fsm.Encode(cmd, req, at)
	if err != nil {
		return fsm.Outcome{}, err
	}
	f.log = append(f.log, fsm.Entry{Index: uint64(len(f.log)) + 1, Data: data})
	var out fsm.Outcome
	for _, n := range f.nodes {
		if o, ok := f.deliverLocked(n); ok {
			out = o
		}
	}
	if x, ok := cmd.(fsm.Revoker); ok && x.Revokes() && out.Fault == nil {
		f.set(func() {
			for _, n := range f.nodes {
				n.outlived = n.outlived || n.lagging || n.cut
			}
		})
	}
	return out, nil
}

// newest is the machine that has applied most; nil while there is none. Caller holds commit.
func (f *Fixture) newest() *fsm.Machine {
	f.mu.Lock()
	defer f.mu.Unlock()
	var m *fsm.Machine
	for _, n := range f.nodes {
		if n.machine != nil && (m == nil || n.machine.Applied() > m.Applied()) {
			m = n.machine
		}
	}
	return m
}

// deliverLocked applies to n what it has not applied yet, and tells the outcome of the last entry. Caller holds commit.
func (f *Fixture) deliverLocked(n *node) (fsm.Outcome, bool) {
	f.mu.Lock()
	machine, deaf := n.machine, n.cut || n.lagging
	f.mu.Unlock()
	if machine == nil || deaf {
		return fsm.Outcome{}, false
	}
	var out fsm.Outcome
	for _, e := range f.log[machine.State().Index():] {
		o, err := machine.Apply(e.Index, e.Data)
		if err != nil {
			panic("vaulttest: node " + n.name + " cannot apply the log: " + err.Error()) // in whatever goroutine proposed
		}
		p, err := fsm.Decode(e.Data)
		if err != nil {
			panic("vaulttest: an applied entry cannot be read: " + err.Error())
		}
		n.vault.Applied(p.Command, o)
		out = o
	}
	return out, true
}

func (f *Fixture) nextLeaderLocked() int {
	for step := 1; step <= len(f.nodes); step++ {
		if i := (f.leader + step) % len(f.nodes); !f.nodes[i].cut {
			return i
		}
	}
	return -1
}

// Fresh implements vault.Replica.
func (r replica) Fresh(_ context.Context, read access.Consistency) error {
	f := r.n.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.n.expires > 0 {
		r.n.expires--
		r.n.outlived = r.n.outlived || r.n.expires == 0
	}
	switch {
	case r.n.cut:
		return fault.New(fault.Stale, "node %s has not heard from the leader within the bound", r.n.name)
	case r.n.outlived:
		return fault.New(fault.Stale, "the lease of node %s has run out", r.n.name)
	case read.Mode == access.AtIndex && r.n.machine.Applied() < read.Index:
		return fault.New(fault.Conflict, "this node has reached index %d, not yet %d", r.n.machine.Applied(), read.Index)
	case read.Mode == access.Linearizable && (f.leader < 0 || r.n.lagging):
		return fault.New(fault.Stale, "the leader did not confirm in time that this node's state is the newest")
	}
	return nil
}

// Leader implements vault.Replica.
func (r replica) Leader() (string, bool) {
	f := r.n.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.leader < 0 || r.n.cut || f.nodes[f.leader].cut {
		return "", false
	}
	return f.nodes[f.leader].name, f.leader == r.n.at && !r.n.lagging
}
