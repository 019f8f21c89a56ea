package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

func TestThreeNodesReplicateAndConverge(t *testing.T) {
	c := clustertest.New(t, 3)
	for i := range 50 {
		c.Put(fmt.Sprintf("setting/a%d", i), "x")
	}
	c.WaitConverged()
	for i := range 3 {
		if got, want := len(c.Machine(i).State().Documents("setting/a")), 50; got != want {
			t.Errorf("node %d has %d documents, want %d", i, got, want)
		}
	}
}

func TestRestartInEveryOrderKeepsEverything(t *testing.T) {
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	c := clustertest.New(t, 3)
	for round, order := range orders {
		c.Put(fmt.Sprintf("setting/round%d", round), "x")
		for i := range 3 {
			c.Kill(i)
		}
		for _, i := range order {
			c.Restart(i)
		}
		c.Leader()
	}
	c.Put("setting/end", "x")
	c.WaitConverged()
	for i := range 3 {
		if got, want := len(c.Machine(i).State().Documents("setting/")), len(orders)+1; got != want {
			t.Errorf("node %d has %d documents, want %d", i, got, want)
		}
	}
}

func TestRestartFromSnapshotKeepsEverything(t *testing.T) {
	c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.SnapshotThreshold = 16 })
	for i := range 40 {
		c.Put(fmt.Sprintf("setting/a%d", i), "x")
	}
	for i := range 3 {
		if err := c.Node(i).Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.Put("setting/after", "x")
	for i := range 3 {
		c.Kill(i)
	}
	for i := range 3 {
		c.Restart(i)
	}
	c.Put("setting/end", "x")
	c.WaitConverged()
	if got, want := len(c.Machine(0).State().Documents("setting/")), 42; got != want {
		t.Errorf("%d documents after the restart, want %d", got, want)
	}
}

