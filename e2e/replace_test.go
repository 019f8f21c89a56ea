package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

// One command replaces a dead node: `server --replace`. The new one gets its vote first, the dead one is removed by the
// leader afterwards, and writing goes on all the time. A member that is up is not replaced.
func TestADeadNodeIsReplacedByOneCommand(t *testing.T) {
	t.Parallel()
	c := open(t)
	lead, followers := c.leader()
	at, dead := followers[0], followers[1]
	dead.kill()
	eventually(t, 10*time.Second, "the leader misses "+dead.name, func() error {
		s, err := c.status(lead)
		if err != nil {
			return err
		}
		for _, m := range s.Members {
			if m.ID == dead.name && m.Healthy {
				return fmt.Errorf("%+v", m)
			}
		}
		return nil
	})
	for i, n := range c.nodes {
		if n == dead {
			c.nodes = append(c.nodes[:i:i], c.nodes[i+1:]...)
			break
		}
	}
	c.ok("operator", "autopilot", "set", "--stabilize", "2s")
	l := c.startLoad("replaced", 2)
	l.reach(t, 20)

	n4 := c.addNode("n4", c.joinToken("token-any", "--uses", "1", "--ttl", "10m"))
	n4.replace = dead.name
	c.refused(n4, "does not say that "+dead.name+" may be replaced")
	n4.joinToken = c.joinToken("token-up", "--uses", "1", "--ttl", "10m", "--replace", at.name)
	n4.replace = at.name
	c.refused(n4, at.name+" is up", "not replaced")
	if r := c.cli(nil, "operator", "join-token", "--replace", "n9"); r.code == 0 || !strings.Contains(r.stderr, "n9") {
		t.Errorf("a token to replace nobody: %v", r)
	}
	n4.joinToken = c.joinToken("token4", "--uses", "1", "--ttl", "10m", "--replace", dead.name)
	c.refused(n4, "made to replace "+dead.name)
	n4.replace = dead.name // the token was not used up
	n4.start()
	fewest := 3
	eventually(t, 40*time.Second, n4.name+" votes and "+dead.name+" is gone", func() error {
		s, err := c.status(at)
		if err != nil {
			return err
		}
		votes, done := 0, 0
		for _, m := range s.Members {
			if m.Role != "nonvoter" {
				votes++
			}
			if m.ID == n4.name && m.Role == "voter" {
				done++
			}
			if m.ID == dead.name {
				done--
			}
		}
		fewest = min(fewest, votes)
		if done != 1 {
			return fmt.Errorf("%+v", s.Members)
		}
		return nil
	})
	if fewest < 3 {
		t.Errorf("there were %d voters at a time: the dead one went before its replacement voted", fewest)
	}
	l.reach(t, 20)
	l.finish()
	for _, err := range l.failed {
		t.Errorf("a retrying client saw %v", err)
	}
	c.nodes = append(c.nodes, n4)
	c.unseal(n4)
	c.serving(n4)
	c.caughtUp()
	c.sameDigest()
	if a := c.must(n4, create("after-the-replacement", false)); a.status != http.StatusCreated {
		t.Error(a)
	}
	c.refused(dead, "removed") // its disk, started again
}

// A node whose ports are all others after its restart, as on a machine with a new address, is found again by the others, who
// then call it by its new addresses; and it serves.
func TestANodeWithNewAddressesIsFoundAgain(t *testing.T) {
	t.Parallel()
	c := open(t)
	lead, followers := c.leader()
	moved := followers[0]
	moved.stop()
	moved.api, moved.peer, moved.gossip = freePort(t), freePort(t), freePort(t)
	moved.start()
	for _, n := range c.nodes {
		eventually(t, 30*time.Second, n.name+" knows where "+moved.name+" is", func() error {
			s, err := c.status(n)
			if err != nil {
				return err
			}
			for _, m := range s.Members {
				if m.ID == moved.name && (m.API != moved.api || m.Peer != moved.peer || m.Gossip != moved.gossip || !m.Healthy) {
					return fmt.Errorf("%+v, want %s %s %s", m, moved.api, moved.peer, moved.gossip)
				}
			}
			return nil
		})
	}
	c.unseal(lead)
	c.serving(moved)
	c.ok("operator", "step-down", "--to", moved.name) // so everybody finds it, for votes and for forwarded requests
	if now, _ := c.leader(); now != moved {
		t.Errorf("%s leads", now.name)
	}
	if a := c.must(lead, create("through-the-moved", false)); a.status != http.StatusCreated {
		t.Error(a)
	}
	c.caughtUp()
	c.sameDigest()
}

// A node finds members by the SRV records of a name. The name need not be there yet, and it may name nodes that are gone.
func TestANodeJoinsByServiceRecords(t *testing.T) {
	t.Parallel()
	c := blank(t, 1)
	c.found()
	c.serving(c.nodes[0])
	dns, err := kit.NewDNS(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	n2 := c.addNode("n2", c.join)
	n2.join, n2.resolver = "srv:_quorate._tcp.vault.test", dns.Addr()
	n2.start()
	eventually(t, 20*time.Second, "n2 asked for a name that is not there", func() error {
		if !n2.logged("_quorate._tcp.vault.test") {
			return fmt.Errorf("it says nothing:\n%s", n2.tail(3))
		}
		return nil
	})
	gone := freePort(t) // nobody listens there
	if err := dns.Service("_quorate._tcp.vault.test", gone, c.nodes[0].peer); err != nil {
		t.Fatal(err)
	}
	c.becomes(c.nodes[0], "n2", "voter")
	if !n2.logged(gone) {
		t.Errorf("n2 did not try the node that is gone first:\n%s", n2.tail(5))
	}
}

// A node finds members by the addresses of a name, all with the port that it was told. The name need not be there yet, and it may have
// addresses at which nobody is.
func TestANodeJoinsByAddressRecords(t *testing.T) {
	t.Parallel()
	c := blank(t, 1)
	c.found()
	c.serving(c.nodes[0])
	dns, err := kit.NewDNS(host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	at, port, err := net.SplitHostPort(c.nodes[0].peer)
	if err != nil {
		t.Fatal(err)
	}
	n2 := c.addNode("n2", c.join)
	n2.join, n2.resolver = "dns:nodes.vault.test:"+port, dns.Addr()
	n2.start()
	eventually(t, 20*time.Second, "n2 asked for a name that is not there", func() error {
		if !n2.logged("nodes.vault.test") {
			return fmt.Errorf("it says nothing:\n%s", n2.tail(3))
		}
		return nil
	})
	if got := c.role(c.nodes[0], "n2"); got != "none" {
		t.Errorf("without an address n2 is %s", got)
	}
	const gone = "127.254.254.254" // nobody listens there
	if err := dns.Host("nodes.vault.test", gone); err != nil {
		t.Fatal(err)
	}
	eventually(t, 20*time.Second, "n2 tried the one address there is", func() error {
		if !n2.logged(net.JoinHostPort(gone, port)) {
			return fmt.Errorf("it says:\n%s", n2.tail(3))
		}
		return nil
	})
	if err := dns.Host("nodes.vault.test", gone, at); err != nil {
		t.Fatal(err)
	}
	c.becomes(c.nodes[0], "n2", "voter")
}
