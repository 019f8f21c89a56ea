package cluster

import "sync/atomic"

// telling lets the followers apply at once what was committed. A follower learns what is committed with the next entry
// that it is sent, or after the commit timeout: so the last write before a pause would take that long to be seen
// elsewhere, and a write that revokes would wait that long for its acknowledgement. While writes come without pause
// the next one tells; when the last one under way is done, an empty entry does.
type telling struct {
	underway atomic.Int64
	state    atomic.Int32 // idle, busy, again
}

const (
	tellIdle int32 = iota
	tellBusy
	tellAgain // something was committed since the empty entry under way was made
)

func (t *telling) begin() { t.underway.Add(1) }

func (t *telling) end(n *Node) {
	if t.underway.Add(-1) > 0 {
		return
	}
	for {
		switch state := t.state.Load(); {
		case state == tellAgain, state == tellBusy && t.state.CompareAndSwap(tellBusy, tellAgain):
			return
		case state == tellIdle && t.state.CompareAndSwap(tellIdle, tellBusy):
			if !n.spawn(func() { t.run(n) }) {
				t.state.Store(tellIdle)
			}
			return
		}
	}
}

func (t *telling) run(n *Node) {
	for {
		if len(n.servers()) > 1 && n.leading() != nil {
			_ = n.raft.Barrier(enqueueWithin).Error() // when leadership is gone there is nobody to tell
		}
		if t.state.CompareAndSwap(tellBusy, tellIdle) {
			return
		}
		t.state.Store(tellBusy)
	}
}
