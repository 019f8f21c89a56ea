//go:build !plant_stalecache

package plant

// StaleCache: the record that a node once opened is used as long as the cache holds it.
const StaleCache = false
