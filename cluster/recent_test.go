package cluster_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster"
)

// asked is a log store that counts what it is asked for, and fails when told to.
type asked struct {
	*raft.InmemStore
	reads int
	fail  error
}

func (a *asked) GetLog(index uint64, l *raft.Log) error {
	a.reads++
	return a.InmemStore.GetLog(index, l)
}

func (a *asked) StoreLogs(all []*raft.Log) error {
	if a.fail != nil {
		return a.fail
	}
	return a.InmemStore.StoreLogs(all)
}

// TestTheNewestEntriesAreInMemoryUpToABound stores small and large entries and asks for all that there are.
func TestTheNewestEntriesAreInMemoryUpToABound(t *testing.T) {
	below := &asked{InmemStore: raft.NewInmemStore()}
	logs := cluster.NewRecent(below)
	var last uint64
	store := func(n, size int) {
		t.Helper()
		for range n {
			last++
			if err := logs.StoreLog(&raft.Log{Index: last, Term: last / 100, Data: bytes.Repeat([]byte{byte(last)}, size)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	// fromMemory asks for every entry from one on, and counts those that the store below was not asked for.
	fromMemory := func(from uint64) (n int) {
		t.Helper()
		for i := from; i <= last; i++ {
			below.reads = 0
			var l raft.Log
			if err := logs.GetLog(i, &l); err != nil || l.Index != i || l.Term != i/100 || len(l.Data) == 0 || l.Data[0] != byte(i) {
				t.Fatalf("entry %d is number %d of term %d, %v", i, l.Index, l.Term, err)
			}
			n += 1 - below.reads
		}
		return n
	}
	store(1000, 100)
	if n := fromMemory(1); n != cluster.RecentEntries {
		t.Errorf("%d of 1000 small entries are in memory, want %d", n, cluster.RecentEntries)
	}
	store(100, 128<<10)
	if n := fromMemory(1); n != cluster.RecentBytes/(128<<10) {
		t.Errorf("%d of 100 entries of 128 KiB are in memory, want %d", n, cluster.RecentBytes/(128<<10))
	}
	store(1, cluster.RecentBytes+1)
	if n := fromMemory(1); n != 1 {
		t.Errorf("after one that is larger than the bound %d are in memory, want it alone", n)
	}
	store(20, 100)
	if n := fromMemory(1); n != 20 {
		t.Errorf("%d entries are in memory, want the 20 small ones that are newest", n)
	}

	// What another leader takes back is not given out, nor what could not be stored.
	if err := logs.DeleteRange(last-4, last); err != nil {
		t.Fatal(err)
	}
	if err := logs.GetLog(last, new(raft.Log)); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("an entry that was deleted: %v", err)
	}
	last -= 5
	if n := fromMemory(last - 10); n != 0 {
		t.Errorf("%d entries are in memory after a deletion", n)
	}
	store(3, 100)
	if n := fromMemory(last - 10); n != 3 {
		t.Errorf("%d entries are in memory after three more", n)
	}
	below.fail = errors.New("no room")
	if err := logs.StoreLog(&raft.Log{Index: last + 1}); !errors.Is(err, below.fail) {
		t.Errorf("storing what the store below refuses: %v", err)
	}
	if err := logs.GetLog(last+1, new(raft.Log)); !errors.Is(err, raft.ErrLogNotFound) {
		t.Errorf("an entry that was refused: %v", err)
	}
	below.fail = nil
	last += 9 // as after a snapshot from the leader
	store(2, 100)
	if n := fromMemory(last - 1); n != 2 {
		t.Errorf("%d entries are in memory after a gap, want 2", n)
	}
}
