package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

const shortLease = 600 * time.Millisecond

func short(_ int, cfg *cluster.Config) { cfg.Lease = shortLease }

func fresh(n *cluster.Node) error {
	return n.Fresh(context.Background(), access.Consistency{})
}

func TestCutOffFollowerStopsLocalReadsWithinTheLeaseAndSaysWhy(t *testing.T) {
	c := clustertest.New(t, 3, short)
	f := c.Follower()
	leader := c.Name(c.Leader())
	if err := fresh(c.Node(f)); err != nil {
		t.Fatalf("before the cut: %v", err)
	}
	c.Isolate(f)
	began := time.Now()
	c.Until("reads stop", func() bool { return fresh(c.Node(f)) != nil })
	if took := time.Since(began); took > shortLease+50*time.Millisecond {
		t.Errorf("reads stopped after %v, want within %v", took, shortLease)
	}
	err := fresh(c.Node(f))
	if !errors.Is(err, fault.Stale) {
		t.Fatalf("got %v, want fault.Stale", err)
	}
	if !strings.Contains(err.Error(), "no leader is known") && !strings.Contains(err.Error(), "cut off from the leader "+leader) {
		t.Errorf("the reason %q does not say why", err)
	}
	t.Log(err)
	c.Heal()
	c.WaitFresh(f)
}

func TestCutOffLeaderStopsLocalReadsWithinTheLease(t *testing.T) {
	c := clustertest.New(t, 3, short)
	leader := c.Leader()
	c.Isolate(leader)
	began := time.Now()
	c.Until("reads stop", func() bool { return fresh(c.Node(leader)) != nil })
	if took := time.Since(began); took > shortLease+50*time.Millisecond {
		t.Errorf("reads stopped after %v, want within %v", took, shortLease)
	}
}

func TestRestartedNodeDoesNotServeBeforeItCaughtUp(t *testing.T) {
	c := clustertest.New(t, 3)
	f := c.Follower()
	c.Put("setting/before", "x")
	c.WaitConverged()
	c.Kill(f)
	last := c.Put("setting/after", "x")
	for range 10 {
		c.Restart(f)
		n, m := c.Node(f), c.Machine(f)
		c.Until("it serves", func() bool {
			if fresh(n) != nil {
				return false
			}
			if m.State().Document("setting/after") == nil || m.Applied() < last.Index {
				t.Error("a restarted node served before it had what was acknowledged")
			}
			return true
		})
		c.Kill(f)
		last = c.Put(fmt.Sprintf("setting/more%d", last.Index), "x")
	}
}

func TestRestartedNodeAloneNeverServes(t *testing.T) {
	c := clustertest.New(t, 3, short)
	for i := range 3 {
		c.Kill(i)
	}
	c.Restart(0)
	wait, cancel := context.WithTimeout(t.Context(), 3*shortLease)
	defer cancel()
	for wait.Err() == nil {
		if fresh(c.Node(0)) == nil {
			t.Fatal("a node that is alone served a read")
		}
	}
	t.Log(fresh(c.Node(0)))
}

func TestLinearizableReadOnAnotherNodeSeesTheWrite(t *testing.T) {
	c := clustertest.New(t, 3)
	for i := range 100 {
		name := fmt.Sprintf("setting/w%d", i)
		c.Put(name, "x")
		for n := range 3 {
			if err := c.Node(n).Fresh(t.Context(), access.Consistency{Mode: access.Linearizable}); err != nil {
				t.Fatalf("node %d: %v", n, err)
			}
			if c.Machine(n).State().Document(name) == nil {
				t.Fatalf("node %d answered a linearizable read from before write %d", n, i)
			}
		}
	}
}

func TestLinearizableReadOnADeposedLeaderFails(t *testing.T) {
	c := clustertest.New(t, 3, short)
	old := c.Leader()
	c.Isolate(old)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := c.Node(old).Fresh(ctx, access.Consistency{Mode: access.Linearizable})
	if !errors.Is(err, fault.Stale) {
		t.Errorf("got %v, want fault.Stale", err)
	}
}

func TestReadAtIndexWaitsForIt(t *testing.T) {
	c := clustertest.New(t, 3)
	for i := range 30 {
		name := fmt.Sprintf("setting/w%d", i)
		out := c.Put(name, "x")
		for n := range 3 {
			if err := c.Node(n).Fresh(t.Context(), access.Consistency{Mode: access.AtIndex, Index: out.Index}); err != nil {
				t.Fatal(err)
			}
			if c.Machine(n).State().Document(name) == nil {
				t.Fatalf("node %d answered from before index %d", n, out.Index)
			}
		}
	}
	err := c.Node(0).Fresh(t.Context(), access.Consistency{Mode: access.AtIndex, Index: 1 << 40})
	if !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want fault.Conflict", err)
	}
}

// revoke deletes a document, which takes it out of use, and returns how long that took.
func revoke(t *testing.T, c *clustertest.Cluster, name string) time.Duration {
	t.Helper()
	d := c.Machine(c.Leader()).State().Document(name)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), clustertest.Patience)
	defer cancel()
	out, err := c.Propose(ctx, &fsm.DeleteDocument{Name: name, Expect: d.Revision}, clustertest.NewRequest())
	if err != nil || out.Fault != nil {
		t.Fatalf("revoking: %v %v", err, out.Fault)
	}
	return time.Since(began)
}

// served tells whether a node would serve a document from its state now.
func served(n *cluster.Node, m *fsm.Machine, name string) bool {
	if fresh(n) != nil {
		return false
	}
	found := m.State().Document(name) != nil
	return found && fresh(n) == nil
}

