package cluster_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

func role(c *clustertest.Cluster, i int) string {
	for _, m := range c.Node(c.Leader()).Members() {
		if m.Node == c.Name(i) {
			return m.Role
		}
	}
	return ""
}

func TestAdmittedMemberVotesOnlyAfterItKeptUp(t *testing.T) {
	c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.PromoteAfter = 700 * time.Millisecond })
	began := time.Now()
	i := c.AddNonvoter()
	c.WaitRole(i, cluster.RoleNonvoter)
	c.WaitFresh(i)
	if got := role(c, i); got != cluster.RoleNonvoter && time.Since(began) < 700*time.Millisecond {
		t.Errorf("a fresh member is %s", got)
	}
	c.WaitRole(i, cluster.RoleVoter)
	if took := time.Since(began); took < 700*time.Millisecond {
		t.Errorf("it became a voter after %v", took)
	}
	c.WaitConverged()
}

func TestTheLeaderHearsWhoseClockIsWrong(t *testing.T) {
	off := []time.Duration{0, time.Hour, -90 * time.Second}
	c := clustertest.New(t, len(off), func(i int, cfg *cluster.Config) {
		cfg.Now = func() time.Time { return time.Now().Add(off[i]) }
	})
	lead := c.Leader()
	c.Until("every member has told what its clock says", func() bool {
		for _, m := range c.Node(lead).Members() {
			i := slices.Index([]string{c.Name(0), c.Name(1), c.Name(2)}, m.Node)
			wrong := m.Clock - (off[i] - off[lead])
			if !m.Clocked || wrong.Abs() > 10*time.Second { // what a report may take on a busy machine
				return false
			}
		}
		return true
	})
}

func TestWhoIsNoMemberGetsNoLease(t *testing.T) {
	c := clustertest.New(t, 1)
	if err := c.Node(0).ServeIndex(t.Context(), "n99"); !errors.Is(err, fault.Denied) {
		t.Errorf("got %v, want Denied: a leader may hear who was removed, on the word of a voter that lags", err)
	}
	if err := c.Node(0).ServeIndex(t.Context(), c.Name(0)); err != nil {
		t.Errorf("a member: %v", err)
	}
}

// TestShutDoorsOfLongAgoDoNotAddUp: a node that a leader has answered since is a member still.
func TestShutDoorsOfLongAgoDoNotAddUp(t *testing.T) {
	c := clustertest.New(t, 2)
	n := c.Node(c.Follower())
	for range 3 {
		n.CountRefusals()
		n.CountRefusals()
		before := n.LeaseUntil()
		c.Until("the lease is renewed", func() bool { return n.LeaseUntil() > before })
		before = n.LeaseUntil() // what is noted of a renewal is noted by the time of the next
		c.Until("the lease is renewed again", func() bool { return n.LeaseUntil() > before })
	}
	select {
	case <-n.Fatal():
		t.Error("it concludes that it was removed, from doors that were shut before its leader answered it")
	default:
	}
}

func TestDemotedMemberStaysSoUntilPromoted(t *testing.T) {
	c := clustertest.New(t, 4)
	i := c.Follower()
	if err := c.Node(c.Leader()).Demote(t.Context(), c.Name(i)); err != nil {
		t.Fatal(err)
	}
	old := c.Leader()
	c.Until("another leads", func() bool { // the mark outlives the leader
		_ = c.Node(c.Leader()).Transfer(t.Context(), "")
		return c.Leader() != old
	})
	c.WaitFresh(i)
	end := time.Now().Add(500 * time.Millisecond) // five times what promotion takes here
	c.Until("a while has passed", func() bool { return time.Now().After(end) })
	if got := role(c, i); got != cluster.RoleNonvoter {
		t.Errorf("the demoted member is %s", got)
	}
	if err := c.Node(c.Leader()).Promote(t.Context(), c.Name(i)); err != nil {
		t.Fatal(err)
	}
	c.WaitRole(i, cluster.RoleVoter)
}

func TestRemovedMemberLearnsItAndCannotComeBack(t *testing.T) {
	c := clustertest.New(t, 4)
	i := c.Follower()
	if err := c.Node(c.Leader()).Remove(t.Context(), c.Name(i)); err != nil {
		t.Fatal(err)
	}
	var removed *cluster.RemovedError
	if err := c.Ended(i); !errors.As(err, &removed) {
		t.Errorf("its Run returned %v, want a RemovedError", err)
	}
	if err := c.TryStart(i, nil); !errors.As(err, &removed) {
		t.Errorf("its directory opens with %v, want a RemovedError", err)
	}
	if err := os.Remove(filepath.Join(c.Dir(i), "removed")); err != nil { // somebody thinks himself clever
		t.Fatal(err)
	}
	c.Restart(i)
	if err := c.Ended(i); !errors.As(err, &removed) {
		t.Errorf("without the marker its Run returned %v, want a RemovedError", err)
	}
	c.Put("setting/after", "x")
	c.WaitConverged()
}

