package cluster

import (
	"sync"

	"github.com/hashicorp/raft"
)

// The newest entries stay in memory, for followers that are sent them and for this node, which applies them: at most recentEntries
// of them, and of those no more than recentBytes. Raft's own cache counts entries only, and held 36 MB where each makes 256 keys.
const (
	recentEntries = 512
	recentBytes   = 8 << 20
)

// recent is a log store that gives the newest entries from memory. What it gives is shared: nobody writes into an entry's bytes.
type recent struct {
	raft.LogStore

	mu          sync.RWMutex
	ring        [recentEntries]*raft.Log // by index; guarded by mu, as what follows
	first, next uint64                   // the entries from first to before next are there
	size        int                      // bytes of them
}

var (
	_ raft.LogStore          = (*recent)(nil)
	_ raft.MonotonicLogStore = (*recent)(nil)
)

func newRecent(s raft.LogStore) *recent { return &recent{LogStore: s} }

// IsMonotonic is what the store below says: raft asks whoever it is given.
func (r *recent) IsMonotonic() bool {
	s, ok := r.LogStore.(raft.MonotonicLogStore)
	return ok && s.IsMonotonic()
}

// GetLog gives one entry, from below when it is not among the newest.
func (r *recent) GetLog(index uint64, l *raft.Log) error {
	r.mu.RLock()
	kept := index >= r.first && index < r.next
	if kept {
		*l = *r.ring[index%recentEntries]
	}
	r.mu.RUnlock()
	if kept {
		return nil
	}
	return r.LogStore.GetLog(index, l)
}

// StoreLog is StoreLogs with one entry.
func (r *recent) StoreLog(l *raft.Log) error { return r.StoreLogs([]*raft.Log{l}) }

// StoreLogs keeps what the store below has taken.
func (r *recent) StoreLogs(all []*raft.Log) error {
	if err := r.LogStore.StoreLogs(all); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range all {
		if l.Index != r.next {
			r.forget(l.Index)
		}
		if l.Index-r.first == recentEntries {
			r.drop()
		}
		r.ring[l.Index%recentEntries] = l
		r.next, r.size = l.Index+1, r.size+logSize(l)
		for r.size > recentBytes && r.first < l.Index { // the newest stays, however large
			r.drop()
		}
	}
	return nil
}

// DeleteRange forgets everything: it is rare, and what is left is asked for from below.
func (r *recent) DeleteRange(from, to uint64) error {
	r.mu.Lock()
	r.forget(0)
	r.mu.Unlock()
	return r.LogStore.DeleteRange(from, to)
}

// drop lets the oldest entry go. The caller holds mu.
func (r *recent) drop() {
	at := &r.ring[r.first%recentEntries]
	r.size -= logSize(*at)
	*at = nil
	r.first++
}

// forget lets all go, and begins anew at an index. The caller holds mu.
func (r *recent) forget(next uint64) {
	clear(r.ring[:])
	r.first, r.next, r.size = next, next, 0
}

func logSize(l *raft.Log) int { return len(l.Data) + len(l.Extensions) }
