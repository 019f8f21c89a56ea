package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// reading is one read that was due at a time.
type reading struct {
	due  time.Time
	took time.Duration // from when it was due until it was answered
	bad  string        // what came in place of the answer
}

// readers read at one node at a rate, whether or not the reads before have come back: what waits counts for the node.
type readers struct {
	n       *node
	stopped atomic.Bool
	running sync.WaitGroup
	all     [16][]reading // one reader's each; read once all have ended
}

// readAt begins to read a key, and to open what it encrypted, rate times a second.
func (c *cluster) readAt(n *node, name, text string, rate int) *readers {
	r := &readers{n: n}
	begin := time.Now()
	asks := []request{get("/v1/keys/" + name), on(name, "decrypt", api.DecryptRequest{Ciphertext: text})}
	for w := range r.all {
		r.running.Go(func() {
			for i := w; !r.stopped.Load(); i += len(r.all) {
				one := reading{due: begin.Add(time.Duration(i) * time.Second / time.Duration(rate))}
				wait(time.Until(one.due))
				ask := asks[i/len(r.all)%2]
				ask.within = 5 * time.Second
				if a, err := c.ask(n, ask); err != nil {
					one.bad = err.Error()
				} else if a.status != http.StatusOK {
					one.bad = a.String()
					if a.problem.Kind == "stale" {
						one.bad = "stale"
					}
				}
				one.took = time.Since(one.due)
				r.all[w] = append(r.all[w], one)
			}
		})
	}
	c.t.Cleanup(r.stop)
	return r
}

func (r *readers) stop() { r.stopped.Store(true); r.running.Wait() }

// between is the reads that were due in a span of time.
func (r *readers) between(from, to time.Time) (some []reading) {
	for _, own := range r.all {
		for _, one := range own {
			if !one.due.Before(from) && one.due.Before(to) {
				some = append(some, one)
			}
		}
	}
	return some
}

// p99 is how long all but a hundredth of the reads took at most.
func p99(all []reading) time.Duration {
	if len(all) == 0 {
		return 0
	}
	var took []time.Duration
	for _, r := range all {
		took = append(took, r.took)
	}
	slices.Sort(took)
	return took[max(0, (len(took)*99+99)/100-1)].Round(10 * time.Microsecond)
}

// leased is how long a follower that loses its leader holds a lease at least: the lease without what may have passed since its
// last renewal, and some more for a machine that is busy.
const leased = lease - 500*time.Millisecond - 250*time.Millisecond

// The leader is killed and started again under readers of the nodes that are left, and of itself once it serves again: every read is
// answered. Only where nobody leads for longer than a lease lasts may a node say that it knows of nothing newer than that.
func TestReadsStayUpWhileTheLeaderIsLost(t *testing.T) {
	c := open(t)
	c.opensItself()
	const name = "read"
	if a := c.must(c.nodes[0], create(name, false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	text := c.sealed(name)
	c.caughtUp()
	kills, calm, rate := times(1, 20), 1500*time.Millisecond, 100 // the race detector makes this test's own part slow
	if times(0, 1) == 1 {
		calm, rate = 4*time.Second, 1000
	}
	var before, through []reading
	stale := 0
	for i := range kills {
		lead, rest := c.leader()
		var all []*readers
		for _, n := range rest {
			all = append(all, c.readAt(n, name, text, rate))
		}
		wait(calm + time.Second/4)
		killed := time.Now()
		lead.kill()
		gap := c.onceWritten(killed, fmt.Sprintf("reads/%d", i), rest...)
		lead.start()
		c.serving(lead)
		again := c.readAt(lead, name, text, rate)
		c.caughtUp()
		wait(calm / 2)
		for _, r := range append(all, again) {
			r.stop()
		}
		now := time.Now()
		for _, r := range append(all, again) {
			before = append(before, r.between(killed.Add(-calm), killed)...)
			some := r.between(killed, now)
			through = append(through, some...)
			for _, one := range some {
				at := one.due.Add(one.took).Sub(killed)
				switch {
				case one.bad == "":
				case one.bad == "stale" && at > leased && one.due.Sub(killed) < gap+time.Second:
					stale++
				default:
					t.Errorf("kill %d: a read at %s due %v after it, answered at %v (the next write: %v): %s", i+1, r.n.name, one.due.Sub(killed), at, gap, one.bad)
				}
			}
		}
		for _, one := range before {
			if one.bad != "" {
				t.Fatalf("a read before anything happened: %s", one.bad)
			}
		}
		if t.Failed() {
			return
		}
	}
	if want := kills * rate * 2; len(through) < want {
		t.Errorf("%d reads in %d kills: too few to show anything", len(through), kills)
	}
	how := fmt.Sprintf("%d kills -9 of the leader and restarts, %d reads a second at each node, timed from when they were due", kills, rate)
	beyond := ""
	if stale > 0 {
		beyond = fmt.Sprintf("; besides, %d at nodes whose lease had run out, since nobody led for longer", stale)
	}
	a, b := p99(before), p99(through)
	tellFigure(t, "local reads answered at nodes that hold a lease, while the leader is lost and comes back", "100 %", how, "all of %d%s", len(through)-stale, beyond)
	tellFigure(t, "the same reads: p99, beside before", "+ ≤ 5 ms", how, "%+.2f ms (%v before, %v from the kill until the node is back)", float64(b-a)/float64(time.Millisecond), a, b)
}
