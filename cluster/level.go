package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// A member that meets an entry which its program does not know has to stop. So the cluster has a level, in its state: the
// leader appends no command above it, and raises it once every member has said that its program knows more. From then on
// a program that does not cannot be a member: it is refused when it joins, and stops itself when it starts.

// supports is the newest level that a report tells of. Programs that do not report any know the first.
func (r report) supports() uint32 { return max(r.Level, 1) }

// refuseNewer refuses a command of a level that the cluster has not reached.
func (n *Node) refuseNewer(cmd fsm.Command) error {
	need, have := fsm.LevelOf(cmd), n.app.machine.State().Level()
	if need <= have {
		return nil
	}
	f := fault.New(fault.BadState, "the operation %s needs level %d, and the cluster is at level %d", cmd.Op(), need, have)
	if who := n.behind(need); len(who) > 0 {
		return f.WithHint("Upgrade %s; the level then rises by itself.", strings.Join(who, " and "))
	}
	return f.WithHint("Every member understands it; the level rises by itself within moments, unless it is held (`quorate operator autopilot get`).")
}

// behind names the members that have not said, within the last moments, that they know a level.
func (n *Node) behind(level uint32) []string {
	var who []string
	for _, s := range n.servers() {
		node := string(s.ID)
		if node == n.cfg.Node {
			continue
		}
		switch h, ok := n.reports.get(node); {
		case !ok || n.boot()-h.at > n.silence():
			who = append(who, node+" (not heard of)")
		case h.supports() < level:
			who = append(who, fmt.Sprintf("%s (%s)", node, h.Version))
		}
	}
	return who
}

// common is the newest level that every member knows and has known for as long as a newcomer waits for its vote: who was
// just upgraded may be taken back at once. 0: some member has not been heard of.
func (n *Node) common() uint32 {
	servers := n.servers()
	level, settle := uint32(fsm.MaxLevel), n.settings(servers).Stabilize
	for _, s := range servers {
		if string(s.ID) == n.cfg.Node {
			continue
		}
		kept, h, ok := n.reports.judge(string(s.ID), n.silence())
		if !ok || kept == 0 || kept < settle {
			return 0
		}
		level = min(level, h.supports())
	}
	return level
}

// raiseLevel raises the cluster's level to what every member knows. True: it was tried.
func (n *Node) raiseLevel(ctx context.Context) bool {
	state := n.app.machine.State()
	if fsm.MaxLevel <= state.Level() || state.Autopilot().HoldLevel {
		return false
	}
	n.confMu.Lock() // nobody is admitted meanwhile
	defer n.confMu.Unlock()
	state = n.app.machine.State() // it may have taken a while
	to := n.common()
	if to <= state.Level() || state.Autopilot().HoldLevel {
		return false
	}
	if err := n.rise(to, func() error { return n.settle(ctx, &fsm.SetLevel{Level: to}) }); err != nil {
		n.log.Warn("the cluster's level could not be raised yet", "to", to, "error", err)
		return true
	}
	n.log.Info("the cluster's level was raised: members that do not know it cannot come back", "level", to)
	return true
}

// rise notes a level before it is proposed, and forgets it if it certainly was not written; of an earlier try that may be left. Caller holds confMu.
func (n *Node) rise(to uint32, propose func() error) error {
	before := n.rising.Swap(to)
	err := propose()
	if errors.Is(err, fault.NoLeader) || errors.Is(err, fault.Full) {
		n.rising.Store(before)
	}
	return err
}

// welcome refuses a node whose program does not know the cluster's level, or the one that it is about to have. Caller holds confMu.
func (n *Node) welcome(node string, level uint32) error {
	need := max(n.app.machine.State().Level(), n.rising.Load())
	if max(level, 1) >= need {
		return nil
	}
	return fault.New(fault.BadState, "the cluster is at level %d, and the program of %s knows up to level %d", need, node, max(level, 1)).
		WithHint("Start %s with the version that the members run, or a newer one.", node)
}
