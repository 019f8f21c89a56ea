package disk

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// journal is what was written to one file since its last fsync, oldest first.
type journal struct {
	ino    uint64
	file   *os.File // our own handle on what lies behind
	writes []write
}

// write is one change of a file's bytes or size.
type write struct {
	at               time.Time
	off              int64
	old, new         []byte
	oldSize, newSize int64 // a change of the size alone has no bytes
}

// lose takes the writes back and puts those that survive in again: all from before old, each later one by chance.
func (j *journal) lose(chance func(n int) int, old time.Time) (undone int, err error) {
	var errs []error
	for _, w := range slices.Backward(j.writes) {
		_, err := j.file.WriteAt(w.old, w.off)
		errs = append(errs, err, j.file.Truncate(w.oldSize))
	}
	for _, w := range j.writes {
		if w.at.After(old) && chance(2) == 0 {
			undone++
			continue
		}
		if len(w.new) == 0 {
			errs = append(errs, j.file.Truncate(w.newSize))
			continue
		}
		_, err := j.file.WriteAt(w.new, w.off)
		errs = append(errs, err)
	}
	return undone, errors.Join(errs...)
}

// change is one change of a directory: how to take it back.
type change struct {
	at   time.Time
	undo func() error
}

// undo takes the newest changes back, as many as chance has it, but none from before old.
func undo(all []change, chance func(n int) int, old time.Time) (undone int, err error) {
	first, _ := slices.BinarySearchFunc(all, old, func(c change, t time.Time) int { return c.at.Compare(t) })
	if first == len(all) {
		return 0, nil
	}
	keep := first + chance(len(all)-first+1)
	var errs []error
	for _, c := range slices.Backward(all[keep:]) {
		undone++
		errs = append(errs, c.undo())
	}
	return undone, errors.Join(errs...)
}

// sorted and sortedNames give maps an order, so that a seed says everything.
func sorted(m map[uint64]*journal) []*journal {
	var all []*journal
	for _, j := range m {
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b *journal) int { return cmp.Compare(a.ino, b.ino) })
	return all
}

func sortedNames(m map[string][]change) []string {
	var all []string
	for n := range m {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// changed notes that a name was changed in dir; d.mu is held.
func (d *Disk) changed(dir string, undo func() error) {
	d.names[dir] = append(d.names[dir], change{at: time.Now(), undo: undo})
}

// keep holds on to a file that is about to lose its name, and returns how to give the name back. d.mu is held. A name of nothing, or
// of a directory, is not kept.
func (d *Disk) keep(path string) func() error {
	d.spare++
	kept := filepath.Join(d.aside(), fmt.Sprintf("f%d", d.spare))
	if err := os.Link(path, kept); err != nil {
		return func() error { return nil }
	}
	return func() error { return os.Rename(kept, path) }
}
