package sim

import (
	"context"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/fsm"
)

const (
	leaderWithin = 5 * time.Second // after a heal
	probeLasts   = 2 * time.Second
	writeWithin  = 7 * time.Second  // in spite of a fault that leaves a majority: 3 s until a disk is given up, 5 s for the rest
	wholeWithin  = 60 * time.Second // after a heal every node answers again
)

// leaseBound is how old a local read may be, on any node's clock.
func (w *World) leaseBound() time.Duration { return w.lease + w.lease/100 }

// Run lets clients work for a while and injects one fault after the other, then judges everything. It ends the world.
func (w *World) Run(lasts time.Duration) *Record {
	l := w.newLoad()
	w.record.load.Store(l)
	l.run()
	end := w.began.Add(lasts)
	for time.Now().Before(end) {
		l.recover()
		time.Sleep(time.Duration(w.rnd.Int64N(int64(4 * time.Second))))
		k := kinds[w.rnd.IntN(len(kinds))]
		if w.opt.Only != nil && !w.opt.Only(k.name) {
			continue
		}
		l.ail(k.aside)
		w.inject(k)
	}
	l.ail(false)
	close(l.stop)
	l.work.Wait()
	w.converge(l)
	w.End()
	w.record.close(w)
	return &w.record
}

// inject makes one trouble and ends it, and sees to it that a leader is there in time and that all nodes come back.
func (w *World) inject(k trouble) {
	w.record.fault(k.name)
	began := time.Now()
	end := k.begin(w)
	lasts := k.least
	if k.most > k.least {
		lasts += time.Duration(w.rnd.Int64N(int64(k.most - k.least)))
	}
	over := began.Add(lasts)
	if k.keeps && lasts > leaderWithin {
		if took, ok := w.leaderBy(over); ok {
			w.record.led(took, false)
		} else {
			w.record.complain("%q left a majority, and there was no leader in %v", k.name, lasts)
		}
	}
	if k.keeps && lasts > writeWithin {
		time.Sleep(time.Until(began.Add(writeWithin - probeLasts)))
		if !w.writes(probeLasts) {
			w.record.complain("%q left a majority, and nothing can be written after %v", k.name, writeWithin)
		}
	}
	time.Sleep(time.Until(over))
	end()
	if took, ok := w.leaderBy(time.Now().Add(leaderWithin)); ok {
		w.record.led(took, true)
	} else {
		w.record.complain("no leader %v after the end of %q", leaderWithin, k.name)
	}
	healed := time.Now()
	for !w.whole() {
		if time.Since(healed) > wholeWithin {
			w.record.complain("not every node answers %v after the end of %q: %s", wholeWithin, k.name, w.whyNot())
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.record.whole(time.Since(healed))
}

// writes tells whether some node commits a write within a time.
func (w *World) writes(within time.Duration) bool {
	var done atomic.Bool
	var asked sync.WaitGroup
	for _, n := range w.Members() {
		life := n.alive()
		if life == nil || n.clock.paused() != nil {
			continue
		}
		asked.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), within)
			defer cancel()
			for ctx.Err() == nil && !done.Load() {
				var req fsm.Request
				binary.BigEndian.PutUint64(req.ID[8:], uint64(w.seq.Add(1)))
				if _, err := life.node.Propose(ctx, &fsm.PutDocument{Name: "setting/probe", Expect: 1 << 40}, req); err == nil {
					done.Store(true) // refused, for its revision: in the log all the same
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	asked.Wait()
	return done.Load()
}

// leaderBy waits for a leader.
func (w *World) leaderBy(limit time.Time) (took time.Duration, ok bool) {
	began := time.Now()
	for {
		if w.Leader() != nil {
			return time.Since(began), true
		}
		if !time.Now().Before(limit) {
			return 0, false
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// whole tells whether every node runs and may answer.
func (w *World) whole() bool {
	for _, n := range w.Members() {
		if l := n.alive(); l == nil || !l.node.Status().Fresh {
			return false
		}
	}
	return true
}

func (w *World) whyNot() string {
	text := ""
	for _, n := range w.Members() {
		l := n.alive()
		if l == nil {
			text += n.Name + " is down; "
			continue
		}
		if s := l.node.Status(); !s.Fresh {
			text += n.Name + ": " + s.Reason + "; "
		}
	}
	return text
}

// converge waits until all nodes hold the same, and judges it.
func (w *World) converge(l *load) {
	limit := time.Now().Add(wholeWithin)
	var same bool
	for time.Now().Before(limit) && !same {
		time.Sleep(100 * time.Millisecond)
		same = w.whole() && w.same()
	}
	if !same {
		w.record.complain("the nodes' states differ at the end, or they do not come back: %s", w.whyNot())
		return
	}
	for _, r := range l.regs {
		r.finish(w, w.Members()[0].alive())
	}
	for _, k := range l.keys {
		k.finish(w, w.Members()[0].alive())
	}
}

func (w *World) same() bool {
	var first [32]byte
	for i, n := range w.Members() {
		d := n.alive().machine.State().Digest()
		if i == 0 {
			first = d
		}
		if d != first {
			return false
		}
	}
	return true
}
