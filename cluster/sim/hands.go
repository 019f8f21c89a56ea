package sim

import (
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/fsm"
)

// What follows is for stories that a test tells itself, instead of Run. A story ends with End.

// Cluster is the running node; nil while the process is down.
func (n *Node) Cluster() *cluster.Node {
	if l := n.alive(); l != nil {
		return l.node
	}
	return nil
}

// Machine is the state machine of the running process.
func (n *Node) Machine() *fsm.Machine { return n.alive().machine }

// Pause makes the process stand still until GoOn.
func (n *Node) Pause() { n.clock.pause() }

// GoOn ends a pause.
func (n *Node) GoOn() { n.clock.goOn() }

// GoOnBusily ends a pause as it ends in life: what was sent on raft's connections meanwhile comes through late.
func (w *World) GoOnBusily(n *Node) {
	w.net.wake(raftLane, wakeMost, wakeLasts)
	n.clock.goOn()
}

// CutPower ends a process, and leaves of what it wrote what was synced.
func (w *World) CutPower(n *Node) {
	w.kill(n)
	n.disk.cutPower()
}

// Freeze makes every write to the node's disk hang, until it is called with false.
func (n *Node) Freeze(on bool) { n.disk.ail(false, 0, on) }

// SetWallClock moves the node's wall clock.
func (n *Node) SetWallClock(by time.Duration) { n.clock.jump(by) }

// Kill ends a process as kill -9 does; it stays down until Restart.
func (w *World) Kill(n *Node) { w.kill(n) }

// Restart starts a process that is down.
func (w *World) Restart(n *Node) { w.restart(n) }

// Wipe empties the disk of a machine whose process is down.
func (w *World) Wipe(n *Node) { n.disk = newDisk() }

// Add makes a machine, has it join, and waits until it votes.
func (w *World) Add() *Node { return w.join() }

// Cut cuts two nodes off from each other; Heal ends all cuts.
func (w *World) Cut(a, b *Node) {
	w.net.cut(a.Name, b.Name, raftLane, callLane)
	w.net.cut(b.Name, a.Name, raftLane, callLane)
}

// Heal ends all cuts.
func (w *World) Heal() { w.net.heal() }

// Complaints is what was found wrong so far.
func (w *World) Complaints() []string {
	w.record.mu.Lock()
	defer w.record.mu.Unlock()
	return append([]string(nil), w.record.Complaints...)
}
