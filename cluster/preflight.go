package cluster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/hashicorp/raft"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// preflight reads everything that raft is about to trust, before raft does: the file's pages, the record of term and
// vote, every snapshot from end to end, every log entry with its link, and that snapshot and log fit together.
// It changes one thing only: a damaged snapshot that nobody needs is put aside. Errors are *DamageError.
func preflight(log *store, st *stable, snaps *snapshots, lg *slog.Logger) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a page past the end of the file is an error, not a crash
	defer func() {
		if v := recover(); v != nil {
			err = &DamageError{File: log.path, What: "the store", Err: fmt.Errorf("%v", v)}
		}
	}()
	first, last, lastTerm, err := log.verifyAll()
	if err != nil {
		return err
	}
	covered, err := snaps.verifyAll(log.path, first, last, lg)
	if err != nil {
		return err
	}
	return st.verifyAll(log.path, covered > 0 || last > 0, lastTerm)
}

// checkPages examines the file's pages, and lets bbolt do the same. It must not be open.
func checkPages(path string) (err error) {
	damaged := func(err error) error { return &DamageError{File: path, What: "the store", Err: err} }
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if v := recover(); v != nil {
			err = damaged(fmt.Errorf("%v", v))
		}
	}()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil
	}
	opts := boltOptions()
	opts.ReadOnly = true
	db, err := bbolt.Open(path, 0o600, opts)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return fmt.Errorf("%s is in use by another process: stop it first", path)
	}
	if err != nil {
		return damaged(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// Open has the file locked, and has looked at its first two pages only: whatever else it does comes after this.
	if err = checkFileTree(path, db.Info().PageSize); err == nil {
		err = db.View(checkRecords)
	}
	var named *DamageError
	switch {
	case errors.As(err, &named):
		named.File = path
		return named
	case err != nil:
		return damaged(err)
	}
	return nil
}

func checkFileTree(path string, pageSize int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return checkTree(f, info.Size(), pageSize)
}

// checkRecords looks at what raft-boltdb would not: keys that nothing ever asks for, and pages. bbolt checks pages on a
// goroutine of its own, where a fault is not caught: checkTree has been there.
func checkRecords(tx *bbolt.Tx) error {
	err := tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
		return b.ForEach(func(k, v []byte) error {
			switch {
			case string(name) == "conf" && string(k) == stableKey:
				return nil
			case string(name) == "logs" && len(k) == 8:
				return checkFields(binary.BigEndian.Uint64(k), v)
			case string(name) == "conf":
				return fmt.Errorf("the record of term and vote (stable store) has the unknown name %.64q", k)
			default:
				return fmt.Errorf("bucket %.64q holds an unknown key of %d bytes", name, len(k))
			}
		})
	})
	if err != nil {
		return err
	}
	for problem := range tx.Check() { // read to its end: its goroutine holds the transaction
		err = errors.Join(err, problem)
	}
	return err
}

// logFields are the names that raft-boltdb writes into each record, as MessagePack. A record in which one is misspelt
// reads as if that field were zero, which may be what it is: the entry's own authentication would not show it.
var logFields = []string{"\xaaAppendedAt", "\xa4Data", "\xaaExtensions", "\xa5Index", "\xa4Term", "\xa4Type"}

func checkFields(index uint64, record []byte) error {
	for _, f := range logFields {
		if !bytes.Contains(record, []byte(f)) {
			return &DamageError{Index: index, What: "the log entry", Err: fmt.Errorf("it has no field %s", f[1:])}
		}
	}
	return nil
}

// verifyAll reads the whole log and follows its links.
func (s *store) verifyAll() (first, last, lastTerm uint64, err error) {
	if first, err = s.FirstIndex(); err == nil {
		last, err = s.LastIndex()
	}
	if err != nil || last == 0 {
		return 0, 0, 0, err
	}
	var before tag
	for i := first; i <= last; i++ {
		var l raft.Log
		prev, own, err := s.read(i, &l)
		if errors.Is(err, raft.ErrLogNotFound) {
			err = &DamageError{File: s.path, Index: i, What: "the log", Err: errors.New("the entry is missing")}
		}
		if err != nil {
			return 0, 0, 0, err
		}
		switch {
		case i == first && i != 1, prev == before: // the entry before the first is gone; its tag is not known
		case prev == tag{} && l.Type == raft.LogNoop:
		default:
			return 0, 0, 0, &DamageError{File: s.path, Index: i, What: "the log entry", Err: errors.New("it does not follow the entry before it")}
		}
		if l.Term < lastTerm {
			return 0, 0, 0, &DamageError{File: s.path, Index: i, What: "the log entry", Err: errors.New("its term is lower than that of the entry before")}
		}
		before, lastTerm = own, l.Term
	}
	return first, last, lastTerm, nil
}

// verifyAll reads every snapshot. A damaged one is put aside if an older one, or the beginning, together with the log
// covers everything that it held; else it is the error. It returns the index up to which a snapshot reaches.
func (s *snapshots) verifyAll(logPath string, first, last uint64, lg *slog.Logger) (uint64, error) {
	ids, err := s.names()
	if err != nil {
		return 0, err
	}
	var good uint64     // index of the newest intact snapshot
	var needed uint64   // the highest index that a damaged one newer than that held
	var broken []string // ids
	var why error       // of the newest damaged one
	for _, id := range ids {
		meta, err := s.verify(id)
		switch {
		case err != nil:
			broken = append(broken, id)
			if good == 0 {
				needed = max(needed, indexOf(id))
			}
			if why == nil {
				why = err
			}
		case good == 0:
			good = meta.Index
		}
	}
	if needed > good {
		if first == 0 || first > good+1 || last < needed {
			return 0, why
		}
	}
	if good > 0 && last > good && first > good+1 {
		return 0, &DamageError{
			File: logPath, Index: good + 1, What: "the log",
			Err: fmt.Errorf("entries %d to %d between the newest snapshot and the log are missing", good+1, first-1),
		}
	}
	if good == 0 && first > 1 {
		return 0, &DamageError{File: logPath, Index: 1, What: "the log", Err: fmt.Errorf("entries 1 to %d are missing and no snapshot holds them", first-1)}
	}
	for _, id := range broken {
		lg.Error("a damaged snapshot was put aside; older data covers what it held", "file", s.path(id)+damagedSuffix)
		if err := s.quarantine(id); err != nil {
			return 0, err
		}
	}
	return good, nil
}

// verifyAll checks that term and vote are there if they must be.
func (s *stable) verifyAll(path string, needed bool, lastTerm uint64) error {
	found, err := s.load()
	if err != nil {
		return err
	}
	damaged := func(format string, args ...any) error {
		return &DamageError{File: path, What: "the record of term and vote (stable store)", Err: fmt.Errorf(format, args...)}
	}
	if !found {
		if needed {
			return damaged("it is missing")
		}
		return nil
	}
	term, err := s.GetUint64([]byte("CurrentTerm"))
	if err != nil && needed {
		return damaged("it holds no term")
	}
	if term < lastTerm {
		return damaged("its term %d is lower than the log's %d", term, lastTerm)
	}
	return nil
}
