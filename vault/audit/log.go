package audit

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Durability is what Append waits for.
type Durability uint8

const (
	// Written means handed to the kernel by write(2): it survives the end of the process, and the loss of power from
	// Config.SyncWithin on. For reads.
	Written Durability = 0
	// Synced means that fsync returned: it survives the loss of power. For whatever changes state.
	Synced Durability = 1
)

// File is what the log does to the file that it writes. It exists so that tests can make each of these fail.
type File interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Sync() error
}

// Config is how a Log works. The zero value does, but for Node.
type Config struct {
	Node       string        // name of this node, written into every line
	MaxBytes   int64         // a file that has grown to this size is set aside; 0: never
	Always     bool          // every entry is synced before the answer
	SyncWithin time.Duration // how soon after Append a Written line is synced, by Run; 0: 100 ms

	CheckpointEvery int           // lines after which a checkpoint is signed; 0: 1,000
	CheckpointAfter time.Duration // time after which one is, by Run, if there are new lines; 0: one minute

	Logger *slog.Logger          // nil: nothing is logged
	Disk   func(f *os.File) File // for tests: stands between the log and its file; nil: the file itself
}

// Signer signs a checkpoint and names the key it used. It is called with the log's write lock held: it must be
// quick, local and must not call the Log. The bytes are lent.
type Signer func(message []byte) (signature []byte, keyID string, err error)

const (
	selfKind = access.BySelf
	selfDoor = "self"
)

// Log is a node's audit log: a file that is only ever added to. All methods may be called concurrently.
//
// Callers that come while a write is going on gather in one batch; the first of them writes it, so that under load one
// write(2) and one fsync serve many, and a lone caller does its own without waking anybody.
type Log struct {
	path   string
	config Config

	gather sync.Mutex // guards next
	next   *batch     // the batch that callers may still join; nil: none waits

	write      sync.Mutex // held by who writes, rotates or reopens; taken before fsync
	file       *os.File   // changed only with write and fsync both held
	disk       File       // likewise
	offset     int64      // where the next line goes; guarded by write
	at         link       // the last line written; guarded by write
	dirty      bool       // bytes may stand behind offset: cut them before anything is written; guarded by write
	refused    uint64     // entries refused since the last line that worked; guarded by write
	sign       Signer     // guarded by write
	unsigned   int        // lines since the last checkpoint; guarded by write
	signedAt   time.Time  // of the last checkpoint; guarded by write
	rotateFrom int64      // size from which rotation is tried; guarded by write
	out        []byte     // the lines being written; guarded by write
	closed     bool       // guarded by write

	fsync     sync.Mutex // held by who syncs
	gathering sync.Mutex // guards round
	round     *round     // the sync that callers may still join

	written atomic.Uint64           // number of the last line written
	synced  atomic.Uint64           // number of the last line synced
	lost    atomic.Pointer[loss]    // lines that a failed sync may have lost; set by Reopen
	failed  atomic.Pointer[failure] // why the log cannot be written just now; nil: it can
}

// failure is why a log cannot be written. A lasting one ends only with Reopen.
type failure struct {
	err     error
	lasting bool
}

// loss is the lines behind from, up to to, which no later sync makes safe.
type loss struct{ from, to uint64 }

func (l *Log) lostLine(seq uint64) error {
	if x := l.lost.Load(); x != nil && seq > x.from && seq <= x.to {
		return errLost
	}
	return nil
}

// batch is the entries that one write(2) writes.
type batch struct {
	bodies []byte
	ends   []int
	done   chan struct{} // made when a second caller joins; closed when first, err are set
	last   uint64        // number of the last line of the batch
	err    error
}

// round is the callers that one fsync serves.
type round struct {
	done chan struct{}
	err  error
}

