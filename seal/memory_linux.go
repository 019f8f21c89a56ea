package seal

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// mapLocked returns size bytes (a multiple of the page size) of the best memory this kernel gives, and says what
// it is. The kinds, best first: memory that the kernel itself takes out of its own map (memfd_secret(2)), so that not even
// root reads it through /proc or a core file; memory that is locked against swapping and left out of core files; the
// same without the lock.
func mapLocked(size int) ([]byte, memoryKind, error) {
	mem, secretErr := mapSecret(size)
	if secretErr == nil {
		return mem, memoryKind{name: kindSecret}, nil
	}
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, memoryKind{}, fmt.Errorf("mapping %d bytes: %w", size, err)
	}
	kind := memoryKind{name: kindLocked, reason: "memfd_secret: " + secretErr.Error()}
	if err := unix.Mlock(mem); err != nil {
		kind = memoryKind{name: kindUnlocked, reason: kind.reason + "; mlock: " + err.Error() + " (raise LimitMEMLOCK)"}
	}
	if err := unix.Madvise(mem, unix.MADV_DONTDUMP); err != nil {
		kind.reason += "; MADV_DONTDUMP: " + err.Error()
	}
	if err := unix.Madvise(mem, unix.MADV_DONTFORK); err != nil {
		kind.reason += "; MADV_DONTFORK: " + err.Error()
	}
	return mem, kind, nil
}

func mapSecret(size int) ([]byte, error) {
	fd, err := unix.MemfdSecret(unix.O_CLOEXEC)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }() // the mapping keeps the memory
	if err := unix.Ftruncate(fd, int64(size)); err != nil {
		return nil, err
	}
	return unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// HardenProcess keeps this process's memory from leaving it by the usual doors: no core files (RLIMIT_CORE 0), not
// dumpable and not traceable by other processes of the same user (PR_SET_DUMPABLE 0). Call it first thing in main.
// Its failure is worth a warning, not an exit.
func HardenProcess() error {
	limit, dump := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}), unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if limit != nil { // a service manager may forbid it; the other holds all the same
		limit = fmt.Errorf("setting RLIMIT_CORE to 0: %w", limit)
	}
	if dump != nil {
		dump = fmt.Errorf("setting PR_SET_DUMPABLE to 0: %w", dump)
	}
	return errors.Join(limit, dump)
}
