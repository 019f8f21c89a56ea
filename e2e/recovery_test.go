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

	"github.com/quorate/quorate/e2e/rados"
	"github.com/quorate/quorate/transport/api"
)

// The story of disaster recovery: snapshots on a schedule, in a folder; the drill says that the newest opens; all three nodes are lost with
// their disks; on another machine a new cluster is restored from it with three of five shares, two nodes join, every ciphertext
// opens, and what was destroyed stays destroyed. A node of the old cluster that turns up again is a stranger to the new one.
func TestAllNodesAreLostAndTheClusterLivesAgain(t *testing.T) {
	t.Parallel()
	d := beginDisaster(t)
	store := filepath.Join(d.dir, "backups")
	d.scheduled("file://" + store)
	files, err := filepath.Glob(filepath.Join(store, "*.qsnap"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no snapshot in %s: %v", store, err)
	}
	newest := files[len(files)-1]
	d.drillSays(newest)

	stray := d.nodes[2] // its disk is found again later
	d.wiped(stray)
	d.nodes[0].start()
	for what, file := range d.damagedCopies(newest, store) {
		if r := d.restore(file); r.code == 0 || !strings.Contains(r.stderr, "refused") && (what != "epoch" || !strings.Contains(r.stderr, "has expired")) {
			t.Errorf("%s: %v", what, r)
		}
	}
	if r := d.restore(files[0]); len(files) < 2 || r.code != 5 || !strings.Contains(r.stderr, filepath.Base(newest)) || !strings.Contains(r.stderr, "--revive-destroyed") {
		t.Errorf("an older snapshot, of %d, with the newer beside it: %v", len(files), r)
	}
	d.livesAgain(newest)
	stray.start() // with its old directory, certificate and log
	d.voters(d.nodes[0], 3)
	if s, err := d.status(d.nodes[0]); err != nil || len(s.Members) != 3 {
		t.Errorf("the old node is a member of the new cluster: %+v, %v", s.Members, err)
	}
}

// The same with the snapshots in object storage, a real S3 server: schedule, drill and restore take the bucket's address, and nothing
// but that address and three shares is left of the cluster.
func TestAllNodesAreLostAndTheClusterLivesAgainFromABucket(t *testing.T) {
	s := rados.ForTest(t, "vault-backups")
	for _, e := range s.Environment() { // of the nodes
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	bucket := s.Address("vault-backups", "")
	d := beginDisaster(t)
	d.env = s.Environment()
	d.scheduled(bucket)
	d.drillSays(bucket)
	d.wiped(nil)
	d.nodes[0].start()
	if r := d.restore(s.Address("another", "")); r.code == 0 {
		t.Errorf("restoring from a bucket that is not there: %v", r)
	}
	d.livesAgain(bucket)
	if r := d.cli(nil, append([]string{"operator", "drill", bucket}, d.given...)...); r.code != 0 {
		t.Errorf("the drill on the same bucket, afterwards: %v", r)
	}
}

// disaster is a cluster that will be lost, and what is left of it: ciphertexts, and three of five shares.
type disaster struct {
	*cluster
	texts map[string]string // by key
	given []string          // the flags that name the shares' files
}

// keysOf is how many keys the lost cluster has; make counted has the large one.
func keysOf() int { return times(30, 100_000) }

// beginDisaster makes a cluster with thirty keys or many, one of them destroyed.
func beginDisaster(t *testing.T) *disaster {
	t.Helper()
	d := &disaster{cluster: open(t)}
	d.texts = d.filled("app", keysOf())
	d.ok("key", "deactivate", "app/7")
	d.ok("key", "destroy", "app/7", "--force", "--after", "0s", "--yes")
	for i := range 3 {
		d.given = append(d.given, "--share-file", d.write(fmt.Sprint("custodian-", i), d.init.Shares[2*i]+"\n"))
	}
	return d
}

// scheduled has the cluster store snapshots, and waits until one is stored and drilled.
func (d *disaster) scheduled(store string) {
	d.t.Helper()
	d.ok("operator", "snapshot", "schedule", "set", "--to", store, "--every", "1h")
	eventually(d.t, time.Duration(times(30, 300))*time.Second, "the first snapshot is stored and drilled", func() error {
		var s api.SnapshotStatus
		if err := json.Unmarshal([]byte(d.ok("operator", "snapshot", "schedule", "show", "--format", "json")), &s); err != nil {
			return err
		}
		if s.SucceededAt == "" || s.DrilledAt == "" {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	d.ok("operator", "snapshot", "schedule", "run")
}

// drillSays wants the full drill, with shares, to open everything, and to tell of the one key that was made since.
func (d *disaster) drillSays(at string) {
	d.t.Helper()
	if a := d.must(d.nodes[1], create("too-late", false)); a.status != http.StatusCreated {
		d.t.Fatal(a)
	}
	drill := d.ok(append([]string{"operator", "drill", at, "--live", "--format", "json"}, d.given...)...)
	var said struct {
		Digest string
		Would  struct {
			Lost struct{ Count int } `json:"loses_keys"`
			Same int                 `json:"same_keys"`
		} `json:"would_do"`
		OK        bool
		Keys      int
		Versions  int `json:"versions_opened"`
		Destroyed int `json:"destroyed_versions"`
	}
	if err := json.Unmarshal([]byte(drill), &said); err != nil || !said.OK || said.Keys != keysOf() || said.Versions != keysOf()-1 || said.Destroyed != 1 ||
		said.Would.Lost.Count != 1 || said.Would.Same != keysOf() || len(said.Digest) != 64 {
		d.t.Fatalf("the drill says %s: %v", drill, err)
	}
}

// wiped kills every node and removes its directory, but for one that is spared, and has three new machines.
func (d *disaster) wiped(spared *node) {
	d.t.Helper()
	for _, n := range d.nodes {
		n.kill()
	}
	for _, n := range d.nodes {
		if n == spared {
			continue
		}
		if err := os.RemoveAll(n.dir); err != nil {
			d.t.Fatal(err)
		}
	}
	d.nodes = []*node{newNode(d.t, d.dir, "m1"), newNode(d.t, d.dir, "m2"), newNode(d.t, d.dir, "m3")}
}

// restore brings a snapshot back into the first of the new nodes, which is empty.
func (d *disaster) restore(at string) ran {
	return d.cliEnv(d.nodes[:1], []string{"QUORATE_CACERT=", "QUORATE_TOKEN="}, append([]string{"operator", "snapshot", "restore", at, "--format", "json"}, d.given...)...)
}

// livesAgain restores the cluster, lets the others join, and opens every ciphertext at every node.
func (d *disaster) livesAgain(at string) {
	d.t.Helper()
	r := d.restore(at)
	if r.code != 0 {
		d.t.Fatalf("restoring: %v", r)
	}
	var done api.RestoreResponse
	if err := json.Unmarshal([]byte(r.stdout), &done); err != nil {
		d.t.Fatal(err)
	}
	d.trust(done.CACertificate)
	d.join = d.joinToken("again")
	d.joinRest()
	d.unseal(d.nodes[2])
	d.serving(d.nodes...)
	d.caughtUp()
	d.sameDigest()
	for _, n := range d.nodes {
		d.opened(n, d.texts, "app/7")
	}
	tellFigure(d.t, fmt.Sprintf("disaster recovery of %d keys, with three of five shares", len(d.texts)), "restored ≤ 60 s, digests equal, 100 % of known ciphertexts open",
		"a snapshot from the schedule, all three nodes wiped, a new cluster", "restored in %v, digests of 3 nodes equal, %d of %d ciphertexts open at each node, the destroyed one at none",
		r.took.Round(10*time.Millisecond), len(d.texts)-1, len(d.texts)-1)
	if a := d.must(d.nodes[1], create("after", true)); a.status != http.StatusCreated {
		d.t.Errorf("the new cluster does not go on: %v", a)
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
	epoch, created := c.headerOf(b)
	for what, at := range map[string]int{"magic": 2, "header": created, "epoch": epoch, "body": len(b) / 2, "length": len(b) - 70, "digest": len(b) - 40, "code": len(b) - 4} {
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

// headerOf is where a snapshot's header has the last byte of its epoch, of which there is no other key, and of its date. The header is a CBOR map
// with numbers for keys; the first two fields, of a byte and of 16, are followed by index, term, epoch and date.
func (c *cluster) headerOf(b []byte) (epoch, created int) {
	c.t.Helper()
	const numbers = 12 + 1 + 2 + 18 // behind magic and length: the map's own byte, format and cluster
	at := numbers
	for field := byte(3); field <= 6; field++ {
		if b[at] != field || b[at+1] > 0x1b {
			c.t.Fatalf("the header has %x where the number of field %d should be", b[at:at+2], field)
		}
		at++
		if b[at] >= 0x18 { // the number is in the bytes that follow
			at += 1 << (b[at] - 0x18)
		}
		if field == 5 {
			epoch = at
		}
		at++
	}
	return epoch, at - 1
}

// trust makes clients trust another CA, and no other.
func (c *cluster) trust(ca string) {
	c.t.Helper()
	c.caFile = c.write("ca-again.crt", ca)
	c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, ca)}, MaxIdleConnsPerHost: 64}}
	c.t.Cleanup(c.http.CloseIdleConnections)
}
