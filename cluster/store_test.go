package cluster_test

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

var logKeyBytes = []byte("0123456789abcdef0123456789abcdef")

// disk is a log in memory that can be told to fail or to stall, before or after it took effect.
type disk struct {
	*raft.InmemStore
	before, after func() error
}

func (d *disk) StoreLogs(logs []*raft.Log) error {
	if d.before != nil {
		if err := d.before(); err != nil {
			return err
		}
	}
	copies := make([]*raft.Log, len(logs))
	for i, l := range logs {
		c := *l
		copies[i] = &c
	}
	err := d.InmemStore.StoreLogs(copies)
	if err == nil && d.after != nil {
		err = d.after()
	}
	return err
}

func newDisk() *disk { return &disk{InmemStore: raft.NewInmemStore()} }

func yes() bool { return true }
func no() bool  { return false }

func logOf(t *testing.T, d *disk, leads func() bool) raft.LogStore {
	return cluster.NewLog(d, logKeyBytes, 3*time.Second, leads, func(err error) { t.Errorf("fatal: %v", err) })
}

func entry(index uint64, data string) *raft.Log {
	return &raft.Log{Index: index, Term: 2, Type: raft.LogCommand, Data: []byte(data), AppendedAt: time.Now()}
}

func copied(l *raft.Log) *raft.Log {
	c := *l
	return &c
}

func TestFollowerRefusesWhatTheLeaderDidNotSign(t *testing.T) {
	leader, follower := logOf(t, newDisk(), yes), logOf(t, newDisk(), no)
	var signed []*raft.Log
	for i := range uint64(6) {
		l := entry(i+1, "data")
		if err := leader.StoreLog(l); err != nil {
			t.Fatal(err)
		}
		signed = append(signed, l)
	}
	if err := follower.StoreLogs([]*raft.Log{copied(signed[0]), copied(signed[1])}); err != nil {
		t.Fatalf("a signed entry is refused: %v", err)
	}
	bad := map[string]func(l *raft.Log) *raft.Log{
		"unsigned":      func(l *raft.Log) *raft.Log { l.Extensions = nil; return l },
		"data":          func(l *raft.Log) *raft.Log { l.Data = []byte("dati"); return l },
		"term":          func(l *raft.Log) *raft.Log { l.Term++; return l },
		"type":          func(l *raft.Log) *raft.Log { l.Type = raft.LogNoop; return l },
		"time":          func(l *raft.Log) *raft.Log { l.AppendedAt = l.AppendedAt.Add(1); return l },
		"another place": func(*raft.Log) *raft.Log { l := copied(signed[4]); l.Index = 3; return l },
	}
	for name, change := range bad {
		if err := follower.StoreLog(change(copied(signed[2]))); err == nil {
			t.Errorf("%s: an altered entry is accepted", name)
		}
	}
	other := cluster.NewLog(newDisk(), logKeyBytes, time.Second, yes, func(error) {})
	_ = other.StoreLogs([]*raft.Log{entry(1, "x"), entry(2, "y"), entry(3, "z")})
	var stranger raft.Log
	if err := other.GetLog(3, &stranger); err != nil {
		t.Fatal(err)
	}
	if err := follower.StoreLog(&stranger); err == nil {
		t.Error("an entry of another history is accepted")
	}
	if err := follower.StoreLog(copied(signed[2])); err != nil {
		t.Errorf("after all that the true entry is refused: %v", err)
	}
}

func TestChainMayBeginAnewOnlyWithANoOp(t *testing.T) {
	// A node whose log was replaced by a snapshot leads: it does not know the tag of entry 9.
	leader := logOf(t, newDisk(), yes)
	noop := entry(10, "")
	noop.Type = raft.LogNoop
	command := entry(10, "x")
	follower := logOf(t, newDisk(), yes)
	for i := range uint64(9) {
		if err := follower.StoreLog(entry(i+1, "data")); err != nil {
			t.Fatal(err)
		}
	}
	if err := leader.StoreLog(command); err != nil {
		t.Fatal(err)
	}
	if err := follower.StoreLog(copied(command)); err == nil {
		t.Error("a command with a zero link is accepted")
	}
	leader = logOf(t, newDisk(), yes)
	if err := leader.StoreLog(noop); err != nil {
		t.Fatal(err)
	}
	if err := follower.StoreLog(copied(noop)); err != nil {
		t.Errorf("a no-op with a zero link is refused: %v", err)
	}
}

func TestSlowAppendIsFatal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.before = func() error { time.Sleep(4 * time.Second); return nil }
		fatal := make(chan error, 1)
		log := cluster.NewLog(d, logKeyBytes, 3*time.Second, yes, func(err error) { fatal <- err })
		began := time.Now()
		go func() { _ = log.StoreLog(entry(1, "x")) }()
		err := <-fatal
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("given up after %v, want 3s", took)
		}
		var bad *cluster.DiskError
		if !errors.As(err, &bad) {
			t.Errorf("got %v, want a DiskError", err)
		}
		time.Sleep(2 * time.Second)
	})
}

