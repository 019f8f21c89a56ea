//go:build !linux

package seal

import (
	"errors"
	"runtime"
)

// mapLocked gives ordinary memory: only Linux is a production platform.
func mapLocked(size int) ([]byte, memoryKind, error) {
	return make([]byte, size), memoryKind{name: kindHeap, reason: "no locked memory on " + runtime.GOOS}, nil
}

// HardenProcess reports that this platform is not hardened.
func HardenProcess() error {
	return errors.New("hardening the process is only done on linux, not on " + runtime.GOOS)
}
