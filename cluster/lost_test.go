package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/vault/fault"
)

// TestVoterThatLostItsLogDoesNotComeBackAsThatVoter: it may have promised what it no longer knows. Here its entry would be lost:
// the third never had it, and is elected with the vote of the one that forgot.
func TestVoterThatLostItsLogDoesNotComeBackAsThatVoter(t *testing.T) {
	c := clustertest.New(t, 3)
	leader, f := c.Leader(), c.Follower()
	third := 3 - leader - f
	c.Kill(third)
	c.Put("setting/acknowledged", "x") // by the leader and f
	c.Kill(leader)
	c.Kill(f)
	if err := os.RemoveAll(c.Dir(f)); err != nil {
		t.Fatal(err)
	}
	kept := func(cfg *cluster.Config) { cfg.Kept = true }
	err := c.TryStart(f, kept)
	var lost *cluster.LostError
	if !errors.As(err, &lost) || !errors.Is(err, fault.BadState) {
		t.Errorf("with its directory gone it starts with %v, want a LostError", err)
	}
	if c.Node(f) != nil { // what would become of it
		if err := c.TryStart(third, kept); err != nil {
			t.Fatal(err)
		}
		c.Leader()
		if c.Machine(third).State().Document("setting/acknowledged") == nil {
			t.Error("an acknowledged entry is lost")
		}
		return
	}
	if err := os.MkdirAll(c.Dir(f), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir(f), "raft.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.TryStart(f, kept); !errors.As(err, &lost) {
		t.Errorf("with an empty log it starts with %v, want a LostError", err)
	}
	for _, i := range []int{leader, third} { // the others start as ever, and have lost nothing
		if err := c.TryStart(i, kept); err != nil {
			t.Fatal(err)
		}
	}
	c.WaitFresh(third)
	if c.Machine(third).State().Document("setting/acknowledged") == nil {
		t.Error("an acknowledged entry is lost")
	}
}
