package api

// Autopilot is what operators have set of what the leader does about the members by itself: GET and PUT /v1/sys/autopilot, which
// replaces all of it. What is left out is as the leader's own configuration says.
type Autopilot struct {
	// Stabilize is how long a new member keeps up before it votes, and an upgraded one before it counts for the level, such as 30s.
	Stabilize string `json:"stabilize,omitzero"`
	// DeadAfter is how long a member is silent before it is removed, 1m or more; "off": nobody is removed.
	DeadAfter string `json:"dead_after,omitzero"`
	// MinQuorum is how many voters must be up besides the one that is removed.
	MinQuorum int `json:"min_quorum,omitzero"`
	// HoldLevel keeps the cluster's level, so that upgraded members can go back to the version before.
	HoldLevel bool `json:"hold_level,omitzero"`
	// Revision counts changes. A PUT names the one that it replaces, 0 for none.
	Revision uint64 `json:"revision,omitzero"`
}
