//go:build !plant_wallclock

package plant

// WallClock: leases are counted on the wall clock (R5).
const WallClock = false
