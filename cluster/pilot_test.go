package cluster_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
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
