package cluster_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

func TestReplicaIsNotPromotedAndDeadMemberIsRemoved(t *testing.T) {
	var running atomic.Pointer[clustertest.Cluster]
	c := clustertest.New(t, 4, func(i int, cfg *cluster.Config) {
		cfg.Replica, cfg.Zone = i == 4, "z"
		cfg.DeadAfter = 2 * time.Second
		cfg.CleanUp = func(ctx context.Context, node string) error {
			for c, i := running.Load(), 0; c != nil && i < c.Size(); i++ {
				if n := c.Node(i); n != nil {
					if _, self := n.Leader(); self {
						return n.Remove(ctx, node)
					}
				}
			}
			return nil
		}
	})
	running.Store(c)
	replica := c.AddNonvoter()
	c.WaitFresh(replica)
	dead := c.Follower()
	c.Kill(dead)
	c.Until("the dead one is removed", func() bool { return role(c, dead) == "" })
	end := time.Now().Add(500 * time.Millisecond) // five times what promotion takes here
	c.Until("a while has passed", func() bool { return time.Now().After(end) })
	for _, m := range c.Node(c.Leader()).Members() {
		if m.Node == c.Name(replica) && (m.Role != cluster.RoleNonvoter || !m.Replica || m.Zone != "z") {
			t.Errorf("the replica is %+v", m)
		}
	}
	c.Put("setting/after", "x")
	c.WaitConverged()
}

// A member keeps up if it was close behind whenever it said where it is, however much the leader applies between two reports.
func TestKeepingUpIsMeasuredWhenAMemberReports(t *testing.T) {
	busy := []uint64{1000, 6000, 11000}
	if got := cluster.KeptUp(busy, []uint64{1010, 6010, 11010}); got != 2*time.Second {
		t.Errorf("under load a member that is 10 entries behind has kept up for %v, want 2s", got)
	}
	if got := cluster.KeptUp(busy, []uint64{1010, 6010, 11101}); got != 0 {
		t.Errorf("a member that fell 101 entries behind has kept up for %v", got)
	}
	if got := cluster.KeptUp([]uint64{7}, []uint64{5}); got != 0 { // the first report begins the time, whoever is ahead
		t.Errorf("after one report: %v", got)
	}
}

// Whoever was started again, perhaps with another program, begins anew: the level that it makes possible cannot be taken back.
func TestKeepingUpBeginsAnewWithAnotherProcess(t *testing.T) {
	for _, c := range []struct {
		process byte
		level   uint32
		want    time.Duration
	}{{1, 1, 11 * time.Second}, {2, 1, time.Second / 2}, {1, 2, time.Second / 2}} {
		if got := cluster.KeptUpThrough(c.process, c.level); got != c.want {
			t.Errorf("then process %d of level %d: kept up for %v, want %v", c.process, c.level, got, c.want)
		}
	}
}

func TestALevelThatWasNotWrittenIsNotRising(t *testing.T) {
	for err, want := range map[error]uint32{fault.NoLeader: 1, fault.Full: 1, fault.Uncertain: 2} {
		if got := cluster.Rising(err); got != want {
			t.Errorf("after %v: %d, want %d", err, got, want)
		}
	}
}

// A removal is noted before it is in the log: from the append on nobody would wait for the member's lease otherwise.
func TestARemovalIsNotedBeforeItIsTried(t *testing.T) {
	c := clustertest.New(t, 3)
	leader, follower := c.Leader(), c.Follower()
	n := c.Node(leader)
	c.Until("the others are up", func() bool { return up(n) == 3 })
	before := n.LastDrop()
	ended, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	if err := n.Remove(ended, c.Name(follower)); !errors.Is(err, fault.NoLeader) {
		t.Errorf("got %v, want that nothing was written", err)
	}
	if n.LastDrop() <= before {
		t.Error("the removal was not noted")
	}
}

func up(n *cluster.Node) (healthy int) {
	for _, m := range n.Members() {
		if m.Healthy {
			healthy++
		}
	}
	return healthy
}

// The dead one here is the leader of before, of whom the next one never heard: it is given the time in which a member may be silent.
func TestAReplacedMemberIsRemovedWithPatience(t *testing.T) {
	type try struct {
		by int
		at time.Time
	}
	tries := make(chan try, 1000)
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) {
		cfg.PromoteAfter = 10 * time.Millisecond
		cfg.CleanUp = func(context.Context, string) error {
			tries <- try{i, time.Now()}
			return fault.New(fault.Internal, "the audit log cannot be written")
		}
	})
	dead, heir := c.Leader(), c.Follower()
	killed := time.Now()
	c.Kill(dead)
	c.Put(fsm.ReplaceDocument+c.Name(heir), c.Name(dead))
	before := map[int]time.Time{}
	for next := range tries { // until one leader has tried twice
		if took := next.at.Sub(killed); took < time.Second {
			t.Errorf("it was to be removed %v after it was last heard of, want more than 1s", took)
		}
		first, again := before[next.by]
		if again && next.at.Sub(first) < 2*time.Second {
			t.Errorf("it was tried again after %v, want 3s", next.at.Sub(first))
		}
		if again {
			return
		}
		before[next.by] = next.at
	}
}
