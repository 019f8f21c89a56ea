package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

const (
	upkeepEvery  = 100 * time.Millisecond
	upkeepWithin = 5 * time.Second
	canaryEvery  = time.Second
	checkEvery   = 1024 // entries between two statements of the state's digest
)

// runMembers does what a leader does for the members, one thing at a time: hand over when sealed or short of room, correct addresses,
// promote, raise the level, state the digest. And on every node, it feels whether the disk still moves.
func (n *Node) runMembers(ctx context.Context) {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.nudged:
		}
		if n.leading() == nil || n.dead.Load() {
			continue
		}
		try, cancel := context.WithTimeout(ctx, upkeepWithin)
		n.upkeep(try)
		cancel()
	}
}

func (n *Node) upkeep(ctx context.Context) {
	if n.boot()-time.Duration(n.store.appended.Load()) > canaryEvery {
		n.store.appended.Store(int64(n.boot()))
		if err := n.stable.canary(); err != nil {
			return // reported where it happened
		}
	}
	if n.sealed.Load() && n.handOver(ctx, "this sealed node", wanted{open: true}) {
		return
	}
	if n.room.Low() && n.handOver(ctx, "this node, whose disk is almost full,", wanted{open: !n.sealed.Load(), room: true}) {
		return
	}
	n.countRoom()
	if n.correctAddress(ctx) || n.pilot(ctx) || n.replace(ctx) || n.raiseLevel(ctx) {
		return
	}
	n.stateDigest(ctx)
}

// tend logs what upkeep could not do; it is tried again.
func (n *Node) tend(s raft.Server, err error) {
	if err != nil && !errors.Is(err, fault.NoLeader) {
		n.log.Warn("a member's entry could not be changed yet", "member", string(s.ID), "error", err)
	}
}

// handOver gives leadership to a voter that is what is wanted. False: there is none.
func (n *Node) handOver(ctx context.Context, who string, w wanted) bool {
	n.confMu.Lock()
	defer n.confMu.Unlock()
	s, err := n.heir("", w)
	if err != nil {
		return false
	}
	if err := n.transferTo(ctx, s); err != nil {
		n.log.Warn("leadership could not be handed over yet", "by", who, "error", err)
		return false
	}
	n.log.Info("leadership was handed over", "by", who, "to", string(s.ID))
	return true
}

// stateDigest puts the state's running digest into the log now and then; a node whose own differs stops.
func (n *Node) stateDigest(ctx context.Context) {
	state := n.app.machine.State()
	if state.Index() < n.stated.Load()+checkEvery {
		return
	}
	n.stated.Store(state.Index())
	err := n.settle(ctx, &fsm.Check{Index: state.Index(), Chain: state.Chain()})
	if err != nil && !errors.Is(err, fault.NoLeader) && !errors.Is(err, fault.Uncertain) {
		n.log.Warn("the state's digest could not be stated", "error", err)
	}
}

// confChanged is told of every committed membership, on raft's goroutine. Whoever is gone is cut off at once.
func (n *Node) confChanged(_ raft.Configuration, gone []string) {
	for _, node := range gone {
		if node == n.cfg.Node {
			continue
		}
		n.log.Info("a member is gone", "member", node)
		n.port.CutMember(node)
		if g := n.gossip.Load(); g != nil {
			g.Forget(node)
		}
	}
	n.refreshGossip()
}
