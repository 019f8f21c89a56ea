package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

// acknowledged is a key whose creation was answered, with what was encrypted under it.
type acknowledged struct {
	name, ciphertext string
	plaintext        []byte
	at               time.Time // of the answer to its creation
}

// load is writers that create keys without pause through clients that retry, and remember each answer.
type load struct {
	mu      sync.Mutex
	acked   []acknowledged
	failed  []error
	stop    atomic.Bool
	running sync.WaitGroup
}

func (c *cluster) startLoad(prefix string, writers int) *load {
	c.t.Helper()
	l := &load{}
	for w := range writers {
		cl := c.client(append(slices.Clone(c.nodes[w%len(c.nodes):]), c.nodes[:w%len(c.nodes)]...)...)
		l.running.Go(func() {
			for i := 0; !l.stop.Load(); i++ {
				a, err := writeOne(cl, fmt.Sprintf("%s/%d/%d", prefix, w, i))
				l.mu.Lock()
				if err != nil {
					l.failed = append(l.failed, err)
				} else {
					l.acked = append(l.acked, a)
				}
				l.mu.Unlock()
			}
		})
	}
	c.t.Cleanup(func() { l.finish() })
	return l
}

func writeOne(cl *client.Client, name string) (acknowledged, error) {
	x, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := cl.CreateKey(x, api.CreateKeyRequest{Name: name}); err != nil {
		return acknowledged{}, fmt.Errorf("creating %s: %w", name, err)
	}
	a := acknowledged{name: name, plaintext: []byte("of " + name), at: time.Now()}
	e, err := cl.Encrypt(x, name, api.EncryptRequest{Plaintext: a.plaintext})
	if err != nil {
		return acknowledged{}, fmt.Errorf("encrypting under %s: %w", name, err)
	}
	a.ciphertext = e.Ciphertext
	return a, nil
}

