package fsm

import (
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// ReplaceDocument, followed by the name of a new member, is where it says which dead member it takes the place of.
const ReplaceDocument = "setting/replace/"

// AutopilotDocument is where an operator's settings of the autopilot are kept.
const AutopilotDocument = "setting/autopilot"

// Autopilot is what an operator has set of what the leader does about the members by itself. It is one thing for the whole
// cluster, whoever leads. A zero field leaves the matter to the leader's own configuration.
type Autopilot struct {
	// Stabilize is how long a member must have kept up before it is given a vote, and before its program counts for the level.
	Stabilize time.Duration `cbor:"1,keyasint,omitempty"`
	// DeadAfter is how long a member must have been silent to be removed; negative: nobody is removed.
	DeadAfter time.Duration `cbor:"2,keyasint,omitempty"`
	// MinQuorum is how many voters must be up besides the one that is removed.
	MinQuorum int `cbor:"3,keyasint,omitempty"`
	// HoldLevel keeps the cluster's level where it is although every member understands more, so that members can go back to
	// the version before.
	HoldLevel bool `cbor:"4,keyasint,omitempty"`
}

// Bounds of the settings.
const (
	MinDeadAfter = time.Minute
	MaxStabilize = time.Hour
)

// Check refuses settings that cannot be meant. fault.Invalid.
func (a Autopilot) Check() error {
	switch {
	case a.Stabilize < 0 || a.Stabilize > MaxStabilize:
		return fault.New(fault.Invalid, "a new member can keep up for 0s to %v before it votes", MaxStabilize)
	case a.DeadAfter > 0 && a.DeadAfter < MinDeadAfter:
		return fault.New(fault.Invalid, "a member is not removed before it has been silent for %v", MinDeadAfter)
	case a.MinQuorum < 0 || a.MinQuorum > 99:
		return fault.New(fault.Invalid, "the voters that must be up are between 0 and 99")
	}
	return nil
}

// Encode is the document's body.
func (a Autopilot) Encode() ([]byte, error) { return encoding.Marshal(a) }

// Autopilot is what an operator has set; the zero Autopilot if that is nothing, or cannot be read by this program.
func (s *State) Autopilot() Autopilot { return s.autopilot() }

func (c *content) autopilot() Autopilot {
	var a Autopilot
	if d := c.document(AutopilotDocument); d == nil || lenient.Unmarshal(d.Body, &a) != nil {
		return Autopilot{}
	}
	return a
}
