package cluster

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/vault/fault"
)

// transferStuck is when a hand-over that raft neither completes nor gives up has wedged it (raft#696).
const transferStuck = 10 * time.Second

// Transfer hands leadership to a healthy, open voter that has caught up; to "" picks the one that is furthest. It
// returns when another node leads. Leader only. Kinds: NoLeader; BadState if nobody can take over; NotFound.
func (n *Node) Transfer(ctx context.Context, to string) error {
	n.confMu.Lock()
	defer n.confMu.Unlock()
	if n.raft.State() != raft.Leader {
		return fault.New(fault.NoLeader, "this node does not lead")
	}
	s, err := n.heir(to, wanted{})
	for limit := n.boot() + n.silence(); err != nil && n.boot() < limit && ctx.Err() == nil && n.raft.State() == raft.Leader; {
		n.sleepUntil(ctx, n.boot()+5*time.Millisecond) // a new leader has to hear of the others first
		s, err = n.heir(to, wanted{})
	}
	if err != nil {
		return err
	}
	return n.transferTo(ctx, s)
}

// wanted is what an heir must be. What is not demanded is preferred: open nodes first, then those with room on their disk.
type wanted struct{ open, room bool }

// heir finds who could lead. Whoever is named must be open, too.
func (n *Node) heir(to string, w wanted) (raft.Server, error) {
	var best raft.Server
	var bestReport heard
	for _, s := range n.servers() {
		id := string(s.ID)
		if to != "" && id != to || id == n.cfg.Node || s.Suffrage != raft.Voter {
			continue
		}
		h, ok := n.reports.get(id)
		if !ok || n.boot()-h.at > n.silence() || h.lag > closeEnough || h.Sealed && (w.open || to != "") || h.Disk.Low && w.room {
			continue
		}
		if best.ID == "" || fitter(h, bestReport) {
			best, bestReport = s, h
		}
	}
	if best.ID != "" {
		return best, nil
	}
	if to == "" {
		return best, fault.New(fault.BadState, "no other voter is up, open and close enough to take over").
			WithHint("`quorate operator members` shows who is up and how far behind; bring one of them back, or wait until it has caught up.")
	}
	if _, ok := n.find(to); !ok {
		return best, fault.New(fault.NotFound, "node %q is not a member", to)
	}
	return best, fault.New(fault.BadState, "node %q cannot take over: it must be a voter, up, open and close behind", to).
		WithHint("`quorate operator members` shows what it lacks; or name no member, and the fittest is chosen.")
}

// fitter tells whether a is the better heir.
func fitter(a, b heard) bool {
	switch {
	case a.Sealed != b.Sealed:
		return b.Sealed
	case a.Disk.Low != b.Disk.Low:
		return b.Disk.Low
	default:
		return a.Applied > b.Applied
	}
}

// transferTo does it, under a watchdog. Caller holds confMu.
func (n *Node) transferTo(ctx context.Context, s raft.Server) error {
	addr := raft.ServerAddress(n.addrOf(string(s.ID)))
	before := n.raft.CurrentTerm()
	f := n.raft.LeadershipTransferToServer(s.ID, addr)
	endWith(f, n.stopped)
	done := make(chan error, 1)
	go func() { done <- f.Error() }() // ends with the hand-over, or with the node that the watchdog ends
	watchdog := time.NewTimer(transferStuck)
	defer watchdog.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fault.Wrap(fault.BadState, err, "leadership could not be handed to %s", s.ID).
				WithHint("This node still leads. Look whether %s is well (`quorate operator members`), then try again.", s.ID)
		}
	case <-watchdog.C:
		n.fail(fmt.Errorf("handing leadership to %s: raft neither completed it nor gave it up in %v; the node restarts itself out of it", s.ID, transferStuck))
		return fault.New(fault.Uncertain, "handing leadership over got stuck")
	case <-n.stopped:
		return fault.New(fault.Uncertain, "this node stopped")
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		_, id := n.raft.LeaderWithID()
		// The heir may have handed it on, and back, before we looked: a leadership of ours in a later term says so.
		back := string(id) == n.cfg.Node && n.raft.CurrentTerm() > before
		if id != "" && string(id) != n.cfg.Node || back {
			return nil
		}
		select {
		case <-tick.C:
		case <-watchdog.C:
			return fault.New(fault.Uncertain, "leadership was given up, and no new leader was seen in %v", transferStuck)
		case <-ctx.Done():
			return fault.Wrap(fault.Uncertain, ctx.Err(), "leadership was given up, and no new leader was seen in time")
		case <-n.ctx.Done():
			return nil
		}
	}
}

// endWith lets whoever waits for f go when the node has stopped. Raft gives its other futures a channel for that and forgot this one: a
// hand-over that lies in its queue when it shuts down is never answered. Where the field is called otherwise some day, one goroutine stays
// until the process ends, as before.
func endWith(f raft.Future, stopped chan struct{}) {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return // it has its answer already
	}
	if field := v.Elem().FieldByName("ShutdownCh"); field.IsValid() && field.CanSet() && field.Type() == reflect.TypeOf(stopped) {
		field.Set(reflect.ValueOf(stopped))
	}
}

// SetSealed tells the others whether this node has its keyring. A sealed leader hands over to an open voter at once, as
// soon as there is one.
func (n *Node) SetSealed(sealed bool) {
	if n.sealed.Swap(sealed) == sealed {
		return
	}
	n.refreshGossip()
	n.poke()
	n.nudge()
}

// nudge makes runMembers look now.
func (n *Node) nudge() {
	select {
	case n.nudged <- struct{}{}:
	default:
	}
}
