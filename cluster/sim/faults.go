package sim

import (
	"context"
	"errors"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// trouble is one kind of fault: begin injects it and says how to end it. keeps says that a majority stays up and in touch, so
// that there has to be a leader in spite of it; aside, that it is one node alone that is struck, the leader or another.
type trouble struct {
	name  string
	keeps bool
	aside bool
	least time.Duration
	most  time.Duration
	begin func(w *World) (end func())
}

// kinds is everything that is done to a cluster.
var kinds = []trouble{
	{"a node cut off", true, true, 100 * time.Millisecond, 10 * time.Second, cutOff(one)},
	{"the leader cut off", true, false, 300 * time.Millisecond, 8 * time.Second, cutOff(leader)},
	{"a node deaf", true, true, 100 * time.Millisecond, 6 * time.Second, oneWay(one, true)},
	{"the leader deaf", false, false, 100 * time.Millisecond, 6 * time.Second, oneWay(leader, true)},
	{"a node mute", true, true, 100 * time.Millisecond, 6 * time.Second, oneWay(one, false)},
	{"the leader mute", true, false, 300 * time.Millisecond, 6 * time.Second, oneWay(leader, false)},
	{"two nodes out of touch", true, false, 100 * time.Millisecond, 6 * time.Second, apart},
	{"raft's connections wedged", false, false, 300 * time.Millisecond, 4 * time.Second, wedge(raftLane)},
	{"calls wedged", false, false, 300 * time.Millisecond, 4 * time.Second, wedge(callLane)},
	{"everybody out of touch", false, false, 500 * time.Millisecond, 5 * time.Second, shatter},
	{"messages lost", false, false, time.Second, 8 * time.Second, weather(0.15, 0)},
	{"messages late", false, false, time.Second, 8 * time.Second, weather(0, 250*time.Millisecond)},
	{"a node killed", true, true, 0, 8 * time.Second, killed(one, 1, false)},
	{"the leader killed", true, false, 300 * time.Millisecond, 6 * time.Second, killed(leader, 1, false)},
	{"a majority killed", false, false, 0, 4 * time.Second, killed(one, majority, false)},
	{"all killed", false, false, 0, 3 * time.Second, killed(one, everybody, false)},
	{"power cut at one node", true, true, 0, 4 * time.Second, killed(one, 1, true)},
	{"power cut at all", false, false, 0, 2 * time.Second, killed(one, everybody, true)},
	{"a node paused", true, true, 100 * time.Millisecond, 6 * time.Second, paused(one)},
	{"the leader paused", true, false, 400 * time.Millisecond, 6 * time.Second, paused(leader)},
	{"the leader paused for a moment", false, false, 450 * time.Millisecond, 950 * time.Millisecond, paused(leader)},
	{"writes fail at one node", true, true, time.Second, 4 * time.Second, disks(one, true, 0, false)},
	{"writes fail at the leader", true, false, 2 * time.Second, 4 * time.Second, disks(leader, true, 0, false)},
	{"slow disk at the leader", false, false, time.Second, 6 * time.Second, disks(leader, false, 300*time.Millisecond, false)},
	{"frozen disk at one node", true, true, time.Second, 12 * time.Second, disks(one, false, 0, true)},
	{"frozen disk at the leader", true, false, 6 * time.Second, 12 * time.Second, disks(leader, false, 0, true)},
	{"wall clock set", false, false, 0, 2 * time.Second, wallClock},
	{"leadership handed over", false, false, 0, time.Second, handOver},
	{"a member replaced", false, false, 0, time.Second, replace},
}

// How many processes are killed, where it depends on how many there are.
const (
	majority  = -1
	everybody = -2
)

func one(w *World) *Node {
	list := w.Members()
	n := list[w.rnd.IntN(len(list))]
	w.record.load.Load().strikes(n.Name)
	return n
}

// leader waits a moment for one; nil if there is none.
func leader(w *World) *Node {
	for range 40 {
		if n := w.Leader(); n != nil {
			return n
		}
		time.Sleep(50 * time.Millisecond)
	}
	return one(w)
}

func cutOff(who func(*World) *Node) func(*World) func() {
	return func(w *World) func() {
		n := who(w)
		for _, m := range w.Members() {
			w.net.cut(n.Name, m.Name, raftLane, callLane)
			w.net.cut(m.Name, n.Name, raftLane, callLane)
		}
		return w.net.heal
	}
}

func oneWay(who func(*World) *Node, deaf bool) func(*World) func() {
	return func(w *World) func() {
		n := who(w)
		for _, m := range w.Members() {
			if deaf {
				w.net.cut(m.Name, n.Name, raftLane, callLane)
			} else {
				w.net.cut(n.Name, m.Name, raftLane, callLane)
			}
		}
		return w.net.heal
	}
}

func apart(w *World) func() {
	a, b := one(w), one(w)
	w.net.cut(a.Name, b.Name, raftLane, callLane)
	if w.rnd.IntN(2) == 0 {
		w.net.cut(b.Name, a.Name, raftLane, callLane)
	}
	return w.net.heal
}

// wedge stops one kind of connection around the leader, and leaves the other.
func wedge(l lane) func(*World) func() {
	return func(w *World) func() {
		n := leader(w)
		for _, m := range w.Members() {
			w.net.cut(n.Name, m.Name, l)
			w.net.cut(m.Name, n.Name, l)
		}
		return w.net.heal
	}
}

func shatter(w *World) func() {
	for _, a := range w.Members() {
		for _, b := range w.Members() {
			w.net.cut(a.Name, b.Name, raftLane, callLane)
		}
	}
	return w.net.heal
}

func weather(loss float64, delay time.Duration) func(*World) func() {
	return func(w *World) func() {
		w.net.trouble(loss, delay)
		return w.net.heal
	}
}

// killed ends processes, of the node that who names first.
func killed(who func(*World) *Node, count int, power bool) func(*World) func() {
	return func(w *World) func() {
		doomed, list, count := []*Node{who(w)}, w.Members(), count
		switch count {
		case majority:
			count = len(list)/2 + 1
		case everybody:
			count = len(list)
		}
		for _, n := range list {
			if len(doomed) < count && n != doomed[0] {
				doomed = append(doomed, n)
			}
		}
		for _, n := range doomed {
			w.kill(n)
			if power {
				n.disk.cutPower()
			}
		}
		return func() {
			for _, i := range w.rnd.Perm(len(doomed)) {
				w.restart(doomed[i])
			}
		}
	}
}

// paused makes a process stand still, as SIGSTOP or a suspended machine does.
func paused(who func(*World) *Node) func(*World) func() {
	return func(w *World) func() {
		n := who(w)
		n.clock.pause()
		return func() {
			w.GoOnBusily(n)
			w.record.load.Load().rush(n)
		}
	}
}

func disks(who func(*World) *Node, fail bool, slow time.Duration, freeze bool) func(*World) func() {
	return func(w *World) func() {
		n := who(w)
		n.disk.ail(fail, slow, freeze)
		return func() { n.disk.ail(false, 0, false) }
	}
}

func wallClock(w *World) func() {
	n := one(w)
	n.clock.jump(time.Duration(w.rnd.Int64N(int64(48*time.Hour))) - 24*time.Hour)
	return func() {}
}

func handOver(w *World) func() {
	n := leader(w)
	if life := n.alive(); life != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = life.node.Transfer(ctx, "") // it may have no heir
	}
	return func() {}
}

