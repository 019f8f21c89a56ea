package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is the time since the machine was started, on CLOCK_BOOTTIME: unlike Go's own clock it goes on while a
// virtual machine is suspended. Leases are counted on it.
func bootTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		panic("cluster: this kernel has no CLOCK_BOOTTIME: " + err.Error()) // Linux 2.6.39 and later have it
	}
	return time.Duration(ts.Nano())
}
