package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/figures"
	"github.com/quorate/quorate/transport/api"
)

// user is readers at every node, all at the key that is about to be revoked and its neighbours.
type user struct {
	uses []usage
	at   atomic.Int64 // the key whose turn it is

	mu      sync.Mutex
	served  map[string][]time.Time // when successes began, by node and key; guarded by mu
	stop    atomic.Bool
	running sync.WaitGroup
}

func place(node string, i int) string { return fmt.Sprint(node, "/", i) }

func (c *cluster) use(uses []usage) *user {
	u := &user{uses: uses, served: map[string][]time.Time{}}
	for _, n := range c.nodes {
		u.running.Go(func() {
			for turn := 0; !u.stop.Load(); turn++ {
				i := int(u.at.Load()) - turn%2 // the one before has to stay revoked
				if i < 0 {
					continue
				}
				began := time.Now()
				if u.uses[i].ask(n, 5*time.Second).served {
					u.mu.Lock()
					u.served[place(n.name, i)] = append(u.served[place(n.name, i)], began)
					u.mu.Unlock()
				}
			}
		})
	}
	c.t.Cleanup(u.finish)
	return u
}

func (u *user) finish() {
	u.stop.Store(true)
	u.running.Wait()
}

func (u *user) times(node string, i int) []time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.served[place(node, i)])
}

// TestRevocationsOneAfterTheOtherAreKeptByEveryNode counts the uses that began after the acknowledgement: X = 0. How long the
// acknowledgement takes is reported.
func TestRevocationsOneAfterTheOtherAreKeptByEveryNode(t *testing.T) {
	c := open(t)
	count := times(50, 1000)
	if long {
		count = 1000
	}
	ways := revocations()
	client := c.kmipClient()
	var uses []usage
	var names []string
	for i := range count {
		v := ways[i%len(ways)]
		name, at := fmt.Sprintf("many/%s-%d", v.verb, i), c.nodes[i%3]
		switch door := i / len(ways) % 4; { // half of them by REST
		case door == 1:
			c.revocable(at, name, v.verb)
			var r api.Record
			c.must(at, get("/v1/keys/"+name+"?consistency=linearizable")).into(t, &r)
			uses = append(uses, c.byKMIP(client, r.ID))
		case door == 3 && v.verb != "destroy":
			made, both := c.withKEK(at)
			name, uses = made, append(uses, both[0])
		default:
			uses = append(uses, c.byRequest("REST", v.use(name, c.revocable(at, name, v.verb))))
		}
		names = append(names, name)
	}
	u := c.use(uses)
	acked := make([]time.Time, count)
	var took []time.Duration
	for i := range count {
		u.at.Store(int64(i))
		for _, n := range c.nodes {
			eventually(t, 10*time.Second, n.name+" uses the key", func() error {
				if len(u.times(n.name, i)) == 0 {
					return fmt.Errorf("%s has not used key %d yet", n.name, i)
				}
				return nil
			})
		}
		v := ways[i%len(ways)]
		asked := time.Now()
		a := c.must(c.nodes[(i/3)%3], post("/v1/keys/"+names[i]+"/"+v.verb, v.body))
		acked[i] = time.Now()
		if a.status != http.StatusOK {
			t.Fatalf("%s of key %d: %v", v.verb, i, a)
		}
		took = append(took, acked[i].Sub(asked))
	}
	wait(300 * time.Millisecond)
	u.finish()
	late, total := 0, 0
	for i := range count {
		for _, n := range c.nodes {
			for _, began := range u.times(n.name, i) {
				total++
				if began.After(acked[i]) {
					late++
					t.Errorf("%s used key %d by %s %v after its %s was acknowledged", n.name, i, uses[i].door, began.Sub(acked[i]), ways[i%len(ways)].verb)
				}
			}
		}
	}
	slices.Sort(took)
	p50, p99, most := took[count/2], took[count*99/100], took[count-1]
	t.Logf("%d revocations, %d uses, %d of them after the acknowledgement, which took p50 %v · p99 %v · longest %v", count, total, late, p50, p99, most)
	if dir := os.Getenv("RESULTS"); dir != "" {
		report(t, dir, fmt.Sprintf("make counted, %d revocations (suspend, deactivate, compromise, destroy) under readers at every node, by REST, KMIP and the keas.kmi door, 3 processes, loopback, %s", count, figures.Machine()),
			fmt.Sprintf("%d of %d uses", late, total), fmt.Sprintf("p50 %v · p99 %v · longest %v", p50.Round(time.Millisecond), p99.Round(time.Millisecond), most.Round(time.Millisecond)))
	}
}

// report writes the figures for the README.
func report(t *testing.T, dir, how, late, took string) {
	t.Helper()
	if err := figures.Append(
		filepath.Join(dir, "revoke.jsonl"),
		figures.Result{Figure: "uses of a key by any node after the acknowledgement of its revocation", Target: "0, X = 0 ms", Measured: late, How: how, Commit: figures.Commit()},
		figures.Result{Figure: "acknowledgement of a revocation, all members in touch", Target: "p99 ≤ 50 ms", Measured: took, How: how, Commit: figures.Commit()},
	); err != nil {
		t.Fatal(err)
	}
}
