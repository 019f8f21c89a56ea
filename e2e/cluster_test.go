package e2e_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// cluster is three processes and what init gave.
type cluster struct {
	t      *testing.T
	dir    string   // holds everything
	home   string   // of the CLI
	env    []string // of the CLI, besides
	nodes  []*node
	init   api.InitResponse
	root   string // the root token; "" before init
	caFile string
	join   string // file with the join token
	http   *http.Client
}

// option changes nodes before they start.
type option func(c *cluster)

// blank makes a cluster of n nodes of which none runs.
func blank(t *testing.T, n int, options ...option) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir()}
	c.home = filepath.Join(c.dir, "home")
	if err := os.Mkdir(c.home, 0o700); err != nil {
		t.Fatal(err)
	}
	c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // until there is a CA
	for i := range n {
		c.nodes = append(c.nodes, newNode(t, c.dir, fmt.Sprintf("n%d", i+1)))
	}
	for _, o := range options {
		o(c)
	}
	return c
}

// open makes a cluster of three that serves: init at the first, the shares through the second.
func open(t *testing.T, options ...option) *cluster {
	t.Helper()
	begin := time.Now()
	c := blank(t, 3, options...)
	c.found()
	c.joinRest()
	c.unseal(c.nodes[1])
	c.serving(c.nodes...)
	t.Logf("three nodes serve after %v", time.Since(begin).Round(time.Millisecond))
	return c
}

// found starts the first node and founds the cluster there by the CLI.
func (c *cluster) found() {
	c.t.Helper()
	c.nodes[0].start()
	r := c.cliEnv(c.nodes[:1], []string{"QUORATE_CACERT=", "QUORATE_TOKEN="}, "operator", "init", "--shares", "5", "--threshold", "3", "--format", "json")
	if r.code != 0 {
		c.t.Fatalf("operator init: %v", r)
	}
	if err := json.Unmarshal([]byte(r.stdout), &c.init); err != nil {
		c.t.Fatal(err)
	}
	c.root = c.init.RootToken
	c.caFile = c.write("ca.crt", c.init.CACertificate)
	c.join = c.write("join-token", c.init.JoinToken)
	c.http = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, c.init.CACertificate)}, MaxIdleConnsPerHost: 64,
	}}
	c.t.Cleanup(c.http.CloseIdleConnections)
}

// joinRest starts the other nodes and waits until all are voters.
func (c *cluster) joinRest() {
	c.t.Helper()
	for _, n := range c.nodes[1:] {
		n.join, n.joinToken = c.nodes[0].addrForPeers(), c.join
		n.start()
	}
	c.voters(c.nodes[0], len(c.nodes))
}

func (n *node) addrForPeers() string {
	if n.advertisePeer != "" {
		return n.advertisePeer
	}
	return n.peer
}

// voters waits until at knows of count voters.
func (c *cluster) voters(at *node, count int) {
	c.t.Helper()
	eventually(c.t, 30*time.Second, fmt.Sprintf("%d voters", count), func() error {
		s, err := c.status(at)
		if err != nil {
			return err
		}
		have := 0
		for _, m := range s.Members {
			if m.Role == "voter" || m.Role == "leader" {
				have++
			}
		}
		if have != count {
			return fmt.Errorf("%+v", s.Members)
		}
		return nil
	})
}

// unseal hands three shares to one node, and hands them in again while it or another that runs is sealed: who was not in reach took none. What
// stays out of its reach is for the story to judge.
func (c *cluster) unseal(at *node) {
	c.t.Helper()
	runs := map[string]bool{}
	for _, n := range c.nodes {
		runs[n.name] = n.proc.Running() && !n.proc.Paused()
	}
	var u api.UnsealResponse
	_ = kit.Attempt(5*time.Second, func() error {
		u = c.handAll(at)
		if u.Sealed || slices.ContainsFunc(u.Members, func(m api.SealMember) bool { return m.Sealed && runs[m.ID] }) {
			return errors.New("somebody is sealed")
		}
		return nil
	})
	if u.Sealed {
		c.t.Fatalf("%s took three shares and is sealed: %+v", at.name, u)
	}
}

// handAll hands three shares to one node, and returns its last answer. A share that is in already is passed over.
func (c *cluster) handAll(at *node) (u api.UnsealResponse) {
	c.t.Helper()
	u.Sealed = true
	for _, share := range c.init.Shares[:3] {
		var last answer
		err := kit.Attempt(15*time.Second, func() (err error) { // a node that just started may not know the cluster yet
			last, err = c.ask(at, request{method: http.MethodPost, path: "/v1/sys/unseal", body: api.ShareRequest{Share: share}, noToken: true})
			if err == nil && last.status >= 500 {
				err = errors.New(last.String())
			}
			return err
		})
		if err == nil && last.status == http.StatusConflict && last.problem.Kind == "exists" {
			continue
		}
		if err != nil || last.status != http.StatusOK {
			c.t.Fatalf("unseal at %s: %v %v", at.name, err, last)
		}
		last.into(c.t, &u)
	}
	return u
}

// serving waits until the nodes answer requests.
func (c *cluster) serving(nodes ...*node) {
	c.t.Helper()
	for _, n := range nodes {
		eventually(c.t, 20*time.Second, n.name+" serves", func() error { return c.ready(n) })
	}
}

func (c *cluster) ready(n *node) error {
	a, err := c.ask(n, request{method: http.MethodGet, path: "/readyz", noToken: true, within: 2 * time.Second})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return errors.New(a.String())
	}
	return nil
}

// leader waits until the running nodes agree on one, and returns it first and the followers after it.
func (c *cluster) leader() (*node, []*node) {
	c.t.Helper()
	var lead *node
	eventually(c.t, 20*time.Second, "one leader", func() error {
		lead = nil
		named := ""
		for _, n := range c.nodes {
			if !n.proc.Running() || n.proc.Paused() {
				continue
			}
			s, err := c.status(n)
			if err != nil {
				return err
			}
			if s.Leader == "" || named != "" && s.Leader != named {
				return fmt.Errorf("%s says that %q leads, another %q", n.name, s.Leader, named)
			}
			named = s.Leader
			if s.Leader == n.name {
				lead = n
			}
		}
		if lead == nil {
			return fmt.Errorf("%q leads, which does not run", named)
		}
		return nil
	})
	var rest []*node
	for _, n := range c.nodes {
		if n != lead {
			rest = append(rest, n)
		}
	}
	return lead, rest
}

// write makes a file beside the nodes.
func (c *cluster) write(name, content string) string {
	c.t.Helper()
	file := filepath.Join(c.dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return file
}

// ctx ends with the test, or after a minute.
func ctx(t *testing.T) context.Context {
	t.Helper()
	x, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return x
}

func create(name string, exportable bool) request {
	return post("/v1/keys", api.CreateKeyRequest{Name: name, Algorithm: "aes-256-gcm", Exportable: exportable})
}
