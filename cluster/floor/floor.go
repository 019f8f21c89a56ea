// Package floor measures what hashicorp/raft with raft-boltdb does by itself: three nodes, nothing of ours. It is the
// figure that our writes are held against, in the same run. It knows nothing else of Quorate.
package floor

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"
)

// commandSize is the length of the bare loop's commands, in bytes.
const commandSize = 512

// nothing is the bare loop's state machine.
type nothing struct{}

func (nothing) Apply(*raft.Log) any                  { return nil }
func (nothing) Snapshot() (raft.FSMSnapshot, error)  { return nothing{}, nil }
func (nothing) Restore(r io.ReadCloser) error        { return r.Close() }
func (nothing) Persist(sink raft.SnapshotSink) error { return sink.Close() }
func (nothing) Release()                             {}

// Raft runs three bare nodes on loopback with their files under dir, with the settings that Quorate uses, applies
// from callers goroutines for d, and returns how many applies a second were committed.
func Raft(ctx context.Context, dir string, callers int, d time.Duration) (float64, error) {
	nodes, stop, err := start(dir)
	defer stop()
	if err != nil {
		return 0, err
	}
	leader, err := elected(ctx, nodes)
	if err != nil {
		return 0, err
	}
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var all sync.WaitGroup
	begin := time.Now()
	for range callers {
		all.Go(func() {
			command := make([]byte, commandSize)
			for time.Since(begin) < d && ctx.Err() == nil {
				if err := leader.Apply(command, 0).Error(); err != nil {
					failed.Store(&err)
					return
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(begin)
	if err := failed.Load(); err != nil {
		return 0, fmt.Errorf("the bare raft loop: %w", *err)
	}
	return float64(done.Load()) / took.Seconds(), ctx.Err()
}

func start(dir string) (nodes []*raft.Raft, stop func(), err error) {
	var stops []func()
	stop = func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	var all raft.Configuration
	var logs []*raftboltdb.BoltStore
	var links []*raft.NetworkTransport
	for i := range 3 {
		store, err := raftboltdb.New(raftboltdb.Options{
			Path: filepath.Join(dir, fmt.Sprintf("bare-%d.db", i)), BoltOptions: &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType},
		})
		if err != nil {
			return nil, stop, fmt.Errorf("opening the bare log: %w", err)
		}
		stops = append(stops, func() { store.Close() })
		link, err := raft.NewTCPTransportWithConfig("127.0.0.1:0", nil, &raft.NetworkTransportConfig{
			MaxPool: 3, Timeout: time.Second, Logger: hclog.NewNullLogger(), MaxRPCsInFlight: 1,
		})
		if err != nil {
			return nil, stop, fmt.Errorf("listening for the bare loop: %w", err)
		}
		stops = append(stops, func() { link.Close() })
		logs, links = append(logs, store), append(links, link)
		all.Servers = append(all.Servers, raft.Server{ID: raft.ServerID(fmt.Sprint("bare", i)), Address: link.LocalAddr()})
	}
	for i := range 3 {
		node, err := join(logs[i], links[i], all, all.Servers[i].ID)
		if err != nil {
			return nil, stop, err
		}
		nodes = append(nodes, node)
		stops = append(stops, func() { _ = node.Shutdown().Error() })
	}
	return nodes, stop, nil
}

func join(store *raftboltdb.BoltStore, link *raft.NetworkTransport, all raft.Configuration, id raft.ServerID) (*raft.Raft, error) {
	conf := raft.DefaultConfig()
	conf.LocalID, conf.Logger = id, hclog.NewNullLogger()
	conf.HeartbeatTimeout, conf.ElectionTimeout, conf.LeaderLeaseTimeout = 300*time.Millisecond, 300*time.Millisecond, 150*time.Millisecond
	conf.CommitTimeout = 20 * time.Millisecond
	cache, err := raft.NewLogCache(512, store)
	if err != nil {
		return nil, fmt.Errorf("starting the bare loop: %w", err)
	}
	snaps := raft.NewInmemSnapshotStore()
	if err := raft.BootstrapCluster(conf, cache, store, snaps, link, all); err != nil {
		return nil, fmt.Errorf("starting the bare loop: %w", err)
	}
	return raft.NewRaft(conf, nothing{}, cache, store, snaps, link)
}

func elected(ctx context.Context, nodes []*raft.Raft) (*raft.Raft, error) {
	for ctx.Err() == nil {
		for _, n := range nodes {
			if n.State() == raft.Leader && n.Barrier(0).Error() == nil {
				return n, nil
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, ctx.Err()
}
