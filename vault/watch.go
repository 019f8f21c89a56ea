package vault

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// WatchKind says what a WatchEvent tells.
type WatchKind uint8

// Kinds of event.
const (
	WatchReady WatchKind = iota // what follows is complete from Index on; also told when a stale node is fresh again
	WatchKey                    // a key was made or changed, or came into sight
	WatchGone                   // a key was purged, or changed so that the caller or the filter no longer sees it
	WatchReset                  // changes up to Index were missed, or who may see keys changed: list the keys anew
	WatchStale                  // this node cannot prove its state recent; it tells nothing until it can
)

// WatchQuery selects keys to watch. Zero fields select everything.
type WatchQuery struct {
	Prefix string   // of the name
	Tags   []string // "k" or "k=v"; a key must have all of them
	Key    string   // one key, by name or id: Read on it is enough
	After  uint64   // Resume of the last event that was taken; 0: from now on
}

// WatchEvent is one thing that a watcher is told.
type WatchEvent struct {
	Kind   WatchKind
	Index  uint64      // log index of the change; of WatchReady and WatchReset: of the state to begin from
	Resume uint64      // what WatchQuery.After must be to go on behind this event
	Op     string      // what was done, as the log calls it
	Key    *key.Record // public, as it is now: at least as new as Index
	ID     key.ID      // of the key
	Name   string      // of a key that is gone
	Reason string      // of WatchGone, WatchReset and WatchStale
}

// watchPoll is how often a watcher looks at its node's freshness when nothing happens.
const watchPoll = time.Second

// Watch is a caller's view of changes. One goroutine at a time calls its methods.
type Watch struct {
	t     *task
	q     WatchQuery
	place place
	index uint64 // everything up to here was told
	begun bool
	known bool
	stale bool
	slow  bool
	queue []change
	head  uint64 // index once queue is told; 0: there is more
	told  int
}

// Watch begins to tell changes of keys that the caller may read. The policies are asked for each change as they are then,
// and the token is looked at again, so that a revoked one ends the watch at once. It is recorded when it begins and when
// it ends. Close must be called.
func (v *Vault) Watch(ctx context.Context, c access.Caller, q WatchQuery) (*Watch, error) {
	a := access.List
	if q.Key != "" {
		a = access.Read
	}
	t, err := v.begin("key.watch", a, c, false)
	if err != nil {
		return nil, err
	}
	w := &Watch{t: t, q: q}
	err = w.enter(ctx)
	if derr := t.done(err); derr != nil {
		if err == nil {
			v.feed.leave()
		}
		return nil, derr
	}
	return w, nil
}

func (w *Watch) enter(ctx context.Context) error {
	t := w.t
	if err := checkTagFilter(w.q.Tags); err != nil {
		return err
	}
	t.change("prefix", w.q.Prefix)
	t.change("tags", strings.Join(w.q.Tags, ","))
	read := t.caller.Read
	if read.Mode != access.Linearizable && w.q.After > 0 {
		read = access.Consistency{Mode: access.AtIndex, Index: max(read.Index, w.q.After)}
	}
	if err := t.link.replica.Fresh(ctx, read); err != nil {
		return err
	}
	if w.q.Key != "" {
		if _, err := t.find(w.q.Key); err != nil {
			return err
		}
	} else if err := t.allow(access.OfVault()); err != nil {
		return err
	}
	var err error
	w.place, w.known, err = t.v.feed.enter(t.link.machine.State(), w.q.After)
	w.index = w.place.since
	return err
}

// Close ends the watch and records how much it told.
func (w *Watch) Close() {
	v := w.t.v
	v.feed.leave()
	end := v.start("key.watch-end", w.t.action, w.t.caller, false)
	end.change("events", strconv.Itoa(w.told))
	_ = end.done(nil) // nothing is handed out here that the record would have to precede
}

// Index is what WatchQuery.After must be to go on behind everything that was told so far.
func (w *Watch) Index() uint64 { return w.index }

// Next waits for the next event. ctx's own error leaves the watch as it was; any other error is its end:
// fault.Unauthenticated when the token is no longer good, fault.Sealed, fault.Busy for a caller who is too slow.
func (w *Watch) Next(ctx context.Context) (WatchEvent, error) {
	poll := time.NewTimer(watchPoll)
	defer poll.Stop()
	for {
		e, tell, moved, err := w.look(ctx)
		if tell || err != nil {
			if tell {
				w.told++
			}
			return e, err
		}
		select {
		case <-ctx.Done():
			return WatchEvent{}, ctx.Err()
		case <-moved:
		case <-poll.C:
			poll.Reset(watchPoll)
		}
	}
}