func TestFailedAppendIsFatalWhetherOrNotItTookEffect(t *testing.T) {
	for name, d := range map[string]*disk{
		"before": {InmemStore: raft.NewInmemStore(), before: func() error { return os.ErrInvalid }},
		"after":  {InmemStore: raft.NewInmemStore(), after: func() error { return os.ErrInvalid }},
	} {
		var fatal error
		log := cluster.NewLog(d, logKeyBytes, 3*time.Second, yes, func(err error) { fatal = err })
		err := log.StoreLog(entry(1, "x"))
		var bad *cluster.DiskError
		if !errors.As(err, &bad) || !errors.As(fatal, &bad) {
			t.Errorf("%s: got %v, fatal %v; want a DiskError twice", name, err, fatal)
		}
	}
}

func TestLogThatASnapshotReplacedIsDropped(t *testing.T) {
	d := newDisk()
	log := logOf(t, d, yes)
	for i := range uint64(5) {
		if err := log.StoreLog(entry(i+1, "old")); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.StoreLog(entry(100, "new")); err != nil {
		t.Fatal(err)
	}
	if first, _ := log.FirstIndex(); first != 100 {
		t.Errorf("the log begins at %d, want 100: no holes", first)
	}
}

func TestStoppedDiskEndsTheNode(t *testing.T) {
	c := clustertest.New(t, 1)
	c.Kill(0)
	if err := c.TryStart(0, func(cfg *cluster.Config) { cfg.DiskStall = time.Nanosecond }); err != nil {
		t.Fatal(err)
	}
	var bad *cluster.DiskError
	if err := c.Ended(0); !errors.As(err, &bad) {
		t.Errorf("Run returned %v, want a DiskError", err)
	}
}

func TestSettingsAreThoseOfTheReliabilityRules(t *testing.T) {
	c := clustertest.New(t, 1)
	got := c.Node(0).RaftConfig()
	if got.HeartbeatTimeout != 300*time.Millisecond || got.ElectionTimeout != 300*time.Millisecond ||
		got.LeaderLeaseTimeout != 150*time.Millisecond || got.CommitTimeout != 20*time.Millisecond {
		t.Errorf("timings %v %v %v %v", got.HeartbeatTimeout, got.ElectionTimeout, got.LeaderLeaseTimeout, got.CommitTimeout)
	}
	if got.RestoreCommittedLogs || got.PreVoteDisabled || !got.ShutdownOnRemove || !got.NoLegacyTelemetry {
		t.Errorf("switches %+v", got)
	}
	if got.SnapshotThreshold != 4096 || got.SnapshotInterval != 30*time.Second || got.TrailingLogs < 4*got.SnapshotThreshold {
		t.Errorf("snapshots %d %v %d", got.SnapshotThreshold, got.SnapshotInterval, got.TrailingLogs)
	}
	if err := raft.ValidateConfig(got); err != nil {
		t.Error(err)
	}
}

func TestOneAppendIsInFlightAndPreVotesPassThrough(t *testing.T) {
	c := clustertest.New(t, 1)
	trans := c.Node(0).Transport()
	if _, err := trans.AppendEntriesPipeline("x", "y"); !errors.Is(err, raft.ErrPipelineReplicationNotSupported) {
		t.Errorf("pipelining gives %v: more than one append can be in flight", err)
	}
	if _, ok := trans.(raft.WithPreVote); !ok {
		t.Error("raft would do without pre-votes")
	}
}

func TestOldestRetainedSnapshotKeepsItsLog(t *testing.T) {
	c := withSnapshots(t, 6)
	files := snapshotFiles(t, c, 0)
	if len(files) != 3 {
		t.Fatalf("%d snapshots are kept, want 3", len(files))
	}
	for _, f := range files[1:] { // with the oldest alone, nothing is lost
		b := read(t, f)
		b[len(b)/2] ^= 1
		write(t, f, b)
	}
	want := c.Machine(0).State().ContentDigest()
	c.Restart(0)
	c.WaitFresh(0)
	if got := c.Machine(0).State().ContentDigest(); got != want {
		t.Error("the oldest snapshot and the log do not give the state")
	}
}

func FuzzSnapshotFile(f *testing.F) {
	f.Add([]byte("QSNAP\r\n\x01\x00\x00\x00\x05hello"))
	f.Add(append([]byte("QSNAP\r\n\x01\xff\xff\xff\xff"), make([]byte, 80)...))
	f.Add(make([]byte, 200))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := cluster.ParseSnapshot(dir, logKeyBytes, b); err == nil {
			t.Errorf("%d bytes that nobody signed are a snapshot", len(b))
		}
	})
}

func FuzzCalls(f *testing.F) {
	f.Add([]byte{0xa1, 0x01, 0x05})
	f.Add([]byte{0xa1, 0x01, 0xa2, 0x01, 0x05, 0x02, 0xf5})
	f.Add(raft.EncodeConfiguration(raft.Configuration{Servers: []raft.Server{{ID: "a", Address: "b"}}}))
	f.Fuzz(func(_ *testing.T, b []byte) { cluster.DecodeCalls(b) })
}
