//go:build !plant_nooutlast

package plant

// NoOutlast: a revocation is acknowledged without waiting for the leases of others (R5).
const NoOutlast = false
