package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/quorate/quorate/cluster/room"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/plant"
)

const logFile = "raft.db"

// errNotLeading refuses to sign an entry while another node leads: nothing was written.
var errNotLeading = errors.New("an entry without authentication arrived while this node does not lead")

// boltOptions: no freelist on disk (it is rebuilt at open), kept as a map; nobody else has the file open.
func boltOptions() *bbolt.Options {
	return &bbolt.Options{Timeout: time.Second, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, NoSync: plant.NoSync}
}

// openBolt opens the store's file. A file that bbolt cannot make sense of is a *DamageError.
func openBolt(path string, options *bbolt.Options) (b *raftboltdb.BoltStore, err error) {
	defer func() {
		if v := recover(); v != nil {
			b, err = nil, &DamageError{File: path, What: "the store", Err: fmt.Errorf("%v", v)}
		}
	}()
	b, err = raftboltdb.New(raftboltdb.Options{Path: path, BoltOptions: options, NoSync: options.NoSync, MsgpackUseNewTimeFormat: true})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("%s is in use by another process: stop it first", path)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("opening the log: %w", err)
	case err != nil:
		return nil, &DamageError{File: path, What: "the store", Err: err}
	}
	return b, nil
}

// store is the raft.LogStore: every entry authenticated and chained, every append timed. It wraps the store that
// really keeps the entries, and recent wraps it, so that what is replicated is what was signed.
//
// The leader's StoreLogs fills in the authentication; everybody else's verifies it. Any failure of the disk, and any
// entry that comes back from it other than it was written, is reported through fatal, once raft runs.
type store struct {
	disk  raft.LogStore
	path  string
	chain *chain
	slow  time.Duration // an append that takes longer is a failure of the disk
	fatal func(error)   // may be called several times, from any goroutine
	full  func()        // told that a write found no room; nil: nobody
	spend func() bool   // gives up the last of what is held in reserve; nil: there is nothing
	clock clock

	leading  atomic.Pointer[func() bool] // nil: nobody signs. Set to "yes" to found a cluster, then by the node
	running  atomic.Bool                 // raft's goroutines call us
	keepFrom atomic.Uint64               // compaction leaves entries above this index (the oldest retained snapshot)
	appended atomic.Int64                // boot time of the last append, in ns
	pace     pace                        // how long writes take

	mu      longLock
	last    uint64 // index whose tag is lastTag; 0: unknown. Guarded by mu
	lastTag tag    // guarded by mu
	cut     bool   // the newest entries were removed and nothing was written since. Guarded by mu
}

var (
	_ raft.LogStore          = (*store)(nil)
	_ raft.MonotonicLogStore = (*store)(nil)
)

// IsMonotonic makes raft clear the log after it installed a snapshot, so that the log never has a hole.
func (s *store) IsMonotonic() bool { return true }

// FirstIndex is the index of the oldest entry, 0 for none.
func (s *store) FirstIndex() (n uint64, err error) {
	err = s.guard(func() error { n, err = s.disk.FirstIndex(); return err })
	return n, err
}

// LastIndex is the index of the newest entry, 0 for none.
func (s *store) LastIndex() (n uint64, err error) {
	err = s.guard(func() error { n, err = s.disk.LastIndex(); return err })
	return n, err
}

// GetLog reads one entry and verifies it.
func (s *store) GetLog(index uint64, l *raft.Log) error {
	_, _, err := s.read(index, l)
	var damage *DamageError
	if errors.As(err, &damage) && s.running.Load() {
		s.fatal(err)
		// raft panics when a committed entry cannot be read. The node is ending already, with the reason; this
		// goroutine of raft's has nothing left to do, and its deferred functions let raft.Shutdown return.
		runtime.Goexit()
	}
	return err
}

// read is GetLog without consequences.
func (s *store) read(index uint64, l *raft.Log) (prev, own tag, err error) {
	err = s.guard(func() error { return s.disk.GetLog(index, l) })
	if errors.Is(err, raft.ErrLogNotFound) {
		return prev, own, raft.ErrLogNotFound
	}
	if err == nil && l.Index != index {
		err = fmt.Errorf("the entry says that it is number %d", l.Index)
	}
	if err == nil {
		prev, own, err = s.chain.verify(l)
	}
	var disk *DiskError
	if err != nil && !errors.As(err, &disk) {
		err = &DamageError{File: s.path, Index: index, What: "the log entry", Err: err}
	}
	return prev, own, err
}

// StoreLog appends one entry.
func (s *store) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs appends entries for good. On return they are on disk; an error while raft runs ends the node unless it
// says that nothing was tried.
func (s *store) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.closeGapLocked(logs[0].Index); err != nil {
		return err
	}
	before, known, err := s.tagLocked(logs[0].Index - 1)
	if err != nil {
		return err
	}
	for _, l := range logs {
		if before, err = s.link(l, before, known); err != nil {
			return err
		}
		known = true
	}
	if err := s.timed(func() error { return s.disk.StoreLogs(logs) }); err != nil {
		s.last = 0
		if s.cut && errors.Is(err, fault.Full) {
			// raft still believes in the entries that it had removed for these, and could be elected for them.
			err = &DiskError{File: s.path, Err: err}
			s.fatal(err)
		}
		return err
	}
	s.cut = false
	s.last, s.lastTag = logs[len(logs)-1].Index, before
	s.appended.Store(int64(s.clock.now()))
	return nil
}

