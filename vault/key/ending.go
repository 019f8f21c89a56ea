package key

// Ending says how binding the date of a scheduled destruction is. Numbers are kept in the log.
type Ending uint8

// Endings.
const (
	Dated   Ending = 0 // it ends on that date, used or not
	Guarded Ending = 1 // not while it is in use: what was used lately when the date comes gets a later one
	Held    Ending = 2 // it got one; DestroyAt is when the cluster looks again
)
