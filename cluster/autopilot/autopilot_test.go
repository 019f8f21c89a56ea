package autopilot_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/autopilot"
)

var settings = autopilot.Settings{Stabilize: 10 * time.Second, Alive: 2 * time.Second, DeadAfter: time.Hour}

// member is a live voter, changed.
func member(name string, change func(*autopilot.Member)) autopilot.Member {
	m := autopilot.Member{Name: name, Voter: true, KeptUp: time.Minute}
	if change != nil {
		change(&m)
	}
	return m
}

func self(m *autopilot.Member)  { m.Self = true }
func dead(m *autopilot.Member)  { m.Silent, m.KeptUp = 2*time.Hour, 0 }
func away(m *autopilot.Member)  { m.Silent, m.KeptUp = time.Minute, 0 }
func fresh(m *autopilot.Member) { m.Voter = false }

// named makes members n1, n2, … of the changes.
func named(changes ...func(*autopilot.Member)) []autopilot.Member {
	all := make([]autopilot.Member, len(changes))
	for i, change := range changes {
		all[i] = member(fmt.Sprintf("n%d", i+1), change)
	}
	return all
}

func TestNextStep(t *testing.T) {
	both := func(fs ...func(*autopilot.Member)) func(*autopilot.Member) {
		return func(m *autopilot.Member) {
			for _, f := range fs {
				f(m)
			}
		}
	}
	zone := func(z string) func(*autopilot.Member) { return func(m *autopilot.Member) { m.Zone = z } }
	kept := func(d time.Duration) func(*autopilot.Member) { return func(m *autopilot.Member) { m.KeptUp = d } }
	fixed := func(m *autopilot.Member) { m.Fixed = true }
	replica := func(m *autopilot.Member) { m.Fixed, m.Replica = true, true }
	none := autopilot.Step{}
	for _, c := range []struct {
		name    string
		members []autopilot.Member
		change  func(*autopilot.Settings)
		want    autopilot.Step
	}{
		{"all is well", named(self, nil, nil), nil, none},
		{"a member that kept up", named(self, nil, nil, fresh), nil, autopilot.Step{Act: autopilot.Promote, Member: "n4"}},
		{"one that did not yet", named(self, nil, nil, both(fresh, kept(9*time.Second))), nil, none},
		{"one that never did", named(self, both(fresh, kept(0))), func(s *autopilot.Settings) { s.Stabilize = 0 }, none},
		{"one that is away", named(self, nil, nil, both(fresh, away)), nil, none},
		{"a replica", named(self, nil, nil, both(fresh, replica)), nil, none},
		{"a demoted one", named(self, nil, nil, both(fresh, fixed)), nil, none},
		{"the zone without a voter first", named(both(self, zone("a")), both(fresh, zone("a")), both(fresh, zone("b"))), nil, autopilot.Step{Act: autopilot.Promote, Member: "n3"}},
		{"a zone whose voter is dead counts as without", named(both(self, zone("a")), both(dead, zone("b")), both(fresh, zone("a")), both(fresh, zone("b"))), nil, autopilot.Step{Act: autopilot.Promote, Member: "n4"}},
		{"a dead voter of three stays", named(self, nil, dead), nil, none},
		{"a dead voter of four goes", named(self, nil, nil, dead), nil, autopilot.Step{Act: autopilot.Remove, Member: "n4"}},
		{"but not by default", named(self, nil, nil, dead), func(s *autopilot.Settings) { s.DeadAfter = 0 }, none},
		{"nor one that is away for a minute", named(self, nil, nil, away), nil, none},
		{"a vote before a removal", named(self, nil, dead, fresh), nil, autopilot.Step{Act: autopilot.Promote, Member: "n4"}},
		{"of three dead out of seven one goes", named(self, nil, nil, nil, dead, dead, dead), nil, autopilot.Step{Act: autopilot.Remove, Member: "n5"}},
		{"below the least nobody goes", named(self, nil, dead, dead), nil, none},
		{"a lower least", named(self, nil, dead), func(s *autopilot.Settings) { s.MinQuorum = 2 }, autopilot.Step{Act: autopilot.Remove, Member: "n3"}},
		{"the quorum counts, too", named(self, dead, dead, dead), func(s *autopilot.Settings) { s.MinQuorum = 1 }, none},
		{"a dead joiner goes", named(self, nil, both(fresh, dead)), nil, autopilot.Step{Act: autopilot.Remove, Member: "n3"}},
		{"a dead replica stays", named(self, nil, nil, both(fresh, dead, replica)), nil, none},
		{"never the leader", named(both(self, dead), nil, nil, nil), nil, none},
		{"dead is longer than away", named(self, nil, nil, away), func(s *autopilot.Settings) { s.DeadAfter, s.Alive = 1, 2*time.Minute }, none},
	} {
		s := settings
		if c.change != nil {
			c.change(&s)
		}
		if got := autopilot.Next(c.members, s); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestMargin(t *testing.T) {
	for _, c := range []struct {
		members []autopilot.Member
		want    int
	}{{named(self), 0}, {named(self, nil), 0}, {named(self, nil, nil), 1}, {named(self, nil, dead), 0}, {named(self, dead, dead), -1}, {named(self, nil, nil, fresh), 1}} {
		if got := autopilot.Margin(c.members, settings); got != c.want {
			t.Errorf("%+v: margin %d, want %d", c.members, got, c.want)
		}
	}
}

// TestNoStepEverCostsTheQuorum carries out whatever is advised, in ten thousand clusters: what can write still can.
func TestNoStepEverCostsTheQuorum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	changes := []func(*autopilot.Member){nil, dead, away, fresh, func(m *autopilot.Member) { fresh(m); dead(m) }}
	removals := 0
	for range 10_000 {
		list := []func(*autopilot.Member){self}
		for range r.IntN(9) {
			list = append(list, changes[r.IntN(len(changes))])
		}
		members, s := named(list...), settings
		s.MinQuorum = 1 + r.IntN(4)
		for range 20 {
			margin := autopilot.Margin(members, s)
			step := autopilot.Next(members, s)
			if step == (autopilot.Step{}) {
				break
			}
			for i := range members {
				if members[i].Name != step.Member {
					continue
				}
				if step.Act == autopilot.Promote {
					members[i].Voter = true
				} else {
					removals++
					members = append(members[:i], members[i+1:]...)
				}
				break
			}
			if after := autopilot.Margin(members, s); margin >= 0 && after < 0 || step.Act == autopilot.Remove && after < margin {
				t.Fatalf("%+v took the margin from %d to %d", step, margin, after)
			}
		}
	}
	if removals < 1000 {
		t.Errorf("only %d removals: this test shows little", removals)
	}
}
