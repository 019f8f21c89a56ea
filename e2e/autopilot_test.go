package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// The leader removes a member that has been dead for longer than --dead-after, and not another one if that would leave fewer voters up
// than --min-quorum: of three with one dead nobody goes. Who was removed and comes back stays out, and says why.
func TestADeadMemberIsRemovedAfterAWhile(t *testing.T) {
	if !long {
		t.Skip("a member is removed after a minute at the earliest, and here one has to stay for longer: runs with -tags e2e")
	}
	t.Parallel()
	const deadAfter, near = time.Minute, 15 * time.Second
	const heard = 3 * time.Second // before it was killed, at the most: a member is silent since then
	c := open(t)
	n4 := c.addNode("n4", c.joinToken("token4", "--uses", "1", "--ttl", "10m"))
	n4.start()
	c.nodes = append(c.nodes, n4)
	c.voters(c.nodes[0], 4)
	c.unseal(n4)
	c.serving(n4)
	if r := c.cli(nil, "operator", "autopilot", "set", "--dead-after", "59s"); r.code == 0 || !strings.Contains(r.stderr, "silent for 1m") {
		t.Errorf("dead after less than a minute: %v", r)
	}
	c.ok("operator", "autopilot", "set", "--dead-after", deadAfter.String())

	without := func(dead *node) {
		c.nodes = slices.DeleteFunc(slices.Clone(c.nodes), func(n *node) bool { return n == dead })
	}
	lead, rest := c.leader()
	first := rest[0]
	first.kill()
	killed := time.Now()
	without(first)
	c.stays(lead, first.name, "voter", deadAfter-near)
	eventually(t, 2*near, first.name+" is removed", func() error {
		if got := c.role(lead, first.name); got != "none" {
			return fmt.Errorf("%v after it was killed it is %s", time.Since(killed).Round(time.Second), got)
		}
		return nil
	})
	if took := time.Since(killed); took < deadAfter-heard {
		t.Errorf("it was removed %v after it was killed, want %v", took, deadAfter)
	}
	if a := c.must(lead, create("after-the-clean-up", false)); a.status != http.StatusCreated {
		t.Error(a)
	}

	lead, rest = c.leader()
	second, other := rest[0], rest[1]
	second.kill()
	without(second)
	c.refused(first, "removed from its cluster", "--rejoin --wipe") // its disk, started again
	if got := c.role(lead, first.name); got != "none" {
		t.Errorf("the removed member is back as %s", got)
	}
	c.stays(lead, second.name, "voter", deadAfter+near)
	if a := c.must(other, create("with-two-of-three", false)); a.status != http.StatusCreated {
		t.Error(a)
	}
	// Only the least kept it: it has been dead for long enough.
	c.ok("operator", "autopilot", "set", "--min-quorum", "2")
	eventually(t, near, second.name+" is removed", func() error {
		if got := c.role(lead, second.name); got != "none" {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	})
	if a := c.must(other, create("with-two-of-two", false)); a.status != http.StatusCreated {
		t.Error(a)
	}
	c.caughtUp()
	c.sameDigest()
}
