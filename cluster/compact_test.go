package cluster_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/fsm"
)

// hollow makes a stopped one-node cluster whose file is mostly free pages, as one is from which much was cut off.
func hollow(t *testing.T) (*clustertest.Cluster, string) {
	t.Helper()
	c := stopped(t, 30)
	path := filepath.Join(c.Dir(0), "raft.db")
	const stuffing = 2000
	edit(t, path, "logs", func(b *bbolt.Bucket) error {
		for i := range stuffing {
			if err := b.Put(fmt.Appendf(nil, "stuffing%d", i), make([]byte, 1000)); err != nil {
				return err
			}
		}
		return nil
	})
	edit(t, path, "logs", func(b *bbolt.Bucket) error {
		for i := range stuffing {
			if err := b.Delete(fmt.Appendf(nil, "stuffing%d", i)); err != nil {
				return err
			}
		}
		return nil
	})
	return c, path
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestAHollowStoreIsCompactedAtTheStartAndKeepsEverything(t *testing.T) {
	c, path := hollow(t)
	before, want, digest := sizeOf(t, path), state(t, c), c.Machine(0).State().ContentDigest()
	if err := os.WriteFile(path+".compacting", []byte("what a crash left"), 0o600); err != nil {
		t.Fatal(err)
	}
	small := func(cfg *cluster.Config) { cfg.CompactAt = 1 << 20 }
	if err := c.TryStart(0, small); err != nil {
		t.Fatal(err)
	}
	c.WaitFresh(0)
	v := c.Node(0).Vitals()
	if v.StoreSize > before/4 || v.StoreSize != sizeOf(t, path) || v.LogEntries == 0 {
		t.Errorf("of %d bytes %d are left: %+v", before, v.StoreSize, v)
	}
	if c.Machine(0).State().ContentDigest() != digest {
		t.Error("the state is another one")
	}
	c.Put("setting/after", "x")
	c.Stop(0)
	if got := state(t, c); len(got) <= len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("the log has %d entries, had %d, or others", len(got), len(want))
	}
	if _, err := os.Stat(path + ".compacting"); err == nil {
		t.Error("something was left aside")
	}
}

// What cannot be compacted is used as it is: here the place aside is taken.
func TestAStoreThatCannotBeCompactedIsUsedAsItIs(t *testing.T) {
	c, path := hollow(t)
	before := sizeOf(t, path)
	if err := os.MkdirAll(path+".compacting", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path+".compacting", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.TryStart(0, func(cfg *cluster.Config) { cfg.CompactAt = 1 << 20 }); err != nil {
		t.Fatal(err)
	}
	c.WaitFresh(0)
	if got := sizeOf(t, path); got < before {
		t.Errorf("%d of %d bytes are left", got, before)
	}
}

// A damaged file is refused, not rewritten into one that looks whole.
func TestADamagedStoreIsNotCompacted(t *testing.T) {
	c, path := hollow(t)
	clean := read(t, path)
	at := strings.Index(string(clean), "victim003")
	if at < 0 {
		t.Fatal("the entry is not there")
	}
	dirty := slices.Clone(clean)
	for i := at; i >= 0; { // every copy
		dirty[i] ^= 1
		next := strings.Index(string(clean[i+1:]), "victim003")
		if next < 0 {
			break
		}
		i += next + 1
	}
	write(t, path, dirty)
	if err := c.TryStart(0, func(cfg *cluster.Config) { cfg.CompactAt = 1 << 20 }); !named(err, path) {
		t.Errorf("got %v, want a DamageError naming %s", err, path)
	}
	if !bytes.Equal(read(t, path), dirty) {
		t.Error("the damaged file is another one now")
	}
}

// A long run of writes leaves a log of a bounded number of entries, and a file that does not grow with what went through it.
func TestLogAndFileStayBoundedWhileWritesGoOn(t *testing.T) {
	const threshold, writes, body = 64, 3000, 2000
	c := clustertest.New(t, 1, func(_ int, cfg *cluster.Config) {
		cfg.SnapshotThreshold, cfg.SnapshotInterval = threshold, 5*time.Millisecond
	})
	path := filepath.Join(c.Dir(0), "raft.db")
	var longest, largest int64
	for i := range writes {
		put := &fsm.PutDocument{Name: "setting/x", Expect: uint64(i), Body: bytes.Repeat([]byte{byte(i)}, body)}
		if out, err := c.Propose(t.Context(), put, clustertest.NewRequest()); err != nil || out.Fault != nil {
			t.Fatal(err, out.Fault)
		}
		if i%50 == 0 {
			v := c.Node(0).Vitals()
			longest, largest = max(longest, v.LogEntries), max(largest, v.StoreSize)
		}
	}
	t.Logf("%d writes of %d bytes: at most %d entries, a file of %d KiB", writes, body, longest, sizeOf(t, path)>>10)
	if longest > 10*threshold || longest == 0 {
		t.Errorf("the log had %d entries", longest)
	}
	if largest > writes*body/2 {
		t.Errorf("the file grew to %d bytes, of %d that went through it", largest, writes*body)
	}
}