func TestMemberRemovedWhileAwayLearnsItAtItsReturn(t *testing.T) {
	c := clustertest.New(t, 4)
	i := c.Follower()
	c.Kill(i)
	if err := c.Node(c.Leader()).Remove(t.Context(), c.Name(i)); err != nil {
		t.Fatal(err)
	}
	c.Restart(i)
	var removed *cluster.RemovedError
	if err := c.Ended(i); !errors.As(err, &removed) {
		t.Errorf("its Run returned %v, want a RemovedError", err)
	}
}

// TestReplacementOfARemovedMemberIsNotTakenForIt: a node of the same name and address joins while the one before it
// is still being told of its removal.
func TestReplacementOfARemovedMemberIsNotTakenForIt(t *testing.T) {
	c := clustertest.New(t, 4, func(_ int, cfg *cluster.Config) { cfg.Gossip = "127.0.0.1:0" })
	i := c.Follower()
	c.Until("everybody knows everybody's certificate", func() bool {
		return !slices.ContainsFunc(c.Node(c.Leader()).Members(), func(m cluster.Member) bool { return m.Gossip == "" || !m.Healthy })
	})
	c.Kill(i) // so that nobody answers, and the telling goes on
	leader := c.Node(c.Leader())
	if err := leader.Remove(t.Context(), c.Name(i)); err != nil {
		t.Fatal(err)
	}
	former := c.Config(i).Identity
	replacement := c.Identity(c.Name(i))
	err := c.TryStart(i, func(cfg *cluster.Config) { cfg.Dir, cfg.Identity = t.TempDir(), replacement })
	if err != nil {
		t.Fatal(err)
	}
	if err := leader.Admit(t.Context(), c.Name(i), c.Node(i).PeerAddr(), fsm.MaxLevel); err != nil {
		t.Fatal(err)
	}
	c.WaitRole(i, cluster.RoleVoter)
	end := time.Now().Add(time.Second) // five times what lies between two tellings
	c.Until("a while has passed", func() bool { return time.Now().After(end) })
	method, body := cluster.Removal(former.Cert.Leaf.Raw) // as a voter would that lags behind
	if _, err := leader.Call(t.Context(), c.Name(i), method, body); !errors.Is(err, fault.Conflict) {
		t.Errorf("told of its predecessor's removal it answers %v, want fault.Conflict", err)
	}
	if _, err := leader.Call(t.Context(), c.Name(i), method, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("told of nobody's removal it answers %v, want fault.Invalid", err)
	}
	c.Put("setting/after", "x")
	c.WaitConverged()
	select {
	case <-c.Node(i).Fatal():
		t.Error("the replacement was ended")
	default:
	}
	method, body = cluster.Removal(replacement.Cert.Leaf.Raw)
	_, _ = leader.Call(t.Context(), c.Name(i), method, body) // it ends at once, and its answer may be lost by that
	var removed *cluster.RemovedError
	if err := c.Ended(i); !errors.As(err, &removed) {
		t.Errorf("its Run returned %v, want a RemovedError", err)
	}
}

func TestLeaderCanRemoveItself(t *testing.T) {
	c := clustertest.New(t, 3)
	old := c.Leader()
	ctx, cancel := context.WithTimeout(t.Context(), clustertest.Patience)
	defer cancel()
	if err := c.Node(old).Remove(ctx, c.Name(old)); err != nil {
		t.Fatal(err)
	}
	var removed *cluster.RemovedError
	if err := c.Ended(old); !errors.As(err, &removed) {
		t.Errorf("its Run returned %v, want a RemovedError", err)
	}
	c.Put("setting/after", "x")
	if got := len(c.Node(c.Leader()).Members()); got != 2 {
		t.Errorf("%d members, want 2", got)
	}
}

func TestRemovalThatWouldCostTheQuorumIsRefused(t *testing.T) {
	c := clustertest.New(t, 3)
	c.WaitConverged()
	leader, f := c.Leader(), c.Follower()
	third := 3 - leader - f
	c.Kill(third)
	c.Until("the leader misses it", func() bool {
		for _, m := range c.Node(leader).Members() {
			if m.Node == c.Name(third) {
				return !m.Healthy
			}
		}
		return false
	})
	for _, remove := range []func() error{
		func() error { return c.Node(leader).Remove(t.Context(), c.Name(f)) },
		func() error { return c.Node(leader).Demote(t.Context(), c.Name(f)) },
	} {
		if err := remove(); !errors.Is(err, fault.BadState) {
			t.Errorf("got %v, want fault.BadState", err)
		}
		if c.Machine(leader).State().Document("setting/nonvoter/"+c.Name(f)) != nil {
			t.Error("the refusal left a mark: if it ever loses its vote, nobody gives it back")
		}
	}
	if err := c.Node(leader).Remove(t.Context(), c.Name(third)); err != nil {
		t.Errorf("removing the dead one: %v", err)
	}
	if err := c.Node(leader).Remove(t.Context(), "nobody"); !errors.Is(err, fault.NotFound) {
		t.Errorf("got %v, want fault.NotFound", err)
	}
}

