package api

// Finding is what a check of doctor found.
type Finding struct {
	Check    string `json:"check"`
	Node     string `json:"node,omitzero"` // absent: it is about the cluster
	Severity string `json:"severity"`      // ok, attention, act now
	OK       bool   `json:"ok"`
	Detail   string `json:"detail"`
	Next     string `json:"next,omitzero"` // what to do about it
}

// Doctor is GET /v1/sys/doctor: what a node finds about itself and, while it leads, about the cluster.
type Doctor struct {
	Node     string    `json:"node"`
	At       string    `json:"at"`      // by the node's own clock
	Verdict  string    `json:"verdict"` // the most urgent severity
	Findings []Finding `json:"findings"`
}