var batches = sync.Pool{New: func() any { return new(batch) }}

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// Append writes e and returns when it is as durable as asked. On an error (fault.Full without room on the disk, else
// fault.Internal) the caller must refuse the operation that e is about. Append sets e.Node and, if it is zero, e.Time; e is not kept.
func (l *Log) Append(e *Entry, d Durability) error {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Node = l.config.Node
	body := bodies.Get().(*[]byte)
	*body = appendBody((*body)[:0], l.config.Node, e)
	seq, err := l.append(*body, &e.Seq)
	bodies.Put(body)
	if err != nil {
		return l.refusal(err)
	}
	if d == Synced || l.config.Always {
		if err := l.sync(seq); err != nil {
			return l.refusal(err)
		}
	}
	return nil
}

// append returns the number of the last line of the batch that body was written in, and sets own to its own number.
func (l *Log) append(body []byte, own *uint64) (uint64, error) {
	l.gather.Lock()
	b := l.next
	leads := b == nil
	if leads {
		b = batches.Get().(*batch)
		l.next = b
	} else if b.done == nil {
		b.done = make(chan struct{})
	}
	b.bodies = append(b.bodies, body...)
	b.ends = append(b.ends, len(b.bodies))
	n := uint64(len(b.ends))
	l.gather.Unlock()

	if leads {
		l.write.Lock()
		l.gather.Lock()
		l.next = nil // nobody joins from here on
		l.gather.Unlock()
		b.err = l.flush(b)
		l.write.Unlock()
		if b.done != nil {
			close(b.done)
		}
	} else {
		<-b.done
	}
	last, err := b.last, b.err
	if err == nil {
		*own = last - uint64(len(b.ends)) + n
	}
	if b.done == nil && cap(b.bodies) <= 1<<20 { // nobody else holds it
		b.bodies, b.ends, b.err = b.bodies[:0], b.ends[:0], nil
		batches.Put(b)
	}
	return last, err
}

// flush chains and writes a batch. The caller holds write. If it fails, the file is as it was, or is made so before the
// next line; what a failed write left behind is never kept.
func (l *Log) flush(b *batch) error {
	if l.closed {
		return errClosed
	}
	if f := l.failed.Load(); f != nil && f.lasting {
		l.refused += uint64(len(b.ends))
		return f.err
	}
	if err := l.cut(); err != nil {
		l.refused += uint64(len(b.ends))
		return l.fail(err)
	}
	at := l.at
	l.out = l.out[:0]
	if l.refused > 0 || l.failed.Load() != nil {
		l.note(&at, OpRecovered, fmt.Sprintf("the log could not be written; %d entries were refused with their operations", l.refused))
	}
	start := 0
	for _, end := range b.ends {
		l.out = appendLine(l.out, b.bodies[start:end], &at)
		start = end
	}
	b.last = at.seq
	signed := l.checkpoint(&at, len(b.ends))
	if err := l.put(at); err != nil {
		l.refused += uint64(len(b.ends))
		return err
	}
	l.refused = 0
	l.unsigned += len(b.ends)
	if signed {
		l.unsigned, l.signedAt = 0, time.Now()
	}
	if l.config.MaxBytes > 0 && l.offset >= l.rotateFrom {
		l.rotate()
	}
	return nil
}

// put writes l.out, whose last line is at, and on success moves on. The caller holds write.
func (l *Log) put(at link) error {
	n, err := l.disk.WriteAt(l.out, l.offset)
	if err == nil && n < len(l.out) {
		err = fmt.Errorf("only %d of %d bytes were written", n, len(l.out))
	}
	if err != nil {
		l.dirty = true
		_ = l.cut() // tried again before the next line
		return l.fail(err)
	}
	l.offset += int64(n)
	l.at = at
	l.written.Store(at.seq)
	if f := l.failed.Load(); f != nil && !f.lasting && l.failed.CompareAndSwap(f, nil) {
		l.log().Info("audit log can be written again", "path", l.path)
	}
	if cap(l.out) > 1<<20 {
		l.out = nil
	}
	return nil
}