// look finds the next event, if there is one now.
func (w *Watch) look(ctx context.Context) (e WatchEvent, tell bool, moved <-chan struct{}, err error) {
	for {
		var found taken
		if len(w.queue) == 0 {
			found = w.t.v.feed.take(&w.place) // before anything is asked: what happens after it, is seen again
		}
		if err := w.live(); err != nil {
			return e, false, nil, err
		}
		if err := w.t.still(context.WithoutCancel(ctx)); err != nil { // the lease is looked at, not waited for
			w.keep(found)
			if w.stale {
				return e, false, found.moved, nil
			}
			w.stale = true
			return WatchEvent{Kind: WatchStale, Index: w.index, Resume: w.index, Reason: fault.Of(err).Message}, true, nil, nil
		}
		if found.lost || found.epoch {
			return w.reset(found), true, nil, nil
		}
		w.keep(found)
		if !w.begun || w.stale {
			return w.ready(), true, nil, nil
		}
		if len(w.queue) == 0 {
			return e, false, found.moved, nil
		}
		if e, tell, err = w.first(); tell || err != nil {
			return e, tell, nil, err
		}
	}
}

// live is nil while the caller may be told anything at all.
func (w *Watch) live() error {
	if w.slow {
		return fault.New(fault.Busy, "this watcher is slower than the changes it watches").WithHint("List the keys anew, then watch again; narrow what is watched.")
	}
	_, room, err := w.t.v.opened()
	if err != nil {
		return err
	}
	if room != w.t.keys {
		return fault.New(fault.Sealed, "the node was sealed meanwhile")
	}
	return w.t.alive()
}

func (w *Watch) keep(found taken) {
	w.queue = append(w.queue, found.changes...)
	if found.moved == nil {
		return
	}
	w.head = found.head
	w.settle()
}

// settle moves the place to resume from to the end of what is known, once all of it was told.
func (w *Watch) settle() {
	if len(w.queue) == 0 && w.head > 0 {
		w.index, w.head = max(w.index, w.head), 0
	}
}

func (w *Watch) ready() WatchEvent {
	e := WatchEvent{Kind: WatchReady, Index: w.index, Resume: w.index}
	if !w.begun && !w.known {
		e.Kind, e.Reason = WatchReset, "the changes since then are no longer remembered"
	}
	w.begun, w.stale = true, false
	return e
}

// reset begins again from the state as it is, because changes were missed.
func (w *Watch) reset(found taken) WatchEvent {
	index := w.t.link.machine.State().Index()
	w.place, w.index, w.queue, w.head = w.t.v.feed.behind(index), index, nil, 0
	w.begun, w.stale, w.slow = true, false, found.lost
	reason := "the state was replaced by a snapshot"
	if found.lost {
		reason = "changes came faster than they were read"
	}
	return WatchEvent{Kind: WatchReset, Index: w.index, Resume: w.index, Reason: reason}
}

// first tells the first change of the queue, if it is one for this caller.
func (w *Watch) first() (WatchEvent, bool, error) {
	c := w.queue[0]
	if w.queue = w.queue[1:]; c.last {
		w.index = c.index
	}
	w.settle()
	e := WatchEvent{Index: c.index, Op: c.op, ID: c.id}
	if c.policy {
		e.Kind, e.Reason, e.Resume = WatchReset, "the policies changed", w.index
		return e, true, nil
	}
	set, err := w.t.policies()
	if err != nil {
		return e, false, err
	}
	sees := func(r *key.Record) bool {
		return r != nil && w.q.matches(r) && set.Decide(w.t.caller, access.Read, access.OfKey(r)).Allowed
	}
	e.Resume = w.index
	r := w.t.link.machine.State().Key(c.id)
	switch {
	case sees(r):
		e.Kind, e.Key, e.Name = WatchKey, public(r), r.Name
		return e, true, nil
	case sees(c.old):
		e.Kind, e.Name, e.Reason = WatchGone, c.old.Name, "hidden"
		if r == nil {
			e.Reason = "purged"
		}
		return e, true, nil
	}
	return e, false, nil
}

func (q *WatchQuery) matches(r *key.Record) bool {
	if q.Key != "" && r.Name != q.Key && r.ID.String() != q.Key {
		return false
	}
	return strings.HasPrefix(r.Name, q.Prefix) && !slices.ContainsFunc(q.Tags, func(tag string) bool { return !fsm.HasTag(r, tag) })
}
