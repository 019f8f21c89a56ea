// Package room watches how much space is left on the disk under one directory, and keeps some in reserve: a file of
// real blocks, the ballast, that is given up when the mark is reached, so that what must still be written then has room.
//
// It knows one directory, its file system's figures and the ballast. It must not know who writes there, or what is
// refused meanwhile: it answers a question, and its owner decides (reliability.md, R8).
package room

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// BallastFile is the ballast's name in the directory.
const BallastFile = "ballast"

// What the zero Config means: a tenth of the disk must stay free, but no more than 256 MiB of a large one.
const (
	markPart    = 10
	maxMark     = 256 << 20
	ballastPart = 4       // of the mark
	lastPart    = 4       // of the ballast: what is kept back for the last need
	maxLast     = 1 << 20 // and no more than this
)

// Space is what a file system says of itself, in bytes. Free is what an ordinary user may still write.
type Space struct{ Free, Total uint64 }

// Config says what to watch.
type Config struct {
	Dir string // exists
	// Mark is how many bytes must stay free; 0: a tenth of the disk, at most 256 MiB.
	Mark uint64
	// Ballast is the size of the ballast; 0: a quarter of the mark, negative: none.
	Ballast int64
	// Statfs asks the file system; nil: statfs(2). Tests lie with it.
	Statfs func(dir string) (Space, error)
}

// Reading is one look at the disk.
type Reading struct {
	Dir string
	Space
	Mark    uint64 // below this, Low
	Resume  uint64 // Low ends at this
	Ballast uint64 // bytes held in reserve now
	Low     bool
	Err     error // why the disk could not be asked, or the ballast not be made; the rest is then of the look before
}

// Watch is one directory's. Its methods may be called concurrently.
type Watch struct {
	cfg Config
	low atomic.Bool

	mu   sync.Mutex
	last Reading // guarded by mu
}

// Open takes a first look, and makes the ballast if there is room for it.
func Open(cfg Config) *Watch {
	if cfg.Statfs == nil {
		cfg.Statfs = statfs
	}
	w := &Watch{cfg: cfg, last: Reading{Dir: cfg.Dir}}
	w.Look()
	return w
}

// Low tells what the newest look said. It costs an atomic load.
func (w *Watch) Low() bool { return w.low.Load() }

// Last is the newest look.
func (w *Watch) Last() Reading {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// Look asks the disk. Below the mark the ballast is given up but for a last part, and the disk is low until there is
// room for the mark, an eighth of it more, and the ballast, which is then made again.
func (w *Watch) Look() (now Reading, changed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.last
	w.last.Err = w.lookLocked()
	w.low.Store(w.last.Low)
	return w.last, w.last.Low != before.Low
}

func (w *Watch) lookLocked() error {
	space, err := w.cfg.Statfs(w.cfg.Dir)
	if err != nil {
		return fmt.Errorf("asking how much room is left under %s: %w", w.cfg.Dir, err)
	}
	r := &w.last
	mark, ballast := w.sizes(space)
	r.Space, r.Mark, r.Ballast = space, mark, w.held()
	missing := ballast - min(r.Ballast, ballast)
	r.Resume = mark + mark/8 + missing
	if space.Free < mark {
		r.Low = true
		err := w.releaseLocked(min(ballast/lastPart, maxLast))
		r.Resume = mark + mark/8 + ballast - min(r.Ballast, ballast)
		return err
	}
	if space.Free < r.Resume && (r.Low || missing > 0) {
		r.Low = true
		return nil
	}
	if missing > 0 {
		if err := w.fill(ballast); err != nil { // somebody else was faster, or this file system cannot
			r.Low = errors.Is(err, errNoSpace)
			return fmt.Errorf("keeping room in reserve: %w", err)
		}
		r.Ballast = ballast
	}
	r.Low = false
	return nil
}

// sizes are the mark and the ballast of this disk.
func (w *Watch) sizes(s Space) (mark, ballast uint64) {
	if mark = w.cfg.Mark; mark == 0 {
		mark = min(s.Total/markPart, maxMark)
	}
	switch {
	case w.cfg.Ballast < 0:
		return mark, 0
	case w.cfg.Ballast > 0:
		return mark, uint64(w.cfg.Ballast)
	default:
		return mark, mark / ballastPart
	}
}

// Spend gives up what is left of the ballast, for something that must be written now. False: there was nothing left.
func (w *Watch) Spend() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	had := w.held() > 0
	w.last.Low = true
	w.low.Store(true)
	return w.releaseLocked(0) == nil && had
}

func (w *Watch) path() string { return filepath.Join(w.cfg.Dir, BallastFile) }

// held is how large the ballast is now. Its blocks are real: it is only ever made whole, and cut.
func (w *Watch) held() uint64 {
	info, err := os.Stat(w.path())
	if err != nil {
		return 0
	}
	return uint64(info.Size())
}

// releaseLocked cuts the ballast down to keep. Cutting a file and removing it need no room.
func (w *Watch) releaseLocked(keep uint64) error {
	have := w.held()
	if have <= keep {
		return nil
	}
	var err error
	if keep == 0 {
		err = os.Remove(w.path())
	} else {
		err = os.Truncate(w.path(), int64(keep))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("giving up the ballast: %w", err)
	}
	w.last.Ballast = w.held()
	return nil
}

// fill makes the ballast, whole or not at all: aside first, so that a size that can be seen is a size that is there.
func (w *Watch) fill(size uint64) (err error) {
	if err := os.Remove(w.path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	aside := w.path() + ".new"
	f, err := os.OpenFile(aside, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = allocate(f, int64(size))
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	return os.Rename(aside, w.path())
}
