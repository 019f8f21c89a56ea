package cluster_test

import (
	"errors"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

// gate is a disk whose writes can be made to wait, or to fail.
type gate struct {
	cluster.Store
	mu      sync.Mutex
	open    chan struct{} // writes wait until it is closed; nil: they do not. Guarded by mu
	err     error         // guarded by mu
	shut    chan struct{} // who looks at the log's first entry waits until it is closed; guarded by mu
	waiting int           // who do so; guarded by mu
}

func (g *gate) FirstIndex() (uint64, error) {
	g.mu.Lock()
	shut := g.shut
	if shut != nil {
		g.waiting++
	}
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
	return g.Store.FirstIndex()
}

func (g *gate) pass() error {
	g.mu.Lock()
	open, err := g.open, g.err
	g.mu.Unlock()
	if open != nil {
		<-open
	}
	return err
}

func (g *gate) set(open chan struct{}, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open, g.err = open, err
}

func (g *gate) StoreLogs(logs []*raft.Log) error {
	if err := g.pass(); err != nil {
		return err
	}
	return g.Store.StoreLogs(logs)
}

func (g *gate) Set(key, val []byte) error {
	if err := g.pass(); err != nil {
		return err
	}
	return g.Store.Set(key, val)
}

func (g *gate) Close() error { return g.Store.(io.Closer).Close() }

// gated starts three nodes whose disks the test holds.
func gated(t *testing.T) (*clustertest.Cluster, *[3]gate) {
	var gates [3]gate
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) {
		cfg.World.Disk = func(path string, options *bbolt.Options) (cluster.Store, error) {
			d, err := cluster.OpenDisk(path, options)
			gates[i].Store = d
			return &gates[i], err
		}
		cfg.DiskStall = 4 * time.Second // the machine's own disk may be slow
	})
	return c, &gates
}

// TestIdleLeaderNoticesThatItsDiskIsFrozen (R7): nobody writes, and its heartbeats still go out.
func TestIdleLeaderNoticesThatItsDiskIsFrozen(t *testing.T) {
	c, gates := gated(t)
	old := c.Leader()
	frozen := make(chan struct{})
	gates[old].set(frozen, nil)
	began := time.Now()
	select {
	case <-c.Node(old).Fatal():
	case <-time.After(clustertest.Patience):
		t.Fatal("the leader never noticed")
	}
	t.Logf("noticed after %v; the limit is 4 s, and the canary is written each second", time.Since(began).Round(time.Millisecond))
	c.Until("another leads", func() bool { return c.Leader() != old })
	c.Put("setting/after", "x")
	close(frozen)
	var bad *cluster.DiskError
	if err := c.Ended(old); !errors.As(err, &bad) {
		t.Errorf("Run returned %v, want a DiskError", err)
	}
}

// TestVitalsDoNotWaitForAFrozenDisk: what watches the node must hear of it while its disk stands still.
func TestVitalsDoNotWaitForAFrozenDisk(t *testing.T) {
	c, gates := gated(t)
	c.Put("setting/a", "x")
	var before cluster.Vitals
	c.Until("the log was looked at", func() bool {
		before = c.Node(0).Vitals()
		return before.LogEntries > 0 && before.StoreSize > 0
	})
	shut := make(chan struct{})
	gates[0].mu.Lock()
	gates[0].shut = shut
	gates[0].mu.Unlock()
	// One looks at a time. Once he waits, no look of before is under way, and all that is told is what was seen last.
	c.Until("somebody waits for the disk", func() bool {
		asked := make(chan cluster.Vitals, 1)
		go func() { asked <- c.Node(0).Vitals() }()
		select {
		case <-asked:
		case <-time.After(clustertest.Patience):
			t.Error("it waits for the disk")
			close(shut)
			t.FailNow()
		}
		gates[0].mu.Lock()
		defer gates[0].mu.Unlock()
		return gates[0].waiting > 0
	})
	seen := make(chan cluster.Vitals)
	go func() {
		for range 4 { // as many as a reading of the metrics asks for
			seen <- c.Node(0).Vitals()
		}
	}()
	var first cluster.Vitals
	for i := range 4 {
		select {
		case v := <-seen:
			if i == 0 {
				first = v
			}
			// What was written between the look and the standstill may be told already, and nothing after it.
			if v.LogEntries < before.LogEntries || v.StoreSize < before.StoreSize || v.Path == "" || v.Stall == 0 {
				t.Errorf("while the disk stands still: %+v, before: %+v", v, before)
			}
			if v.LogEntries != first.LogEntries || v.StoreSize != first.StoreSize || v.StoreFreePages != first.StoreFreePages {
				t.Errorf("while the disk stands still: %+v, and then %+v", first, v)
			}
		case <-time.After(clustertest.Patience):
			t.Error("it waits for the disk")
			close(shut)
			return
		}
	}
	close(shut)
	c.Put("setting/b", "x")
	c.Until("the log is looked at again", func() bool { return c.Node(0).Vitals().LogEntries > before.LogEntries })
}

// TestDiskErrorEndsTheNodeAtOnce (R7): what the kernel still holds of the file is not to be trusted.
func TestDiskErrorEndsTheNodeAtOnce(t *testing.T) {
	for name, pick := range map[string]func(*clustertest.Cluster) int{"leader": (*clustertest.Cluster).Leader, "follower": (*clustertest.Cluster).Follower} {
		c, gates := gated(t)
		i := pick(c)
		gates[i].set(nil, syscall.EIO)
		began := time.Now()
		c.Put("setting/a", "x")
		var bad *cluster.DiskError
		if err := c.Ended(i); !errors.As(err, &bad) || !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: Run returned %v, want a DiskError", name, err)
		}
		t.Logf("%s: gone after %v", name, time.Since(began).Round(time.Millisecond))
		c.Put("setting/b", "x")
		gates[i].set(nil, nil)
		c.Restart(i)
		c.WaitFresh(i)
		c.WaitConverged()
	}
}
