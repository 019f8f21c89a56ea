package cluster

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
)

// replace ends a replacement: once the new member votes, and is up, the dead one is removed. A dead one that came back is left
// alone: whoever wanted it gone has to look. True: something was tried.
func (n *Node) replace(ctx context.Context) bool {
	ld := n.leading()
	if ld == nil {
		return false
	}
	wait := max(n.settings(n.servers()).Stabilize, n.silence()+1) // a leader just elected has not heard anybody yet
	for _, d := range n.app.machine.State().Documents(fsm.ReplaceDocument) {
		heir, dead := strings.TrimPrefix(d.Name, fsm.ReplaceDocument), string(d.Body)
		s, member := n.find(heir)
		old, there := n.find(dead)
		switch {
		case !member || !there || dead == n.cfg.Node: // done, or nothing to do any more
		case n.healthy(dead):
			n.log.Warn("a member that was to be replaced is up again, and stays", "member", dead, "by", heir)
		case s.Suffrage != raft.Voter || !n.healthy(heir) || n.silent(ld, dead) < wait || n.cfg.CleanUp == nil:
			continue
		default:
			if !n.bury(ctx, old, "another has taken its place: "+heir) {
				continue
			}
			return true
		}
		n.tend(s, n.settle(ctx, &fsm.DeleteDocument{Name: d.Name, Expect: d.Revision}))
		return true
	}
	return false
}

// buryAgain is how long a removal that failed is left alone: each try is audited.
const buryAgain = 3 * time.Second

// bury removes a dead member. False: this node is sealed and cannot, or has just failed to.
func (n *Node) bury(ctx context.Context, s raft.Server, why string) bool {
	if n.sealed.Load() || n.boot() < n.buryAt {
		return false
	}
	if err := n.cfg.CleanUp(ctx, string(s.ID)); err != nil {
		n.buryAt = n.boot() + buryAgain
		n.tend(s, err)
		return true
	}
	n.log.Warn("a dead member was removed", "member", string(s.ID), "why", why)
	return true
}

// silent is for how long a member has not been heard of, by a leader that may have begun to listen just now.
func (n *Node) silent(ld *leadership, node string) time.Duration {
	h, _ := n.reports.get(node)
	return n.boot() - max(h.at, ld.since)
}
