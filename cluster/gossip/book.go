package gossip

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"

	"github.com/quorate/quorate/vault/fault"
)

// Member is what is known of a node.
type Member struct {
	// Meta is what the node last announced and what was verified to come from it; without Verified only Node is set.
	Meta
	Verified bool
	// Addr is where its gossip comes from.
	Addr string
	// Alive tells whether it answers; Since is when that began. Left tells that it said goodbye.
	Alive bool
	Left  bool
	Since time.Time
}

// What an Event tells.
const (
	// Came: the node is alive, for the first time or again.
	Came EventKind = "came"
	// Gone: the node does not answer any more, or said goodbye (Member.Left).
	Gone EventKind = "gone"
	// Changed: what the node announces has changed.
	Changed EventKind = "changed"
)

// EventKind is what happened to a node.
type EventKind string

// Event is a change in what is known of a node.
type Event struct {
	Kind   EventKind
	Member Member
}

const (
	maxMembers = 256
	maxEvents  = 128
)

// book records the nodes heard of. Its lock is never held while Config.Verify runs.
type book struct {
	cfg    Config
	events chan Event
	forged atomic.Uint64

	mu     sync.Mutex
	byName map[string]*entry // guarded by mu
}

type entry struct {
	Member
	raw     []byte // the newest announcement
	pending bool   // raw waits for the node's certificate
}

func newBook(cfg Config) *book {
	return &book{cfg: cfg, events: make(chan Event, maxEvents), byName: map[string]*entry{}}
}

// admits tells whether a node of that name may be heard of at all.
func (b *book) admits(name string) bool {
	if !nameOK(name) {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byName[name] != nil || len(b.byName) < maxMembers {
		return true
	}
	return b.evictLocked()
}

// evictLocked drops the node that has been gone longest.
func (b *book) evictLocked() bool {
	oldest := ""
	for name, e := range b.byName {
		if !e.Alive && (oldest == "" || e.Since.Before(b.byName[oldest].Since)) {
			oldest = name
		}
	}
	if oldest == "" {
		return false
	}
	delete(b.byName, oldest)
	return true
}

// alive records that a node is alive with that announcement.
func (b *book) alive(name, addr string, raw []byte) {
	b.mu.Lock()
	e := b.byName[name]
	if e == nil {
		e = &entry{Member: Member{Meta: Meta{Node: name}}}
		b.byName[name] = e
	}
	came := !e.Alive
	if came {
		e.Alive, e.Left, e.Since = true, false, b.cfg.Now()
		e.Seq = 0 // a node whose clock went back while it was down is heard again
	}
	e.Addr = addr
	fresh := came || !bytes.Equal(e.raw, raw)
	e.raw = bytes.Clone(raw)
	b.mu.Unlock()
	changed := fresh && b.verify(name, raw, true)
	if came {
		b.tell(Came, name)
	} else if changed {
		b.tell(Changed, name)
	}
}

// verify checks an announcement and takes it over. True: what is known of the node has changed.
func (b *book) verify(name string, raw []byte, count bool) bool {
	o, err := openMeta(raw, name)
	if err == nil {
		err = b.cfg.Verify(name, signedText(b.cfg.Cluster, o.body), o.sig)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.byName[name]
	if e == nil || !bytes.Equal(e.raw, raw) { // overtaken
		return false
	}
	// Not for ever: a node that joined anew under its name may be heard before its new certificate is known here.
	e.pending = err != nil
	switch {
	case errors.Is(err, fault.NotFound):
		return false
	case err != nil || o.meta.Seq < e.Seq:
		if count {
			b.forged.Add(1)
			b.cfg.Log.Warn("gossip announcement ignored: not signed by that node, or old", "node", name, "from", e.Addr)
		}
		return false
	}
	changed := !e.Verified || e.Meta != o.meta
	e.Meta, e.Verified = o.meta, true
	return changed
}

// gone records that a node does not answer any more.
func (b *book) gone(name string) {
	b.mu.Lock()
	e := b.byName[name]
	if e == nil || !e.Alive {
		b.mu.Unlock()
		return
	}
	e.Alive, e.Left, e.Since = false, e.Leaving, b.cfg.Now()
	b.mu.Unlock()
	b.tell(Gone, name)
}

// recheck verifies announcements again whose node's certificate was not known, or may have been replaced.
func (b *book) recheck() {
	b.mu.Lock()
	waiting := map[string][]byte{}
	for name, e := range b.byName {
		if e.pending {
			waiting[name] = e.raw
		}
	}
	b.mu.Unlock()
	for name, raw := range waiting {
		if b.verify(name, raw, false) {
			b.tell(Changed, name)
		}
	}
}

func (b *book) forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name != b.cfg.Node {
		delete(b.byName, name)
	}
}

func (b *book) members() []Member {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Member, 0, len(b.byName))
	for _, e := range b.byName {
		list = append(list, e.Member)
	}
	slices.SortFunc(list, func(x, y Member) int { return strings.Compare(x.Node, y.Node) })
	return list
}

// missing lists where nodes were that are lost, and tells whether this node is alone.
func (b *book) missing() (addrs []string, alone bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	alone = true
	for name, e := range b.byName {
		switch {
		case name == b.cfg.Node:
		case e.Alive:
			alone = false
		case !e.Left:
			addrs = append(addrs, e.Addr)
		}
	}
	slices.Sort(addrs)
	return addrs, alone
}

// tell passes an event on; if nobody reads, the oldest gives way.
func (b *book) tell(kind EventKind, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.byName[name]
	if e == nil {
		return
	}
	ev := Event{Kind: kind, Member: e.Member}
	for {
		select {
		case b.events <- ev:
			return
		default:
		}
		select {
		case <-b.events:
		default:
		}
	}
}

// delegate is what memberlist calls. It calls with its own lock held: nothing here calls back.
type delegate struct{ g *Gossip }

// NodeMeta hands out this node's signed announcement.
func (d *delegate) NodeMeta(limit int) []byte {
	raw := d.g.own.Load()
	if raw == nil || len(*raw) > limit {
		return nil
	}
	return *raw
}

// NotifyAlive refuses names that no node has, and more nodes than there can be.
func (d *delegate) NotifyAlive(n *memberlist.Node) error {
	if !d.g.book.admits(n.Name) {
		return fault.New(fault.Denied, "not the name of a node, or too many nodes")
	}
	return nil
}

// NotifyJoin is called when a node is alive that was not.
func (d *delegate) NotifyJoin(n *memberlist.Node) { d.g.book.alive(n.Name, n.Address(), n.Meta) }

// NotifyUpdate is called when a node's announcement changes.
func (d *delegate) NotifyUpdate(n *memberlist.Node) { d.g.book.alive(n.Name, n.Address(), n.Meta) }

// NotifyLeave is called when a node is dead or left. memberlist does not tell which; the node's own signed goodbye does.
func (d *delegate) NotifyLeave(n *memberlist.Node) { d.g.book.gone(n.Name) }

// NotifyMsg drops messages: Quorate sends none by gossip.
func (d *delegate) NotifyMsg([]byte) {}

// GetBroadcasts has nothing to add.
func (d *delegate) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState has nothing to add.
func (d *delegate) LocalState(bool) []byte { return nil }

// MergeRemoteState drops what others add.
func (d *delegate) MergeRemoteState([]byte, bool) {}
