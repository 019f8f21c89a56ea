package e2e_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// together sends two requests to one node so that both are there before it works on either: it stands still until they are written, each on
// a connection of its own that is open already, for nobody shakes hands meanwhile.
func (c *cluster) together(n *node, callers [2]*http.Client, requests [2]request) (answers [2]answer) {
	c.t.Helper()
	var written, all sync.WaitGroup
	for _, caller := range callers {
		resp, err := caller.Get("https://" + n.api + "/livez")
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			c.t.Fatal(err)
		}
		resp.Body.Close()
	}
	n.pause()
	for i, r := range requests {
		written.Add(1)
		body, err := json.Marshal(r.body)
		if err != nil {
			c.t.Fatal(err)
		}
		trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written.Done() }}
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(c.t.Context(), trace), r.method, "https://"+n.api+r.path, bytes.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		req.GetBody = nil // nobody sends it twice
		req.Header.Set("Authorization", "Bearer "+c.root)
		req.Header.Set("Content-Type", "application/json")
		all.Go(func() {
			resp, err := callers[i].Do(req)
			if err != nil {
				c.t.Errorf("%s: %v", r.path, err)
				return
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			answers[i] = answer{status: resp.StatusCode, header: resp.Header, body: text}
			if err == nil && resp.StatusCode >= 400 {
				err = json.Unmarshal(text, &answers[i].problem)
			}
			if err != nil {
				c.t.Errorf("%s: %v", r.path, err)
			}
		})
	}
	ready := make(chan struct{})
	go func() { written.Wait(); close(ready) }()
	select {
	case <-ready:
	case <-time.After(5 * time.Second):
		c.t.Error("the requests could not be written")
	}
	n.resume()
	all.Wait()
	return answers
}

// TestAPlainRotationAndADestructionThatRaceHaveOneWinner has neither caller say what he saw: the second is refused all the same, with the
// reason, and nothing of what he asked for happens.
func TestAPlainRotationAndADestructionThatRaceHaveOneWinner(t *testing.T) {
	t.Parallel()
	c := open(t)
	leader, _ := c.leader()
	var callers [2]*http.Client
	for i := range callers {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(t, c.init.CACertificate)}}
		t.Cleanup(tr.CloseIdleConnections)
		callers[i] = &http.Client{Transport: tr, Timeout: 20 * time.Second}
	}
	wait := atOnce()
	wait.After = nil // a destruction that waits a week wins and loses like one that does not
	first := func(d api.DestroyRequest) api.DestroyRequest { d.Version = 1; return d }
	races := []struct {
		name    string
		before  []string // steps after the key is made
		destroy api.DestroyRequest
		winners []string // who may win
	}{
		{"the version before", []string{"rotate"}, first(atOnce()), []string{"rotate", "destroy"}},
		{"the version before, in a week", []string{"rotate"}, first(wait), []string{"rotate", "destroy"}},
		{"the version that is in use", nil, first(atOnce()), []string{"rotate"}},
		{"a key in use", nil, atOnce(), []string{"rotate"}},
		{"a key out of use", []string{"deactivate"}, atOnce(), []string{"destroy"}},
	}
	won, apart := map[string]int{}, 0
	for i := 0; i < 100+apart; i++ { // 100 races: what was none is made up for
		race := races[i%len(races)]
		name := fmt.Sprintf("rivals/%d", i)
		c.must(leader, create(name, false))
		for _, step := range race.before {
			c.must(leader, on(name, step, api.StateRequest{}))
		}
		var was, now api.Record
		c.must(leader, get("/v1/keys/"+name)).into(t, &was)
		verbs := []string{"rotate", "destroy"}
		requests := [2]request{on(name, "rotate", struct{}{}), on(name, "destroy", race.destroy)}
		if i/len(races)%2 == 1 { // the order in which they are sent
			verbs[0], verbs[1], requests[0], requests[1] = verbs[1], verbs[0], requests[1], requests[0]
		}
		answers := c.together(leader, callers, requests)
		if answers[0].status == http.StatusOK && answers[1].status == http.StatusOK {
			// On a busy machine the node may have answered one before it read the other, so that they were two steps in turn. Nobody
			// outside can tell; without the rule most rounds would end so. Each case is decided one by one in vault.
			if apart++; apart > 3 {
				t.Fatalf("in %d of %d rounds both won, %s: %v, %v", apart, i+1, race.name, answers[0], answers[1])
			}
			continue
		}
		w := 0
		if answers[1].status == http.StatusOK {
			w = 1
		}
		winner, loser := answers[w], answers[1-w]
		if winner.status != http.StatusOK || loser.status != http.StatusConflict || loser.problem.Kind != "bad_state" || loser.problem.Detail == "" {
			t.Fatalf("%s, round %d: %s is answered %v, %s %v", race.name, i, verbs[0], answers[0], verbs[1], answers[1])
		}
		if won[race.name+": "+verbs[w]]++; !slices.Contains(race.winners, verbs[w]) {
			t.Errorf("%s: %s won", race.name, verbs[w])
		}
		for _, n := range c.nodes {
			r := get("/v1/keys/" + name + "?consistency=linearizable")
			c.must(n, r).into(t, &now)
			rotated := len(now.Versions) > len(was.Versions)
			destroyed := now.State == "destroyed" || now.Versions[0].State == "destroyed" || now.Versions[0].DestroyAt != ""
			if rotated != (verbs[w] == "rotate") || destroyed != (verbs[w] == "destroy") {
				t.Fatalf("%s: %s won, and %s has %+v", race.name, verbs[w], n.name, now)
			}
		}
	}
	t.Logf("won: %v; in %d rounds they were no rivals", won, apart)
	if won["the version before: rotate"] == 0 || won["the version before: destroy"] == 0 {
		t.Error("one of them always wins, so only half of this was tried")
	}
}
