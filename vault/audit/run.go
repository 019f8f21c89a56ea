package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Run does what the log does by itself until ctx ends: it syncs what was only written within Config.SyncWithin, signs a
// checkpoint every Config.CheckpointAfter, and tries whether a log that failed can be written again. It syncs once more
// before it returns nil. Run it once, beside the Log.
func (l *Log) Run(ctx context.Context) error {
	tick := time.NewTicker(max(l.config.SyncWithin/2, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = l.sync(l.written.Load()) // a failure is logged, and kept for Healthy
			return nil
		case <-tick.C:
			l.attend()
		}
	}
}

// attend is one round of Run. Failures are logged and kept for Healthy; the next round tries again.
func (l *Log) attend() {
	l.write.Lock()
	failed := l.failed.Load() != nil
	due := l.sign != nil && l.unsigned > 0 && time.Since(l.signedAt) >= l.config.CheckpointAfter
	if (failed || due) && !l.closed {
		if due {
			l.unsigned = max(l.unsigned, l.config.CheckpointEvery)
		}
		_ = l.flush(&batch{})
	}
	l.write.Unlock()
	_ = l.sync(l.written.Load())
}

// checkpoint adds a signed line to l.out if it is time for one. A signer that fails delays the checkpoint, not the
// entries. The caller holds write.
func (l *Log) checkpoint(at *link, entries int) bool {
	if l.sign == nil || l.unsigned+entries < l.config.CheckpointEvery {
		return false
	}
	signature, keyID, err := l.sign(checkpointMessage(l.config.Node, at.seq+1, at.hash))
	if err != nil {
		l.unsigned = 1
		l.log().Warn("audit checkpoint was not signed", "path", l.path, "error", err)
		return false
	}
	l.out = appendLine(l.out, appendCheckpoint(nil, l.config.Node, time.Now(), keyID, signature), at)
	return true
}

// Reopen goes on in the file that is now at the path, which logrotate may have moved away, or which it creates. After a
// failed sync it is what makes the log work again: the old file is set aside, and the new one begins with a line that says
// which lines may have been lost. On an error (fault.Internal, fault.Conflict) the log is as it was.
func (l *Log) Reopen() error {
	l.write.Lock()
	defer l.write.Unlock()
	if l.closed {
		return l.refusal(errClosed)
	}
	if err := l.reopen(); err != nil {
		return fault.Wrap(fault.KindOf(err), err, "the audit log %s cannot be reopened", l.path)
	}
	return nil
}

func (l *Log) reopen() error {
	l.fsync.Lock()
	lost := l.syncLocked() != nil
	err := l.switchFile(lost)
	from := l.synced.Load()
	if err == nil && lost {
		l.lost.Store(&loss{from, l.at.seq})
		l.failed.Store(nil)
	}
	l.fsync.Unlock()
	if err != nil || !lost {
		return err
	}
	err = l.begin(OpLost, fmt.Sprintf("a sync failed: of the lines %d to %d, in the file before this one, some may be missing; %d entries were refused", from+1, l.at.seq, l.refused))
	if err == nil {
		l.refused = 0
	}
	return err
}

// switchFile makes the file at the path the one that is written. The caller holds write and fsync.
func (l *Log) switchFile(lost bool) error {
	ours, err := l.file.Stat()
	if err != nil {
		return err
	}
	there, err := os.Lstat(l.path)
	same := err == nil && os.SameFile(ours, there)
	if same && !lost {
		return nil
	}
	if err == nil && !same && there.Size() > 0 {
		return fault.New(fault.Conflict, "another file is at its path")
	}
	var f *os.File
	if same {
		if f, err = replaceFile(l.path, l.asideName(), l.file); f == nil {
			return err
		}
	} else {
		if f, err = openFile(l.path); err != nil {
			return err
		}
		_ = l.file.Close() // synced, or known to have failed
	}
	l.file, l.disk, l.offset, l.dirty, l.rotateFrom = f, l.config.Disk(f), 0, false, l.config.MaxBytes
	return nil
}

// Close signs a last checkpoint, if there is a signer, syncs and closes the file. Every later Append is refused.
func (l *Log) Close() error {
	l.write.Lock()
	defer l.write.Unlock()
	if l.closed {
		return nil
	}
	if l.sign != nil && l.unsigned > 0 {
		l.unsigned = max(l.unsigned, l.config.CheckpointEvery)
		_ = l.flush(&batch{}) // a failure shows in the sync below or was logged
	}
	l.closed = true
	l.fsync.Lock()
	defer l.fsync.Unlock()
	return errors.Join(l.syncLocked(), l.file.Close())
}
