//go:build !plant_inflight

package plant

// InFlight: a second append is sent before the first is answered (R6).
const InFlight = false
