// Package sim runs whole nodes of package cluster in a simulated world: testing/synctest's clock, a network whose messages are
// delayed, lost and cut off, disks that fail, stall and lose power, boot clocks that run apart, processes that are killed and
// that stand still. Between these seams (cluster.World) everything is the code that runs in life: raft, the authenticated log,
// snapshots, leases, grants, removal.
//
// A World is made from a seed, which decides what is done to it and when; the interleaving of goroutines is the
// scheduler's, so a seed is a scenario, and a complaint that depends on the interleaving may take several runs to come back.
// Clients write registers, take them out of use and read them in every way while faults are injected; what they saw is
// checked while they go on and at the end (check.go).
//
// It is a kit for tests. It knows cluster's exported API only.
package sim
