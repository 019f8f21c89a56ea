//go:build !race

package cluster_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

// The race detector reports raft 1.8.0 when the leader corrects a member's address while it replicates to it: see the end of
// DESIGN.md. So these tests are compiled without it, and make test runs them, by the beginning of their names, in a step of
// their own.

func TestMovedNodeIsFoundAndItsAddressCorrected(t *testing.T) {
	for _, gossip := range []string{"", "127.0.0.1:0"} {
		c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.Gossip = gossip })
		f := c.Follower()
		c.Kill(f)
		c.RestartElsewhere(f)
		c.WaitFresh(f)
		c.Put("setting/after", "x")
		c.WaitConverged()
		c.Kill(c.Leader()) // and the corrected address lets it lead, or follow, without the old leader's help
		c.Leader()
	}
}

// name is what DNS would say of a name of members.
type name struct {
	mu    sync.Mutex
	addrs []string // guarded by mu
	asked int      // guarded by mu
}

func (n *name) find(context.Context) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	if len(n.addrs) == 0 {
		return nil, errors.New("no such host")
	}
	return slices.Clone(n.addrs), nil
}

func (n *name) say(addrs ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addrs = addrs
}

// TestMovedMembersAllFindEachOther: nobody is where anybody knew him, and a name says where they are, later.
func TestMovedMembersAllFindEachOther(t *testing.T) {
	c := clustertest.New(t, 3)
	c.Put("setting/a", "x")
	c.WaitConverged()
	for i := range 3 {
		c.Stop(i)
	}
	var dns name
	stranger := clustertest.New(t, 1)
	for i := range 3 {
		if err := c.TryStart(i, func(cfg *cluster.Config) { cfg.Peer, cfg.Find = "127.0.0.1:0", dns.find }); err != nil {
			t.Fatal(err)
		}
	}
	c.Until("the name was asked for, and is not there", func() bool {
		dns.mu.Lock()
		defer dns.mu.Unlock()
		return dns.asked >= 3
	})
	dns.say(stranger.Node(0).PeerAddr(), c.Node(0).PeerAddr(), c.Node(1).PeerAddr(), c.Node(2).PeerAddr()) // one of them is somebody else's
	c.Put("setting/b", "x")
	for i := range 3 {
		c.WaitFresh(i)
	}
	c.WaitConverged()
}
