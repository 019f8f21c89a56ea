package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// nextProgram is the program of the next version: it has a level of the log, and an operation of it, that the release lacks
// (package plant, level2). It is built once.
var nextProgram = sync.OnceValues(func() (string, error) {
	return kit.Build("..", filepath.Join(filepath.Dir(binary), "next"), "plant_level2")
})

// note is the operation that only the next version has.
func note(text string) request {
	return post("/v1/sys/planted-note", map[string]string{"text": text})
}

// upgrade replaces the program of a node in order, as the runbook does, and opens it again.
func (c *cluster) upgrade(n *node, program string) {
	c.t.Helper()
	n.stop()
	n.program = program
	n.start()
	c.settled(n)
	c.unseal(n)
	c.serving(n)
}

// refuses checks that a node refuses the new operation for now, with words that say why.
func (c *cluster) refuses(n *node, kind string, words ...string) {
	c.t.Helper()
	a := c.must(n, note("too early"))
	if a.problem.Kind != kind {
		c.t.Errorf("%s answers the operation that a member lacks with %v, want %s", n.name, a, kind)
	}
	for _, w := range words {
		if !strings.Contains(a.String(), w) {
			c.t.Errorf("%s does not say %q: %v", n.name, w, a)
		}
	}
}

// level waits until a node says that the cluster is at a level.
func (c *cluster) level(n *node, want uint32) {
	c.t.Helper()
	eventually(c.t, 30*time.Second, fmt.Sprintf("%s is at level %d", n.name, want), func() error {
		s, err := c.status(n)
		if err == nil && s.Level != want {
			err = fmt.Errorf("it is at level %d: %+v", s.Level, s.Members)
		}
		return err
	})
}

// sameDigest checks that all nodes have the same state at the same index.
func (c *cluster) sameDigest() {
	c.t.Helper()
	eventually(c.t, 20*time.Second, "one digest at one index", func() error {
		var first api.Digest
		for i, n := range c.nodes {
			var d api.Digest
			c.must(n, get("/v1/sys/digest")).into(c.t, &d)
			if i == 0 {
				first = d
			}
			if d.Index != first.Index {
				return fmt.Errorf("%s is at %d, %s at %d", n.name, d.Index, first.Node, first.Index)
			}
			if d.Digest != first.Digest {
				c.t.Fatalf("%s and %s differ at index %d", n.name, first.Node, d.Index)
			}
		}
		return nil
	})
}

// tooOld starts a member with the version before, twice: it reads of the level in its log, and then in its snapshot.
func (c *cluster) tooOld(n *node, right string) {
	c.t.Helper()
	for _, snapshot := range []bool{false, true} {
		if snapshot {
			n.signal(syscall.SIGUSR1)
			eventually(c.t, 10*time.Second, "a snapshot of "+n.name, func() error {
				found, err := filepath.Glob(filepath.Join(n.dir, "raft", "snapshots", "*.snap"))
				if err == nil && len(found) == 0 {
					err = errors.New("there is none")
				}
				return err
			})
		}
		n.stop()
		n.program = ""
		c.refused(n, "level 2", "knows up to 1", "upgrade this node")
		n.program = right
		n.start()
		c.settled(n)
	}
	c.unseal(n)
	c.serving(n)
}

// sampled is every so-manieth of what was acknowledged, about count.
func sampled(all []acknowledged, count int) []acknowledged {
	var some []acknowledged
	for i := 0; i < len(all); i += max(1, len(all)/count) {
		some = append(some, all[i])
	}
	return some
}

// A cluster goes from one version to the next, node by node, the leader last, while clients write and read. No request
// fails; what is new is refused, in words, for as long as a member lacks it, and the members that lack it live on; one that
// was upgraded can go back until the level has risen; and from then on a program that is too old is no member any more.
func TestRollingUpgradeUnderLoad(t *testing.T) {
	next, err := nextProgram()
	if err != nil {
		t.Fatal(err)
	}
	c := open(t)
	lead, followers := c.leader()
	first, second := followers[0], followers[1]
	if a := c.must(lead, note("x")); a.status != http.StatusNotFound {
		t.Fatalf("the release has the operation of the next version: %v", a)
	}
	l := c.startLoad("upgrade", 3)
	l.reach(t, 50)

	c.upgrade(first, next)
	c.refuses(first, "bad_state", lead.name, "Upgrade every member")
	l.reach(t, 50)
	c.upgrade(first, "") // back: nothing has risen yet
	l.reach(t, 50)
	c.upgrade(first, next)
	c.upgrade(second, next)

	c.ok("operator", "step-down", "--to", first.name)
	if now, _ := c.leader(); now != first {
		t.Fatalf("%s leads after step-down --to %s", now.name, first.name)
	}
	for _, n := range []*node{first, second} { // the leader itself, and who forwards to it
		c.refuses(n, "bad_state", "level 2", lead.name)
	}
	l.reach(t, 50)
	c.ok("operator", "autopilot", "set", "--hold-level", "--stabilize", "2s")
	c.upgrade(lead, next)
	wait(4 * time.Second) // twice what it takes when it is not held
	c.level(first, 1)
	c.refuses(first, "bad_state", "held")
	c.ok("operator", "autopilot", "set", "--hold-level=false")

	for _, n := range c.nodes {
		c.level(n, 2)
		if a := c.must(n, note("by "+n.name)); a.status != http.StatusNoContent {
			t.Errorf("%s refuses the new operation although every member has it: %v", n.name, a)
		}
	}
	l.reach(t, 50)
	l.finish()
	for _, err := range l.failed {
		t.Errorf("a retrying client saw %v", err)
	}
	c.caughtUp()
	c.sameDigest()
	t.Logf("%d writes acknowledged, none failed, longest pause %v", len(l.acked), l.gap(time.Time{}).Round(time.Millisecond))
	c.proveKept(sampled(l.acked, 300))

	c.tooOld(lead, next)
	n4 := c.addNode("n4", c.joinToken("token4", "--uses", "1", "--ttl", "10m"))
	c.refused(n4, "level 2", "newer")
	if got := c.role(first, "n4"); got != "none" {
		t.Errorf("a node whose program is too old became a member: %s", got)
	}
	n4.program = next // the token was not used up
	n4.start()
	c.nodes = append(c.nodes, n4)
	c.voters(first, 4)
	c.unseal(n4)
	c.serving(n4)
	c.caughtUp()
	c.sameDigest()
}
