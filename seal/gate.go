package seal

import (
	"sync/atomic"

	"github.com/quorate/quorate/vault/fault"
)

// closedBit marks a gate that lets nobody in any more; the bits below it count who is inside.
const closedBit = int64(1) << 62

// gate lets any number of users in until it is closed, and runs wipe exactly once: when it is closed and the last
// user has left. So nobody ever computes with a key that is being wiped, and closing never waits.
type gate struct {
	state atomic.Int64
	wipe  func() // set before the gate is shared
}

// enter reports whether the caller may use what the gate guards; if so, it must leave.
func (g *gate) enter() bool {
	if g.state.Add(1)&closedBit == 0 {
		return true
	}
	g.leave()
	return false
}

// leave ends a use begun by enter. A refused enter leaves too, so the count can touch zero more than once after
// closing: the swap to a state with a second mark makes the wipe happen once.
func (g *gate) leave() {
	if g.state.Add(-1) == closedBit {
		g.finish()
	}
}

// close refuses further users; the last one out wipes. It may be called more than once.
func (g *gate) close() {
	for {
		s := g.state.Load()
		if s&closedBit != 0 {
			return
		}
		if g.state.CompareAndSwap(s, s|closedBit) {
			if s == 0 {
				g.finish()
			}
			return
		}
	}
}

func (g *gate) finish() {
	const wiped = closedBit | closedBit>>1
	if g.state.CompareAndSwap(closedBit, wiped) && g.wipe != nil {
		g.wipe()
	}
}

// errSealed is what a use after wiping gets, always.
func errSealed() error { return fault.New(fault.Sealed, "this node is sealed") }