func TestNodeFarBehindIsGivenASnapshot(t *testing.T) {
	c := clustertest.New(t, 3, func(_ int, cfg *cluster.Config) { cfg.SnapshotThreshold = 4 })
	behind := c.Follower()
	c.Kill(behind)
	for i := range 40 {
		c.Put(fmt.Sprintf("setting/a%d", i), "x")
	}
	for i := range 3 {
		for range 4 { // the log keeps what the oldest of three snapshots needs
			if c.Node(i) == nil {
				continue
			}
			if err := c.Node(i).Snapshot(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.Put(fmt.Sprintf("setting/b%d-%d", i, time.Now().UnixNano()), "x")
		}
	}
	c.Restart(behind)
	c.WaitFresh(behind)
	c.WaitConverged()
	c.Kill(behind) // and what it was given is whole on its own disk
	c.Restart(behind)
	c.WaitFresh(behind)
	c.WaitConverged()
}

// load writes documents from several callers, each to its own names, until stop is called, and returns what was
// acknowledged.
func load(t *testing.T, c *clustertest.Cluster, callers int) (stop func() []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var acked []string
	var mu sync.Mutex
	var all sync.WaitGroup
	var end atomic.Bool
	for w := range callers {
		all.Go(func() {
			for i := 0; !end.Load(); i++ {
				name := fmt.Sprintf("setting/load-%d-%d", w, i)
				try, done := context.WithTimeout(ctx, 20*time.Second)
				out, err := c.Propose(try, &fsm.PutDocument{Name: name, Body: []byte("x")}, clustertest.NewRequest())
				done()
				if err != nil || out.Fault != nil {
					t.Errorf("a retrying caller saw an error: %v %v", err, out.Fault)
					return
				}
				mu.Lock()
				acked = append(acked, name)
				mu.Unlock()
			}
		})
	}
	return func() []string {
		end.Store(true)
		all.Wait()
		cancel()
		return acked
	}
}

func count(c *clustertest.Cluster, n int) int {
	return len(c.Machine(n).State().Documents("setting/load-"))
}

func missing(t *testing.T, c *clustertest.Cluster, acked []string) {
	t.Helper()
	c.WaitConverged()
	for i := range c.Size() {
		if c.Node(i) == nil {
			continue
		}
		state := c.Machine(i).State()
		for _, name := range acked {
			if state.Document(name) == nil {
				t.Fatalf("node %d has lost %s, which was acknowledged", i, name)
			}
		}
	}
}

func TestKilledLeaderLosesNothingAcknowledged(t *testing.T) {
	c := clustertest.New(t, 3)
	stop := load(t, c, 8)
	for range 3 {
		before := count(c, c.Leader())
		c.Until("writes go on", func() bool { return count(c, c.Leader()) > before+50 })
		dead := c.Leader()
		c.Kill(dead)
		before = count(c, c.Leader())
		c.Until("writes go on without the old leader", func() bool { return count(c, c.Leader()) > before+20 })
		c.Restart(dead)
	}
	acked := stop()
	missing(t, c, acked)
	t.Logf("%d acknowledged writes, 3 leaders killed", len(acked))
}

func TestTransferWhileWritingIsNotSeen(t *testing.T) {
	c := clustertest.New(t, 3)
	stop := load(t, c, 8)
	for range 5 {
		leader := c.Leader()
		before := count(c, leader)
		c.Until("writes go on", func() bool { return count(c, leader) > before+20 })
		began := time.Now()
		if err := c.Node(leader).Transfer(t.Context(), ""); err != nil {
			t.Errorf("transfer: %v", err)
		}
		if next := c.Leader(); next == leader {
			t.Errorf("the leader is still %d", leader)
		}
		t.Logf("hand-over took %v", time.Since(began))
	}
	missing(t, c, stop())
}

func TestRetriedRequestGivesItsFirstOutcomeAcrossALeaderChange(t *testing.T) {
	c := clustertest.New(t, 3)
	r := clustertest.NewRequest()
	cmd := &fsm.PutDocument{Name: "setting/once", Body: []byte("x")}
	first, err := c.Propose(t.Context(), cmd, r)
	if err != nil || first.Fault != nil {
		t.Fatalf("first: %v %v", err, first.Fault)
	}
	c.Kill(c.Leader())
	again, err := c.Propose(t.Context(), cmd, r)
	if err != nil || again.Fault != nil {
		t.Fatalf("again: %v %v", err, again.Fault)
	}
	if !again.Repeated || again.Index != first.Index {
		t.Errorf("got outcome of index %d (repeated %v), want the first one's, %d", again.Index, again.Repeated, first.Index)
	}
	if got := c.Machine(c.Leader()).State().Document("setting/once").Revision; got != 1 {
		t.Errorf("the document has revision %d, want 1", got)
	}
}

func TestProposalWithoutQuorumIsUncertainNotRefused(t *testing.T) {
	c := clustertest.New(t, 3)
	leader := c.Leader()
	node := c.Node(leader)
	c.Isolate(leader)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := node.Propose(ctx, &fsm.PutDocument{Name: "setting/x", Body: []byte("x")}, clustertest.NewRequest())
	if !errors.Is(err, fault.Uncertain) {
		t.Errorf("got %v, want fault.Uncertain: the entry is in this node's log", err)
	}
	c.Until("the old leader knows that it lost", func() bool { _, self := node.Leader(); return !self })
	if _, err = node.Propose(ctx, &fsm.PutDocument{Name: "setting/y", Body: []byte("x")}, clustertest.NewRequest()); !errors.Is(err, fault.NoLeader) {
		t.Errorf("got %v, want fault.NoLeader: nothing was written", err)
	}
}

func TestProposalEndsWithItsContext(t *testing.T) {
	c := clustertest.New(t, 3)
	leader := c.Leader()
	c.Isolate(leader)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Node(leader).Propose(ctx, &fsm.PutDocument{Name: "setting/x", Body: []byte("x")}, clustertest.NewRequest())
	if !errors.Is(err, fault.Uncertain) {
		t.Errorf("got %v, want fault.Uncertain", err)
	}
}

func TestForwardFindsTheNewLeader(t *testing.T) {
	var served [3]atomic.Int32
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) {
		cfg.Handlers = map[string]cluster.Handler{"test/echo": func(_ context.Context, from string, body []byte) ([]byte, error) {
			served[i].Add(1)
			return append([]byte(from+":"), body...), nil
		}}
	})
	f := c.Follower()
	old := c.Leader()
	c.Kill(old)
	got, err := c.Node(f).Forward(t.Context(), "test/echo", []byte("hello"))
	switch {
	case errors.Is(err, cluster.ErrSelfLeader):
		if c.Leader() != f {
			t.Error("told to run it here by a node that does not lead")
		}
	case err != nil:
		t.Fatal(err)
	default:
		if want := c.Name(f) + ":hello"; string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestForwardReturnsTheLastFault(t *testing.T) {
	refuse := fault.New(fault.Exists, "taken").WithHint("choose another")
	c := clustertest.New(t, 2, func(_ int, cfg *cluster.Config) {
		cfg.Handlers = map[string]cluster.Handler{"test/refuse": func(context.Context, string, []byte) ([]byte, error) { return nil, refuse }}
	})
	f, leader := c.Follower(), c.Leader()
	_, err := c.Node(f).Forward(t.Context(), "test/refuse", nil)
	if e := fault.Of(err); e == nil || e.Kind != fault.Exists || e.Message != "taken" || e.Hint != "choose another" {
		t.Errorf("got %v, want the leader's own refusal", err)
	}
	c.Kill(leader)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err = c.Node(f).Forward(ctx, "test/refuse", nil); !errors.Is(err, fault.NoLeader) && !errors.Is(err, fault.Uncertain) {
		t.Errorf("without a leader: got %v, want NoLeader or Uncertain", err)
	}
}

// TestForwardKeepsAnUnknownOutcome: that a repetition found the leader busy, or its disk full, says nothing of what became of the first try.
func TestForwardKeepsAnUnknownOutcome(t *testing.T) {
	var asked atomic.Int32
	c := clustertest.New(t, 2, func(_ int, cfg *cluster.Config) {
		cfg.Handlers = map[string]cluster.Handler{"test/turn": func(_ context.Context, _ string, body []byte) ([]byte, error) {
			if asked.Add(1) == 1 {
				return nil, fault.New(fault.Uncertain, "the lease of a member has not run out")
			}
			kind, _ := fault.Parse(string(body))
			return nil, fault.New(kind, "not now")
		}}
	})
	follower := c.Node(c.Follower())
	for _, k := range []fault.Kind{fault.Busy, fault.Full, fault.Sealed, fault.Stale} {
		asked.Store(0)
		if _, err := follower.Forward(t.Context(), "test/turn", []byte(k.String())); !errors.Is(err, fault.Uncertain) {
			t.Errorf("after %v: got %v, want Uncertain", k, err)
		}
		if _, err := follower.Forward(t.Context(), "test/turn", []byte(k.String())); !errors.Is(err, k) || errors.Is(err, fault.Uncertain) {
			t.Errorf("%v alone: got %v", k, err)
		}
	}
	asked.Store(0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	moved := make(chan error, 1)
	go func() {
		_, err := follower.Forward(ctx, "test/turn", []byte(fault.NoLeader.String()))
		moved <- err
	}()
	for asked.Load() == 0 {
		<-time.After(time.Millisecond)
	}
	if err := c.Node(c.Leader()).Transfer(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if err := <-moved; !errors.Is(err, cluster.ErrSelfLeader) || !errors.Is(err, fault.Uncertain) {
		t.Errorf("once this node leads itself: got %v, want that, and Uncertain", err)
	}
}

func TestFoundingTwiceIsRefused(t *testing.T) {
	c := clustertest.New(t, 1)
	c.Kill(0)
	err := c.TryStart(0, func(cfg *cluster.Config) { cfg.Bootstrap = true })
	if !errors.Is(err, fault.Exists) {
		t.Errorf("got %v, want fault.Exists", err)
	}
}
