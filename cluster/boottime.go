package cluster

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/quorate/quorate/vault/plant"
)

// kernelBootTime is the time since the machine was started, on CLOCK_BOOTTIME: unlike Go's own clock it goes on while a
// virtual machine is suspended. Leases are counted on it. A node asks its own clock for it, see World.
func kernelBootTime() time.Duration {
	var ts unix.Timespec
	// Raw: it never waits, so the scheduler need not be told; every read asks twice.
	if _, _, errno := unix.RawSyscall(unix.SYS_CLOCK_GETTIME, unix.CLOCK_BOOTTIME, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic("cluster: this kernel has no CLOCK_BOOTTIME: " + errno.Error()) // Linux 2.6.39 and later have it
	}
	return time.Duration(ts.Nano())
}

// clock is a node's boot time. Nil: the kernel's.
type clock func() time.Duration

func (c clock) now() time.Duration {
	if c == nil {
		return kernelBootTime()
	}
	return c()
}

// boot is this node's boot time.
func (n *Node) boot() time.Duration {
	if plant.WallClock {
		return time.Duration(n.cfg.Now().UnixNano())
	}
	return n.cfg.World.Boot()
}