// cut takes away what a failed write may have left behind the last line.
func (l *Log) cut() error {
	if !l.dirty {
		return nil
	}
	if err := l.disk.Truncate(l.offset); err != nil {
		return fmt.Errorf("cutting off a half-written line: %w", err)
	}
	l.dirty = false
	return nil
}

// note adds a line about the log itself to l.out. The caller holds write.
func (l *Log) note(at *link, operation, detail string) {
	e := Entry{Time: time.Now(), Phase: Response, Operation: operation, Outcome: OK, Detail: detail}
	e.Caller.Kind, e.Caller.Door = selfKind, selfDoor
	l.out = appendLine(l.out, appendBody(nil, l.config.Node, &e), at)
}

func (l *Log) fail(err error) error {
	if l.failed.CompareAndSwap(nil, &failure{err: err}) {
		l.log().Error("audit log cannot be written; operations are refused", "path", l.path, "error", err)
	}
	return err
}

// sync returns when line seq is on the disk. One fsync serves everybody whose line was written before it began.
func (l *Log) sync(seq uint64) error {
	if l.synced.Load() >= seq {
		return l.lostLine(seq)
	}
	l.gathering.Lock()
	r := l.round
	leads := r == nil
	if leads {
		r = &round{done: make(chan struct{})}
		l.round = r
	}
	l.gathering.Unlock()
	if !leads {
		<-r.done
		return cmp.Or(r.err, l.lostLine(seq))
	}
	l.fsync.Lock()
	l.gathering.Lock()
	l.round = nil // whoever comes now may have written after the fsync began
	l.gathering.Unlock()
	r.err = l.syncLocked()
	l.fsync.Unlock()
	close(r.done)
	return cmp.Or(r.err, l.lostLine(seq))
}

// syncLocked brings all that is written to the disk. The caller holds fsync.
func (l *Log) syncLocked() error {
	if f := l.failed.Load(); f != nil && f.lasting {
		return f.err
	}
	to := l.written.Load()
	if l.synced.Load() >= to {
		return nil
	}
	if err := l.disk.Sync(); err != nil {
		// The kernel may have dropped what it could not write and would report success next time: never trust it again.
		err = fmt.Errorf("syncing the audit log: %w", err)
		l.failed.Store(&failure{err: err, lasting: true})
		l.log().Error("audit log was not synced; operations are refused until it is reopened", "path", l.path, "error", err)
		return err
	}
	l.synced.Store(to)
	return nil
}

// Healthy tells whether the log could be written at the last try (fault.Full or Internal if not). It costs an atomic load.
func (l *Log) Healthy() error {
	if f := l.failed.Load(); f != nil {
		return l.refusal(f.err)
	}
	return nil
}

// SetSigner gives or, with nil, takes away what signs checkpoints: the vault does so when it opens and seals. A line
// about all that came before is signed at the next entry.
func (l *Log) SetSigner(s Signer) {
	l.write.Lock()
	defer l.write.Unlock()
	l.sign = s
	l.unsigned = l.config.CheckpointEvery
}

// Head is the last line written. Kept elsewhere it shows later whether the file was cut short.
func (l *Log) Head() Head {
	l.write.Lock()
	defer l.write.Unlock()
	return l.at.head()
}

func (l *Log) log() *slog.Logger { return l.config.Logger }

var (
	errClosed = errors.New("the audit log is closed")
	errLost   = errors.New("the line was written before a sync that failed")
)

// refusal is what the operation is refused with. A disk without room is its own kind: somebody can do something about
// it, and the log goes on by itself.
func (l *Log) refusal(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Full, err, "the disk under the audit log %s is full, so the operation was refused", l.path).
			WithHint("Nothing is served that cannot be recorded. Make room on that disk, or ask another node; this one goes on by itself.")
	}
	return fault.Wrap(fault.Internal, err, "the audit log cannot be written, so the operation was refused").
		WithHint("Look at the disk of the audit log (space, errors; the node's log has the cause). After a failed sync, reopen it with SIGHUP.")
}
