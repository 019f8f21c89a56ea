package api

// Names of the events of GET /v1/watch.
const (
	EventReady = "ready" // what follows is complete from Index on
	EventKey   = "key"   // a key was made or changed; or, with Gone, is no longer there to be seen
	EventReset = "reset" // changes were missed, or who may see keys changed: list the keys anew, from a state of at least Index
	EventStale = "stale" // the node cannot prove its state recent; it tells nothing until the next ready
	EventError = "error" // the stream ends; the data is a Problem
	EventEnd   = "end"   // the stream ends for no fault of the client's, who goes on by connecting again
)

// HeaderLastEventID is what a client sends to go on behind the last event that it took.
const HeaderLastEventID = "Last-Event-ID"

// WatchEvent is the data of an event of GET /v1/watch.
type WatchEvent struct {
	Event  string  `json:"-"`     // the event's name
	Resume uint64  `json:"-"`     // the event's id: ?after= to go on behind it
	Index  uint64  `json:"index"` // of the state that has the change
	Op     string  `json:"op,omitzero"`
	ID     string  `json:"id,omitzero"` // of the key
	Name   string  `json:"name,omitzero"`
	Key    *Record `json:"key,omitzero"`    // as it is now
	Gone   string  `json:"gone,omitzero"`   // purged, or hidden: the caller or the filter no longer sees it
	Reason string  `json:"reason,omitzero"` // of reset, stale and end
}
