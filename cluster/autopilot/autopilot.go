// Package autopilot decides what a leader should do about the membership by itself: whom to give a vote, and which dead
// member to remove. After the idea of hashicorp/raft-autopilot.
//
// It is arithmetic over what the leader has heard. It must not know Raft, clocks or the network: whoever asks brings the
// figures, and carries out one step at a time.
package autopilot

import (
	"cmp"
	"slices"
	"time"
)

// Settings are the bounds. The zero Settings remove nobody.
type Settings struct {
	// Stabilize is how long a member must have kept up before it is given a vote.
	Stabilize time.Duration
	// Alive is how long a member may be silent and count as up.
	Alive time.Duration
	// DeadAfter is how long a member must have been silent to be removed; 0: nobody is ever removed.
	DeadAfter time.Duration
	// MinQuorum is how many voters must be up besides the one that is removed, whatever the quorum; 0: 3.
	MinQuorum int
}

// defaultMinQuorum keeps a cluster of three whole: its dead member stays until a replacement votes.
const defaultMinQuorum = 3

// Member is one member, as the leader has heard of it.
type Member struct {
	Name, Zone string
	Voter      bool
	Self       bool          // the leader
	Fixed      bool          // is never given a vote: a replica, or demoted by an operator
	Replica    bool          // is never removed: it may be far away for long
	Silent     time.Duration // since it was last heard of; since the leader leads, if never
	KeptUp     time.Duration // for how long it has been close behind
}

// Act is what to do.
type Act uint8

// Acts.
const (
	Nothing Act = iota
	Promote
	Remove
)

// Step is one thing to do.
type Step struct {
	Act    Act
	Member string
}

// Next is the next step. A vote is given before anybody is removed, so that the replacement of a dead voter counts first.
func Next(members []Member, s Settings) Step {
	if name := promotable(members, s); name != "" {
		return Step{Promote, name}
	}
	if name := removable(members, s); name != "" {
		return Step{Remove, name}
	}
	return Step{}
}

// promotable is who should vote next: of those that have kept up, one from the zone with the fewest live voters.
func promotable(members []Member, s Settings) string {
	inZone := map[string]int{}
	for _, m := range members {
		if m.Voter && up(m, s) {
			inZone[m.Zone]++
		}
	}
	var fit []Member
	for _, m := range members {
		if !m.Voter && !m.Fixed && up(m, s) && m.KeptUp >= max(s.Stabilize, 1) {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return slices.MinFunc(fit, func(a, b Member) int {
		return cmp.Or(cmp.Compare(inZone[a.Zone], inZone[b.Zone]), cmp.Compare(a.Name, b.Name))
	}).Name
}

// removable is who has been dead for too long, and can be missed: the voters that are up must be a quorum of what
// remains, and no fewer than MinQuorum.
func removable(members []Member, s Settings) string {
	if s.DeadAfter <= 0 {
		return ""
	}
	least := cmp.Or(s.MinQuorum, defaultMinQuorum)
	voters, live := count(members, s)
	var dead []Member
	for _, m := range members {
		if m.Self || m.Replica || m.Silent < max(s.DeadAfter, s.Alive+1) {
			continue
		}
		if m.Voter && (live < (voters-1)/2+1 || live < least) {
			continue
		}
		dead = append(dead, m)
	}
	if len(dead) == 0 {
		return ""
	}
	return slices.MinFunc(dead, func(a, b Member) int { // who is longest gone
		return cmp.Or(cmp.Compare(b.Silent, a.Silent), cmp.Compare(a.Name, b.Name))
	}).Name
}

func count(members []Member, s Settings) (voters, live int) {
	for _, m := range members {
		if !m.Voter {
			continue
		}
		voters++
		if up(m, s) {
			live++
		}
	}
	return voters, live
}

func up(m Member, s Settings) bool { return m.Self || m.Silent <= s.Alive }
