package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// drill is a cluster whose keys have dates, and which is started again on later days.
type drill struct {
	*cluster
	token api.Token // lives for an hour
}

// begin makes the keys. Each date lies hours or days ahead, so nothing acts before the clock is moved.
func (d *drill) begin() {
	d.t.Helper()
	at := func(h time.Duration) string { return time.Now().Add(h).UTC().Format(time.RFC3339) }
	cl, x := d.client(), ctx(d.t)
	for _, k := range []api.CreateKeyRequest{
		{Name: "turning", RotateEvery: "12h"},
		{Name: "ending", DeactivateAt: at(10 * time.Hour)},
		{Name: "beginning", ActivateAt: at(10 * time.Hour)},
		{Name: "doomed"},
		{Name: "versions"},
		{Name: "spared"},
	} {
		if _, err := cl.CreateKey(x, k); err != nil {
			d.t.Fatalf("creating %s: %v", k.Name, err)
		}
	}
	week, hours := "7d", "20h"
	for _, k := range []string{"doomed", "spared"} {
		if _, err := cl.DeactivateKey(x, k, api.StateRequest{}); err != nil {
			d.t.Fatal(err)
		}
		if _, err := cl.DestroyKey(x, k, api.DestroyRequest{After: &week}); err != nil {
			d.t.Fatal(err)
		}
	}
	if _, err := cl.CancelDestroy(x, "spared", api.DestroyRequest{}); err != nil {
		d.t.Fatal(err)
	}
	if r := d.cli(nil, "key", "rotate", "versions"); r.code != 0 {
		d.t.Fatalf("rotating: %v", r)
	}
	if _, err := cl.DestroyKey(x, "versions", api.DestroyRequest{Version: 1, After: &hours}); err != nil {
		d.t.Fatal(err)
	}
	d.token = d.knownToken(api.TokenRequest{Principal: "guest", TTL: "1h"})
}

// wake stops every node and starts them all with the clock moved.
func (d *drill) wake(offset time.Duration) {
	d.t.Helper()
	for _, n := range d.nodes {
		n.stop()
	}
	for _, n := range d.nodes {
		n.extra = fmt.Sprintf("clock_offset: %s\n", offset)
		n.start()
		if !n.logged("the clock is moved for a drill") {
			d.t.Errorf("%s does not warn of the moved clock", n.name)
		}
	}
	d.unseal(d.nodes[2])
	d.serving(d.nodes...)
}

// shows waits until every node shows each key in the state, and with the versions' states, that is wanted.
func (d *drill) shows(want map[string]string) {
	d.t.Helper()
	for _, n := range d.nodes {
		for name, state := range want {
			eventually(d.t, 20*time.Second, n.name+" shows "+name, func() error {
				a, err := d.ask(n, get("/v1/keys/"+name))
				if err != nil || a.status != http.StatusOK {
					return fmt.Errorf("%v %w", a, err)
				}
				var r api.Record
				a.into(d.t, &r)
				got := r.State + ":"
				for _, v := range r.Versions {
					got += " " + v.State
				}
				if got != state {
					return fmt.Errorf("it is %s, want %s", got, state)
				}
				return nil
			})
		}
	}
}

// acted counts what the cluster did to each key by itself, as all nodes' audit logs tell it.
func (d *drill) acted() map[string]int { return d.byItself("ok") }

// byItself counts the steps of keys that the cluster took, or tried to, by itself with one outcome: by operation and name.
func (c *cluster) byItself(outcome string) map[string]int {
	c.t.Helper()
	count := map[string]int{}
	for _, n := range c.nodes {
		text, err := os.ReadFile(filepath.Join(n.dir, "audit.log"))
		if err != nil {
			c.t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			var e struct {
				Phase, Operation, Outcome string
				Caller                    struct{ Kind string }
				Key                       struct{ Name string }
			}
			if err := json.Unmarshal(line, &e); err != nil {
				continue // the file's head
			}
			if e.Phase == "response" && e.Outcome == outcome && e.Caller.Kind == "self" && e.Key.Name != "" {
				count[e.Operation+" "+e.Key.Name]++
			}
		}
	}
	return count
}

func (d *drill) actedAre(want map[string]int) {
	d.t.Helper()
	wait(3 * time.Second) // three looks at what is due: what would be done twice is done by then
	got := d.acted()
	for what, n := range want {
		if got[what] != n {
			d.t.Errorf("%s was done %d times, want %d", what, got[what], n)
		}
	}
	for what, n := range got {
		if _, known := want[what]; !known {
			d.t.Errorf("%s was done %d times and should not have been", what, n)
		}
	}
}

// TestAClusterThatWasDownForDaysCatchesUpOnce moves the clock of a stopped cluster by a day, and then by eight.
func TestAClusterThatWasDownForDaysCatchesUpOnce(t *testing.T) {
	d := &drill{cluster: open(t)}
	d.begin()
	d.shows(map[string]string{
		"turning": "active: active", "ending": "active: active", "beginning": "pre-active: pre-active", "doomed": "deactivated: deactivated",
		"spared": "deactivated: deactivated", "versions": "active: deactivated active",
	})
	d.actedAre(map[string]int{})

	d.wake(24 * time.Hour)
	d.shows(map[string]string{
		"turning": "active: deactivated active", "ending": "deactivated: deactivated", "beginning": "active: active", "doomed": "deactivated: deactivated",
		"spared": "deactivated: deactivated", "versions": "active: destroyed active",
	})
	first := map[string]int{"key.rotate turning": 1, "key.deactivate ending": 1, "key.activate beginning": 1, "key.destroy versions": 1}
	d.actedAre(first)
	for _, n := range d.nodes {
		own := get("/v1/tokens/self")
		own.token = d.token.Token
		if a := d.must(n, own); a.status != http.StatusUnauthorized {
			t.Errorf("a token whose hour is over is answered %v by %s", a, n.name)
		}
	}

	d.wake(8 * 24 * time.Hour)
	d.shows(map[string]string{
		"turning": "active: deactivated deactivated active", "ending": "deactivated: deactivated", "beginning": "active: active", "doomed": "destroyed: destroyed",
		"spared": "deactivated: deactivated", "versions": "active: destroyed active",
	})
	first["key.rotate turning"], first["key.destroy doomed"] = 2, 1
	d.actedAre(first)
}
