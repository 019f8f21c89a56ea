// Package disk is a file system (FUSE) over a directory that fails as disks do: fsync returns an error, takes long, or
// never comes back; space runs out; the power goes, and with it what was written and not synced. It is for running real
// programs on it, and knows nothing of them.
//
// What a power cut takes: of the writes to a file since its last fsync each survives or not, by chance, in whatever
// order; of the changes to a directory since its last fsync the newest are undone, some or all. What is older than
// the kernel would leave it (30 s of data, 5 s of names) survives. Files are read and mapped through the kernel's cache, which is kept when
// they are opened again: a program that maps a file (bbolt does) sees what was written to it.
//
// BUG(disk): changes of mode and times, links and symbolic links are not undone by a power cut.
package disk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// Disk is one file system. Its methods may be called concurrently, but for Mount, Unmount and Cut.
type Disk struct {
	Back  string // what it keeps lies here
	Point string // and is seen here while it is mounted

	server *fuse.Server

	mu       sync.Mutex
	syncErr  syscall.Errno // what fsync answers; 0: it works
	slow     time.Duration // that each fsync takes longer
	thaw     chan struct{} // closed when a frozen disk moves again; nil: it is not frozen
	frozen   time.Time     // when the first call met the frozen disk
	free     int64         // bytes left; negative: what the machine has
	journals map[uint64]*journal
	names    map[string][]change // by directory, since its fsync
	spare    int                 // counts files that were put aside
	stats    Stats
}

// Stats counts what was done to those who use the disk.
type Stats struct{ Syncs, Failed, Slowed, Frozen, Full, Undone uint64 }

// New makes a disk that keeps everything below dir.
func New(dir string) (*Disk, error) {
	d := &Disk{Back: filepath.Join(dir, "back"), Point: filepath.Join(dir, "disk"), free: -1, journals: map[uint64]*journal{}, names: map[string][]change{}}
	for _, p := range []string{d.Back, d.Point, d.aside()} {
		if err := os.MkdirAll(p, 0o700); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *Disk) aside() string { return d.Back + ".aside" }

// Mount makes the files visible at Point.
func (d *Disk) Mount() error {
	root := &fs.LoopbackRoot{Path: d.Back}
	root.RootNode = &node{LoopbackNode: &fs.LoopbackNode{RootData: root}, disk: d}
	second := time.Second
	syscall.ForkLock.RLock() // nobody is begun while the connection is open to children
	server, err := fs.Mount(d.Point, root.RootNode, &fs.Options{
		MountOptions: fuse.MountOptions{FsName: "chaosdisk", Name: "chaos", DirectMountStrict: true, DisableXAttrs: true},
		EntryTimeout: &second, AttrTimeout: &second,
	})
	err = errors.Join(err, keepConnections())
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fmt.Errorf("mounting a disk (needs /dev/fuse and the right to mount): %w", err)
	}
	d.server = server
	return nil
}

// keepConnections keeps what children inherit free of FUSE connections, which the library opens without O_CLOEXEC. A child that had one
// would keep it alive after this process has ended, and then wait, for ever and beyond the reach of kill -9, for answers that nobody gives.
func keepConnections() error {
	const own = "/proc/self/fd"
	all, err := os.ReadDir(own)
	if err != nil {
		return err
	}
	for _, e := range all {
		if to, err := os.Readlink(filepath.Join(own, e.Name())); err != nil || to != "/dev/fuse" {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			return err
		}
		syscall.CloseOnExec(fd)
	}
	return nil
}

// Unmount takes the files away; nobody may have one open. The kernel forgets what it cached of them.
func (d *Disk) Unmount() error {
	if d.server == nil {
		return nil
	}
	d.Mend()
	if err := d.server.Unmount(); err != nil {
		return fmt.Errorf("unmounting %s: %w", d.Point, errors.Join(err, d.Abort()))
	}
	d.server = nil
	return nil
}

// Abort pulls the plug: every call that waits for the disk ends with an error, also one that a signal cannot end, and the files are
// gone. It is for whoever hangs on the disk and has to end; what was written before counts as written.
func (d *Disk) Abort() error {
	if d.server == nil {
		return nil
	}
	if err := unix.Unmount(d.Point, unix.MNT_FORCE|unix.MNT_DETACH); err != nil {
		return fmt.Errorf("aborting %s: %w", d.Point, err)
	}
	d.Mend() // whoever of this program waits for it
	d.server.Wait()
	d.server = nil
	return nil
}

