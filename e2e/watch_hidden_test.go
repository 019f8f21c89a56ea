package e2e_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// watcher follows the changes that one caller sees: from one node as long as that serves, then from the next, behind the last event that it took. It
// is no client of ours: it knows the stream as any browser does.
type watcher struct {
	c      *cluster
	token  string
	nodes  []*node // in the order in which it asks them
	ended  chan struct{}
	mu     sync.Mutex
	last   string           // id of the last event; guarded by mu, as what follows
	seen   []api.WatchEvent // of kind key
	resets []string
	opened []string // nodes from which it was told something
	broke  error    // why the last stream ended
}

// watch begins to follow, and returns once the first node is ready.
func (c *cluster) watch(token string, nodes ...*node) *watcher {
	c.t.Helper()
	w := &watcher{c: c, token: token, nodes: nodes, ended: make(chan struct{})}
	x, stop := context.WithCancel(c.t.Context())
	c.t.Cleanup(func() { stop(); <-w.ended })
	go func() {
		defer close(w.ended)
		for at := 0; x.Err() == nil; at++ {
			err := w.follow(x, nodes[at%len(nodes)])
			w.mu.Lock()
			w.broke = err
			w.mu.Unlock()
			select {
			case <-x.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	eventually(c.t, 10*time.Second, "the watch begins", func() error {
		if len(w.told()) == 0 {
			w.mu.Lock()
			defer w.mu.Unlock()
			return fmt.Errorf("nobody is ready; the last stream ended by %w", cmp.Or(w.broke, errors.New("nothing")))
		}
		return nil
	})
	return w
}

func (w *watcher) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.opened)
}

// follow takes one stream to its end.
func (w *watcher) follow(x context.Context, n *node) error {
	r, err := http.NewRequestWithContext(x, http.MethodGet, "https://"+n.api+"/v1/watch", http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	w.mu.Lock()
	if w.last != "" {
		r.Header.Set(api.HeaderLastEventID, w.last)
	}
	w.mu.Unlock()
	resp, err := w.c.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d", n.name, resp.StatusCode)
	}
	lines := bufio.NewScanner(resp.Body)
	var name, id, data string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data += value
		case "":
			w.take(n, name, id, data)
			name, id, data = "", "", ""
		}
	}
	return lines.Err()
}

func (w *watcher) take(n *node, name, id, data string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if id != "" {
		w.last = id
	}
	switch name {
	case api.EventReady:
		if len(w.opened) == 0 || w.opened[len(w.opened)-1] != n.name {
			w.opened = append(w.opened, n.name)
		}
	case api.EventKey:
		var e api.WatchEvent
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			w.c.t.Errorf("%s: %v in %s", n.name, err, data)
		}
		w.seen = append(w.seen, e)
	case api.EventReset:
		w.resets = append(w.resets, n.name+" "+data)
	}
}

// story is what a watcher was told of each key, by name: an operation, or "gone", each time. wrong is what nobody may be told: a change twice or out
// of order, and a key that is hidden.
func (w *watcher) story() (told map[string][]string, wrong []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	told = map[string][]string{}
	index := uint64(0)
	for _, e := range w.seen {
		if e.Index <= index { // each change here has an entry of its own
			wrong = append(wrong, fmt.Sprintf("a change of %s at %d after one at %d", e.Name, e.Index, index))
		}
		index = e.Index
		switch {
		case e.Gone != "":
			told[e.Name] = append(told[e.Name], "gone")
		case e.Key.Tags["hidden"] != "":
			wrong = append(wrong, "the record of "+e.Name+", which is hidden")
		default:
			told[e.Name] = append(told[e.Name], e.Op)
		}
	}
	return told, append(wrong, w.resets...)
}

// knows waits until a watcher was told of a key what is wanted, in the end.
func (w *watcher) knows(name, op string) {
	w.c.t.Helper()
	eventually(w.c.t, 20*time.Second, "a watcher knows of "+op+" of "+name, func() error {
		told, _ := w.story()
		if steps := told[name]; len(steps) == 0 || steps[len(steps)-1] != op {
			return fmt.Errorf("it knows %v", steps)
		}
		return nil
	})
}

