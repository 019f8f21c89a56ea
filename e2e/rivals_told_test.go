package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// faced is what a loser may be told: the kind, and a detail that names what it met.
type faced struct {
	kind   string
	status int
	detail *regexp.Regexp
}

// TestWhoLosesARaceIsToldWhatItMet sends a rotation and a destruction through different nodes, with and without If-Match on either, many
// times over. Who says which revision it saw, and did not win, is told of a conflict, with the revision that there is; who does not say is
// told bad_state, with the state that it met or the rival that was faster. Nobody is told anything else, and who lost left no trace.
func TestWhoLosesARaceIsToldWhatItMet(t *testing.T) {
	t.Parallel()
	c := open(t)
	conflict := faced{"conflict", http.StatusPreconditionFailed, regexp.MustCompile(`^key told/\d+ is at revision \d+, not \d+$`)}
	first := atOnce()
	first.Version = 1
	races := []struct {
		name     string
		before   []string // steps after the key is made
		destroy  api.DestroyRequest
		rotate   faced // what a rotation without If-Match is told that loses
		destroys faced // likewise a destruction
	}{
		{
			"the version before",
			[]string{"rotate"},
			first,
			faced{"bad_state", http.StatusConflict, regexp.MustCompile(`^the destruction of version 1 of key told/\d+ was asked for while its rotation was under way$`)},
			faced{"bad_state", http.StatusConflict, regexp.MustCompile(`^key told/\d+ was rotated, to version 3, while its destruction was under way$`)},
		},
		{
			"a key in use", nil, atOnce(),
			faced{},
			faced{"bad_state", http.StatusConflict, regexp.MustCompile(`^(it is active: deactivate it first, then destroy it|key told/\d+ was rotated, to version 2, while its destruction was under way)$`)},
		},
		{
			"a key out of use",
			[]string{"deactivate"},
			atOnce(),
			faced{"bad_state", http.StatusConflict, regexp.MustCompile(`^(key told/\d+ is (deactivated|destroyed): only an active key can be rotated|the destruction of version 1 of key told/\d+ was asked for while its rotation was under way)$`)},
			faced{},
		},
	}
	rounds := 48
	if long {
		rounds = 480
	}
	told, both := map[string]int{}, 0
	for i := range rounds {
		race := races[i%len(races)]
		matches := [2]bool{i/len(races)%2 == 1, i/len(races)/2%2 == 1} // the rotation, the destruction
		name := fmt.Sprintf("told/%d", i)
		at := c.nodes[i%3]
		c.must(at, create(name, false))
		for _, step := range race.before {
			c.must(at, on(name, step, api.StateRequest{}))
		}
		var seen, now api.Record
		c.must(at, get("/v1/keys/"+name)).into(t, &seen)
		requests := [2]request{on(name, "rotate", struct{}{}), on(name, "destroy", race.destroy)}
		var answers [2]answer
		var all sync.WaitGroup
		begin := make(chan struct{})
		for k := range requests {
			if matches[k] {
				requests[k].header = map[string]string{"If-Match": seen.ETag}
			}
			n := c.nodes[(i+1+k)%3]
			all.Go(func() {
				<-begin
				var err error
				if answers[k], err = c.ask(n, requests[k]); err != nil {
					t.Errorf("%s by %s: %v", requests[k].path, n.name, err)
				}
			})
		}
		close(begin)
		all.Wait()
		what := fmt.Sprintf("%s, round %d, If-Match %v: the rotation is answered %v, the destruction %v", race.name, i, matches, answers[0], answers[1])
		won := [2]bool{answers[0].status == http.StatusOK, answers[1].status == http.StatusOK}
		switch {
		case !won[0] && !won[1]:
			t.Fatalf("nobody wins: %s", what)
		case won[0] && won[1]:
			// One was answered before the other came: two steps in turn. Not where the second said what it saw.
			if both++; matches[0] && matches[1] || race.name != "the version before" {
				t.Fatalf("both win: %s", what)
			}
		}
		for k, plain := range []faced{race.rotate, race.destroys} {
			if won[k] {
				continue
			}
			p, want := answers[k].problem, plain
			if matches[k] && p.Kind == conflict.kind { // of a revision that was passed; what the key's state alone forbids it is told as that
				want = conflict
			}
			if p.Kind != want.kind || answers[k].status != want.status || want.detail == nil || !want.detail.MatchString(p.Detail) || p.Hint == "" {
				t.Errorf("the loser is told otherwise: %s", what)
			}
			told[fmt.Sprintf("%s, If-Match %v: %s", []string{"rotation", "destruction"}[k], matches[k], p.Kind)]++
			if race.name == "the version before" && matches[k] != (p.Kind == conflict.kind) {
				t.Errorf("with If-Match a loser meets a conflict, without bad_state: %s", what)
			}
		}
		for _, n := range c.nodes {
			c.must(n, get("/v1/keys/"+name+"?consistency=linearizable")).into(t, &now)
			rotated, destroyed := len(now.Versions) > len(seen.Versions), now.State == "destroyed" || now.Versions[0].State == "destroyed"
			if rotated != won[0] || destroyed != won[1] {
				t.Fatalf("%s has %+v: %s", n.name, now, what)
			}
		}
	}
	t.Logf("told: %v; in %d of %d rounds they were two steps in turn", told, both, rounds)
	for _, kind := range []string{"conflict", "bad_state"} {
		if told["rotation, If-Match true: "+kind]+told["destruction, If-Match true: "+kind]+told["rotation, If-Match false: "+kind]+told["destruction, If-Match false: "+kind] == 0 {
			t.Errorf("nobody was told of a %s: that was not tried", kind)
		}
	}
}
