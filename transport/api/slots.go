package api

// Slots is GET /v1/sys/slots.
type Slots struct {
	Slots []Slot `json:"slots"`
}

// Slot is one way to open the vault.
type Slot struct {
	ID        string      `json:"id"`
	Kind      string      `json:"kind"` // shamir, quorum
	Epoch     uint32      `json:"epoch"`
	Threshold int         `json:"threshold"`
	Shares    int         `json:"shares"`
	Quorum    *QuorumSlot `json:"quorum,omitzero"` // of the kind quorum
}

// QuorumSlot is what is set of a slot by which members open themselves, and how it stands.
type QuorumSlot struct {
	Dealt     bool     `json:"dealt"` // the members named hold their shares
	Members   []string `json:"members"`
	Window    string   `json:"window"` // a member is let in at most once in so long
	Away      string   `json:"away"`   // one that was away for longer needs an operator's word
	ColdStart bool     `json:"cold_start"`
}

// SlotRequest is the body of POST /v1/sys/slots.
type SlotRequest struct {
	Kind      string `json:"kind"`                // quorum
	Threshold int    `json:"threshold,omitzero"`  // 0: a majority of the voters, whatever their number
	Window    string `json:"window,omitzero"`     // default 5m
	Away      string `json:"away,omitzero"`       // default 24h; 0s: every opening needs an operator's word
	ColdStart bool   `json:"cold_start,omitzero"` // sealed members give their shares out too
	Replace   bool   `json:"replace,omitzero"`    // take the place of the slot of that kind
}

// Opening tells why a sealed node has not opened itself.
type Opening struct {
	State  string `json:"state"` // off, held, trying, refused
	Reason string `json:"reason"`
	Hint   string `json:"hint"`
}
