package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// A running cluster takes a snapshot back while readers hammer every node, and its leader is killed in the middle: asked once itself, and once through a
// follower. Either way all of it takes effect or nothing, and what did not is repeated. What was taken out of use after the snapshot is
// served by no node at any moment, and what the snapshot does not have is served by none once the restore was acknowledged.
func TestLeaderKilledInTheMiddleOfARestore(t *testing.T) {
	c := open(t)
	for _, name := range []string{"kept", "suspended", "destroyed"} {
		if a := c.must(c.nodes[0], create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	c.bulk("bulk", 800) // several pieces
	var hammers []*hammer
	for _, name := range []string{"kept", "suspended", "destroyed"} {
		hammers = append(hammers, c.hammer(decryptWith(name, c.sealed(name))))
	}
	hammers[0].served(t, c.nodes)
	snapshot := c.dir + "/before.qsnap"
	c.ok("operator", "snapshot", "save", snapshot)
	c.ok("key", "suspend", "suspended")
	suspended := time.Now()
	c.ok("key", "deactivate", "destroyed")
	c.ok("key", "destroy", "destroyed", "--force", "--after", "0s", "--yes")
	destroyed := time.Now()
	for round, through := range []string{"the leader", "a follower"} {
		later := fmt.Sprint("later", round)
		c.bulk(later, 20)
		lead, followers := c.leader()
		asked := lead
		if through == "a follower" {
			asked = followers[0]
		}
		done := make(chan ran, 1)
		go func() {
			done <- c.background([]*node{asked}, "operator", "snapshot", "restore", snapshot, "--yes-replace-state")
		}()
		frozen := c.untilFrozen(followers[1])
		lead.kill()
		r := <-done
		c.leader()
		left := c.count(later)
		t.Logf("through %s: killed while frozen: %v, the command ended with %d, %d of 20 later keys are left", through, frozen, r.code, left)
		if left != 0 && left != 20 {
			t.Fatalf("half of the restore took effect: %d of 20 keys are left", left)
		}
		if r.code == 0 && left != 0 {
			t.Errorf("it was acknowledged and %d keys are left", left)
		}
		if left != 0 {
			if again := c.cli([]*node{followers[1]}, "operator", "snapshot", "restore", snapshot, "--yes-replace-state"); again.code != 0 {
				t.Fatalf("repeating it: %v", again)
			}
			if left = c.count(later); left != 0 {
				t.Errorf("after it was repeated %d keys are left", left)
			}
		}
		lead.start()
		c.settled(lead)
		c.unseal(followers[0])
		c.serving(c.nodes...)
		if a := c.must(lead, create(fmt.Sprint("goes-on/", round), true)); a.status != http.StatusCreated {
			t.Errorf("writes do not go on: %v", a)
		}
	}
	for _, h := range hammers {
		h.finish()
	}
	hammers[1].after(t, "the suspended key", suspended)
	hammers[2].after(t, "the destroyed key", destroyed)
}

// bulk makes many keys, and waits until they are there.
func (c *cluster) bulk(prefix string, n int) {
	c.t.Helper()
	const writers = 16
	var wg sync.WaitGroup
	var failed atomic.Pointer[string]
	cl := c.client()
	for w := range writers {
		wg.Go(func() {
			for i := w; i < n && failed.Load() == nil; i += writers {
				if _, err := cl.CreateKey(context.Background(), api.CreateKeyRequest{Name: fmt.Sprintf("%s/%d", prefix, i), Algorithm: "aes-256-gcm"}); err != nil {
					text := err.Error()
					failed.Store(&text)
				}
			}
		})
	}
	wg.Wait()
	if why := failed.Load(); why != nil {
		c.t.Fatalf("making keys: %s", *why)
	}
}

// count is how many keys of a folder the cluster has; the nodes that run say the same.
func (c *cluster) count(prefix string) int {
	c.t.Helper()
	same := -1
	for _, n := range c.nodes {
		if n.ended() {
			continue
		}
		var page api.Keys
		eventually(c.t, 30*time.Second, n.name+" lists", func() error {
			a, err := c.ask(n, get("/v1/keys?name="+prefix+"/&limit=100&consistency=linearizable"))
			if err != nil {
				return err
			}
			return a.kit().Into(&page)
		})
		if have := len(page.Keys); same >= 0 && have != same {
			c.t.Errorf("%s has %d keys in %s, another %d", n.name, have, prefix, same)
		} else {
			same = have
		}
	}
	return same
}

// untilFrozen asks until the vault says that a snapshot is being restored; false if that moment passed unseen.
func (c *cluster) untilFrozen(at *node) bool {
	return kit.Attempt(10*time.Second, func() error {
		a, err := c.ask(at, request{method: http.MethodPatch, path: "/v1/keys/kept", body: `{"tags":{"tried":"yes"}}`, within: 2 * time.Second})
		if err == nil && !strings.Contains(a.problem.Detail, "being restored") {
			err = fmt.Errorf("%v", a)
		}
		return err
	}) == nil
}

// background is cli for a goroutine.
func (c *cluster) background(nodes []*node, args ...string) (r ran) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := c.command(ctx, nodes, args...)
	out, err := cmd.CombinedOutput()
	r.stderr = string(out)
	if err != nil {
		r.code = max(cmd.ProcessState.ExitCode(), 1)
	}
	return r
}
