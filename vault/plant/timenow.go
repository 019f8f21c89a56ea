//go:build plant_timenow

package plant

// TimeNow: commands are applied with the node's own time instead of the entry's (R17).
const TimeNow = true