// replace takes a member out that does not lead, and then adds a new one under a new name.
func replace(w *World) func() {
	n := leader(w)
	for _, m := range w.Members() {
		if m != n && w.remove(m) {
			w.retire(m)
			w.join()
			break
		}
	}
	return func() {}
}

// remove takes a member out, and tells whether it did. A removal whose outcome is unknown is asked for again: one that took effect unseen
// would leave a cluster that is smaller than this world believes.
func (w *World) remove(m *Node) bool {
	unknown := false
	for range 60 {
		err := error(fault.New(fault.NoLeader, "nobody leads"))
		if life := leader(w).alive(); life != nil {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			err = life.node.Remove(ctx, m.Name)
			cancel()
		}
		switch {
		case err == nil || errors.Is(err, fault.NotFound):
			return true
		case !unknown && !errors.Is(err, fault.Uncertain):
			return false
		}
		unknown = true
		time.Sleep(500 * time.Millisecond)
	}
	w.record.complain("whether %s was removed is not known after 30 s", m.Name)
	return false
}

// retire waits until a removed process has learnt of it and ended.
func (w *World) retire(n *Node) {
	for range 300 {
		n.mu.Lock()
		gone := n.gone
		n.mu.Unlock()
		if gone {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.record.complain("%s was removed and has not learnt of it in 30 s", n.Name)
	w.kill(n)
	n.mu.Lock()
	n.gone = true
	n.mu.Unlock()
}
