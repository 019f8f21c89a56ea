package e2e_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// revocation is a way to take a key out of use, and a request that must not succeed afterwards.
type revocation struct {
	verb string
	body any
	use  func(key, ciphertext string) request
}

func encryptWith(key, _ string) request {
	return post("/v1/keys/"+key+"/encrypt", api.EncryptRequest{Plaintext: []byte("x")})
}

func decryptWith(key, ciphertext string) request {
	return post("/v1/keys/"+key+"/decrypt", api.DecryptRequest{Ciphertext: ciphertext})
}

func materialOf(key, _ string) request { return get("/v1/keys/" + key + "/material") }

func revocations() []revocation {
	now := "0s"
	return []revocation{
		{"suspend", api.StateRequest{}, decryptWith},
		{"deactivate", api.StateRequest{}, encryptWith},
		{"compromise", api.StateRequest{Reason: "lost"}, materialOf},
		{"destroy", api.DestroyRequest{After: &now, Force: true}, decryptWith},
	}
}

// hammer is readers at every node that note when each success began.
type hammer struct {
	mu      sync.Mutex
	began   map[string][]time.Time // of successes, by node
	stop    atomic.Bool
	running sync.WaitGroup
	tries   atomic.Int64
}

func (c *cluster) hammer(r request) *hammer {
	h := &hammer{began: map[string][]time.Time{}}
	r.within = time.Second
	for _, n := range c.nodes {
		for range 2 {
			h.running.Go(func() {
				for !h.stop.Load() {
					h.once(c, n, r)
				}
			})
		}
	}
	c.t.Cleanup(h.finish)
	return h
}

func (h *hammer) once(c *cluster, n *node, r request) {
	began := time.Now()
	a, err := c.ask(n, r)
	h.tries.Add(1)
	if err == nil && a.status == http.StatusOK {
		h.mu.Lock()
		h.began[n.name] = append(h.began[n.name], began)
		h.mu.Unlock()
	}
}

func (h *hammer) finish() {
	h.stop.Store(true)
	h.running.Wait()
}

// served waits until every node given has served some.
func (h *hammer) served(t *testing.T, nodes []*node) {
	t.Helper()
	for _, n := range nodes {
		eventually(t, 10*time.Second, n.name+" serves the key", func() error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.began[n.name]) < 10 {
				return context.DeadlineExceeded
			}
			return nil
		})
	}
}

// after fails the test for each success that began after the acknowledgement.
func (h *hammer) after(t *testing.T, what string, acked time.Time) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, times := range h.began {
		late := slices.IndexFunc(times, func(b time.Time) bool { return b.After(acked) })
		if late >= 0 {
			t.Errorf("%s: %s served %d requests that began after the acknowledgement, the last %v after it", what, name, len(times)-late, times[len(times)-1].Sub(acked))
		}
	}
}

// revocable makes a key with a ciphertext, in the state from which the verb is legal.
func (c *cluster) revocable(at *node, name, verb string) string {
	c.t.Helper()
	if a := c.must(at, create(name, true)); a.status != http.StatusCreated {
		c.t.Fatal(a)
	}
	var e api.EncryptResponse
	c.must(at, encryptWith(name, "")).into(c.t, &e)
	if verb == "destroy" {
		if a := c.must(at, post("/v1/keys/"+name+"/deactivate", api.StateRequest{})); a.status != http.StatusOK {
			c.t.Fatal(a)
		}
	}
	return e.Ciphertext
}

func TestRevokedKeyIsServedByNoNodeAfterTheAcknowledgement(t *testing.T) {
	c := open(t)
	rounds := 2
	if long {
		rounds = 50
	}
	for round := range rounds {
		for _, v := range revocations() {
			at := c.nodes[round%3]
			name := "revoke/" + v.verb + "/" + string(rune('a'+round%26)) + string(rune('a'+round/26))
			text := c.revocable(at, name, v.verb)
			h := c.hammer(v.use(name, text))
			h.served(t, c.nodes)
			asked := time.Now()
			a := c.must(at, post("/v1/keys/"+name+"/"+v.verb, v.body))
			acked := time.Now()
			if a.status != http.StatusOK {
				t.Fatalf("%s: %v", v.verb, a)
			}
			wait(300 * time.Millisecond)
			h.finish()
			h.after(t, v.verb, acked)
			t.Logf("%s: acknowledged after %v; %d tries", v.verb, acked.Sub(asked).Round(time.Millisecond), h.tries.Load())
			for _, n := range c.nodes {
				if a := c.must(n, v.use(name, text)); a.status != http.StatusConflict {
					t.Errorf("%s at %s: %v, want 409", v.verb, n.name, a)
				}
			}
		}
	}
}