func (l *load) finish() {
	l.stop.Store(true)
	l.running.Wait()
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// reach waits until n more writes are acknowledged.
func (l *load) reach(t *testing.T, n int) {
	t.Helper()
	goal := l.count() + n
	eventually(t, 30*time.Second, fmt.Sprintf("%d more writes", n), func() error {
		if have := l.count(); have < goal {
			return fmt.Errorf("%d to go", goal-have)
		}
		return nil
	})
}

// gap is the longest time without an acknowledgement that ends after since.
func (l *load) gap(since time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := make([]time.Time, 0, len(l.acked))
	for _, a := range l.acked {
		times = append(times, a.at)
	}
	slices.SortFunc(times, time.Time.Compare)
	longest := time.Duration(0)
	for i := 1; i < len(times); i++ {
		if times[i].After(since) {
			longest = max(longest, times[i].Sub(times[i-1]))
		}
	}
	return longest
}

// proveKept opens every acknowledged ciphertext at every node.
func (c *cluster) proveKept(acked []acknowledged) {
	c.t.Helper()
	var all sync.WaitGroup
	var lost atomic.Int64
	for _, n := range c.nodes {
		cl := c.client(n)
		for part := range 4 {
			all.Go(func() {
				for i := part; i < len(acked) && lost.Load() == 0; i += 4 {
					d, err := cl.Decrypt(context.Background(), acked[i].name, api.DecryptRequest{Ciphertext: acked[i].ciphertext})
					if err != nil || !bytes.Equal(d.Plaintext, acked[i].plaintext) {
						lost.Add(1)
						c.t.Errorf("%s: the acknowledged key %s does not open its ciphertext: %v", n.name, acked[i].name, err)
					}
				}
			})
		}
	}
	all.Wait()
}

func TestKillOfTheLeaderLosesNothingAcknowledged(t *testing.T) {
	c := open(t)
	rounds := 3
	if long {
		rounds = 20
	}
	var gaps []time.Duration
	for round := range rounds {
		lead, _ := c.leader()
		l := c.startLoad(fmt.Sprintf("kill/%d", round), 8)
		l.reach(t, 100)
		killed := time.Now()
		lead.kill()
		l.reach(t, 100)
		l.finish()
		gap := l.gap(killed)
		gaps = append(gaps, gap)
		for _, err := range l.failed {
			t.Errorf("round %d: a retrying client saw %v", round, err)
		}

		lead.start()
		eventually(t, 10*time.Second, "the restarted node finds its cluster", func() error {
			s, err := c.status(lead)
			if err == nil && s.Leader == "" {
				return fmt.Errorf("no leader: %s", s.Reason)
			}
			if err == nil && !s.Sealed {
				t.Fatalf("%s is open after a restart without shares", lead.name)
			}
			return err
		})
		c.unseal(c.nodes[(round+1)%3])
		c.serving(c.nodes...)
		c.caughtUp()
		c.proveKept(l.acked)
		t.Logf("round %d: %s killed, %d writes acknowledged, %v without one", round, lead.name, len(l.acked), gap.Round(time.Millisecond))
	}
	slices.Sort(gaps)
	t.Logf("time without writes over %d kills: median %v, worst %v", rounds, gaps[len(gaps)/2].Round(time.Millisecond), gaps[len(gaps)-1].Round(time.Millisecond))
	bound := 10 * time.Second // other tests share the machine
	if long {
		bound = 2500 * time.Millisecond
	}
	if worst := gaps[len(gaps)-1]; worst > bound {
		t.Errorf("writes stood still for %v", worst)
	}
}

// caughtUp waits until all nodes have applied the same index.
func (c *cluster) caughtUp() {
	c.t.Helper()
	eventually(c.t, 20*time.Second, "all nodes have applied the same", func() error {
		var at []uint64
		for _, n := range c.nodes {
			s, err := c.status(n)
			if err != nil {
				return err
			}
			at = append(at, s.Index)
		}
		if slices.Min(at) != slices.Max(at) {
			return fmt.Errorf("indexes %v", at)
		}
		return nil
	})
}

func TestStoppingTheLeaderFailsNoRequest(t *testing.T) {
	c := open(t)
	lead, _ := c.leader()
	l := c.startLoad("term", 8)
	l.reach(t, 100)
	told := time.Now()
	lead.signal(sigterm)
	l.reach(t, 200)
	lead.waitExit(20 * time.Second)
	ended := time.Since(told)
	if err := lead.proc.Err(); err != nil {
		t.Errorf("%s did not stop in order: %v", lead.name, err)
	}
	l.finish()
	for _, err := range l.failed {
		t.Errorf("a retrying client saw %v", err)
	}
	gap := l.gap(told)
	t.Logf("hand-over: %v without an acknowledged write, the process ended after %v", gap.Round(time.Millisecond), ended.Round(time.Millisecond))
	if gap > 3*time.Second {
		t.Errorf("the hand-over took %v", gap)
	}
	lead.start()
	c.unseal(lead)
	c.serving(c.nodes...)
	c.proveKept(l.acked)
}

// All processes die at once, in the middle of writing. What was acknowledged is on the disks of a majority.
func TestKillOfAllNodesLosesNothingAcknowledged(t *testing.T) {
	c := open(t)
	for round := range 2 {
		l := c.startLoad(fmt.Sprintf("all/%d", round), 8)
		l.reach(t, 200)
		for _, n := range c.nodes {
			n.signal(sigkill)
		}
		for _, n := range c.nodes {
			n.kill()
		}
		l.stop.Store(true)
		for _, n := range c.nodes {
			n.start()
		}
		for _, n := range c.nodes {
			c.settled(n)
		}
		c.unseal(c.nodes[round])
		c.serving(c.nodes...)
		l.finish()
		c.caughtUp()
		c.proveKept(l.acked)
		t.Logf("round %d: %d writes acknowledged, all kept", round, len(l.acked))
	}
}
