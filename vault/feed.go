package vault

import (
	"slices"
	"sort"
	"sync"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

const (
	feedSize    = 8192 // changes that a node remembers
	maxWatchers = 1024
	feedChunk   = 64 // changes that a watcher takes at a time
)

// feed remembers the last changes of keys, for watchers. There is one memory for all of them: a watcher that falls out
// of it has lost its place, and nobody ever waits for a watcher. The zero feed is ready.
type feed struct {
	mu       sync.Mutex
	ring     [feedSize]change // guarded by mu, as everything below: change n at n modulo its size
	first    uint64           // number of the oldest change remembered
	next     uint64           // number that the next change gets
	begun    bool             // floor and head hold
	floor    uint64           // log index behind which no change was forgotten
	head     uint64           // log index up to which changes were noted
	epoch    uint64           // counts replacements of the whole state
	moved    chan struct{}    // closed when a watcher should look again; nil while none waits
	watchers int

	// The states before and after the batch of entries under way: a key that is gone is still in the one before.
	before, now *fsm.State
}

// change is one change of one key, or of who may see keys.
type change struct {
	index  uint64
	op     string
	id     key.ID
	old    *key.Record // as it was, without versions and attributes; nil if it was not there
	last   bool        // of its index
	policy bool        // the policies changed; id and old are empty
}

// note takes in a command that was applied. s is the state afterwards.
func (f *feed) note(s *fsm.State, cmd fsm.Command, out fsm.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s != f.now {
		f.before, f.now = f.now, s
	}
	if out.Repeated {
		return
	}
	if !f.begun {
		f.begun, f.floor = true, out.Index-1
	}
	f.head = max(f.head, out.Index)
	if out.Fault == nil {
		switch cmd.(type) {
		case *fsm.PutPolicy, *fsm.DeletePolicy:
			f.add(change{index: out.Index, op: cmd.Op(), policy: true, last: true})
		default:
			ids := touched(cmd)
			for i, id := range ids {
				f.add(change{index: out.Index, op: cmd.Op(), id: id, old: f.slim(id), last: i == len(ids)-1})
			}
		}
	}
	f.wakeLocked()
}

// touched are the keys whose metadata a command changes. Rewrapping changes none.
func touched(cmd fsm.Command) []key.ID {
	switch c := cmd.(type) {
	case *fsm.CreateKey:
		return []key.ID{c.Record.ID}
	case *fsm.CreateKeys:
		ids := make([]key.ID, len(c.Records))
		for i, r := range c.Records {
			ids[i] = r.ID
		}
		return ids
	case *fsm.ReplaceKeys:
		ids := make([]key.ID, 0, 3*len(c.Items))
		for i := range c.Items {
			ids = append(ids, c.Items[i].ID, c.Items[i].By.ID)
			if of := c.Items[i].Certified; of != nil {
				ids = append(ids, of.ID)
			}
		}
		return ids
	case *fsm.CertifyKey:
		return []key.ID{c.ID, c.Certificate.ID}
	case *fsm.PurgeKey:
		return []key.ID{c.ID}
	case *fsm.Bundle:
		var ids []key.ID
		for _, b := range c.Commands {
			for _, id := range touched(b.Command) {
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
		}
		return ids
	case interface{ Target() key.ID }:
		return []key.ID{c.Target()}
	}
	return nil
}

func (f *feed) slim(id key.ID) *key.Record {
	if f.before == nil {
		return nil
	}
	r := f.before.Key(id)
	if r == nil {
		return nil
	}
	old := *r
	old.Versions, old.Attributes, old.Links, old.MAC = nil, nil, nil, nil
	return &old
}

func (f *feed) add(c change) {
	place := &f.ring[f.next%feedSize]
	if f.next-f.first == feedSize {
		f.floor = place.index
		f.first++
	}
	*place = c
	f.next++
}

// restart forgets everything: the state was replaced by a snapshot.
func (f *feed) restart(s *fsm.State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.ring[:])
	f.first, f.begun, f.epoch = f.next, s != nil, f.epoch+1
	f.before, f.now = nil, s
	if s != nil {
		f.floor, f.head = s.Index(), s.Index()
	}
	f.wakeLocked()
}

// wake makes every watcher look again: at its token, at the seal.
func (f *feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wakeLocked()
}

func (f *feed) wakeLocked() {
	if f.moved != nil {
		close(f.moved)
		f.moved = nil
	}
}

// place is where a watcher stands.
type place struct {
	next  uint64 // number of the next change to take
	epoch uint64
	since uint64 // changes up to this index are none of the watcher's
}

// enter gives a watcher a place behind log index after, or behind s if after is 0 or too long ago: then known is false.
// fault.Busy when there are too many watchers. Whoever enters leaves.
func (f *feed) enter(s *fsm.State, after uint64) (p place, known bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.watchers >= maxWatchers {
		return p, false, fault.New(fault.Busy, "this node has %d watchers, and takes no more", maxWatchers).WithHint("Watch on another node.")
	}
	f.watchers++
	if !f.begun {
		f.begun, f.floor, f.head, f.now = true, s.Index(), s.Index(), s
	}
	if known = after == 0 || after >= f.floor; !known || after == 0 {
		after = s.Index()
	}
	return f.behindLocked(after), known, nil
}

// behind is the place behind a log index, for one who has entered.
func (f *feed) behind(index uint64) place {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.behindLocked(index)
}

func (f *feed) behindLocked(index uint64) place {
	n := sort.Search(int(f.next-f.first), func(i int) bool { return f.ring[(f.first+uint64(i))%feedSize].index > index })
	return place{next: f.first + uint64(n), epoch: f.epoch, since: index}
}

func (f *feed) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watchers--
}

// taken is what a watcher finds.
type taken struct {
	changes []change
	lost    bool          // the watcher was too slow: changes were forgotten before it took them
	epoch   bool          // the whole state was replaced
	head    uint64        // log index up to which there is nothing more, once changes are told
	moved   chan struct{} // is closed when there is more
}

// take gives the next changes from p on, and moves p behind them.
func (f *feed) take(p *place) taken {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moved == nil {
		f.moved = make(chan struct{})
	}
	t := taken{moved: f.moved, epoch: p.epoch != f.epoch}
	t.lost = !t.epoch && p.next < f.first
	if t.epoch || t.lost {
		return t
	}
	for p.next < f.next && len(t.changes) < feedChunk {
		if c := f.ring[p.next%feedSize]; c.index > p.since {
			t.changes = append(t.changes, c)
		}
		p.next++
	}
	if p.next == f.next {
		t.head = max(f.head, p.since)
	}
	return t
}
