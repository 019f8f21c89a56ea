package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Open opens the log at path, or begins it, readable by its owner only. It checks the last line and continues the chain
// behind it. A line that a crash left half-written is cut off, and a line says so. A file whose last whole line is not
// intact is set aside as path.damaged-…, and a new one says so. A log in use by another process is refused (fault.Conflict).
//
// Where path is missing or empty, the chain continues behind the newest file set aside (path.…), if there is one.
func Open(path string, config Config) (*Log, error) {
	if config.SyncWithin <= 0 {
		config.SyncWithin = 100 * time.Millisecond
	}
	if config.CheckpointEvery <= 0 {
		config.CheckpointEvery = 1000
	}
	if config.CheckpointAfter <= 0 {
		config.CheckpointAfter = time.Minute
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Disk == nil {
		config.Disk = func(f *os.File) File { return f }
	}
	l := &Log{path: path, config: config, at: link{hash: genesis}, signedAt: time.Now(), rotateFrom: config.MaxBytes}
	l.write.Lock()
	defer l.write.Unlock()
	if err := l.open(); err != nil {
		return nil, fault.Wrap(fault.KindOf(err), err, "the audit log %s cannot be opened", path).
			WithHint("Check that its directory exists and is writable by the user of the server, that its disk has space, and that no other server uses it.")
	}
	return l, nil
}

// open finds the end of the chain and writes the first line of this run behind it. The caller holds write.
func (l *Log) open() error {
	f, err := openFile(l.path)
	if err != nil {
		return err
	}
	t, err := readTail(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	operation, detail := OpOpened, "the log continues"
	switch {
	case t.found:
		l.at = t.last
	default: // nothing whole in the file: it may be new, or stand behind one that was set aside
		if l.at, err = newestAside(l.path); err != nil {
			return errors.Join(err, f.Close())
		}
		if l.at.seq == 0 {
			operation, detail = OpBegin, "the log begins"
		}
	}
	if t.damaged {
		aside := fmt.Sprintf("%s.damaged-%d", l.path, time.Now().UnixNano())
		operation = OpDamaged
		detail = fmt.Sprintf("the end of the file was not intact; it was set aside as %s; this file continues behind line %d", filepath.Base(aside), l.at.seq)
		l.log().Error("audit log is damaged; it was set aside", "path", l.path, "aside", aside)
		if f, err = replaceFile(l.path, aside, f); err != nil {
			return err
		}
		t = tail{}
	}
	l.file, l.disk, l.offset = f, l.config.Disk(f), t.end
	if t.torn > 0 {
		operation, detail = OpTorn, fmt.Sprintf("a half-written last line of %d bytes was cut off", t.torn)
		l.log().Warn("audit log ended in a half-written line, which was cut off", "path", l.path, "bytes", t.torn)
		l.dirty = true
	}
	if err := l.begin(operation, detail); err != nil {
		return errors.Join(err, f.Close())
	}
	return nil
}

// begin writes a line about the log itself and syncs it. The caller holds write.
func (l *Log) begin(operation, detail string) error {
	if err := l.cut(); err != nil {
		return err
	}
	at := l.at
	l.out = l.out[:0]
	l.note(&at, operation, detail)
	if err := l.put(at); err != nil {
		return err
	}
	return l.sync(at.seq)
}

// openFile opens or creates the file, locked against other processes.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Conflict, err, "another process has it open"), f.Close())
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// replaceFile sets the open file f aside and opens a new one at path.
func replaceFile(path, aside string, f *os.File) (*os.File, error) {
	if _, err := os.Lstat(aside); err == nil {
		return nil, fmt.Errorf("setting aside: %s is there already", aside)
	}
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("setting aside: %w", err)
	}
	created, err := openFile(path)
	if err != nil {
		return nil, errors.Join(err, os.Rename(aside, path))
	}
	return created, f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tail is what the end of a file holds.
type tail struct {
	found   bool // last is the last intact line
	last    link
	end     int64 // behind the last whole line
	torn    int64 // bytes behind end
	damaged bool  // the last whole line is not intact
}

// readTail looks at no more than the last two lines' worth of a file, however long it is.
func readTail(f *os.File) (tail, error) {
	info, err := f.Stat()
	if err != nil {
		return tail{}, err
	}
	if !info.Mode().IsRegular() {
		return tail{}, errors.New("not a regular file")
	}
	from := max(0, info.Size()-2*maxLine)
	b := make([]byte, info.Size()-from)
	if n, err := f.ReadAt(b, from); err != nil && (err != io.EOF || n < len(b)) {
		return tail{}, err
	}
	nl := bytes.LastIndexByte(b, '\n')
	t := tail{end: from + int64(nl) + 1, torn: int64(len(b) - nl - 1)}
	if nl < 0 && from > 0 {
		return tail{damaged: true}, nil
	}
	for whole := b[:nl+1]; len(whole) > 0; {
		start := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
		if p, ok := parsePlace(whole[start:]); ok && p.intact {
			t.found, t.last = true, link{p.seq, p.hash}
			return t, nil
		}
		t.damaged = true
		whole = whole[:start]
	}
	return t, nil
}

// newestAside finds the end of the chain among the files set aside; the beginning of a chain if there are none.
func newestAside(path string) (link, error) {
	newest := link{hash: genesis}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return newest, err
	}
	prefix := filepath.Base(path) + "."
	for _, entry := range entries {
		if len(entry.Name()) <= len(prefix) || entry.Name()[:len(prefix)] != prefix || !entry.Type().IsRegular() {
			continue
		}
		f, err := os.Open(filepath.Join(filepath.Dir(path), entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return newest, err
		}
		t, err := readTail(f)
		if err = errors.Join(err, f.Close()); err != nil {
			return newest, err
		}
		if t.found && t.last.seq > newest.seq {
			newest = t.last
		}
	}
	return newest, nil
}

// asideName is where a file goes that is full: its last line's number makes names sort in the order of the chain.
func (l *Log) asideName() string { return fmt.Sprintf("%s.%020d", l.path, l.at.seq) }

// rotate sets the file aside and goes on in a new one. Where it cannot, the log goes on in the old file and tries again
// later: a large file is better than a refused operation. The caller holds write.
func (l *Log) rotate() {
	l.fsync.Lock()
	defer l.fsync.Unlock()
	if l.syncLocked() != nil {
		return // the log has failed for good and says so
	}
	f, err := replaceFile(l.path, l.asideName(), l.file)
	if f == nil {
		l.rotateFrom = l.offset + l.config.MaxBytes/16 + 1
		l.log().Warn("audit log was not rotated; it goes on in the same file", "path", l.path, "error", err)
		return
	}
	l.file, l.disk, l.offset, l.rotateFrom = f, l.config.Disk(f), 0, l.config.MaxBytes
}
