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

// The majority is lost for good: two of three directories are gone. `operator recover` refuses while it need not be, changes nothing until the
// cluster is named, and then the survivor goes on alone; it opens with the shares, every ciphertext opens, what was destroyed stays destroyed,
// the audit log has who did it, and a node joins again under the name of one that was lost.
func TestOneNodeGoesOnAfterTheMajorityIsLost(t *testing.T) {
	c := open(t)
	texts := map[string]string{}
	for i := range 10 {
		name := fmt.Sprintf("app/%d", i)
		if a := c.must(c.nodes[i%3], create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
		texts[name] = c.sealed(name)
	}
	c.ok("key", "deactivate", "app/7")
	c.ok("key", "destroy", "app/7", "--force", "--after", "0s", "--yes")
	c.slots("add", "quorum") // no member is left to open by, and the shares open
	c.caughtUp()
	survivor, lost := c.nodes[0], c.nodes[1:]
	run := func(args ...string) ran {
		return c.cliEnv(nil, []string{"QUORATE_TOKEN="}, append([]string{"operator", "recover", "--dir", survivor.dir, "--format", "json"}, args...)...)
	}
	refuses := func(what, words string, args ...string) {
		t.Helper()
		if r := run(args...); r.code == 0 || !strings.Contains(r.stderr, words) {
			t.Errorf("%s: %v", what, r)
		}
	}
	id := c.init.ClusterID
	refuses("a running node", "another process uses", "--cluster", id, "--yes")
	survivor.kill()
	lost[1].kill()
	refuses("a majority that could be there", "the majority is not lost", "--cluster", id, "--yes")
	lost[0].kill()
	for _, n := range lost {
		if err := os.RemoveAll(n.dir); err != nil {
			t.Fatal(err)
		}
	}
	refuses("without consent", "nothing was changed")
	refuses("without a cluster", "--cluster", "--yes")
	refuses("with another cluster", "nothing was changed", "--cluster", strings.Repeat("0", 32), "--yes")
	empty := t.TempDir()
	if err := os.Chmod(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // else no directory can be given away
		foreign := t.TempDir()
		if err := os.Chown(foreign, 1, -1); err != nil {
			t.Fatal(err)
		}
		refuses("another account's directory", "belongs to the user 1", "--dir", foreign)
	}
	refuses("another directory", "no member's directory", "--dir", empty)

	r := run("--cluster", id, "--yes")
	var done struct {
		Done   bool
		Keys   int
		Others []struct {
			Node string
			Up   bool
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &done); err != nil || r.code != 0 || !done.Done || done.Keys != 10 || len(done.Others) != 2 || done.Others[0].Up {
		t.Fatalf("recovering: %v, %v", err, r)
	}
	refuses("a second time", "only member", "--cluster", id, "--yes")

	survivor.start()
	c.settled(survivor)
	if s, err := c.status(survivor); err != nil || !s.Sealed || len(s.Members) != 1 {
		t.Errorf("after its start: %+v, %v", s, err)
	}
	c.unseal(survivor)
	c.serving(survivor)
	c.nodes = c.nodes[:1]
	trail, err := os.ReadFile(filepath.Join(survivor.dir, "audit.log"))
	if err != nil || !strings.Contains(string(trail), `"cluster.recover"`) || !strings.Contains(string(trail), `"n2,n3"`) {
		t.Errorf("the audit log does not tell of the recovery: %v", err)
	}
	opens := func(nodes ...*node) {
		t.Helper()
		for name, text := range texts {
			for _, n := range nodes {
				a := c.must(n, on(name, "decrypt", api.DecryptRequest{Ciphertext: text}))
				if want := map[bool]int{true: http.StatusConflict, false: http.StatusOK}[name == "app/7"]; a.status != want {
					t.Errorf("%s on %s: %v", name, n.name, a)
				}
			}
		}
	}
	opens(survivor)
	if a := c.must(survivor, create("after", true)); a.status != http.StatusCreated {
		t.Errorf("the survivor does not go on: %v", a)
	}

	again := lost[0]
	again.join, again.joinToken = survivor.addrForPeers(), c.joinToken("again")
	again.start()
	c.nodes = append(c.nodes, again)
	c.voters(survivor, 2)
	eventually(t, 30*time.Second, "the second node is opened by the shares", func() error {
		if c.ready(again) == nil {
			return nil
		}
		c.unseal(again)
		return c.ready(again)
	})
	opens(again)
}
