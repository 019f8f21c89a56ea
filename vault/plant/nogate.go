//go:build plant_nogate

package plant

// NoGate: a node that has just started, or was just elected, counts as ready (R4).
const NoGate = true
