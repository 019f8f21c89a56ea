//go:build plant_level2

package plant

// Level2: this program knows a level of commands, and one command of it, that no release has.
const Level2 = true
