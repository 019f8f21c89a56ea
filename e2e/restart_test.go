package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// A share that is handed in while a member has not yet caught up after its restart reaches that member too: one
// ceremony opens whoever is sealed.
func TestSharesHandedInRightAfterARestartOpenTheRestartedNode(t *testing.T) {
	c := open(t)
	lead, followers := c.leader()
	late := followers[0]
	late.kill()
	late.start() // answers on its API; its log is not replayed yet
	c.unseal(lead)
	c.serving(late)
}

// Any subset of the nodes is restarted, by SIGTERM or kill -9, and started in any order; one ceremony opens whoever
// is sealed, and all have the same state again.
func TestRestartInEveryOrderAndSealedSubset(t *testing.T) {
	t.Parallel()
	c := open(t)
	for i := range 20 {
		if a := c.must(c.nodes[i%3], create(fmt.Sprintf("sample/%d", i), true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	want := c.sample(c.nodes[0])
	orders := [][]int{{0}, {1}, {2}, {1, 0}, {0, 2}, {2, 1}, {0, 1, 2}, {2, 1, 0}}
	if long {
		orders = append(orders, []int{0, 1}, []int{2, 0}, []int{1, 2}, []int{0, 2, 1}, []int{1, 0, 2}, []int{1, 2, 0}, []int{2, 0, 1})
	}
	for round, order := range orders {
		what := fmt.Sprintf("order %v", order)
		for _, i := range order {
			if round%2 == 0 {
				c.nodes[i].kill()
			} else {
				c.nodes[i].stop()
			}
		}
		for _, i := range order {
			c.nodes[i].start()
		}
		for _, i := range order {
			c.settled(c.nodes[i])
		}
		c.caughtUp() // a node that has not applied its log yet does not know the token, and says stale
		for _, i := range order {
			s, err := c.status(c.nodes[i])
			if err != nil || !s.Sealed {
				t.Errorf("%s: %s is not sealed after its restart: %v", what, c.nodes[i].name, err)
			}
			if a := c.must(c.nodes[i], get("/v1/keys/sample/0")); a.status != http.StatusServiceUnavailable || a.problem.Kind != "sealed" {
				t.Errorf("%s: the sealed %s answers %v, want 503 sealed", what, c.nodes[i].name, a)
			}
		}
		c.unseal(c.nodes[round%3])
		c.serving(c.nodes...)
		c.leader()
		c.caughtUp()
		for _, n := range c.nodes {
			if got := c.sample(n); got != want {
				t.Errorf("%s: %s has another state:\n%s\nwant\n%s", what, n.name, got, want)
			}
		}
		if t.Failed() {
			return
		}
		if a := c.must(c.nodes[round%3], post("/v1/keys/sample/0/rotate", nil)); a.status != http.StatusOK {
			t.Errorf("%s: rotate afterwards: %v", what, a)
		}
		want = c.sample(c.nodes[round%3])
	}
}

// counts are the fields of a record in which nodes differ for a while: each counts the uses that it serves, and tells the others later.
var counts = regexp.MustCompile(`,"(uses|bytes|last_used_at)":("[^"]*"|[0-9]+)`)

// sample is what a node gives out of the keys: the records, and the material of each.
func (c *cluster) sample(n *node) string {
	c.t.Helper()
	list := c.must(n, get("/v1/keys?limit=100&consistency=linearizable"))
	if list.status != http.StatusOK {
		c.t.Fatalf("listing the keys at %s: %v", n.name, list)
	}
	all := [][]byte{counts.ReplaceAll(list.body, nil)}
	for i := range 20 {
		m := c.must(n, get(fmt.Sprintf("/v1/keys/sample/%d/material", i)))
		if m.status != http.StatusOK {
			c.t.Fatalf("material at %s: %v", n.name, m)
		}
		all = append(all, m.body)
	}
	return strings.TrimSpace(string(bytes.Join(all, []byte("\n"))))
}
