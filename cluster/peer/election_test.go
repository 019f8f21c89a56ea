package peer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster/peer"
)

// journal is a state machine that remembers what was applied.
type journal struct {
	mu    sync.Mutex
	lines [][]byte
}

func (j *journal) Apply(l *raft.Log) any {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, bytes.Clone(l.Data))
	return nil
}

func (j *journal) Snapshot() (raft.FSMSnapshot, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return frozen(bytes.Join(j.lines, []byte("\n"))), nil
}

func (j *journal) Restore(r io.ReadCloser) error {
	all, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = bytes.Split(all, []byte("\n"))
	return r.Close()
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.lines)
}

type frozen []byte

func (f frozen) Persist(sink raft.SnapshotSink) error {
	if _, err := sink.Write(f); err != nil {
		return errors.Join(err, sink.Cancel())
	}
	return sink.Close()
}

func (f frozen) Release() {}

// watched counts the pre-votes that go out.
type watched struct {
	*peer.Transport
	preVotes *atomic.Int32
}

func (w watched) RequestPreVote(id raft.ServerID, target raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	err := w.Transport.RequestPreVote(id, target, args, resp)
	if err == nil {
		w.preVotes.Add(1)
	}
	return err
}

type member struct {
	name string
	port *peer.Port
	raft *raft.Raft
	fsm  *journal
}

func startMember(t *testing.T, a *authority, name string, preVotes *atomic.Int32) *member {
	t.Helper()
	m := &member{name: name, port: a.open(t, name), fsm: &journal{}}
	cfg := raft.DefaultConfig()
	cfg.LocalID = raft.ServerID(name)
	cfg.HeartbeatTimeout, cfg.ElectionTimeout, cfg.LeaderLeaseTimeout = 300*time.Millisecond, 300*time.Millisecond, 150*time.Millisecond
	cfg.CommitTimeout = 20 * time.Millisecond
	cfg.TrailingLogs = 5
	cfg.Logger = hclog.NewNullLogger()
	store := raft.NewInmemStore()
	var err error
	m.raft, err = raft.NewRaft(cfg, m.fsm, store, store, raft.NewInmemSnapshotStore(), watched{m.port.Transport(cfg.LocalID, peer.TransportConfig{}), preVotes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.raft.Shutdown().Error() })
	return m
}

func leaderOf(t *testing.T, members []*member) *member {
	t.Helper()
	var leader *member
	eventually(t, "a leader", func() bool {
		for _, m := range members {
			if m.raft.State() == raft.Leader {
				leader = m
				return true
			}
		}
		return false
	})
	return leader
}

func TestRaftElectsReplicatesAndInstallsSnapshots(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2", "n3", "n4")
	var preVotes atomic.Int32
	var members []*member
	var conf raft.Configuration
	for _, name := range []string{"n1", "n2", "n3"} {
		m := startMember(t, a, name, &preVotes)
		members = append(members, m)
		conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(name), Address: raft.ServerAddress(m.port.Addr().String())})
	}
	for _, m := range members {
		if err := m.raft.BootstrapCluster(conf).Error(); err != nil {
			t.Fatal(err)
		}
	}
	leader := leaderOf(t, members)
	if preVotes.Load() == 0 {
		t.Error("a leader was elected without a pre-vote over the transport")
	}
	apply := func(m *member, n int) {
		t.Helper()
		for i := range n {
			if err := m.raft.Apply(fmt.Appendf(nil, "entry %d", i), 5*time.Second).Error(); err != nil {
				t.Fatalf("apply on %s: %v", m.name, err)
			}
		}
	}
	apply(leader, 50)
	for _, m := range members {
		eventually(t, m.name+" has applied all", func() bool { return m.fsm.count() == 50 })
	}
	if err := leader.raft.LeadershipTransfer().Error(); err != nil {
		t.Errorf("hand-over: %v", err)
	}
	leader = leaderOf(t, members)
	if err := leader.raft.Snapshot().Error(); err != nil {
		t.Fatal(err)
	}
	late := startMember(t, a, "n4", &preVotes) // the log before the snapshot is gone: it needs the snapshot
	if err := leader.raft.AddVoter("n4", raft.ServerAddress(late.port.Addr().String()), 0, 10*time.Second).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the late node has all", func() bool { return late.fsm.count() == 50 })
	if late.raft.Stats()["last_snapshot_index"] == "0" {
		t.Error("the late node caught up without a snapshot")
	}
	a.remove(leader.name) // the leader's certificate is worth nothing any more
	var rest []*member
	for _, m := range append(members, late) {
		if m != leader {
			m.port.CutMember(leader.name)
			rest = append(rest, m)
		}
	}
	next := leaderOf(t, rest)
	apply(next, 5)
	for _, m := range rest {
		eventually(t, m.name+" goes on without the removed leader", func() bool { return m.fsm.count() == 55 })
	}
}
