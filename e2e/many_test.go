package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// inParallel does n things, some at a time, and fails with the first error.
func (c *cluster) inParallel(n int, do func(i int) error) {
	c.t.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	var first atomic.Pointer[error]
	for range min(n, 48) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && first.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	all.Wait()
	if err := first.Load(); err != nil {
		c.t.Fatal(*err)
	}
}

// filled makes keys prefix/0 to prefix/n-1 at all nodes, and returns a ciphertext of each.
func (c *cluster) filled(prefix string, n int) map[string]string {
	c.t.Helper()
	texts := make([]string, n)
	name := func(i int) string { return fmt.Sprintf("%s/%d", prefix, i) }
	c.inParallel(n, func(i int) error {
		at := c.nodes[i%len(c.nodes)]
		made, err := c.ask(at, create(name(i), true))
		if err == nil && made.status != http.StatusCreated {
			err = errors.New(made.String())
		}
		if err != nil {
			return fmt.Errorf("making %s at %s: %w", name(i), at.name, err)
		}
		r := on(name(i), "encrypt", api.EncryptRequest{Plaintext: []byte("of " + name(i))})
		r.header = map[string]string{api.HeaderIndex: made.header.Get(api.HeaderIndex)}
		a, err := c.ask(at, r)
		var e api.EncryptResponse
		if err == nil {
			err = a.kit().Into(&e)
		}
		if err != nil {
			return fmt.Errorf("encrypting under %s at %s: %w", name(i), at.name, err)
		}
		texts[i] = e.Ciphertext
		return nil
	})
	all := make(map[string]string, n)
	for i, text := range texts {
		all[name(i)] = text
	}
	return all
}

// opened wants a node to open every ciphertext, but for those of a key that was destroyed.
func (c *cluster) opened(n *node, texts map[string]string, destroyed string) {
	c.t.Helper()
	var names []string
	for name := range texts {
		names = append(names, name)
	}
	c.inParallel(len(names), func(i int) error {
		name := names[i]
		a, err := c.ask(n, on(name, "decrypt", api.DecryptRequest{Ciphertext: texts[name]}))
		if err == nil && name == destroyed {
			if a.status != http.StatusConflict {
				err = fmt.Errorf("it was destroyed, and answers %v", a)
			}
		} else if err == nil {
			var d api.DecryptResponse
			if err = a.kit().Into(&d); err == nil && string(d.Plaintext) != "of "+name {
				err = fmt.Errorf("it opens as %q", d.Plaintext)
			}
		}
		if err != nil {
			return fmt.Errorf("%s at %s: %w", name, n.name, err)
		}
		return nil
	})
}

// A large vault goes to the next version and back, node by node, while clients write: every request of a client that retries is answered, nothing that
// was acknowledged is lost, and the digests of all nodes are one after each way. The level is held, as the runbook has it for who may want to go back.
func TestALargeVaultGoesToTheNextVersionAndBack(t *testing.T) {
	if os.Getenv("COUNTED") == "" {
		t.Skip("fills a vault with 100,000 keys: runs in make counted; TestRollingUpgradeUnderLoad has the way of one node and back")
	}
	next, err := nextProgram()
	if err != nil {
		t.Fatal(err)
	}
	c := open(t)
	c.ok("operator", "autopilot", "set", "--hold-level")
	const keys = 100_000
	texts := c.filled("corpus", keys)
	c.caughtUp()
	c.sameDigest()
	var gaps []time.Duration
	acked := 0
	for _, program := range []string{next, ""} {
		l := c.startLoad(fmt.Sprintf("way/%t", program == ""), 3)
		l.reach(t, 50)
		begin := time.Now()
		lead, followers := c.leader()
		for _, n := range append(followers, lead) {
			c.upgrade(n, program)
			l.reach(t, 20)
		}
		l.finish()
		for _, err := range l.failed {
			t.Errorf("a retrying client saw %v", err)
		}
		gaps, acked = append(gaps, l.gap(begin).Round(time.Millisecond)), acked+len(l.acked)
		c.caughtUp()
		c.sameDigest()
		c.proveKept(sampled(l.acked, 300))
	}
	for _, n := range c.nodes {
		c.level(n, 1)
		c.opened(n, texts, "")
	}
	tellFigure(t, fmt.Sprintf("upgrade N-1 → N → back, %d keys", keys), "0 lost, gap ≤ failover, digests equal", "3 nodes one by one, the leader last, 3 writers that retry",
		"0 lost of %d keys and %d writes, none failed; longest gap %v there, %v back; digests of 3 nodes equal after each", keys, acked, gaps[0], gaps[1])
}
