package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

func handIn(share string) request {
	return request{method: http.MethodPost, path: "/v1/sys/unseal", body: api.ShareRequest{Share: share}, noToken: true}
}

// expect checks an error answer: its status, its kind, and words that its text must have.
func expect(t *testing.T, what string, a answer, status int, kind string, words ...string) {
	t.Helper()
	if a.status != status || a.problem.Kind != kind {
		t.Errorf("%s: got %v, want %d %s", what, a, status, kind)
		return
	}
	text := strings.ToLower(a.problem.Detail + " " + a.problem.Hint)
	for _, w := range words {
		if !strings.Contains(text, strings.ToLower(w)) {
			t.Errorf("%s: %q does not say %q", what, a.problem.Detail+" "+a.problem.Hint, w)
		}
	}
	if a.problem.Hint == "" {
		t.Errorf("%s: the error does not say what to do next: %v", what, a)
	}
}

func TestOneCeremonyThroughOneNodeOpensAll(t *testing.T) {
	t.Parallel()
	c := blank(t, 3)
	c.found()
	c.joinRest()
	first := c.must(c.nodes[0], request{method: http.MethodPost, path: "/v1/sys/init", body: api.InitRequest{Shares: 5, Threshold: 3}, noToken: true})
	expect(t, "a second init", first, http.StatusConflict, "exists")
	second := c.must(c.nodes[1], request{method: http.MethodPost, path: "/v1/sys/init", body: api.InitRequest{Shares: 5, Threshold: 3}, noToken: true})
	expect(t, "an init at a member that joined", second, http.StatusConflict, "exists")

	if r := c.cliEnv(c.nodes[:1], nil, "operator", "seal"); r.code != 0 {
		t.Fatalf("operator seal: %v", r)
	}
	for _, n := range c.nodes {
		if s, err := c.status(n); err != nil || !s.Sealed {
			t.Fatalf("%s is not sealed: %+v %v", n.name, s, err)
		}
	}
	c.refuseWrongShares(c.nodes[1])
	for i, share := range c.init.Shares[1:4] {
		var u api.UnsealResponse
		c.must(c.nodes[1], handIn(share)).into(t, &u)
		if u.Need != 3 || i < 2 && (!u.Sealed || u.Have != i+1) {
			t.Fatalf("after share %d: %+v", i+1, u)
		}
		if i == 2 && u.Sealed {
			t.Fatalf("after all shares: %+v", u)
		}
		if i == 0 {
			expect(t, "the same share again", c.must(c.nodes[1], handIn(share)), http.StatusConflict, "exists", "already")
			c.refuseWrongShares(c.nodes[1])
		}
	}
	c.serving(c.nodes...)
	for _, n := range c.nodes {
		if s, err := c.status(n); err != nil || s.Sealed || !s.Fresh {
			t.Errorf("%s did not open: %+v %v", n.name, s, err)
		}
	}
}

// refuseWrongShares hands in a mistyped share and one of another cluster; neither spoils the progress made.
func (c *cluster) refuseWrongShares(at *node) {
	c.t.Helper()
	for i, share := range []string{c.init.Shares[0], c.init.Shares[4]} {
		p := len(share)/2 + i
		letter := byte('q')
		if share[p] == letter {
			letter = 'p'
		}
		mistyped := share[:p] + string(letter) + share[p+1:]
		expect(c.t, "a mistyped share", c.must(at, handIn(mistyped)), http.StatusBadRequest, "invalid", "checksum")
	}
}

// It has the machine to itself: a rekey ends when the leader changes.
func TestForeignAndOldSharesAreNamed(t *testing.T) {
	t.Parallel()
	other := blank(t, 1)
	other.found()
	other.nodes[0].kill()
	c := open(t)
	if r := c.cli(nil, "operator", "seal"); r.code != 0 {
		t.Fatal(r)
	}
	at := c.nodes[2]
	foreign := c.must(at, handIn(other.init.Shares[0]))
	expect(t, "a share of another cluster", foreign, http.StatusBadRequest, "invalid", "cluster")
	c.unseal(at)
	c.serving(c.nodes...)

	old := c.init.Shares
	cl := c.client()
	r, err := cl.StartRekey(ctx(t), api.RekeyRequest{Shares: 4, Threshold: 2})
	if err != nil {
		t.Fatal(err)
	}
	id := r.ID
	for _, s := range old[:3] {
		if r, err = cl.SubmitRekey(ctx(t), id, s); err != nil {
			t.Fatal(err)
		}
	}
	fresh := r.Shares
	if len(fresh) != 4 {
		t.Fatalf("the rekey gave %d shares, want 4: phase %s", len(fresh), r.Phase)
	}
	for _, s := range fresh {
		if r, err = cl.SubmitRekey(ctx(t), id, s); err != nil {
			t.Fatal(err)
		}
		if r.Phase == "done" {
			break
		}
	}
	if r.Phase != "done" {
		t.Fatalf("the rekey is not done: %+v", r.Phase)
	}
	if out := c.cli(nil, "operator", "seal"); out.code != 0 {
		t.Fatal(out)
	}
	for _, n := range c.nodes {
		eventually(t, 5*time.Second, n.name+" knows the new epoch", func() error {
			a, err := c.ask(n, handIn(old[4]))
			if err != nil {
				return err
			}
			if a.status != http.StatusBadRequest || !strings.Contains(a.problem.Detail+a.problem.Hint, "epoch") {
				return fmt.Errorf("an old share: %v", a)
			}
			return nil
		})
	}
	for _, s := range fresh[2:] {
		c.must(at, handIn(s)).into(t, &api.UnsealResponse{})
	}
	c.serving(c.nodes...)
}
