package cluster_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/vault/fault"
)

// bereft is a cluster of three of which all are stopped, with snapshots and a log on the first. It returns the state's digest.
func bereft(t *testing.T) (*clustertest.Cluster, [32]byte) {
	t.Helper()
	c := clustertest.New(t, 3)
	for i := range 20 {
		c.Put(fmt.Sprintf("setting/early%d", i), "x")
	}
	if err := c.Node(0).Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		c.Put(fmt.Sprintf("setting/late%d", i), "x")
	}
	c.WaitConverged()
	want := c.Machine(0).State().ContentDigest()
	for i := range 3 {
		c.Kill(i)
	}
	return c, want
}

// alone starts the first node, which must lead by itself, hold want, and take and keep a write.
func alone(t *testing.T, c *clustertest.Cluster, want [32]byte) {
	t.Helper()
	c.Restart(0)
	c.WaitFresh(0)
	if got := c.Machine(0).State().ContentDigest(); got != want {
		t.Error("the state is not what it was")
	}
	var begin uint64
	files := snapshotFiles(t, c, 0)
	if _, err := fmt.Sscanf(filepath.Base(files[len(files)-1]), "%020d-", &begin); err != nil || c.Machine(0).Applied() < begin {
		t.Errorf("it counts %d entries as applied and begins at %d: %v", c.Machine(0).Applied(), begin, err)
	}
	c.Put("setting/after", "y")
	if err := c.Node(0).Snapshot(t.Context()); err != nil {
		t.Error(err)
	}
	c.Put("setting/later", "y")
	c.Kill(0)
	c.Restart(0)
	c.WaitFresh(0)
	if s := c.Machine(0).State(); s.Document("setting/after") == nil || s.Document("setting/later") == nil {
		t.Error("what was written after the recovery is not there after a restart")
	}
}

func TestANodeGoesOnAloneAfterAMajorityIsLost(t *testing.T) {
	c, want := bereft(t)
	dir, id := c.Dir(0), c.Config(0).Identity
	r, err := cluster.Inspect(dir, id, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if r.Node != "n1" || r.Voters() != 3 || len(r.Others) != 2 || r.State.ContentDigest() != want {
		t.Errorf("inspected: %s, %d voters, others %+v", r.Node, r.Voters(), r.Others)
	}
	log := entries(t, filepath.Join(dir, "raft.db"))
	if newest := log[len(log)-1]; !strings.HasPrefix(newest, fmt.Sprintf("%d %d ", r.Index, r.Term)) {
		t.Errorf("inspected up to entry %d of term %d, and the newest is %s", r.Index, r.Term, newest)
	}
	at := time.Now()
	done, err := cluster.Recover(dir, id, "somebody", at, quiet)
	if err != nil {
		t.Fatal(err)
	}
	var index, term uint64
	if _, err := fmt.Sscanf(done.Snapshot, "%020d-%020d", &index, &term); err != nil || index != r.Index+1 || term < r.Term+1<<20 {
		t.Errorf("it begins with %s after entry %d of term %d", done.Snapshot, r.Index, r.Term)
	}
	told, err := cluster.Recovered(dir)
	if err != nil || told == nil || told.By != "somebody" || !told.At.Equal(at) || told.Index != r.Index || told.Snapshot != done.Snapshot || !slices.Equal(told.Without, []string{"n2", "n3"}) {
		t.Errorf("recorded: %+v, %v", told, err)
	}
	if err := cluster.ForgetRecovery(dir); err != nil {
		t.Error(err)
	}
	if told, err := cluster.Recovered(dir); told != nil || err != nil {
		t.Errorf("after it was told: %+v, %v", told, err)
	}
	if _, err := cluster.Recover(dir, id, "somebody", at, quiet); !errors.Is(err, fault.BadState) {
		t.Errorf("a second time: %v", err)
	}
	alone(t, c, want)
	members := c.Node(0).Members()
	if len(members) != 1 || members[0].Role != cluster.RoleLeader {
		t.Errorf("members: %+v", members)
	}
	before := c.Machine(0).State().ContentDigest()
	if err := c.TryStart(1, nil); err != nil { // it was only thought lost
		t.Fatal(err)
	}
	i := c.Add() // a newcomer gets everything
	c.Until("the newcomer has the state", func() bool { return c.Machine(i).State().ContentDigest() == before })
	if n := c.Machine(1).State(); n.Document("setting/later") != nil {
		t.Error("a node of the former cluster follows the new one")
	}
}

// TestARecoveryThatIsCutOffLeavesTheOneOrTheOther ends the recovery before each write: the directory holds the former membership until the
// snapshot has its name, and the new one after that; always the whole state; and a second try finishes it.
func TestARecoveryThatIsCutOffLeavesTheOneOrTheOther(t *testing.T) {
	c, want := bereft(t)
	dir, id := c.Dir(0), c.Config(0).Identity
	clean := t.TempDir()
	if err := os.CopyFS(filepath.Join(clean, "n"), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{"record", "term", "snapshot", "name", "log"} {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(clean, "n"))); err != nil {
			t.Fatal(err)
		}
		if err := cluster.RecoverUntil(dir, id, step); err == nil || err.Error() != "crashed" {
			t.Fatalf("%s: %v", step, err)
		}
		changed := step == "log"
		r, err := cluster.Inspect(dir, id, quiet)
		if err != nil {
			t.Fatalf("cut off before %s: %v", step, err)
		}
		if r.State.ContentDigest() != want || (r.Voters() == 1) != changed {
			t.Errorf("cut off before %s: %d voters", step, r.Voters())
		}
		if told, err := cluster.Recovered(dir); err != nil || (told != nil) != changed {
			t.Errorf("cut off before %s: a record %+v, %v", step, told, err)
		}
		if !changed {
			if _, err := cluster.Recover(dir, id, "again", time.Now(), quiet); err != nil {
				t.Fatalf("again after %s: %v", step, err)
			}
		}
		alone(t, c, want)
		c.Kill(0)
	}
}