// TestWatchersOfDifferentPoliciesSeeTheirOwnThroughTheLossOfTheLeader: two callers watch on different nodes while keys of both, of neither, and of
// one who may see them for a while are changed, and the leader, which one of them watches, is killed in the middle. Each is told of
// every change of what it may see, once and in order, and nothing of the rest.
func TestWatchersOfDifferentPoliciesSeeTheirOwnThroughTheLossOfTheLeader(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, who := range []string{"red", "blue"} {
		c.ok("policy", "put", who, c.write(who+".cedar", fmt.Sprintf(`permit (principal == User::%q, action == Action::"list", resource);
permit (principal == User::%q, action == Action::"read", resource) when { resource.name like "%s/*" || resource.name like "both/*" };
forbid (principal == User::%q, action == Action::"read", resource) when { resource.tags has "hidden" };`, who, who, who, who)))
	}
	red := c.knownToken(api.TokenRequest{Principal: "red", TTL: "1h"}).Token
	blue := c.knownToken(api.TokenRequest{Principal: "blue", TTL: "1h"}).Token
	lead, rest := c.leader()
	watchers := map[string]*watcher{"red": c.watch(red, lead, rest[0], rest[1]), "blue": c.watch(blue, rest[1], rest[0])}
	x, cl := ctx(t), c.client()
	done := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	plain, shy := map[string]bool{}, map[string]bool{} // keys that were changed: three times, and hidden for a while
	round := func(i int, inStep bool) {
		t.Helper()
		for _, folder := range []string{"red", "blue", "both", "none"} {
			name, hides := fmt.Sprintf("%s/%d", folder, i), fmt.Sprintf("%s/shy-%d", folder, i)
			plain[name], shy[hides] = true, true
			step := func(what, op string, change func() error) {
				t.Helper()
				if done(what+" "+hides, change()); !inStep {
					return
				}
				for who, w := range watchers {
					if folder == who || folder == "both" {
						w.knows(hides, op)
					}
				}
			}
			tag := func(to map[string]string) error {
				_, err := cl.UpdateKey(x, hides, "", api.UpdateKeyRequest{Tags: &to})
				return err
			}
			_, err := cl.CreateKey(x, api.CreateKeyRequest{Name: name})
			done("creating", err)
			step("creating", "key.create", func() error { _, err := cl.CreateKey(x, api.CreateKeyRequest{Name: hides}); return err })
			_, err = cl.RotateKey(x, name)
			done("rotating", err)
			step("hiding", "gone", func() error { return tag(map[string]string{"hidden": "yes"}) })
			step("rotating", "gone", func() error { _, err := cl.RotateKey(x, hides); return err })
			_, err = cl.DeactivateKey(x, name, api.StateRequest{})
			done("deactivating", err)
			step("showing", "key.update", func() error { return tag(map[string]string{}) })
		}
	}
	rounds := 2
	if long {
		rounds = 25
	}
	round(0, true)
	for i := range rounds {
		round(1+i, false)
	}
	lead.kill()
	for i := range rounds {
		round(1+rounds+i, false)
	}
	lead.start()
	c.settled(lead)
	c.unseal(rest[0])
	c.serving(c.nodes...)
	last := 1 + 2*rounds
	round(last, true)
	wait(300 * time.Millisecond) // what is too much would come by now

	for who, w := range watchers {
		told, wrong := w.story()
		for _, what := range wrong {
			t.Errorf("%s is told %s", who, what)
		}
		for name := range plain {
			may := strings.HasPrefix(name, who+"/") || strings.HasPrefix(name, "both/")
			if want := []string{"key.create", "key.rotate", "key.state"}; may && !slices.Equal(told[name], want) || !may && told[name] != nil {
				t.Errorf("%s is told of %s: %v", who, name, told[name])
			}
		}
		for name := range shy {
			may := strings.HasPrefix(name, who+"/") || strings.HasPrefix(name, "both/")
			steps := told[name]
			inStep := strings.HasSuffix(name, "/shy-0") || strings.HasSuffix(name, fmt.Sprintf("/shy-%d", last))
			// Whoever comes later is told of each change by how the key is by then: of a hidden one nothing, or that it is gone.
			if exact := []string{"key.create", "gone", "key.update"}; !may && steps != nil || may && inStep && !slices.Equal(steps, exact) || may && (len(steps) == 0 || steps[len(steps)-1] != "key.update") {
				t.Errorf("%s is told of %s, which is hidden for a while: %v", who, name, steps)
			}
		}
	}
	if told := watchers["red"].told(); len(told) < 2 || told[0] != lead.name {
		t.Errorf("who watched the leader was told by %v: that it was lost was not tried", told)
	}
	t.Logf("%d keys; red was told by %v, blue by %v", len(plain)+len(shy), watchers["red"].told(), watchers["blue"].told())
}
