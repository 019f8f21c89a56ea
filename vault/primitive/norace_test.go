//go:build !race

package primitive_test

const raceEnabled = false
