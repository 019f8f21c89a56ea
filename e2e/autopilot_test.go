package e2e_test

import (
	"fmt"
	"net/http"
	"os"
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

// Of two that could vote, the one from the zone without a voter is first, whatever its name; and doctor says whether the cluster would
// outlive the loss of a zone.
func TestAVoteGoesToAnotherZoneFirst(t *testing.T) {
	t.Parallel()
	c := blank(t, 3, func(c *cluster) {
		for i, zone := range []string{"east", "east", "west"} {
			c.nodes[i].extra = "zone: " + zone + "\n"
		}
	})
	n1, n2, n3 := c.nodes[0], c.nodes[1], c.nodes[2]
	c.found()
	c.serving(n1)
	c.ok("operator", "autopilot", "set", "--stabilize", "1h")
	for _, n := range []*node{n3, n2} {
		n.join, n.joinToken = n1.peer, c.join
		n.start()
		c.becomes(n1, n.name, "nonvoter")
	}
	c.unseal(n1)
	c.serving(n2, n3)
	c.finds("zones", "attention", "1 of 1 voters stands in east")
	c.stays(n1, n2.name, "nonvoter", 3*time.Second)
	c.ok("operator", "autopilot", "set", "--stabilize", "1s")
	c.voters(n1, 3)
	want := []string{n3.name, n2.name}
	eventually(t, 20*time.Second, "the one in the other zone was given a vote first", func() error {
		log, err := os.ReadFile(n1.proc.Log)
		if err != nil {
			return err
		}
		var given []string // what is said comes after what is done
		for line := range strings.Lines(string(log)) {
			if _, member, ok := strings.Cut(strings.TrimSpace(line), " member="); ok && strings.Contains(line, "member votes now") {
				given = append(given, member)
			}
		}
		if !slices.Equal(given, want) {
			return fmt.Errorf("votes were given to %v, want %v", given, want)
		}
		return nil
	})

	c.finds("zones", "attention", "2 of 3 voters stand in east")
	n4 := c.addNode("n4", c.join)
	n4.extra = "zone: north\n"
	n4.start()
	c.nodes = append(c.nodes, n4)
	c.becomes(n1, n4.name, "voter")
	c.unseal(n4)
	c.finds("zones", "attention", "2 of 4 voters stand in east")
	c.ok("operator", "demote", n2.name)
	c.finds("zones", "ok", "3 voters")
}

// finds waits until doctor says that of a check.
func (c *cluster) finds(check, severity, detail string) {
	c.t.Helper()
	eventually(c.t, 20*time.Second, "doctor finds "+severity+" of "+check, func() error {
		d, _ := c.diagnose(c.nodes[0])
		for _, f := range d.Findings {
			if f.Check == check && f.Severity == severity && strings.Contains(f.Detail, detail) && (f.Next != "") == (severity != "ok") {
				return nil
			}
		}
		return fmt.Errorf("%+v", d.Findings)
	})
}
