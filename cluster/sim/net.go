package sim

import (
	"math/rand/v2"
	"sync"
	"time"
)

// lane tells raft's connections from those of calls: each can be wedged alone.
type lane int

const (
	raftLane lane = iota
	callLane
	lanes
)

// link is the way from one node to another, for requests and for answers.
type link struct{ from, to string }

// network carries messages. A message that is cut off or lost vanishes, and nobody is told.
type network struct {
	mu      sync.Mutex
	rnd     *rand.Rand           // guarded by mu
	cuts    [lanes]map[link]bool // guarded by mu
	loss    float64              // of each message; guarded by mu
	delay   time.Duration        // the most that a message takes beside the usual; guarded by mu
	stale   [lanes]time.Duration // the most that a message takes on connections that stood idle; guarded by mu
	ports   map[string]*port     // by address, of nodes that run; guarded by mu
	instant bool                 // messages take no time; never changes
	sent    int                  // messages; guarded by mu
	lost    int                  // messages; guarded by mu
}

// usual is the most that a message takes when nothing is wrong.
const usual = 2 * time.Millisecond

func newNetwork(seed uint64) *network {
	n := &network{rnd: rand.New(rand.NewPCG(seed, 7)), ports: map[string]*port{}}
	for i := range n.cuts {
		n.cuts[i] = map[link]bool{}
	}
	return n
}

// heal ends everything that is wrong.
func (n *network) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.cuts {
		clear(n.cuts[i])
	}
	n.loss, n.delay = 0, 0
}

// cut makes messages on these lanes vanish.
func (n *network) cut(from, to string, on ...lane) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range on {
		n.cuts[l][link{from, to}] = true
	}
}

// trouble sets loss and delay of all messages.
func (n *network) trouble(loss float64, delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loss, n.delay = loss, delay
}

func (n *network) at(addr string) *port {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ports[addr]
}

// What was sent during a pause takes up to wakeMost, for wakeLasts after it.
const (
	wakeMost  = 150 * time.Millisecond
	wakeLasts = 400 * time.Millisecond
)

// wake makes one kind of connection slow for a while: what was sent on it during a pause is sent again, later each time.
func (n *network) wake(on lane, most, lasts time.Duration) {
	set := func(d time.Duration) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.stale[on] = d
	}
	set(most)
	time.AfterFunc(lasts, func() { set(0) })
}

// shortly is how long the answer to a heartbeat may lie unread.
func (n *network) shortly() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Duration(n.rnd.Int64N(int64(40 * time.Millisecond)))
}

// pass takes one message over, if it arrives. It takes as long as the message does; a lost one takes no time here, and its
// sender waits for an answer in vain.
func (n *network) pass(on lane, from, to string) bool {
	n.mu.Lock()
	n.sent++
	gone := n.cuts[on][link{from, to}] || n.loss > 0 && n.rnd.Float64() < n.loss
	if gone {
		n.lost++
	}
	took := time.Duration(n.rnd.Int64N(int64(usual)))
	if n.instant {
		took = 0
	}
	if n.stale[on] > 0 {
		took += time.Duration(n.rnd.Int64N(int64(n.stale[on])))
	}
	if n.delay > 0 {
		took += time.Duration(n.rnd.Int64N(int64(n.delay)))
	}
	n.mu.Unlock()
	if gone {
		return false
	}
	if took > 0 {
		time.Sleep(took)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cuts[on][link{from, to}] { // on the way
		n.lost++
		return false
	}
	return true
}
