package cluster

import (
	"context"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/autopilot"
)

// correctAddress writes into the configuration where a member is, as the member itself said, under its certificate. True:
// something was tried.
func (n *Node) correctAddress(ctx context.Context) bool {
	for _, s := range n.servers() {
		now := n.peerAddr()
		if string(s.ID) != n.cfg.Node {
			h, ok := n.reports.get(string(s.ID))
			if !ok || n.boot()-h.at > n.silence() || h.Peer == "" {
				continue
			}
			now = h.Peer
		}
		if now != string(s.Address) {
			n.tend(s, n.Admit(ctx, string(s.ID), now))
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
			n.log.Warn("a member has been dead for too long and is removed", "member", step.Member, "limit", n.cfg.DeadAfter)
			n.tend(s, n.cfg.CleanUp(ctx, step.Member))
		default:
		}
		return true
	}
	return false
}

// seen is the membership as the autopilot wants it. A member that this leader has never heard of is silent since it leads.
func (n *Node) seen(ld *leadership, servers []raft.Server) ([]autopilot.Member, autopilot.Settings) {
	voters := 0
	members := make([]autopilot.Member, 0, len(servers))
	state := n.app.machine.State()
	for _, s := range servers {
		m := autopilot.Member{Name: string(s.ID), Voter: s.Suffrage == raft.Voter, Self: string(s.ID) == n.cfg.Node, Silent: n.boot() - ld.since}
		if m.Voter {
			voters++
		}
		kept, h, ok := n.reports.judge(m.Name, n.app.done.reached(), n.silence())
		if !ok && !m.Voter {
			m.Replica = true // for all that this leader knows
		}
		if ok {
			m.Zone, m.Replica, m.KeptUp = h.Zone, h.Replica, kept
			m.Silent = n.boot() - max(h.at, ld.since)
		}
		if m.Self {
			m.Zone, m.Replica = n.cfg.Zone, n.cfg.Replica
		}
		m.Fixed = m.Replica || state.Document(nonvoterDocument+m.Name) != nil
		members = append(members, m)
	}
	settings := autopilot.Settings{Stabilize: n.cfg.promoteAfter(voters), Alive: n.silence(), MinQuorum: n.cfg.MinQuorum}
	if n.cfg.CleanUp != nil {
		settings.DeadAfter = n.cfg.DeadAfter
	}
	return members, settings
}
