package cluster_test

import (
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// nothing is the state machine of the bare loop.
type nothing struct{}

func (nothing) Apply(*raft.Log) any { return nil }

func (nothing) Snapshot() (raft.FSMSnapshot, error) { return nothing{}, nil }

func (nothing) Restore(r io.ReadCloser) error { return r.Close() }

func (nothing) Persist(sink raft.SnapshotSink) error { return sink.Close() }

func (nothing) Release() {}

// bare starts three nodes of plain hashicorp/raft with raft-boltdb over plain TCP, with our settings, and returns the leader.
func bare(b *testing.B, settings *raft.Config) *raft.Raft {
	b.Helper()
	var nodes []*raft.Raft
	var all raft.Configuration
	var logs []*raftboltdb.BoltStore
	var trans []*raft.NetworkTransport
	for i := range 3 {
		s, err := raftboltdb.New(raftboltdb.Options{
			Path: filepath.Join(b.TempDir(), "raft.db"), BoltOptions: &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType},
		})
		if err != nil {
			b.Fatal(err)
		}
		t, err := raft.NewTCPTransportWithConfig("127.0.0.1:0", nil, &raft.NetworkTransportConfig{
			MaxPool: 3, Timeout: time.Second, Logger: hclog.NewNullLogger(), MaxRPCsInFlight: 1,
		})
		if err != nil {
			b.Fatal(err)
		}
		logs, trans = append(logs, s), append(trans, t)
		all.Servers = append(all.Servers, raft.Server{ID: raft.ServerID(fmt.Sprint("n", i)), Address: t.LocalAddr()})
	}
	for i := range 3 {
		conf := *settings
		conf.LocalID, conf.Logger = all.Servers[i].ID, hclog.NewNullLogger()
		cache, err := raft.NewLogCache(512, logs[i])
		if err != nil {
			b.Fatal(err)
		}
		snaps := raft.NewInmemSnapshotStore()
		if err := raft.BootstrapCluster(&conf, cache, logs[i], snaps, trans[i], all); err != nil {
			b.Fatal(err)
		}
		r, err := raft.NewRaft(&conf, nothing{}, cache, logs[i], snaps, trans[i])
		if err != nil {
			b.Fatal(err)
		}
		nodes = append(nodes, r)
	}
	b.Cleanup(func() {
		for i, r := range nodes {
			_ = r.Shutdown().Error()
			_ = trans[i].Close()
			_ = logs[i].Close()
		}
	})
	for {
		for _, r := range nodes {
			if r.State() == raft.Leader && r.Barrier(0).Error() == nil {
				return r
			}
		}
	}
}

// callers runs do b.N times from several goroutines at once and returns how many a second were done.
func callers(b *testing.B, n int, do func(caller, i int)) float64 {
	b.Helper()
	var next atomic.Int64
	done := make(chan struct{})
	began := time.Now()
	for caller := range n {
		go func() {
			for {
				i := next.Add(1)
				if i > int64(b.N) {
					break
				}
				do(caller, int(i))
			}
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
	return float64(b.N) / time.Since(began).Seconds()
}

// BenchmarkPropose compares a write through this package with a bare raft loop, in one run and with equal entries. The
// state machine, authentication of the log, TLS and three sets of leases are the difference.
func BenchmarkPropose(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", n), func(b *testing.B) {
			c := clustertest.New(b, 3)
			floor := bare(b, c.Node(c.Leader()).RaftConfig())
			leader := c.Node(c.Leader())
			body := make([]byte, 200)
			entry, err := fsm.Encode(&fsm.PutDocument{Name: "setting/x", Body: body}, clustertest.NewRequest(), key.At(time.Now()))
			if err != nil {
				b.Fatal(err)
			}
			var failed atomic.Int64
			var why atomic.Value
			b.ResetTimer()
			bareRate := callers(b, n, func(int, int) {
				if err := floor.Apply(entry, 0).Error(); err != nil {
					failed.Add(1)
					why.Store(fmt.Sprint("bare: ", err))
				}
			})
			revision := make([]uint64, n)
			ours := callers(b, n, func(caller, _ int) {
				cmd := &fsm.PutDocument{Name: fmt.Sprintf("setting/c%d", caller), Expect: revision[caller], Body: body}
				out, err := leader.Propose(b.Context(), cmd, clustertest.NewRequest())
				if err != nil || out.Fault != nil {
					failed.Add(1)
					why.Store(fmt.Sprint("ours: ", err, out.Fault))
				}
				revision[caller] = out.Revision
			})
			b.StopTimer()
			b.ReportMetric(ours, "propose/s")
			b.ReportMetric(bareRate, "bare/s")
			b.ReportMetric(100*ours/bareRate, "%of-bare")
			if failed.Load() > 0 {
				b.Errorf("%d of %d failed, such as: %v", failed.Load(), 2*b.N, why.Load())
			}
		})
	}
}

// BenchmarkFreshLocal is what every local read pays, twice.
func BenchmarkFreshLocal(b *testing.B) {
	c := clustertest.New(b, 3)
	n := c.Node(c.Follower())
	b.ReportAllocs()
	for b.Loop() {
		if err := n.Fresh(b.Context(), access.Consistency{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFreshLinearizable is a read index exchange of a follower.
func BenchmarkFreshLinearizable(b *testing.B) {
	c := clustertest.New(b, 3)
	n := c.Node(c.Follower())
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := n.Fresh(b.Context(), access.Consistency{Mode: access.Linearizable}); err != nil {
				b.Error(err)
			}
		}
	})
}

var _ cluster.Metrics = (*gauges)(nil)

// gauges is a Metrics that remembers.
type gauges struct {
	values map[string]func() float64
	by     map[string]func() map[string]float64
	counts map[string]*atomic.Int64
}

func (g *gauges) Gauge(name, _ string, value func() float64) error {
	g.values[name] = value
	return nil
}

func (g *gauges) GaugeBy(name, _, _ string, values func() map[string]float64) error {
	g.by[name] = values
	return nil
}

func (g *gauges) Histogram(name, _, _ string) (func(string, float64), error) {
	n := new(atomic.Int64)
	g.counts[name] = n
	return func(string, float64) { n.Add(1) }, nil
}

func TestMetricsTellOfTheNode(t *testing.T) {
	var all [2]*gauges
	for i := range all {
		all[i] = &gauges{map[string]func() float64{}, map[string]func() map[string]float64{}, map[string]*atomic.Int64{}}
	}
	c := clustertest.New(t, 2, func(i int, cfg *cluster.Config) { cfg.Metrics = all[i] })
	c.Put("setting/x", "x")
	leader := c.Leader()
	g := all[leader]
	if got := g.values["quorate_cluster_leader"](); got != 1 {
		t.Errorf("leader: %v, want 1", got)
	}
	if got := all[1-leader].values["quorate_cluster_leader"](); got != 0 {
		t.Errorf("follower: %v, want 0", got)
	}
	if g.values["quorate_cluster_applied_index"]() == 0 || g.values["quorate_cluster_lease_left_seconds"]() <= 0 {
		t.Error("applied or lease is missing")
	}
	if _, ok := g.by["quorate_cluster_member_lag_entries"]()[c.Name(1-leader)]; !ok {
		t.Error("the follower's lag is missing")
	}
	if g.counts["quorate_cluster_propose_seconds"].Load() == 0 {
		t.Error("the proposal was not measured")
	}
}
