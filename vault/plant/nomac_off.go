//go:build !plant_nomac

package plant

// NoMAC: log entries are taken whatever their authentication says (R9).
const NoMAC = false