// Offline runs f on what lies behind the disk, in Back, while nobody sees it, and counts what it leaves as synced. Nobody may
// have a file open.
func (d *Disk) Offline(f func() error) error {
	mounted := d.server != nil
	if err := d.Unmount(); err != nil {
		return err
	}
	d.mu.Lock()
	errs := d.forget()
	d.mu.Unlock()
	errs = errors.Join(errs, f())
	if mounted {
		errs = errors.Join(errs, d.Mount())
	}
	return errs
}

// FailSync lets every fsync fail with errno from now on.
func (d *Disk) FailSync(errno syscall.Errno) { d.set(func() { d.syncErr = errno }) }

// SlowSync lets every fsync take longer.
func (d *Disk) SlowSync(by time.Duration) { d.set(func() { d.slow = by }) }

// Freeze lets nothing that writes or syncs return before Mend.
func (d *Disk) Freeze() {
	d.set(func() {
		if d.thaw == nil {
			d.thaw, d.frozen = make(chan struct{}), time.Time{}
		}
	})
}

// Stalled is when the first call met the frozen disk; zero: none has.
func (d *Disk) Stalled() (at time.Time) {
	d.set(func() { at = d.frozen })
	return at
}

// Fill leaves so many bytes; the disk says so (statfs), and then that it is full (ENOSPC).
func (d *Disk) Fill(free int64) { d.set(func() { d.free = free }) }

// Mend ends all of these.
func (d *Disk) Mend() {
	d.set(func() {
		d.syncErr, d.slow, d.free = 0, 0, -1
		if d.thaw != nil {
			close(d.thaw)
			d.thaw = nil
		}
	})
}

// Stats is what was done so far.
func (d *Disk) Stats() (s Stats) {
	d.set(func() { s = d.stats })
	return s
}

func (d *Disk) set(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

// Cut is a power cut: nobody may use the disk any more, its processes are dead. It is mounted anew with what survived; nil takes all that
// may be taken.
func (d *Disk) Cut(rnd *rand.Rand) error {
	chance := func(int) int { return 0 }
	if rnd != nil {
		chance = rnd.IntN
	}
	mounted := d.server != nil
	if err := d.Unmount(); err != nil {
		return err
	}
	if err := d.lose(chance); err != nil {
		return fmt.Errorf("a power cut of %s: %w", d.Back, err)
	}
	if mounted {
		return d.Mount()
	}
	return nil
}

// lose undoes what was not synced.
func (d *Disk) lose(chance func(n int) int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, j := range sorted(d.journals) {
		undone, err := j.lose(chance, time.Now().Add(-30*time.Second))
		d.stats.Undone += uint64(undone)
		errs = append(errs, err)
	}
	for _, dir := range slices.Backward(sortedNames(d.names)) { // what lies in a directory before the directory
		undone, err := undo(d.names[dir], chance, time.Now().Add(-5*time.Second))
		d.stats.Undone += uint64(undone)
		errs = append(errs, err)
	}
	return errors.Join(append(errs, d.forget())...)
}

// forget takes all that was written as synced. d.mu is held.
func (d *Disk) forget() error {
	var errs []error
	for _, j := range d.journals {
		errs = append(errs, j.file.Close())
	}
	clear(d.journals)
	clear(d.names)
	return errors.Join(errs...)
}

// move is what every call that writes or syncs goes through: it waits while the disk is frozen.
func (d *Disk) move() {
	d.mu.Lock()
	thaw := d.thaw
	if thaw != nil {
		d.stats.Frozen++
		if d.frozen.IsZero() {
			d.frozen = time.Now()
		}
	}
	d.mu.Unlock()
	if thaw != nil {
		<-thaw
	}
}

// sync is an fsync: what it costs, and whether it works.
func (d *Disk) sync() syscall.Errno {
	d.move()
	d.mu.Lock()
	slow := d.slow
	d.stats.Syncs++
	if slow > 0 {
		d.stats.Slowed++
	}
	d.mu.Unlock()
	if slow > 0 {
		<-time.After(slow)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.syncErr != 0 {
		d.stats.Failed++
	}
	return d.syncErr
}

// take asks for room for so many bytes more. d.mu is held.
func (d *Disk) take(n int64) bool {
	switch {
	case n <= 0 || d.free < 0:
		return true
	case d.free < n:
		d.stats.Full++
		return false
	}
	d.free -= n
	return true
}
