//go:build !plant_nowatchdog

package plant

// NoWatchdog: a write that does not return is waited for (R7).
const NoWatchdog = false
