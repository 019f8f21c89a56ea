package cluster

import (
	"cmp"
	"context"
	"fmt"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/autopilot"
	"github.com/quorate/quorate/fsm"
)

// correctAddress writes into the configuration where a member is, as the member itself said, under its certificate. True:
// something was tried.
func (n *Node) correctAddress(ctx context.Context) bool {
	for _, s := range n.servers() {
		now, level := n.peerAddr(), uint32(fsm.MaxLevel)
		if string(s.ID) != n.cfg.Node {
			h, ok := n.reports.get(string(s.ID))
			if !ok || n.boot()-h.at > n.silence() || h.Peer == "" {
				continue
			}
			now, level = h.Peer, h.supports()
		}
		if now != string(s.Address) {
			n.tend(s, n.Admit(ctx, string(s.ID), now, level))
			return true
		}
	}
	return false
}

// pilot takes the next step that the autopilot advises. True: something was tried.
func (n *Node) pilot(ctx context.Context) bool {
	ld := n.leading()
	if ld == nil {
		return false
	}
	servers := n.servers()
	members, settings := n.seen(ld, servers)
	step := autopilot.Next(members, settings)
	for _, s := range servers {
		if string(s.ID) != step.Member {
			continue
		}
		switch step.Act {
		case autopilot.Promote:
			n.tend(s, n.addVoter(ctx, s))
		case autopilot.Remove:
			return n.bury(ctx, s, fmt.Sprintf("it was silent for more than %v", settings.DeadAfter))
		default:
		}
		return true
	}
	return false
}

// seen is the membership as the autopilot wants it. A member that this leader has never heard of is silent since it leads.
func (n *Node) seen(ld *leadership, servers []raft.Server) ([]autopilot.Member, autopilot.Settings) {
	members := make([]autopilot.Member, 0, len(servers))
	state := n.app.machine.State()
	for _, s := range servers {
		m := autopilot.Member{Name: string(s.ID), Voter: s.Suffrage == raft.Voter, Self: string(s.ID) == n.cfg.Node, Silent: n.silent(ld, string(s.ID))}
		kept, h, ok := n.reports.judge(m.Name, n.silence())
		if !ok && !m.Voter {
			m.Replica = true // for all that this leader knows
		}
		if ok {
			m.Zone, m.Replica, m.KeptUp = h.Zone, h.Replica, kept
		}
		if m.Self {
			m.Zone, m.Replica = n.cfg.Zone, n.cfg.Replica
		}
		m.Fixed = m.Replica || state.Document(nonvoterDocument+m.Name) != nil
		members = append(members, m)
	}
	return members, n.settings(servers)
}

// settings are what an operator has set for the whole cluster and, for the rest, what this node's configuration says.
func (n *Node) settings(servers []raft.Server) autopilot.Settings {
	voters := 0
	for _, s := range servers {
		if s.Suffrage == raft.Voter {
			voters++
		}
	}
	s := autopilot.Settings{Stabilize: n.cfg.promoteAfter(voters), Alive: n.silence(), DeadAfter: n.cfg.DeadAfter, MinQuorum: n.cfg.MinQuorum}
	set := n.app.machine.State().Autopilot()
	s.Stabilize = cmp.Or(set.Stabilize, s.Stabilize)
	s.DeadAfter = max(cmp.Or(set.DeadAfter, s.DeadAfter), 0)
	s.MinQuorum = cmp.Or(set.MinQuorum, s.MinQuorum)
	if n.cfg.CleanUp == nil {
		s.DeadAfter = 0
	}
	return s
}
