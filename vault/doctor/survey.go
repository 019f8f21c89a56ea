package doctor

import (
	"strings"
	"time"
)

// What a survey takes for too much.
const (
	maxLag     = 1000 // log entries
	slowAnswer = 2 * time.Second
	skewWarn   = 2 * time.Second
	skewAct    = time.Minute
)

const handInShares = "Hand in shares with `quorate operator unseal`, on any node."

// answered are the members that gave an answer.
func (s *Survey) answered() []Seen {
	var all []Seen
	for _, m := range s.Members {
		if m.Err == "" {
			all = append(all, m)
		}
	}
	return all
}

// first is what the node that named the members said of itself.
func (s *Survey) first() Seen {
	for _, m := range s.Members {
		if m.Node == s.First {
			return m
		}
	}
	return Seen{Node: s.First}
}

func initialized(f *Facts, r *report) {
	if !f.Survey.first().Initialized {
		r.say(ActNow, "Found the cluster with `quorate operator init`.", "no cluster yet")
		return
	}
	r.ok("yes")
}

func leader(f *Facts, r *report) {
	if l := f.Survey.first().Leader; l != "" {
		r.ok("%s", l)
		return
	}
	r.say(ActNow, "More than half of the voters must be up and reach each other. If they are lost for good: the runbook lost-quorum.", "none known")
}

func sameLeader(f *Facts, r *report) {
	want := f.Survey.first().Leader
	for _, m := range f.Survey.answered() {
		if m.Leader != want {
			r.of(m.Node).say(Attention, "Ask again in a moment; if it stays, the network between the members is cut.", "%s, and %s says %s", orNone(m.Leader), f.Survey.First, orNone(want))
		}
	}
	if len(r.findings) == 0 {
		r.ok("all agree")
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// surveyedQuorum counts who answers, whatever they say: without a leader nobody else can.
func surveyedQuorum(f *Facts, r *report) {
	voters, up := 0, 0
	for _, m := range f.Survey.Members {
		if m.Voter {
			voters++
			if m.Err == "" {
				up++
			}
		}
	}
	if need := voters/2 + 1; up < need {
		r.say(ActNow, "Bring members back. If they are lost for good: the runbook lost-quorum.", "%d of %d voters answer, and it takes %d", up, voters, need)
		return
	}
	r.ok("%d of %d voters answer", up, voters)
}

func reachable(f *Facts, r *report) {
	for _, m := range f.Survey.Members {
		switch {
		case m.Err != "":
			r.of(m.Node).say(Attention, "Look whether the node runs, and whether this machine may reach "+m.API+".", "%s", m.Err)
		case m.Mute != "":
			r.of(m.Node).say(Attention, "Ask again; if it stays, look at the node's log.", "it gave its status, and nothing of how it is: %s", m.Mute)
		case m.Took == 0:
			r.of(m.Node).ok("heard of")
		case m.Took > slowAnswer:
			r.of(m.Node).say(Attention, "Look at the node's load and network.", "answered in %v", m.Took.Round(time.Millisecond))
		default:
			r.of(m.Node).ok("answered in %v", m.Took.Round(time.Millisecond))
		}
	}
}

func healthy(f *Facts, r *report) {
	for _, m := range f.Survey.Members {
		if !m.Healthy {
			r.of(m.Node).say(Attention, "Look at the node's log.", "%s has not heard of it lately", f.Survey.First)
			continue
		}
		r.of(m.Node).ok("yes")
	}
}

func lag(f *Facts, r *report) {
	var newest uint64
	for _, m := range f.Survey.answered() {
		newest = max(newest, m.Index)
	}
	for _, m := range f.Survey.answered() {
		behind := newest - m.Index
		s := OK
		if behind > maxLag {
			s = Attention
		}
		r.of(m.Node).say(s, "It catches up by itself; if the number grows, look at its disk.", "%d entries", behind)
	}
}

func sameVersion(f *Facts, r *report) {
	want := f.Survey.first().Version
	for _, m := range f.Survey.answered() {
		if m.Version != want {
			r.of(m.Node).say(Attention, "Finish the upgrade, one node at a time.", "%s beside %s", m.Version, want)
		}
	}
	if len(r.findings) == 0 {
		r.ok("%s", want)
	}
}

func sameCluster(f *Facts, r *report) {
	want := f.Survey.first().ClusterID
	for _, m := range f.Survey.answered() {
		if m.ClusterID != want {
			r.of(m.Node).say(ActNow, "Another cluster answers at "+m.API+"; check the addresses.", "%s", orNone(m.ClusterID))
		}
	}
	if len(r.findings) == 0 {
		r.ok("%s", orNone(want))
	}
}

// clocks compares the members with each other: this machine's own clock may be the one that is wrong.
func clocks(f *Facts, r *report) {
	var low, high Seen
	n := 0
	for _, m := range f.Survey.answered() {
		if !m.Clocked {
			continue
		}
		if n == 0 || m.Clock < low.Clock {
			low = m
		}
		if n == 0 || m.Clock > high.Clock {
			high = m
		}
		n++
	}
	skew := high.Clock - low.Clock
	s := OK
	switch {
	case n < 2:
		r.ok("nothing to compare")
		return
	case skew > skewAct:
		s = ActNow
	case skew > skewWarn:
		s = Attention
	}
	r.say(s, "Let both machines keep time by NTP: dates of keys and tokens follow the leader's clock.", "%s is %v ahead of %s", high.Node, skew.Round(10*time.Millisecond), low.Node)
}

func someOpen(f *Facts, r *report) {
	var openNow []string
	for _, m := range f.Survey.answered() {
		if !m.Sealed {
			openNow = append(openNow, m.Node)
		}
	}
	if len(openNow) == 0 {
		r.say(ActNow, handInShares, "no member that answers is open: no key can be used")
		return
	}
	r.ok("%s", strings.Join(openNow, ", "))
}
