package cluster

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Members that are not where they were, all of them perhaps, are looked for where a name says (DNS, or the operator's list). Who is at an address is
// for its certificate to say: a call to a member's name fails anywhere else.

const (
	findEvery  = 5 * time.Second
	findWithin = 4 * time.Second
	maxFound   = 64 // addresses that are tried in a round
)

// findMissing looks for members that did not answer at the address that this node knows. It waits for nobody; one round at a time.
func (n *Node) findMissing(missing []string) {
	if n.cfg.Find == nil || len(missing) == 0 {
		return
	}
	now := n.boot()
	if last := n.around.found.Load(); last != 0 && now-time.Duration(last) < findEvery || !n.around.finding.CompareAndSwap(false, true) {
		return
	}
	n.around.found.Store(int64(now))
	if !n.spawn(func() {
		defer n.around.finding.Store(false)
		ctx, cancel := context.WithTimeout(n.ctx, findWithin)
		defer cancel()
		n.seek(ctx, missing)
	}) {
		n.around.finding.Store(false)
	}
}

// seek is one round: every missing member is asked for at every address.
func (n *Node) seek(ctx context.Context, missing []string) {
	addrs, err := n.cfg.Find(ctx)
	if err != nil {
		n.log.Warn("a name of members cannot be looked up", "error", err)
	}
	addrs = slices.DeleteFunc(addrs, func(a string) bool { return a == "" || len(a) > maxAddr || a == n.peerAddr() })
	body, err := wireEnc.Marshal(aroundQuestion{Peer: n.peerAddr()})
	if err != nil {
		return
	}
	var calls sync.WaitGroup
	for _, addr := range addrs[:min(len(addrs), maxFound)] {
		calls.Go(func() {
			for _, node := range missing {
				_, err := n.port.Call(ctx, addr, node, methodAround, body)
				if err != nil {
					continue // somebody else is there, or nobody
				}
				n.around.mu.Lock()
				n.noteAddrLocked(node, addr)
				n.around.mu.Unlock()
				n.log.Info("a member was found at another address", "member", node, "peer", addr)
				_ = n.askAround(ctx, node) // it answered a moment ago; the next round asks again
				return
			}
		})
	}
	calls.Wait()
}
