package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// shares are the members' shares that a node keeps: the scalars, which nobody else may have.
func (n *node) shares() (all [][]byte) {
	n.t.Helper()
	files, err := filepath.Glob(filepath.Join(n.dir, "shares", "share-*"))
	if err != nil {
		n.t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil || len(b) != 51 {
			n.t.Fatalf("%s has %d bytes: %v", f, len(b), err)
		}
		all = append(all, b[19:])
	}
	return all
}

// slots changes the ways to open the cluster by the CLI.
// A member that was just started may be elected while it is still sealed: exit code 6 until it has handed over.
func (c *cluster) slots(args ...string) ran {
	c.t.Helper()
	var r ran
	eventually(c.t, 30*time.Second, fmt.Sprintf("operator slots %v", args), func() error {
		switch r = c.cli(nil, append([]string{"operator", "slots"}, args...)...); r.code {
		case 0:
			return nil
		case 6:
			return fmt.Errorf("%v", r)
		}
		c.t.Fatalf("operator slots %v: %v", args, r)
		return nil
	})
	return r
}

// staysShut waits until a node says why it does not open itself, and checks that it is sealed.
func (c *cluster) staysShut(n *node, words ...string) {
	c.t.Helper()
	eventually(c.t, 30*time.Second, fmt.Sprintf("%s says %q", n.name, words), func() error {
		s, err := c.status(n)
		switch {
		case err != nil:
			return err
		case !s.Sealed:
			c.t.Fatalf("%s is open", n.name)
		case s.Opening == nil || !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s.Opening.Reason, w) }):
			return fmt.Errorf("it says %+v", s.Opening)
		case s.Opening.Hint == "":
			return errors.New("it does not say what to do")
		}
		return nil
	})
}

func TestMembersOpenThemselves(t *testing.T) {
	c := open(t)
	if a := c.must(c.nodes[0], create("k", true)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	want := c.must(c.nodes[0], get("/v1/keys/k/material")).body
	serves := func(n *node) {
		t.Helper()
		c.serving(n)
		if got := c.must(n, get("/v1/keys/k/material")); !bytes.Equal(got.body, want) {
			t.Errorf("%s gives another key: %v", n.name, got)
		}
	}
	if r := c.slots("add", "quorum"); !strings.Contains(r.stdout, "2 of 3") || !strings.Contains(r.stdout, "n1 n2 n3") {
		t.Fatalf("the slot: %v", r)
	}
	for _, n := range c.nodes {
		if len(n.shares()) != 1 {
			t.Errorf("%s keeps %d shares", n.name, len(n.shares()))
		}
	}

	lead, followers := c.leader()
	lead.kill()
	c.leader()
	began := time.Now()
	lead.start()
	serves(lead)
	t.Logf("kill -9 of the leader: it serves again %v after its start", time.Since(began).Round(10*time.Millisecond))

	late := followers[1]
	late.kill()
	late.start()
	serves(late)
	late.kill()
	late.start()
	c.staysShut(late, "another process of the member")
	c.slots("approve", late.name)
	serves(late)

	c.clonesAreRefused(lead)
	c.coldStart(serves)
	c.removedStaysShut()
}

// clonesAreRefused copies a node's directory, as a thief of the machine would, and starts it elsewhere while the node itself runs.
func (c *cluster) clonesAreRefused(n *node) {
	c.t.Helper()
	n.kill()
	stolen := c.t.TempDir()
	if err := os.CopyFS(filepath.Join(stolen, n.name), os.DirFS(n.dir)); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(stolen, n.name), 0o700); err != nil {
		c.t.Fatal(err)
	}
	n.start()
	c.slots("approve", n.name)
	c.serving(n)
	clone := newNode(c.t, stolen, n.name)
	clone.start()
	// The leader has the member's address, where the member is, so the clone may not even be told the state; if it asks, it is refused.
	c.staysShut(clone, "alive elsewhere", "has not received the cluster's state")
	clone.kill()
	c.serving(c.nodes...)
}

// coldStart starts all nodes at once, where it is off and where it is on.
func (c *cluster) coldStart(serves func(*node)) {
	c.t.Helper()
	all := func() {
		for _, n := range c.nodes {
			n.kill()
		}
		for _, n := range c.nodes {
			n.start()
		}
	}
	all()
	for _, n := range c.nodes {
		c.staysShut(n, "cold start is off")
	}
	if r := c.cli(nil, "doctor"); r.code != 5 || !strings.Contains(r.stdout, "cold start is off") || !strings.Contains(r.stdout, "operator unseal") {
		c.t.Errorf("doctor: %v", r)
	}
	c.unseal(c.nodes[1])
	for _, n := range c.nodes {
		serves(n)
	}
	c.slots("add", "quorum", "--replace", "--cold-start", "--window", "1s")
	all()
	for _, n := range c.nodes {
		serves(n)
	}
	if r := c.cli(nil, "operator", "seal"); r.code != 0 {
		c.t.Fatalf("operator seal: %v", r)
	}
	all()
	for _, n := range c.nodes {
		c.staysShut(n, "operator sealed")
	}
	c.unseal(c.nodes[0])
	c.serving(c.nodes...)
}

// removedStaysShut removes a member while it is away; its share opens nothing, and it is not let in.
func (c *cluster) removedStaysShut() {
	c.t.Helper()
	_, followers := c.leader()
	gone := followers[0]
	gone.kill()
	before := gone.shares()
	if r := c.cli([]*node{c.nodes[0], c.nodes[1], c.nodes[2]}, "operator", "remove", gone.name, "--yes"); r.code != 0 {
		c.t.Fatalf("remove: %v", r)
	}
	eventually(c.t, 30*time.Second, "shares are dealt anew", func() error {
		var s api.Slots
		c.must(followers[1], get("/v1/sys/slots")).into(c.t, &s)
		for _, slot := range s.Slots {
			if q := slot.Quorum; q != nil && q.Dealt && len(q.Members) == 2 {
				return nil
			}
		}
		return fmt.Errorf("%+v", s.Slots)
	})
	gone.spawn()
	eventually(c.t, 60*time.Second, gone.name+" ends", func() error {
		if s, err := c.status(gone); err == nil && !s.Sealed {
			c.t.Fatal("the removed member is open")
		}
		if !gone.ended() {
			return errors.New("it runs")
		}
		return nil
	})
	for _, n := range c.nodes {
		if n == gone {
			continue
		}
		eventually(c.t, 10*time.Second, n.name+" keeps the new share only", func() error {
			if own := n.shares(); len(own) != 1 {
				return fmt.Errorf("%d shares", len(own))
			}
			return nil
		})
		if bytes.Equal(n.shares()[0], before[0]) {
			c.t.Errorf("%s keeps the share of the removed member", n.name)
		}
	}
}
