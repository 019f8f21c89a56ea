package cluster

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"
)

const (
	defaultCompactAt = 64 << 20
	compacting       = ".compacting" // what is written aside is called like the store's file, with this behind it
	compactStep      = 4 << 20       // bytes of one transaction
)

// compact rewrites a store's file of at least so many bytes if more than half of it is free pages: bbolt never gives any back. It runs before anybody has
// the file open, on a file whose pages were checked. verify reads what the file
// holds before it is given up: what is damaged stays for whoever looks into it. What was written is verified like any file afterwards. The file is replaced in one step;
// whatever fails or is interrupted before that leaves the old one, and the node starts with it.
func compact(path string, from int64, verify func() error, lg *slog.Logger) error {
	aside := path + compacting
	err := clearAway(aside) // what an interrupted one left
	before, missing := os.Stat(path)
	if missing != nil || before.Size() < from {
		return nil
	}
	if err := checkPages(path); err != nil {
		return err
	}
	done := false
	if err == nil {
		done, err = copyUsed(path, aside, before.Size())
	}
	if err == nil && done {
		if damage := verify(); damage != nil {
			return errors.Join(damage, clearAway(aside))
		}
		err = os.Rename(aside, path)
	}
	if err != nil || !done {
		if err = errors.Join(err, clearAway(aside)); err != nil {
			lg.Warn("the store's file could not be compacted; it is used as it is", "file", path, "error", err)
		}
		return nil
	}
	if after, err := os.Stat(path); err == nil {
		lg.Info("the store's file was compacted", "file", path, "before", before.Size(), "after", after.Size())
	}
	return syncDir(filepath.Dir(path))
}

func clearAway(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyUsed writes what a file holds into another, for good. done is false if it is not worth it.
func copyUsed(path, aside string, size int64) (done bool, err error) {
	from := boltOptions()
	from.ReadOnly, from.PreLoadFreelist = true, true
	src, err := bbolt.Open(path, 0o600, from)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if used, err := usedBytes(src); err != nil || used > size/2 {
		return false, err
	}
	to := boltOptions()
	to.PageSize, to.NoSync = src.Info().PageSize, true // one sync at the end
	dst, err := bbolt.Open(aside, 0o600, to)
	if err != nil {
		return false, err
	}
	err = bbolt.Compact(dst, src, compactStep)
	if err == nil {
		err = dst.Sync()
	}
	return true, errors.Join(err, dst.Close())
}

// usedBytes is how much of a file its tree takes. What lies behind the last page that was ever used is not counted as free by bbolt.
func usedBytes(db *bbolt.DB) (n int64, err error) {
	err = db.View(func(tx *bbolt.Tx) error {
		n = tx.Size() - int64(db.Stats().FreePageN)*int64(db.Info().PageSize)
		return nil
	})
	return n, err
}