// A follower that sleeps through the revocation must not serve the key when it wakes up, however long its own clock
// says that its lease still runs.
func TestRevokedKeyIsNotServedByAFollowerThatSlept(t *testing.T) {
	c := open(t)
	lead, followers := c.leader()
	asleep := followers[0]
	for _, v := range revocations() {
		name := "asleep/" + v.verb
		text := c.revocable(lead, name, v.verb)
		h := c.hammer(v.use(name, text))
		h.served(t, c.nodes)
		asleep.pause()
		asked := time.Now()
		a := c.must(lead, post("/v1/keys/"+name+"/"+v.verb, v.body))
		acked := time.Now()
		if a.status != http.StatusOK {
			t.Fatalf("%s: %v", v.verb, a)
		}
		if took := acked.Sub(asked); took > lease+2*time.Second {
			t.Errorf("%s: acknowledged after %v; the lease is %v", v.verb, took, lease)
		}
		var fresh sync.WaitGroup
		use := v.use(name, text)
		use.within = 5 * time.Second
		for range 16 { // these wait at its port, and are the first that it sees
			fresh.Go(func() { h.once(c, asleep, use) })
		}
		wait(50 * time.Millisecond)
		asleep.resume()
		fresh.Wait()
		c.serving(asleep)
		wait(200 * time.Millisecond)
		h.finish()
		h.after(t, v.verb, acked)
		t.Logf("%s with a sleeping follower: acknowledged after %v", v.verb, acked.Sub(asked).Round(time.Millisecond))
		if a := c.must(asleep, use); a.status != http.StatusConflict {
			t.Errorf("%s at %s: %v, want 409", v.verb, asleep.name, a)
		}
	}
}

// A follower that the network cut off still hears its own callers: they bypass the cut. None of them is served once
// the revocation is acknowledged.
func TestRevokedKeyIsNotServedByAFollowerThatIsCutOff(t *testing.T) {
	relays := map[*node]*relay{}
	c := open(t, relayed(relays))
	lead, followers := c.leader()
	cut := followers[0]
	for _, v := range revocations() {
		name := "cut/" + v.verb
		text := c.revocable(lead, name, v.verb)
		h := c.hammer(v.use(name, text))
		h.served(t, c.nodes)
		relays[cut].cut()
		relays[lead].cut()
		asked := time.Now()
		r := post("/v1/keys/"+name+"/"+v.verb, v.body)
		a := c.must(lead, r)
		acked := time.Now()
		if a.status != http.StatusOK {
			t.Fatalf("%s: %v", v.verb, a)
		}
		wait(300 * time.Millisecond)
		relays[lead].heal()
		relays[cut].heal()
		c.serving(c.nodes...)
		wait(100 * time.Millisecond)
		h.finish()
		h.after(t, v.verb, acked)
		t.Logf("%s with a follower cut off: acknowledged after %v", v.verb, acked.Sub(asked).Round(time.Millisecond))
		lead, followers = c.leader()
		cut = followers[0]
	}
}

// What a restarted node finds on its disk may be old: it serves none of it before it knows that it is not.
func TestRevokedKeyDoesNotComeBackWithARestartedNode(t *testing.T) {
	c := open(t)
	lead, followers := c.leader()
	back := followers[0]
	text := c.revocable(lead, "restarted", "suspend")
	c.caughtUp()
	back.kill()
	if a := c.must(lead, post("/v1/keys/restarted/suspend", api.StateRequest{})); a.status != http.StatusOK {
		t.Fatal(a)
	}
	acked := time.Now()
	back.spawn()
	c.settledWith(back, c.hammer(decryptWith("restarted", text)), acked)
	if a := c.must(back, decryptWith("restarted", text)); a.status != http.StatusConflict {
		t.Errorf("the suspended key at the restarted node: %v, want 409", a)
	}
}

// settledWith opens a node that was restarted, under a hammer that began with its first SYN.
func (c *cluster) settledWith(n *node, h *hammer, acked time.Time) {
	c.t.Helper()
	eventually(c.t, 20*time.Second, n.name+" lives", n.live)
	c.settled(n)
	c.unseal(n)
	c.serving(n)
	wait(200 * time.Millisecond)
	h.finish()
	h.after(c.t, "a restart", acked)
}
