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
	wait := n.settings(n.servers()).Stabilize
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
			n.log.Warn("a dead member is removed: another has taken its place", "member", dead, "by", heir)
			n.tend(old, n.cfg.CleanUp(ctx, dead))
			return true
		}
		n.tend(s, n.settle(ctx, &fsm.DeleteDocument{Name: d.Name, Expect: d.Revision}))
		return true
	}
	return false
}

// silent is for how long a member has not been heard of, by a leader that may have begun to listen just now.
func (n *Node) silent(ld *leadership, node string) time.Duration {
	h, _ := n.reports.get(node)
	return n.boot() - max(h.at, ld.since)
}