func TestRevocationIsQuickWhileAllAreInTouch(t *testing.T) {
	c := clustertest.New(t, 3)
	c.Node(c.Leader())
	c.Put("setting/warm", "x")
	settle(c)
	var worst time.Duration
	for i := range 20 {
		name := fmt.Sprintf("setting/k%d", i)
		c.Put(name, "x")
		worst = max(worst, revoke(t, c, name))
		for n := range 3 {
			if served(c.Node(n), c.Machine(n), name) {
				t.Fatalf("node %d serves what was revoked", n)
			}
		}
	}
	t.Logf("slowest of 20 revocations: %v", worst)
	if worst > time.Second {
		t.Errorf("a revocation took %v although every member was in touch", worst)
	}
}

// settle waits until the leader no longer has leases of former leaders to wait out.
func settle(c *clustertest.Cluster) {
	end := time.Now().Add(2*time.Second + 100*time.Millisecond)
	c.Until("former leases have run out", func() bool { return time.Now().After(end) })
}

func TestRevocationOutlastsTheLeaseOfACutOffFollower(t *testing.T) {
	c := clustertest.New(t, 3, short)
	f := c.Follower()
	leader := c.Leader()
	node, machine := c.Node(f), c.Machine(f)
	c.Put("setting/key", "x")
	c.WaitConverged()
	stop := make(chan struct{})
	var mu sync.Mutex
	var lastServed time.Time
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			began := time.Now()
			if served(node, machine, "setting/key") {
				mu.Lock()
				lastServed = began
				mu.Unlock()
			}
		}
	})
	c.Isolate(f)
	took := revoke(t, c, "setting/key")
	acked := time.Now()
	readerEnd := time.After(shortLease)
	<-readerEnd
	close(stop)
	readers.Wait()
	mu.Lock()
	defer mu.Unlock()
	if lastServed.After(acked) {
		t.Errorf("a node served the key %v after its revocation was acknowledged", lastServed.Sub(acked))
	}
	if lastServed.IsZero() {
		t.Error("the cut-off node never served: the test proves nothing")
	}
	if took < shortLease/4 || took > 2*shortLease {
		t.Errorf("the revocation took %v, want about the lease of %v", took, shortLease)
	}
	t.Logf("acknowledged after %v; last served %v before that", took, acked.Sub(lastServed))
	_ = leader
}

func TestNewLeaderOutlastsLeasesOfTheOld(t *testing.T) {
	c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.Lease = 3 * time.Second })
	f, old := c.Follower(), c.Leader()
	c.Put("setting/key", "x")
	c.WaitConverged()
	node, machine := c.Node(old), c.Machine(old)
	c.Isolate(old) // holds a lease that it gave itself, and state from before
	_ = f
	c.Until("a new leader", func() bool {
		for i := range 3 {
			if i == old {
				continue
			}
			if _, self := c.Node(i).Leader(); self {
				return true
			}
		}
		return false
	})
	if !served(node, machine, "setting/key") {
		t.Fatal("the old leader does not serve: the test proves nothing")
	}
	revoke(t, c, "setting/key")
	if served(node, machine, "setting/key") {
		t.Error("the old leader serves what the new one has acknowledged as revoked")
	}
}

func TestEveryReaderObeysRevocationsUnderFaults(t *testing.T) {
	c := clustertest.New(t, 3, short)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	var mu sync.Mutex
	revoked := map[string]time.Time{}
	for n := range 3 {
		node, machine := c.Node(n), c.Machine(n)
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				began := time.Now()
				if fresh(node) != nil {
					continue
				}
				docs := machine.State().Documents("setting/key")
				if fresh(node) != nil {
					continue
				}
				mu.Lock()
				for _, d := range docs {
					if at, ok := revoked[d.Name]; ok && at.Before(began) {
						t.Errorf("node %d served %s %v after its revocation was acknowledged", n, d.Name, began.Sub(at))
					}
				}
				mu.Unlock()
			}
		})
	}
	for i := range 9 {
		name := fmt.Sprintf("setting/key%d", i)
		c.Put(name, "x")
		switch i % 3 {
		case 0:
			c.Isolate(c.Follower())
		case 1:
			c.Isolate(c.Leader())
		}
		revoke(t, c, name)
		mu.Lock()
		revoked[name] = time.Now()
		mu.Unlock()
		c.Heal()
	}
	close(stop)
	readers.Wait()
}

func TestNobodyIsToldBeforeOnApplyHasActed(t *testing.T) {
	var mu sync.Mutex
	seen := map[int]map[uint64]bool{}
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) {
		cfg.OnApply = func(batch []cluster.Applied) {
			for _, a := range batch {
				if a.Command.Op() == "document.delete" {
					<-time.After(30 * time.Millisecond) // as if closing keys took that long
				}
				mu.Lock()
				if seen[i] == nil {
					seen[i] = map[uint64]bool{}
				}
				seen[i][a.Outcome.Index] = true
				mu.Unlock()
			}
		}
	})
	settle(c)
	for k := range 5 {
		name := fmt.Sprintf("setting/k%d", k)
		c.Put(name, "x")
		d := c.Machine(c.Leader()).State().Document(name)
		out, err := c.Propose(t.Context(), &fsm.DeleteDocument{Name: name, Expect: d.Revision}, clustertest.NewRequest())
		if err != nil || out.Fault != nil {
			t.Fatal(err, out.Fault)
		}
		mu.Lock()
		for i := range 3 {
			if !seen[i][out.Index] {
				t.Errorf("revocation %d was acknowledged before node %d had dropped what it holds open", k, i)
			}
		}
		mu.Unlock()
	}
}