// A refused removal changes nothing: a mark that a demotion left, which had no time to take the vote away, stays for whoever finishes that.
func TestARefusedRemovalLeavesTheMarkOfADemotion(t *testing.T) {
	c := clustertest.New(t, 3)
	leader, f := c.Leader(), c.Follower()
	third, mark := 3-leader-f, "setting/nonvoter/"+c.Name(f)
	c.Put(mark, "\x01")
	c.WaitConverged()
	c.Kill(third)
	n := c.Node(leader)
	c.Until("the leader misses it", func() bool { return up(n) == 2 })
	if err := n.Remove(t.Context(), c.Name(f)); !errors.Is(err, fault.BadState) {
		t.Errorf("got %v, want fault.BadState", err)
	}
	if c.Machine(leader).State().Document(mark) == nil {
		t.Error("the refused removal took the mark away: if the member ever loses its vote, it is given back")
	}
	if err := n.Remove(t.Context(), c.Name(third)); err != nil {
		t.Fatalf("removing the dead one: %v", err)
	}
	if err := n.Remove(t.Context(), c.Name(f)); err != nil {
		t.Fatalf("removing it while it can be missed: %v", err)
	}
	if c.Machine(leader).State().Document(mark) != nil {
		t.Error("the mark of a member that is gone stays")
	}
}

func TestSealedLeaderHandsOverToAnOpenNode(t *testing.T) {
	c := clustertest.New(t, 3)
	leader, f := c.Leader(), c.Follower()
	third := 3 - leader - f
	c.Node(third).SetSealed(true)
	c.Node(leader).SetSealed(true)
	c.Until("the open node leads", func() bool { _, self := c.Node(f).Leader(); return self })
	for range 3 { // whoever is elected, the open one leads in the end
		_ = c.Node(f).Transfer(t.Context(), "") // sealed ones are the last resort
		c.Until("the open node leads again", func() bool { _, self := c.Node(f).Leader(); return self })
	}
}

func TestTransferGoesToOpenHealthyVotersOnly(t *testing.T) {
	c := clustertest.New(t, 3)
	leader, f := c.Leader(), c.Follower()
	c.Node(f).SetSealed(true)
	c.Until("the leader knows", func() bool {
		for _, m := range c.Node(leader).Members() {
			if m.Node == c.Name(f) {
				return m.Sealed
			}
		}
		return false
	})
	if err := c.Node(leader).Transfer(t.Context(), c.Name(f)); !errors.Is(err, fault.BadState) {
		t.Errorf("to a sealed node: got %v, want fault.BadState", err)
	} else if next := fault.Of(err).NextStep(); !strings.Contains(next, "operator members") || strings.Contains(next, "key") {
		t.Errorf("to a sealed node: it says %q", next)
	}
	if err := c.Node(leader).Transfer(t.Context(), "nobody"); !errors.Is(err, fault.NotFound) {
		t.Errorf("to nobody: got %v, want fault.NotFound", err)
	}
	if err := c.Node(f).Transfer(t.Context(), ""); !errors.Is(err, fault.NoLeader) {
		t.Errorf("from a follower: got %v, want fault.NoLeader", err)
	}
	third := 3 - leader - f
	if err := c.Node(leader).Transfer(t.Context(), c.Name(third)); err != nil {
		t.Error(err)
	}
	c.Until("the third leads", func() bool { _, self := c.Node(third).Leader(); return self })
}

func TestShutdownHandsOverFirst(t *testing.T) {
	c := clustertest.New(t, 3)
	stop := load(t, c, 4)
	old := c.Leader()
	c.Until("writes go on", func() bool { return count(c, old) > 20 })
	c.Stop(old)
	c.Until("another leads", func() bool { return c.Leader() != old })
	missing(t, c, stop())
}

func TestMembersMeetInGossipWithoutSeeds(t *testing.T) {
	c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.Gossip = "127.0.0.1:0" })
	for i := range 3 {
		c.Until(c.Name(i)+" sees the others in gossip", func() bool {
			for _, m := range c.Node(i).Members() {
				if !m.Healthy || m.API == "" {
					return false
				}
			}
			return true
		})
	}
}
