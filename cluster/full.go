package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

// roomEvery is how often the disk is asked. What can be written in between has to fit into mark and ballast.
const roomEvery = 250 * time.Millisecond

// FullError says that there was no room for a write to the store, and that nothing of it was written. The node goes on.
type FullError struct {
	File string
	Err  error
}

// Error names the file.
func (e *FullError) Error() string { return fmt.Sprintf("%s: no room: %v", e.File, e.Err) }

// Unwrap gives the kind first, then the cause.
func (e *FullError) Unwrap() []error {
	return []error{fault.New(fault.Full, "the disk under %s is full; nothing was written", e.File), e.Err}
}

// runRoom watches the disk: at the mark the others are told, and a leader hands over.
func (n *Node) runRoom(ctx context.Context) {
	tick := time.NewTicker(roomEvery)
	defer tick.Stop()
	var complained string
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.pinched:
		}
		r, changed := n.room.Look()
		if why := fmt.Sprint(r.Err); r.Err != nil && why != complained {
			complained = why
			n.log.Warn("the disk's room cannot be watched as it should be", "error", r.Err)
		}
		if !changed {
			continue
		}
		if r.Low {
			n.log.Warn("the disk is almost full: nothing that grows is written until there is room",
				"dir", r.Dir, "free", r.Free, "mark", r.Mark, "resume", r.Resume)
		} else {
			n.log.Info("the disk has room again", "dir", r.Dir, "free", r.Free, "ballast", r.Ballast)
		}
		n.poke()
		n.nudge()
	}
}

// pinch makes runRoom look now: a write found no room.
func (n *Node) pinch() {
	select {
	case n.pinched <- struct{}{}:
	default:
	}
}

// refuseGrowth refuses what would make the state grow while this leader's disk, or those of too many voters, are almost full.
func (n *Node) refuseGrowth(cmd fsm.Command) error {
	if n.leading() == nil || fsm.Urgent(cmd) { // who does not lead says that first
		return nil
	}
	if n.room.Low() {
		r := n.room.Last()
		return fault.New(fault.Full, "the disk under %s has %s left, less than the %s that must stay free: nothing new is written",
			r.Dir, size(r.Free), size(r.Mark)).
			WithHint("Make room on that disk: the node goes on by itself once %s are free. What reads, revokes or deletes goes on meanwhile.", size(r.Resume))
	}
	if who := n.crowded.Load(); who != nil {
		return fault.New(fault.Full, "the disks of %s are almost full, and the other voters alone are no quorum: nothing new is written", *who).
			WithHint("Make room on their data directories' disks: the nodes go on by themselves. What reads, revokes or deletes goes on meanwhile.")
	}
	return nil
}

// countRoom notes whether the voters whose disks have room are still a quorum. Leader only.
func (n *Node) countRoom() {
	voters := 0
	var low []string
	for _, s := range n.servers() {
		if s.Suffrage != raft.Voter {
			continue
		}
		voters++
		h, ok := n.reports.get(string(s.ID))
		if ok && h.Disk.Low && string(s.ID) != n.cfg.Node || n.room.Low() && string(s.ID) == n.cfg.Node {
			low = append(low, string(s.ID))
		}
	}
	if voters-len(low) >= voters/2+1 {
		n.crowded.Store(nil)
		return
	}
	who := strings.Join(low, ", ")
	n.crowded.Store(&who)
}

// size is a number of bytes as an operator reads it.
func size(b uint64) string {
	if b < 1<<20 {
		return fmt.Sprintf("%d KiB", b>>10)
	}
	return fmt.Sprintf("%d MiB", b>>20)
}
