package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// storedKeys makes n data keys under a key and gives them in plain by id.
func (c *cluster) storedKeys(under string, n int) map[string][]byte {
	c.t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	plain := map[string][]byte{}
	const batch = 256
	for w := range 4 {
		cl := c.client(c.nodes[w%len(c.nodes)])
		all.Go(func() {
			for range n / batch / 4 {
				items := make([]api.DataKeyRequest, batch)
				for i := range items {
					items[i] = api.DataKeyRequest{Plaintext: true}
				}
				stored, err := cl.StoreDataKeys(ctx(c.t), under, items)
				if err != nil {
					c.t.Errorf("storing: %v", err)
					return
				}
				mu.Lock()
				for _, k := range stored {
					plain[k.ID] = k.Plaintext
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(plain) != n {
		c.t.Fatalf("%d of %d data keys were stored", len(plain), n)
	}
	return plain
}

// sameEverywhere takes the material of data keys from every node: of each step-th, or of all.
func (c *cluster) sameEverywhere(plain map[string][]byte, step int) {
	c.t.Helper()
	var all sync.WaitGroup
	for at, n := range c.nodes {
		ids, i := make(chan string, len(plain)), 0
		for id := range plain {
			if (i+at)%step == 0 {
				ids <- id
			}
			i++
		}
		close(ids)
		for range 3 {
			cl := c.client(n)
			all.Go(func() {
				for id := range ids {
					m, err := cl.Material(ctx(c.t), id, 0)
					if err != nil || !bytes.Equal(m.Material, plain[id]) {
						c.t.Errorf("%s gives another data key %s: %v", n.name, id, err)
						return
					}
				}
			})
		}
	}
	all.Wait()
}

func (c *cluster) rewrappingOf(n *node, key string) (*api.KeyRewrapping, error) {
	return c.client(n).Rewrapping(ctx(c.t), key)
}

// finished waits until a campaign is over, as every node tells it.
func (c *cluster) finished(key string, total int) (last *api.KeyRewrapping) {
	c.t.Helper()
	for _, n := range c.nodes {
		eventually(c.t, 60*time.Second, "the campaign ends", func() error {
			r, err := c.rewrappingOf(n, key)
			if err != nil {
				return err
			}
			if last = r; r.Campaign == nil || r.Campaign.FinishedAt == "" {
				return fmt.Errorf("%+v", r.Campaign)
			}
			return nil
		})
		if last.Campaign.Done != last.Campaign.Total || last.Campaign.Total != uint64(total) {
			c.t.Errorf("%s: %d of %d are done, of %d", n.name, last.Campaign.Done, last.Campaign.Total, total)
		}
		for _, v := range last.Versions {
			if newest := v.Version == last.Latest; newest && v.Items != total || !newest && (v.Items != 0 || !v.SafeToRetire) {
				c.t.Errorf("%s: %+v", n.name, v)
			}
		}
	}
	return last
}

// moved is how many versions of children a node's own state has seen campaigns move since its process began.
func (c *cluster) moved(n *node) (moves int) {
	c.t.Helper()
	a := c.must(n, request{method: http.MethodGet, path: "/metrics", noToken: true})
	for line := range strings.Lines(string(a.body)) {
		if v, ok := strings.CutPrefix(line, "quorate_rewrapped_total "); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				c.t.Fatal(err)
			}
			return int(f)
		}
	}
	c.t.Fatalf("%s does not tell how many versions were moved", n.name)
	return 0
}

// audited adds up what the audit logs of all nodes say that the leaders' entries to one version moved, by leader.
func (c *cluster) audited(to int) (moves int, leaders []string) {
	c.t.Helper()
	for _, n := range c.nodes {
		text, err := os.ReadFile(filepath.Join(n.dir, "audit.log"))
		if err != nil {
			c.t.Fatal(err)
		}
		led := false
		for line := range bytes.Lines(text) {
			var e struct {
				Phase, Operation, Outcome string
				Changes                   map[string]string
			}
			if json.Unmarshal(line, &e) != nil || e.Operation != "sys.rewrap-children" || e.Changes["to"] != strconv.Itoa(to) || e.Outcome != "ok" {
				continue // among others the file's head, and a line that the kill cut short
			}
			moved, err := strconv.Atoi(e.Changes["moved"])
			if asked, _ := strconv.Atoi(e.Changes["versions"]); err != nil || moved > asked {
				c.t.Errorf("%s: an entry moved %q of %q versions", n.name, e.Changes["moved"], e.Changes["versions"])
			}
			moves, led = moves+moved, true
		}
		if led {
			leaders = append(leaders, n.name)
		}
	}
	return moves, leaders
}

// onlyForward follows a node's account of a campaign's progress, from what is known to be done, until the story asks what it saw: it never
// goes back, and never beyond the end.
func (c *cluster) onlyForward(n *node, key string, done uint64) (judge func()) {
	following, stop := context.WithCancel(c.t.Context())
	ended, cl := make(chan struct{}), c.client(n)
	looks, behind, beyond := 0, "", ""
	go func() {
		defer close(ended)
		for following.Err() == nil {
			if r, err := cl.Rewrapping(following, key); err == nil && r.Campaign != nil {
				if looks++; r.Campaign.Done < done && behind == "" {
					behind = fmt.Sprintf("%d after %d", r.Campaign.Done, done)
				}
				if r.Campaign.Done > r.Campaign.Total {
					beyond = fmt.Sprintf("%d of %d", r.Campaign.Done, r.Campaign.Total)
				}
				done = max(done, r.Campaign.Done)
			}
			select {
			case <-following.Done():
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() {
		stop()
		if <-ended; looks == 0 || behind != "" || beyond != "" {
			c.t.Errorf("%s was asked %d times for the progress: it went back %q, beyond the end %q", n.name, looks, behind, beyond)
		}
	}
}

// The leader dies while it moves stored data keys to a new version of the key above them. Whoever leads next goes on; no data key is
// lost, none is moved twice, and all of them are what they were.
//
// That none is moved twice is counted by each survivor's own state, which saw the whole campaign: all are under the newest version in the
// end, so each was moved at least once, and there were as many moves as data keys. The audit logs agree: they have all moves but those whose leader died before it wrote them down.
func TestKillOfTheLeaderInTheMiddleOfACampaign(t *testing.T) {
	c := open(t)
	cl := c.client(c.nodes...)
	if _, err := cl.CreateKey(ctx(t), api.CreateKeyRequest{Name: "app"}); err != nil {
		t.Fatal(err)
	}
	total := 6 * 1024
	if long {
		total = 40 * 1024
	}
	plain := c.storedKeys("app", total)
	hit := false
	for round := range 5 {
		lead, rest := c.leader()
		watching := c.client(rest[0])
		before := map[*node]int{rest[0]: c.moved(rest[0]), rest[1]: c.moved(rest[1])}
		if _, err := cl.RotateKey(ctx(t), "app"); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, "something was moved", func() error {
			for range 1_000 {
				r, err := watching.Rewrapping(ctx(t), "app")
				if err != nil {
					return err
				}
				if r.Campaign.Done > 0 {
					return nil
				}
			}
			return fmt.Errorf("nothing is done")
		})
		lead.kill()
		var r *api.KeyRewrapping
		eventually(t, 20*time.Second, "a survivor tells how far it is", func() (err error) {
			r, err = c.rewrappingOf(rest[0], "app")
			return err
		})
		t.Logf("round %d: %s was killed, %d of %d were done", round, lead.name, r.Campaign.Done, r.Campaign.Total)
		hit = hit || r.Campaign.Done < r.Campaign.Total
		monotone := c.onlyForward(rest[1], "app", r.Campaign.Done)
		lead.start()
		c.settled(lead) // a share is relayed to who can be reached
		c.unseal(rest[0])
		c.serving(c.nodes...)
		c.finished("app", total)
		monotone()
		for n, was := range before {
			if moves := c.moved(n) - was; moves != total {
				t.Errorf("round %d: %s saw %d moves of %d data keys", round, n.name, moves, total)
			}
		}
		answered, leaders := c.audited(round + 2) // the key's versions count from 1
		if t.Logf("round %d: the audit logs of %v have %d moves of %d", round, leaders, answered, total); answered > total {
			t.Errorf("round %d: the audit logs have %d moves of %d data keys", round, answered, total)
		}
		if unwritten := total - answered; unwritten > 3*512 { // entries that a leader has under way at a time
			t.Errorf("round %d: %d moves are in no audit log", round, unwritten)
		}
		c.sameEverywhere(plain, 8)
		if hit && !long {
			break
		}
	}
	if !hit {
		t.Error("no leader was killed in the middle")
	}
	if _, err := cl.RotateKey(ctx(t), "app"); err != nil {
		t.Fatal(err)
	}
	r := c.finished("app", total)
	begun, _ := time.Parse(time.RFC3339, r.Campaign.StartedAt)
	ended, _ := time.Parse(time.RFC3339, r.Campaign.FinishedAt)
	t.Logf("%d data keys moved in %v", total, ended.Sub(begun))
	c.sameEverywhere(plain, 1)
	if long {
		t.Logf("%.0f a second", float64(total)/ended.Sub(begun).Seconds())
	}
}
