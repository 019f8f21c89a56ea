package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// lease is the default staleness bound of reads.
const lease = 2 * time.Second

// relayed puts a relay before every node's peer port.
func relayed(relays map[*node]*relay) option {
	return func(c *cluster) {
		for _, n := range c.nodes {
			n.advertisePeer = freePort(c.t)
			relays[n] = newRelay(c.t, n.advertisePeer, n.peer)
		}
	}
}

// A follower that is cut off from the leader stops answering default reads within the lease, says why, and serves
// again once it is back. Cut are the ways into the follower and into the leader: so neither hears the other, while
// the leader keeps its quorum through the third node.
func TestFollowerThatIsCutOffStopsServingAndSaysWhy(t *testing.T) {
	relays := map[*node]*relay{}
	c := open(t, relayed(relays))
	lead, followers := c.leader()
	cut := followers[0]
	if a := c.must(lead, create("seen", false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	c.mustSee(cut, "seen?consistency=linearizable", nil, 1)

	relays[cut].cut()
	relays[lead].cut()
	since := time.Now()
	var lastServed time.Duration
	var refused answer
	eventually(t, 3*lease, "the follower stops serving", func() error {
		began := time.Since(since)
		a, err := c.ask(cut, get("/v1/keys/seen"))
		if err != nil {
			return err
		}
		if a.status == http.StatusOK {
			lastServed = began
			return fmt.Errorf("served %v after the cut", began)
		}
		refused = a
		return nil
	})
	expect(t, "a read at the follower that is cut off", refused, http.StatusServiceUnavailable, "stale", "leader")
	if refused.header.Get("Retry-After") == "" {
		t.Error("the refusal names no Retry-After")
	}
	if lastServed > lease+50*time.Millisecond {
		t.Errorf("a read that began %v after the cut was served; the lease is %v", lastServed, lease)
	}
	t.Logf("the last read that was served began %v after the cut; then: %s", lastServed.Round(time.Millisecond), refused.problem.Detail)
	for range 20 { // it stays so
		if a := c.must(cut, get("/v1/keys/seen")); a.status == http.StatusOK {
			t.Fatalf("the follower that is cut off serves again: %v", a)
		}
	}
	if s, err := c.status(cut); err != nil || s.Fresh || s.Reason == "" {
		t.Errorf("its status does not say that it is not fresh, and why: %+v %v", s, err)
	}
	if a := c.must(cut, request{method: http.MethodGet, path: "/livez", noToken: true}); a.status != http.StatusOK {
		t.Errorf("a node that is cut off is live: %v", a)
	}
	if a := c.must(cut, request{method: http.MethodGet, path: "/readyz", noToken: true}); a.status != http.StatusServiceUnavailable {
		t.Errorf("a node that is cut off is not ready: %v", a)
	}

	relays[cut].heal()
	relays[lead].heal()
	healed := time.Now()
	c.serving(c.nodes...)
	t.Logf("serving again %v after the cut was healed", time.Since(healed).Round(time.Millisecond))
	c.mustSee(cut, "seen", nil, 1)
	_, _ = c.leader()
	if strings.Contains(cut.tail(1000), "panic") {
		t.Errorf("%s panicked", cut.name)
	}
}
