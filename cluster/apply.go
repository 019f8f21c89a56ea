package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
)

// errHalted is what a proposer gets from a node that must not apply any more.
var errHalted = errors.New("this node has stopped applying")

// applier is the raft.FSM: it hands committed entries to the machine, in batches with one publication each.
//
// done says what is applied here. It counts commands and configuration entries, which all
// nodes see; a leader's no-ops and barriers do not reach this type and are not counted, so an index that a leader
// reads from its counter is one that every follower's counter reaches too.
type applier struct {
	machine   *fsm.Machine
	onApply   func([]Applied)
	onRestore func()
	onConf    func(raft.Configuration, []string) // with the names that are no longer in it
	fatal     func(error)
	clock     clock
	ending    func() bool // the node is stopping; nil: there is none

	done    progress
	halted  atomic.Bool
	conf    atomic.Uint64 // index of the newest configuration applied
	dropped atomic.Int64  // boot time at which a configuration without a former member, or a snapshot, was applied, or this leader set out to remove one; ns

	names  map[string]bool // in the newest configuration applied; only raft's FSM goroutine touches it
	unsure bool            // nobody compared the newest configuration with the one before: a snapshot brought it; likewise
}

var (
	_ raft.BatchingFSM        = (*applier)(nil)
	_ raft.ConfigurationStore = (*applier)(nil)
)

// ApplyBatch applies committed entries in their order. A machine that cannot apply one stops the node: going on
// would make it differ.
func (a *applier) ApplyBatch(logs []*raft.Log) []any {
	out := make([]any, len(logs))
	var batch []fsm.Entry
	var slots []int
	for i, l := range logs {
		if l.Type == raft.LogCommand {
			batch = append(batch, fsm.Entry{Index: l.Index, Data: l.Data})
			slots = append(slots, i)
			continue
		}
		a.flush(batch, slots, out)
		batch, slots = nil, nil
		if l.Type == raft.LogConfiguration && !a.halted.Load() {
			a.StoreConfiguration(l.Index, raft.DecodeConfiguration(l.Data))
		}
	}
	a.flush(batch, slots, out)
	return out
}

func (a *applier) flush(batch []fsm.Entry, slots []int, out []any) {
	if len(batch) == 0 {
		return
	}
	done, err := a.applyBatch(batch)
	for i, slot := range slots {
		if err != nil {
			out[slot] = err
			continue
		}
		out[slot] = done[i].Outcome
	}
}

func (a *applier) applyBatch(batch []fsm.Entry) ([]Applied, error) {
	if a.halted.Load() {
		return nil, errHalted
	}
	done, err := a.machine.ApplyCommands(batch)
	if err == nil && len(done) != len(batch) {
		err = fmt.Errorf("%d outcomes for %d entries", len(done), len(batch))
	}
	if err != nil {
		a.halted.Store(true)
		a.fatal(fmt.Errorf("applying entries %d to %d: %w", batch[0].Index, batch[len(batch)-1].Index, err))
		return nil, errHalted
	}
	if a.onApply != nil {
		a.onApply(done)
	}
	a.done.advance(batch[len(batch)-1].Index)
	return done, nil
}

// Apply applies one entry; raft prefers ApplyBatch.
func (a *applier) Apply(l *raft.Log) any { return a.ApplyBatch([]*raft.Log{l})[0] }

// StoreConfiguration notes a committed membership.
func (a *applier) StoreConfiguration(index uint64, c raft.Configuration) {
	a.machine.Skip(index)
	a.conf.Store(index)
	now := make(map[string]bool, len(c.Servers))
	for _, s := range c.Servers {
		now[string(s.ID)] = true
	}
	var gone []string
	for name := range a.names {
		if !now[name] {
			gone = append(gone, name)
		}
	}
	a.names = now
	if len(gone) > 0 || a.unsure {
		a.unsure = false
		a.noteDrop()
	}
	if a.onConf != nil {
		a.onConf(c, gone)
	}
	a.done.advance(index)
}

// Snapshot freezes the state. It costs nothing; Persist writes it out while entries go on being applied.
func (a *applier) Snapshot() (raft.FSMSnapshot, error) {
	if a.halted.Load() {
		return nil, errHalted
	}
	return &frozen{state: a.machine.State(), applied: a.done.reached(), conf: a.conf.Load(), hurry: a.ending}, nil
}

// Restore replaces the state. The snapshot's bytes were verified when it was opened.
func (a *applier) Restore(r io.ReadCloser) error {
	var head [frozenHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fmt.Errorf("reading a snapshot's counters: %w", err)
	}
	if err := a.machine.Restore(r); err != nil {
		return fmt.Errorf("restoring the state from a snapshot: %w", err)
	}
	a.unsure = true
	a.noteDrop()
	a.machine.Skip(binary.BigEndian.Uint64(head[:8]))
	a.conf.Store(binary.BigEndian.Uint64(head[8:]))
	if a.onRestore != nil {
		a.onRestore()
	}
	a.done.advance(binary.BigEndian.Uint64(head[:8]))
	return nil
}

// noteDrop says that a member is gone, or that one may be from now on.
func (a *applier) noteDrop() { a.dropped.Store(int64(a.clock.now())) }

// lastDrop is when this node may last have learnt that a member is gone. It may not be gone yet: whoever reads this read the configuration before.
func (a *applier) lastDrop() time.Duration { return time.Duration(a.dropped.Load()) }

// frozenHead is the size of what stands before the state in a snapshot's body: the counter, which may be ahead of the
// state's own index by configuration entries, and the index of the newest configuration.
const frozenHead = 16

type frozen struct {
	state         *fsm.State
	applied, conf uint64
	hurry         func() bool // nil: as long as it takes
}

// Persist writes the counters and the state to the sink.
func (f *frozen) Persist(sink raft.SnapshotSink) error {
	if err := f.writeTo(&gentle{SnapshotSink: sink, hurry: f.hurry}); err != nil {
		return err
	}
	return sink.Close()
}

// Release implements raft.FSMSnapshot; there is nothing to release.
func (f *frozen) Release() {}