// TestADamagedRecoveryDoesNotFallBack: with the log and the former snapshots still there, the node refuses to be what it was.
func TestADamagedRecoveryDoesNotFallBack(t *testing.T) {
	c, _ := bereft(t)
	dir, id := c.Dir(0), c.Config(0).Identity
	if err := cluster.RecoverUntil(dir, id, "log"); err == nil {
		t.Fatal("it was not cut off")
	}
	files := snapshotFiles(t, c, 0)
	newest := files[len(files)-1]
	b := read(t, newest)
	b[len(b)/2] ^= 1
	write(t, newest, b)
	if err := c.TryStart(0, nil); !named(err, newest) {
		t.Errorf("got %v, want a DamageError naming %s", err, newest)
	}
}

func TestOnlyAWholeAndStoppedMemberIsRecovered(t *testing.T) {
	c, _ := bereft(t)
	id := c.Config(0).Identity
	refused := func(what, dir string, ok func(error) bool) {
		t.Helper()
		if _, err := cluster.Recover(dir, id, "x", time.Now(), quiet); err == nil || !ok(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	kind := func(k fault.Kind) func(error) bool { return func(err error) bool { return errors.Is(err, k) } }
	refused("an empty directory", t.TempDir(), kind(fault.NotFound))
	refused("another node's directory", c.Dir(1), func(err error) bool { return named(err, filepath.Join(c.Dir(1), "raft.db")) })
	if err := os.WriteFile(filepath.Join(c.Dir(0), "removed"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused("a removed node", c.Dir(0), kind(fault.BadState))
	if err := os.Remove(filepath.Join(c.Dir(0), "removed")); err != nil {
		t.Fatal(err)
	}
	c.Restart(0)
	refused("a running node", c.Dir(0), func(err error) bool { return !errors.Is(err, fault.NotFound) })
}

func TestProbeTellsWhoAnswers(t *testing.T) {
	c := clustertest.New(t, 3)
	c.WaitConverged()
	c.Kill(0)
	c.Kill(2)
	r, err := cluster.Inspect(c.Dir(0), c.Config(0).Identity, quiet)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := cluster.Probe(t.Context(), c.Config(0).Identity, r.Others, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if up := a.Node == "n2"; a.Up != up || up != (a.Term > 0) || up != (a.Cause == "") {
			t.Errorf("%+v", a)
		}
		if a.Up && (a.LastIndex < r.Index || a.LastTerm < r.Term) { // it went on when the others were gone, or stood still
			t.Errorf("%+v, and the one that asks is at %d of term %d", a, r.Index, r.Term)
		}
	}
	silent := r.Others[slices.IndexFunc(r.Others, func(o cluster.Other) bool { return o.Node == "n3" })]
	l, err := net.Listen("tcp", silent.Peer) // a process that stands still: the kernel takes the connection
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	answers, err = cluster.Probe(t.Context(), c.Config(0).Identity, []cluster.Other{silent}, 200*time.Millisecond)
	if err != nil || !answers[0].Up || answers[0].Term != 0 || answers[0].Cause == "" {
		t.Errorf("one that stands still: %+v, %v", answers, err)
	}
}
