package fsm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Machine applies entries and publishes the states that come of them.
//
// Apply, ApplyBatch, ApplyCommands, Skip and Restore are for one caller at a time. State, Applied and Wait may be called
// by anybody at any time.
type Machine struct {
	state   atomic.Pointer[State]
	applied atomic.Uint64

	// The writer's own.
	recent    recentChains
	supported uint32
	broken    error

	mu      sync.Mutex
	waiters []waiter // guarded by mu
}

type waiter struct {
	index uint64
	done  chan struct{}
}

// New returns a machine with an empty state at level 1.
func New() *Machine {
	m := &Machine{supported: MaxLevel}
	m.state.Store(&State{content: newContent(), outcomes: newOutcomes()})
	return m
}

// State is the newest state, frozen. It costs nothing and is also the snapshot.
func (m *Machine) State() *State { return m.state.Load() }

// Applied is the last log index that was applied or skipped here; State is at least that new.
func (m *Machine) Applied() uint64 { return m.applied.Load() }

// Apply applies one entry. The error is not a refusal, which is an Outcome, but says that this node cannot go on: the
// entry is unreadable or too new, or the node differs from the cluster. The machine then accepts nothing more.
func (m *Machine) Apply(index uint64, entry []byte) (Outcome, error) {
	outs, err := m.ApplyBatch([]Entry{{Index: index, Data: entry}})
	if err != nil {
		return Outcome{}, err
	}
	return outs[0], nil
}

// ApplyBatch applies entries in order, with the same outcomes as one by one, and publishes one state for all.
// On an error, which is as Apply's, the outcomes before it are returned and their state is published.
func (m *Machine) ApplyBatch(entries []Entry) ([]Outcome, error) {
	b, err := m.apply(entries)
	return b.outcomes, err
}

// Applied is a command with what became of it.
type Applied struct {
	Command Command // shared with the state: not to be changed
	Outcome Outcome
}

// ApplyCommands is ApplyBatch for who also wants to know what the entries were.
func (m *Machine) ApplyCommands(entries []Entry) ([]Applied, error) {
	b, err := m.apply(entries)
	list := make([]Applied, len(b.outcomes))
	for i := range list {
		list[i] = Applied{b.proposals[i].Command, b.outcomes[i]}
	}
	return list, err
}

func (m *Machine) apply(entries []Entry) (batch, error) {
	if m.broken != nil {
		return batch{}, m.broken
	}
	b := batch{machine: m, base: m.state.Load(), proposals: make([]*Proposal, 0, len(entries)), outcomes: make([]Outcome, 0, len(entries))}
	b.draft = b.fork()
	for _, e := range entries {
		if err := b.add(e); err != nil {
			m.broken = fmt.Errorf("applying log entry %d: %w", e.Index, err)
			break
		}
	}
	if len(b.outcomes) > 0 {
		m.publish(&State{content: b.draft.content, position: b.draft.position, outcomes: b.draft.outcomes})
	}
	return b, m.broken
}

func (m *Machine) publish(s *State) {
	m.state.Store(s)
	m.advance(s.index)
}

// batch is one ApplyBatch under way.
type batch struct {
	machine   *Machine
	base      *State
	draft     *Draft
	entries   []Entry
	proposals []*Proposal
	outcomes  []Outcome
}

func (b *batch) fork() *Draft {
	d := &Draft{content: b.base.content, position: b.base.position, outcomes: b.base.outcomes, recent: &b.machine.recent, supported: b.machine.supported}
	d.content.share()
	d.outcomes.share()
	return d
}

func (b *batch) add(e Entry) error {
	if e.Index <= b.draft.index {
		return fmt.Errorf("entry %d was applied before; this state stands at %d", e.Index, b.draft.index)
	}
	p, err := decode(e.Data, b.machine.supported)
	if err != nil {
		return err
	}
	out, err := b.draft.step(e, p, nil)
	if err != nil {
		if again := b.again(); again != nil || !errors.Is(err, errTorn) {
			return errors.Join(err, again)
		}
		if out, err = b.draft.step(e, p, out.Fault); err != nil {
			return err
		}
	}
	b.entries, b.proposals, b.outcomes = append(b.entries, e), append(b.proposals, p), append(b.outcomes, out)
	return nil
}

// again applies the batch so far from its base, without the entry that failed in the middle.
func (b *batch) again() error {
	b.draft = b.fork()
	for i := range b.entries {
		if _, err := b.draft.step(b.entries[i], b.proposals[i], b.outcomes[i].Fault); err != nil {
			return err
		}
	}
	return nil
}

// Skip says that the log has, up to that index, entries that are not commands. The state stays as it is. After a Restore
// the caller skips to the log index that the snapshot stands for.
func (m *Machine) Skip(index uint64) {
	if index > m.applied.Load() {
		m.advance(index)
	}
}

// Restore replaces the state by a snapshot, once it was read to its end and found whole; on an error the old state stays.
func (m *Machine) Restore(r io.Reader) error {
	s, err := readSnapshot(r, m.supported)
	if err != nil {
		return err
	}
	m.recent = recentChains{}
	m.recent.put(s.index, s.chain)
	m.broken = nil
	m.publish(s)
	return nil
}

func (m *Machine) advance(index uint64) {
	m.applied.Store(index)
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.waiters[:0]
	for _, w := range m.waiters {
		if w.index <= index {
			close(w.done)
			continue
		}
		kept = append(kept, w)
	}
	clear(m.waiters[len(kept):])
	m.waiters = kept
}

// Wait returns once Applied has reached index, or the context's error if that ends first.
func (m *Machine) Wait(ctx context.Context, index uint64) error {
	if m.applied.Load() >= index {
		return nil
	}
	w := waiter{index: index, done: make(chan struct{})}
	m.mu.Lock()
	if m.applied.Load() >= index {
		m.mu.Unlock()
		return nil
	}
	m.waiters = append(m.waiters, w)
	m.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		m.forget(w.done)
		return ctx.Err()
	}
}

func (m *Machine) forget(done chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.waiters {
		if m.waiters[i].done == done {
			last := len(m.waiters) - 1
			m.waiters[i], m.waiters[last] = m.waiters[last], waiter{}
			m.waiters = m.waiters[:last]
			return
		}
	}
}
