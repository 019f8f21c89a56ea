//go:build race

package primitive_test

// raceEnabled: the race detector makes sync.Pool forget at random, so allocations are not counted with it.
const raceEnabled = true
