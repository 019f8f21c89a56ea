//go:build race

package sim_test

import "runtime"

// In a bubble, timers fire on whichever thread comes by, and all of them tell the race detector that they are one thread; two at a time
// destroy what it knows, and the process (golang/go#78156, with Go 1.26.8: fifty goroutines with nothing but timers show it within
// seconds). One at a time, they do not, and the detector finds races all the same: it goes by what happens before what, not by luck.
func init() { runtime.GOMAXPROCS(1) }
