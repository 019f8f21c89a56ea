package vaulttest

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/audit"
)

// Failure is what a proposal meets instead of success.
type Failure uint8

// Failures.
const (
	None      Failure = iota // the proposal goes through: keeps the place in a list of failures
	NoLeader                 // fault.NoLeader, and nothing is written
	Committed                // fault.Uncertain, but it is committed and applied
	Lost                     // fault.Uncertain, and it is not committed
	Stall                    // nothing happens until the context ends; then as Lost
	Moved                    // as Committed, and leadership moves to the next node
)

// FailNext says what the next proposals meet, one after the other.
func (f *Fixture) FailNext(fs ...Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, fs...)
}

func (f *Fixture) popFailure() Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next) == 0 {
		return None
	}
	x := f.next[0]
	f.next = f.next[1:]
	return x
}

// Overtake lets commands into the log right before the next proposal, as another caller who was faster would.
func (f *Fixture) Overtake(cmds ...fsm.Command) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ahead = append(f.ahead, cmds...)
}

func (f *Fixture) popAhead() []fsm.Command {
	f.mu.Lock()
	defer f.mu.Unlock()
	cmds := f.ahead
	f.ahead = nil
	return cmds
}

// Meanwhile has do run right before the next proposal, as another request that was faster would. What it proposes goes first.
func (f *Fixture) Meanwhile(do func()) { f.set(func() { f.meanwhile = do }) }

func (f *Fixture) popMeanwhile() func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	do := f.meanwhile
	f.meanwhile = nil
	return do
}

// Lead makes node i the leader; -1 leaves the cluster without one.
func (f *Fixture) Lead(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.leader = i
	f.stirLocked()
}

// Leader is the node that leads, counted from 0; -1 if none does.
func (f *Fixture) Leader() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.leader
}

// Cut separates node i from all others: it hears nothing, reaches nobody, is not fresh and cannot propose.
func (f *Fixture) Cut(i int) { f.set(func() { f.nodes[i].cut = true }) }

// Lag keeps node i from applying anything: it is in touch, and answers local reads until something that it
// has not applied takes something out of use.
func (f *Fixture) Lag(i int) { f.set(func() { f.nodes[i].lagging = true }) }

// ExpireAfter lets node i be found fresh n more times (at least 1); then its lease has run out, until Heal.
func (f *Fixture) ExpireAfter(i, n int) { f.set(func() { f.nodes[i].expires = n + 1 }) }

// Heal ends Cut, Lag and ExpireAfter: node i applies what it missed.
func (f *Fixture) Heal(i int) {
	f.t.Helper()
	n := f.nodes[i]
	f.commit.Lock()
	defer f.commit.Unlock()
	f.set(func() { n.cut, n.lagging = false, false })
	f.deliverLocked(n)
	f.set(func() { n.outlived, n.expires = false, 0 })
}

func (f *Fixture) isCut(n *node) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return n.cut
}

func (f *Fixture) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.stirLocked()
}

// Leased makes some node, out of touch, hold a lease on an older state, or ends that: until then it cannot be confirmed that what
// was taken out of use is out of use everywhere.
func (f *Fixture) Leased(on bool) { f.set(func() { f.leased = on }) }

// stirLocked wakes whoever waits for the cluster to change. Caller holds mu.
func (f *Fixture) stirLocked() {
	close(f.moved)
	f.moved = make(chan struct{})
}

// Inject commits a command as if somebody had written it into the log behind the vault's back: no policy, no audit.
// It returns what became of it.
func (f *Fixture) Inject(cmd fsm.Command) fsm.Outcome {
	f.t.Helper()
	f.commit.Lock()
	defer f.commit.Unlock()
	out, err := f.applyLocked(cmd, fsm.Request{})
	if err != nil {
		f.t.Fatalf("injecting %s: %v", cmd.Op(), err)
	}
	return out
}

// BreakAudit makes every later write to the audit log of node i fail.
func (f *Fixture) BreakAudit(i int) { f.nodes[i].disk.broken.Store(true) }

// BreakAuditAfter lets n more lines through to the audit log of node i, and then it fails.
func (f *Fixture) BreakAuditAfter(i, n int) {
	d := f.nodes[i].disk
	d.allowed.Store(int64(n))
	d.counting.Store(true)
}

// FillAuditAfter is BreakAuditAfter where the disk has no room.
func (f *Fixture) FillAuditAfter(i, n int) {
	f.nodes[i].disk.full.Store(true)
	f.BreakAuditAfter(i, n)
}

// MendAudit ends BreakAudit. The log works again afterwards: an entry "test.mended" is in it.
func (f *Fixture) MendAudit(i int) {
	f.t.Helper()
	f.nodes[i].disk.mend()
	if err := f.nodes[i].log.Reopen(); err != nil {
		f.t.Fatalf("reopening the audit log of %s: %v", f.nodes[i].name, err)
	}
	mended := audit.Entry{Phase: audit.Response, Operation: "test.mended", Outcome: audit.OK}
	if err := f.nodes[i].log.Append(&mended, audit.Written); err != nil { // as the log's own Run would
		f.t.Fatalf("the audit log of %s is not mended: %v", f.nodes[i].name, err)
	}
}

// disk stands between an audit log and its file.
type disk struct {
	broken   atomic.Bool
	full     atomic.Bool // that is how
	counting atomic.Bool
	allowed  atomic.Int64
}

func (d *disk) mend() {
	d.broken.Store(false)
	d.counting.Store(false)
	d.full.Store(false)
}

func (d *disk) stand(f *os.File) audit.File { return diskFile{f, d} }

type diskFile struct {
	*os.File
	d *disk
}

var errDisk = errors.New("the disk was told to fail")

// WriteAt implements audit.File.
func (f diskFile) WriteAt(p []byte, off int64) (int, error) {
	if f.d.counting.Load() && f.d.allowed.Add(-1) < 0 {
		f.d.broken.Store(true)
	}
	if f.d.broken.Load() && f.d.full.Load() {
		return 0, syscall.ENOSPC
	}
	if f.d.broken.Load() {
		return 0, errDisk
	}
	return f.File.WriteAt(p, off)
}
