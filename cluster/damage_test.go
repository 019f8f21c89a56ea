package cluster_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

var quiet = slog.New(slog.DiscardHandler)

// stopped makes a one-node cluster with some entries, and stops it.
func stopped(t *testing.T, entries int, tune ...func(int, *cluster.Config)) *clustertest.Cluster {
	t.Helper()
	c := clustertest.New(t, 1, tune...)
	for i := range entries {
		c.Put(fmt.Sprintf("setting/victim%03d", i), strings.Repeat("x", 50))
	}
	c.Kill(0)
	return c
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit changes one key of a bucket in a stopped node's raft.db.
func edit(t *testing.T, path, bucket string, change func(b *bbolt.Bucket) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { return change(tx.Bucket([]byte(bucket))) })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

func logKey(index uint64) []byte {
	return []byte{0, 0, 0, 0, 0, 0, byte(index >> 8), byte(index)}
}

func TestFlippedByteOfALogEntryIsDetectedAndNamed(t *testing.T) {
	c := stopped(t, 10)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	const index = 7
	var size int
	edit(t, path, "logs", func(b *bbolt.Bucket) error { size = len(b.Get(logKey(index))); return nil })
	for at := range size {
		write(t, path, clean)
		edit(t, path, "logs", func(b *bbolt.Bucket) error {
			v := bytes.Clone(b.Get(logKey(index)))
			v[at] ^= 1 << (at % 8)
			return b.Put(logKey(index), v)
		})
		err := c.TryStart(0, nil)
		var damage *cluster.DamageError
		if err == nil {
			before := c.Machine(0).State().Digest()
			c.Kill(0)
			t.Errorf("byte %d of %d: the node served a changed entry, digest %x", at, size, before[:4])
			continue
		}
		if !errors.As(err, &damage) || damage.File != path || damage.Index != index {
			t.Errorf("byte %d: got %v, want a DamageError naming %s and index %d", at, err, path, index)
		}
	}
	write(t, path, clean)
	c.Restart(0)
}

func TestAlteredLogIsDetectedAndNamed(t *testing.T) {
	c := stopped(t, 10)
	path := filepath.Join(c.Dir(0), "raft.db")
	clean := read(t, path)
	cases := map[string]struct {
		bucket string
		index  uint64
		change func(b *bbolt.Bucket) error
	}{
		"entry missing":    {"logs", 6, func(b *bbolt.Bucket) error { return b.Delete(logKey(6)) }},
		"entries swapped":  {"logs", 5, func(b *bbolt.Bucket) error { return swap(b, 5, 6) }},
		"entry repeated":   {"logs", 6, func(b *bbolt.Bucket) error { return b.Put(logKey(6), bytes.Clone(b.Get(logKey(5)))) }},
		"first gone":       {"logs", 1, func(b *bbolt.Bucket) error { return b.Delete(logKey(1)) }},
		"term and vote":    {"conf", 0, func(b *bbolt.Bucket) error { return flip(b, 20) }},
		"their end":        {"conf", 0, func(b *bbolt.Bucket) error { return flip(b, -1) }},
		"gone altogether":  {"conf", 0, func(b *bbolt.Bucket) error { return b.Delete([]byte("quorate/stable")) }},
		"under other name": {"conf", 0, func(b *bbolt.Bucket) error { return b.Put([]byte("quorate/stablE"), []byte("x")) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			write(t, path, clean)
			edit(t, path, tc.bucket, tc.change)
			err := c.TryStart(0, nil)
			var damage *cluster.DamageError
			if !errors.As(err, &damage) || damage.File != path || damage.Index != tc.index {
				t.Errorf("got %v, want a DamageError naming %s and index %d", err, path, tc.index)
			}
			if tc.bucket == "conf" && err != nil && !strings.Contains(err.Error(), "stable store") {
				t.Errorf("the error %q does not name the stable store", err)
			}
		})
	}
	write(t, path, clean)
	c.Restart(0)
}

func swap(b *bbolt.Bucket, i, j uint64) error {
	x, y := bytes.Clone(b.Get(logKey(i))), bytes.Clone(b.Get(logKey(j)))
	return errors.Join(b.Put(logKey(i), y), b.Put(logKey(j), x))
}

func flip(b *bbolt.Bucket, at int) error {
	v := bytes.Clone(b.Get([]byte("quorate/stable")))
	if at < 0 {
		at += len(v)
	}
	v[at] ^= 4
	return b.Put([]byte("quorate/stable"), v)
}

// state reads all entries of the stopped node.
func state(t *testing.T, c *clustertest.Cluster) []string {
	return entries(t, filepath.Join(c.Dir(0), "raft.db"))
}

func entries(t *testing.T, path string) []string {
	t.Helper()
	b, err := raftboltdb.New(raftboltdb.Options{Path: path, BoltOptions: &bbolt.Options{NoFreelistSync: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	first, _ := b.FirstIndex()
	last, _ := b.LastIndex()
	var all []string
	for i := first; i <= last && i > 0; i++ {
		var l raft.Log
		if err := b.GetLog(i, &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%d %d %d %x", l.Index, l.Term, l.Type, l.Data))
	}
	return all
}

// snapshotFiles lists a node's snapshots, oldest first.
func snapshotFiles(t *testing.T, c *clustertest.Cluster, i int) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.Dir(i), "snapshots", "*.snap"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// withSnapshots makes a one-node cluster whose log begins after its oldest snapshot, and stops it.
func withSnapshots(t *testing.T, n int) *clustertest.Cluster {
	t.Helper()
	c := clustertest.New(t, 1, func(_ int, cfg *cluster.Config) { cfg.SnapshotThreshold = 1 })
	for i := range n {
		for j := range 8 {
			c.Put(fmt.Sprintf("setting/victim%d-%d", i, j), "x")
		}
		if err := c.Node(0).Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.Put("setting/last", "x")
	c.Kill(0)
	return c
}

func named(err error, path string) bool {
	var damage *cluster.DamageError
	return errors.As(err, &damage) && damage.File == path
}

func TestForeignSnapshotIsRefused(t *testing.T) {
	c, other := withSnapshots(t, 1), withSnapshots(t, 1)
	path := snapshotFiles(t, c, 0)[0]
	write(t, path, read(t, snapshotFiles(t, other, 0)[0]))
	if err := os.Truncate(filepath.Join(c.Dir(0), "raft.db"), 0); err != nil {
		t.Fatal(err)
	}
	err := c.TryStart(0, nil)
	if !named(err, path) || !strings.Contains(err.Error(), "another cluster") {
		t.Errorf("got %v, want a DamageError that speaks of another cluster", err)
	}
}

func TestForeignLogIsRefused(t *testing.T) {
	c, other := stopped(t, 3), stopped(t, 3)
	path := filepath.Join(c.Dir(0), "raft.db")
	write(t, path, read(t, filepath.Join(other.Dir(0), "raft.db")))
	if err := c.TryStart(0, nil); !named(err, path) {
		t.Errorf("got %v, want a DamageError naming %s", err, path)
	}
}

func TestDamagedSnapshotThatTheRestCoversIsPutAside(t *testing.T) {
	c := withSnapshots(t, 3)
	want := c.Machine(0).State().ContentDigest()
	files := snapshotFiles(t, c, 0)
	newest := files[len(files)-1]
	b := read(t, newest)
	b[len(b)/2] ^= 1
	write(t, newest, b)
	c.Restart(0)
	c.WaitFresh(0)
	if got := c.Machine(0).State().ContentDigest(); got != want {
		t.Error("the state is not what it was, and nobody said so")
	}
	if _, err := os.Stat(newest + ".damaged"); err != nil {
		t.Errorf("the damaged file was not kept: %v", err)
	}
}

func TestAlteredEntryOfARunningFollowerStopsItWithTheReason(t *testing.T) {
	c := clustertest.New(t, 3)
	c.Put("setting/a", "x")
	c.WaitConverged()
	f := c.Follower()
	path := filepath.Join(c.Dir(f), "raft.db")
	c.Kill(f)
	edit(t, path, "logs", func(b *bbolt.Bucket) error {
		k, v := b.Cursor().Last()
		v = bytes.Clone(v)
		at := bytes.Index(v, []byte("setting/a"))
		if at < 0 {
			at = len(v) / 2
		}
		v[at] ^= 1
		return b.Put(k, v)
	})
	if err := c.TryStart(f, nil); !named(err, path) {
		t.Fatalf("got %v, want a DamageError naming %s", err, path)
	}
	c.Put("setting/b", "x") // the others go on
	if c.Machine(c.Leader()).State().Document("setting/b") == nil {
		t.Error("the others did not go on")
	}
}
