//go:build plant_nosync

package plant

// NoSync: the log is written without waiting for the disk.
const NoSync = true