// link signs or verifies one entry that follows one with the tag before, and returns its tag. A node whose log was
// replaced by a snapshot does not know the tag of the entry before its next one: it takes the link as it comes. If
// such a node becomes leader, the no-op that opens its term carries a zero link, and everybody accepts that
// on a no-op, and on nothing else.
func (s *store) link(l *raft.Log, before tag, known bool) (tag, error) {
	if len(l.Extensions) == 0 {
		if lead := s.leading.Load(); lead == nil || !(*lead)() {
			return tag{}, errNotLeading
		}
		return s.chain.sign(before, l), nil
	}
	prev, own, err := s.chain.verify(l)
	if err == nil && known && prev != before && (prev != tag{} || l.Type != raft.LogNoop) {
		err = errors.New("it does not follow the entry before it")
	}
	if err != nil {
		return tag{}, fmt.Errorf("entry %d from the leader is refused: %w", l.Index, err)
	}
	return own, nil
}

// tagLocked finds the tag of the entry at index. known is false if it is not here.
func (s *store) tagLocked(index uint64) (t tag, known bool, err error) {
	if index == 0 {
		return tag{}, true, nil
	}
	if index == s.last {
		return s.lastTag, true, nil
	}
	var l raft.Log
	_, t, err = s.read(index, &l)
	if errors.Is(err, raft.ErrLogNotFound) {
		return tag{}, false, nil
	}
	if err != nil && s.running.Load() {
		s.fatal(err)
	}
	return t, err == nil, err
}

// closeGapLocked drops what is left of a log that a snapshot has replaced: the process died between the two.
func (s *store) closeGapLocked(next uint64) error {
	if s.last != 0 && next == s.last+1 {
		return nil
	}
	var first, last uint64
	err := s.guard(func() (err error) {
		if first, err = s.disk.FirstIndex(); err == nil {
			last, err = s.disk.LastIndex()
		}
		return err
	})
	if err != nil || last == 0 || next <= last+1 {
		return err
	}
	s.last = 0
	return s.timed(func() error { return s.disk.DeleteRange(first, last) })
}

// DeleteRange removes entries from lo to hi. Compaction (of the oldest, but not up to the newest) stops short of
// what the oldest retained snapshot would need.
func (s *store) DeleteRange(lo, hi uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last uint64
	if err := s.guard(func() (err error) { last, err = s.disk.LastIndex(); return err }); err != nil {
		return err
	}
	suffix := hi >= last
	if !suffix {
		hi = min(hi, s.keepFrom.Load())
	}
	if lo > hi {
		return nil
	}
	s.last = 0
	err := s.timed(func() error { return s.disk.DeleteRange(lo, hi) })
	s.cut = s.cut || suffix && err == nil
	return err
}

// timed runs one write. If it fails, or takes longer than slow, the node ends; but if there was no room for it, nothing
// was written and the node goes on: that is a *FullError.
func (s *store) timed(write func() error) error {
	slow := s.slow
	if plant.NoWatchdog {
		slow = time.Hour
	}
	w := newWatch(slow, func() {
		s.fatal(&DiskError{File: s.path, Err: fmt.Errorf("a write takes longer than %v", s.slow)})
	})
	defer w.stop()
	began := s.clock.now()
	defer func() { now := s.clock.now(); s.pace.note(now, now-began) }()
	if err := s.guard(write); err != nil {
		if noRoom(err) {
			if s.full != nil {
				s.full()
			}
			return &FullError{File: s.path, Err: err}
		}
		err = &DiskError{File: s.path, Err: err}
		s.fatal(err)
		return err
	}
	return nil
}

// noRoom tells whether a write was refused for want of room before anything of it counted. bbolt writes a transaction's
// pages first and its description last, each followed by a sync: a write(2) or a growth that is refused leaves the tree
// as it was. A sync that says the same is no such thing: the kernel may have dropped pages (R7).
func noRoom(err error) bool {
	var call *fs.PathError
	return room.IsFull(err) && errors.As(err, &call) && (call.Op == "write" || call.Op == "truncate")
}

// guard turns a panic of bbolt, which is how it reports pages that make no sense, into an error.
func (s *store) guard(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &DamageError{File: s.path, What: "the store", Err: fmt.Errorf("%v", v)}
			if s.running.Load() {
				s.fatal(err)
			}
		}
	}()
	return do()
}

// close closes the file, if the disk below is one.
func (s *store) close() error { return closeStore(s.disk) }

func closeStore(disk any) error {
	if c, ok := disk.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
