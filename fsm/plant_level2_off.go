//go:build !plant_level2

package fsm

// plantedLevel and plantedOperations are what the plant level2 adds (package plant). In a release that is nothing.
const plantedLevel = 0

var plantedOperations []operation
