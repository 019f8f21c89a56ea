package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// joinToken makes a join token by the CLI and puts it into a file.
func (c *cluster) joinToken(name string, args ...string) string {
	c.t.Helper()
	var t api.JoinTokenResponse
	out := c.ok(append([]string{"operator", "join-token", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &t); err != nil || t.JoinToken == "" {
		c.t.Fatalf("operator join-token: %v: %.40s", err, out)
	}
	return c.write(name, t.JoinToken)
}

// addNode makes another node that is to join with a token.
func (c *cluster) addNode(name, token string) *node {
	c.t.Helper()
	n := newNode(c.t, c.dir, name)
	n.join, n.joinToken = c.nodes[0].addrForPeers(), token
	return n
}

// refused starts a node that must not become a member, and checks what it says.
func (c *cluster) refused(n *node, words ...string) {
	c.t.Helper()
	n.spawn()
	n.waitExit(15 * time.Second)
	if n.proc.Err() == nil {
		c.t.Errorf("%s ended without an error", n.name)
	}
	said := strings.ToLower(n.tail(10))
	for _, w := range words {
		if !strings.Contains(said, w) {
			c.t.Errorf("%s does not say %q:\n%s", n.name, w, n.tail(10))
		}
	}
}

func (c *cluster) role(at *node, name string) string {
	s, err := c.status(at)
	if err != nil {
		return err.Error()
	}
	for _, m := range s.Members {
		if m.ID == name {
			return m.Role
		}
	}
	return "none"
}

func (c *cluster) becomes(at *node, name, role string) {
	c.t.Helper()
	eventually(c.t, 20*time.Second, name+" becomes "+role, func() error {
		if got := c.role(at, name); got != role {
			return fmt.Errorf("it is %s", got)
		}
		return nil
	})
}

// stays looks at a member's role again and again for that long, once at least.
func (c *cluster) stays(at *node, name, role string, during time.Duration) {
	c.t.Helper()
	over := time.After(during)
	for {
		if got := c.role(at, name); got != role {
			c.t.Fatalf("%s is %s, and should stay %s", name, got, role)
		}
		select {
		case <-over:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestRemovedMemberCannotComeBack(t *testing.T) {
	t.Parallel()
	c := open(t)
	gone := c.nodes[2]
	at := c.nodes[0]
	if r := c.cli(nil, "operator", "remove", gone.name); r.code != 2 {
		t.Errorf("remove without --yes: %v", r)
	}
	c.ok("operator", "demote", gone.name)
	c.becomes(at, gone.name, "nonvoter")
	c.serving(gone) // it goes on to serve
	c.ok("operator", "promote", gone.name)
	c.becomes(at, gone.name, "voter")
	c.nodes = c.nodes[:2]
	c.ok("operator", "remove", gone.name, "--yes")
	c.becomes(at, gone.name, "none")
	gone.waitExit(15 * time.Second)
	c.refused(gone, "removed")
	if a := c.must(at, create("after-the-removal", false)); a.status != http.StatusCreated {
		t.Errorf("two of two members do not write: %v", a)
	}
	// Its marker taken away, it still holds a certificate of the cluster: the others refuse that.
	for _, f := range markers(t, gone.dir) {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	gone.spawn()
	wait(3 * time.Second)
	if got := c.role(at, gone.name); got != "none" {
		t.Errorf("the removed member is back as %s", got)
	}
	if !gone.ended() {
		if c.ready(gone) == nil {
			t.Error("the removed member serves")
		}
		gone.kill()
	}
	c.leader()
	for _, n := range c.nodes {
		if err := c.ready(n); err != nil {
			t.Errorf("%s was disturbed by the removed member: %v", n.name, err)
		}
	}
	// A node that lost its directory comes back under a new name.
	n4 := c.addNode("n4", c.joinToken("token4", "--uses", "1", "--ttl", "10m"))
	n4.start()
	c.becomes(at, "n4", "voter")
	c.nodes = append(c.nodes, n4)
	c.unseal(at)
	c.serving(n4)
	c.mustSee(n4, "after-the-removal?consistency=linearizable", nil, 1)
}

func markers(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "raft", "*emoved*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Error("the removed node keeps no marker of its removal")
	}
	return found
}

func TestJoinTokensAreSingleUseAndExpire(t *testing.T) {
	t.Parallel()
	c := blank(t, 1)
	c.found()
	c.serving(c.nodes[0])
	once := c.joinToken("once", "--uses", "1", "--ttl", "10m")
	n2 := c.addNode("n2", once)
	n2.start()
	c.becomes(c.nodes[0], "n2", "voter")
	c.refused(c.addNode("n3", once), "token")
	short := c.joinToken("short", "--ttl", "1s")
	wait(2 * time.Second)
	c.refused(c.addNode("n4", short), "token", "expired")
	b, err := os.ReadFile(once)
	if err != nil {
		t.Fatal(err)
	}
	wrong := append([]byte(nil), b...)
	wrong[len(wrong)/2] ^= 1
	c.refused(c.addNode("n5", c.write("wrong", string(wrong))), "token")
	if got := c.role(c.nodes[0], "n3") + c.role(c.nodes[0], "n4") + c.role(c.nodes[0], "n5"); got != "nonenonenone" {
		t.Errorf("a refused node became a member: %s", got)
	}
}

func TestLostDirectoryCannotJoinUnderTheSameName(t *testing.T) {
	t.Parallel()
	c := open(t)
	lost := c.nodes[2]
	lost.kill()
	if err := os.RemoveAll(lost.dir); err != nil {
		t.Fatal(err)
	}
	c.nodes = c.nodes[:2]
	lost.join, lost.joinToken = c.nodes[0].peer, c.joinToken("again")
	c.refused(lost, lost.name)
	n4 := c.addNode("n4", c.joinToken("new-name"))
	n4.start()
	c.becomes(c.nodes[0], "n4", "voter")
	c.ok("operator", "remove", lost.name, "--yes")
	c.nodes = append(c.nodes, n4)
	c.unseal(n4)
	c.serving(c.nodes...)
	if a := c.must(n4, create("made-at-n4", false)); a.status != http.StatusCreated {
		t.Error(a)
	}
}
