package e2e_test

import (
	"crypto/tls"
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

// The story of disaster recovery: snapshots on a schedule, in a folder; the drill says that the newest opens; all three nodes are lost with
// their disks; on another machine a new cluster is restored from it with three of five shares, two nodes join, every ciphertext
// opens, and what was destroyed stays destroyed. A node of the old cluster that turns up again is a stranger to the new one.
func TestAllNodesAreLostAndTheClusterLivesAgain(t *testing.T) {
	c := open(t)
	texts := map[string]string{}
	for i := range 30 {
		name := fmt.Sprintf("app/%d", i)
		if a := c.must(c.nodes[i%3], create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
		texts[name] = c.sealed(name)
	}
	c.ok("key", "deactivate", "app/7")
	c.ok("key", "destroy", "app/7", "--force", "--after", "0s", "--yes")
	store := filepath.Join(c.dir, "backups")
	c.ok("operator", "snapshot", "schedule", "set", "--to", "file://"+store, "--every", "1h")
	eventually(t, 30*time.Second, "the first snapshot is stored and drilled", func() error {
		var s api.SnapshotStatus
		if err := json.Unmarshal([]byte(c.ok("operator", "snapshot", "schedule", "show", "--format", "json")), &s); err != nil {
			return err
		}
		if s.SucceededAt == "" || s.DrilledAt == "" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	c.ok("operator", "snapshot", "schedule", "run")
	files, err := filepath.Glob(filepath.Join(store, "*.qsnap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no snapshot in %s: %v", store, err)
	}
	newest := files[len(files)-1]
	var given []string
	for i := range 3 {
		given = append(given, "--share-file", c.write(fmt.Sprint("custodian-", i), c.init.Shares[2*i]+"\n"))
	}
	drill := c.ok(append([]string{"operator", "drill", newest, "--format", "json"}, given...)...)
	var said struct {
		OK        bool
		Keys      int
		Versions  int `json:"versions_opened"`
		Destroyed int `json:"destroyed_versions"`
	}
	if err := json.Unmarshal([]byte(drill), &said); err != nil || !said.OK || said.Keys != 30 || said.Versions != 29 || said.Destroyed != 1 {
		t.Fatalf("the drill says %s: %v", drill, err)
	}

	old := c.nodes
	for _, n := range old {
		n.kill()
	}
	stray := old[2] // its disk is found again later
	for _, n := range old[:2] {
		if err := os.RemoveAll(n.dir); err != nil {
			t.Fatal(err)
		}
	}

	c.nodes = []*node{newNode(t, c.dir, "m1"), newNode(t, c.dir, "m2"), newNode(t, c.dir, "m3")}
	c.nodes[0].start()
	damaged := c.damagedCopies(newest, store)
	empty := []string{"QUORATE_CACERT=", "QUORATE_TOKEN="}
	restore := func(file string) ran {
		return c.cliEnv(c.nodes[:1], empty, append([]string{"operator", "snapshot", "restore", file, "--format", "json"}, given...)...)
	}
	for what, file := range damaged {
		if r := restore(file); r.code == 0 || !strings.Contains(r.stderr, "refused") {
			t.Errorf("%s: %v", what, r)
		}
	}
	r := restore(newest)
	if r.code != 0 {
		t.Fatalf("restoring: %v", r)
	}
	var done api.RestoreResponse
	if err := json.Unmarshal([]byte(r.stdout), &done); err != nil {
		t.Fatal(err)
	}
	c.trust(done.CACertificate)
	c.join = c.joinToken("again")
	c.joinRest()
	c.unseal(c.nodes[2])
	c.serving(c.nodes...)
	for name, text := range texts {
		for _, n := range c.nodes {
			a := c.must(n, on(name, "decrypt", api.DecryptRequest{Ciphertext: text}))
			if want := map[bool]int{true: http.StatusConflict, false: http.StatusOK}[name == "app/7"]; a.status != want {
				t.Errorf("%s: %s on %s: %v", name, text, n.name, a)
			}
		}
	}
	stray.start() // with its old directory, certificate and log
	c.voters(c.nodes[0], 3)
	if s, err := c.status(c.nodes[0]); err != nil || len(s.Members) != 3 {
		t.Errorf("the old node is a member of the new cluster: %+v, %v", s.Members, err)
	}
	if a := c.must(c.nodes[1], create("after", true)); a.status != http.StatusCreated {
		t.Errorf("the new cluster does not go on: %v", a)
	}
}

// damagedCopies are files that must be refused: a byte changed in each section, and cut off.
func (c *cluster) damagedCopies(snapshot, store string) map[string]string {
	c.t.Helper()
	b, err := os.ReadFile(snapshot)
	if err != nil {
		c.t.Fatal(err)
	}
	all := map[string]string{}
	for what, at := range map[string]int{"magic": 2, "header": 40, "body": len(b) / 2, "length": len(b) - 70, "digest": len(b) - 40, "code": len(b) - 4} {
		bad := append([]byte(nil), b...)
		bad[at] ^= 4
		all[what] = filepath.Join(store, "damaged-"+what)
		if err := os.WriteFile(all[what], bad, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	all["cut off"] = filepath.Join(store, "damaged-cut")
	if err := os.WriteFile(all["cut off"], b[:len(b)-1], 0o600); err != nil {
		c.t.Fatal(err)
	}
	return all
}

// trust makes clients trust another CA, and no other.
func (c *cluster) trust(ca string) {
	c.t.Helper()
	c.caFile = c.write("ca-again.crt", ca)
	c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, ca)}, MaxIdleConnsPerHost: 64}}
	c.t.Cleanup(c.http.CloseIdleConnections)
}
