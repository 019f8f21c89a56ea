// Package plant holds deliberate bugs, each behind a build tag plant_<name> and a constant that is false without it. They
// are there to prove that the tests bite: `make plants` builds each one, runs the test that has to catch it, and demands that
// this test fails, with the complaint that fits. No release is built with such a tag; a test in e2e says so, and `All` tells
// a running program.
//
// One plant is no bug: level2 gives the program a level of the log, and an operation of that level, that no release has. With it
// the story of the rolling upgrade has two versions to go between.
//
// It is a leaf: any package may ask for its constant where the bug would be.
package plant

import "time"

// All names the bugs that this program was built with. In a release there is none.
func All() []string {
	var names []string
	for _, p := range []struct {
		name string
		on   bool
	}{
		{"nosync", NoSync},
		{"verifyleader", VerifyLeader},
		{"nogate", NoGate},
		{"inflight", InFlight},
		{"nomac", NoMAC},
		{"wallclock", WallClock},
		{"timenow", TimeNow},
		{"nowatchdog", NoWatchdog},
		{"skipterm", SkipTerm},
		{"stalecache", StaleCache},
		{"nooutlast", NoOutlast},
		{"level2", Level2},
	} {
		if p.on {
			names = append(names, p.name)
		}
	}
	return names
}

// Now is the node's own wall clock in milliseconds, for code that must not know one: see TimeNow.
func Now() int64 { return time.Now().UnixMilli() }
