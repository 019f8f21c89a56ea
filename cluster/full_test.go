package cluster_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
	"github.com/quorate/quorate/cluster/room"
	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
)

const mib = 1 << 20

// disks are what three nodes are told of their disks.
type disks [3]atomic.Bool // full

func (d *disks) tune(i int, cfg *cluster.Config) {
	cfg.DiskMark, cfg.DiskBallast = 0, 0 // the defaults: 10 MiB of these 100
	cfg.Statfs = func(string) (room.Space, error) {
		if d[i].Load() {
			return room.Space{Free: 5 * mib, Total: 100 * mib}, nil
		}
		return room.Space{Free: 50 * mib, Total: 100 * mib}, nil
	}
}

// put tries to write a document on whichever node leads, once it is clear which.
func put(t *testing.T, c *clustertest.Cluster, name string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), clustertest.Patience)
	defer cancel()
	_, err := c.Propose(ctx, &fsm.PutDocument{Name: name, Body: []byte("x")}, clustertest.NewRequest())
	return err
}

func TestLeaderWithoutRoomHandsOverAndWritesGoOn(t *testing.T) {
	var d disks
	c := clustertest.New(t, 3, d.tune)
	old := c.Leader()
	d[old].Store(true)
	c.Until("another leads", func() bool { return c.Leader() != old })
	for range 3 { // and whoever is elected hands over
		_ = c.Node(c.Leader()).Transfer(t.Context(), c.Name(old))
		c.Until("a node with room leads", func() bool { return c.Leader() != old })
	}
	if err := put(t, c, "setting/a"); err != nil {
		t.Errorf("with one disk full of three: %v", err)
	}
	if s := c.Node(old).Status(); !s.Disk.Low || !s.Fresh {
		t.Errorf("the node without room: %+v", s)
	}
	c.WaitConverged()
}

func TestFullDisksRefuseWhatGrowsAndHealByThemselves(t *testing.T) {
	var d disks
	c := clustertest.New(t, 3, d.tune)
	for _, name := range []string{"setting/a", "setting/b"} {
		if err := put(t, c, name); err != nil {
			t.Fatal(err)
		}
	}
	leader := c.Leader()
	for i := range d {
		d[i].Store(i != leader)
	}
	refused := func(what, names string) {
		t.Helper()
		var err error
		c.Until(what+" is refused", func() bool { err = put(t, c, "setting/"+unused()); return errors.Is(err, fault.Full) })
		if f := fault.Of(err); !strings.Contains(f.Message, names) || f.Hint == "" {
			t.Errorf("%s: %q, which does not name %s", what, f.Message, names)
		}
	}
	refused("a write while a majority has no room", c.Name((leader+1)%3))
	d[leader].Store(true)
	c.Until("the leader has seen it", func() bool { return c.Node(leader).Status().Disk.Low })
	refused("a write while nobody has room", filepath.Dir(c.Dir(0)))
	urgent := &fsm.DeleteDocument{Name: "setting/a", Expect: 1}
	if out, err := c.Propose(t.Context(), urgent, clustertest.NewRequest()); err != nil || out.Fault != nil {
		t.Errorf("a deletion: %v %v", err, out.Fault)
	}
	for i := range d {
		c.WaitFresh(i) // reads go on
	}
	began := time.Now()
	for i := range d {
		d[i].Store(false)
	}
	c.Until("writes go on", func() bool { return put(t, c, "setting/"+unused()) == nil })
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("healed after %v", took)
	}
	c.WaitConverged()
}

var used atomic.Int64

// unused is a name that was not used before.
func unused() string { return "k" + strconv.Itoa(int(used.Add(1))) }

func TestAppendWithoutRoomIsRefusedAndNotFatal(t *testing.T) {
	d := newDisk()
	var fatal error
	log := cluster.NewLog(d, logKeyBytes, 3*time.Second, yes, func(err error) { fatal = err })
	for i := range uint64(3) {
		if err := log.StoreLog(entry(i+1, "x")); err != nil {
			t.Fatal(err)
		}
	}
	full := &fs.PathError{Op: "write", Path: "raft.db", Err: syscall.ENOSPC}
	d.before = func() error { return full }
	var want *cluster.FullError
	if err := log.StoreLog(entry(4, "x")); !errors.As(err, &want) || !errors.Is(err, fault.Full) || fatal != nil {
		t.Errorf("got %v, fatal %v; want a FullError", err, fatal)
	}
	d.before = nil
	if err := log.StoreLog(entry(4, "y")); err != nil {
		t.Errorf("with room again: %v", err)
	}
	d.before = func() error { return syscall.ENOSPC } // from fdatasync(2): pages may be gone
	var bad *cluster.DiskError
	if err := log.StoreLog(entry(5, "x")); !errors.As(err, &bad) || fatal == nil {
		t.Errorf("a sync without room: got %v, fatal %v; want a DiskError twice", err, fatal)
	}
}

// TestNoRoomAfterATruncationIsFatal: raft would go on believing in the entries that were removed (R20).
func TestNoRoomAfterATruncationIsFatal(t *testing.T) {
	d := newDisk()
	var fatal error
	log := cluster.NewLog(d, logKeyBytes, 3*time.Second, yes, func(err error) { fatal = err })
	if err := log.StoreLogs([]*raft.Log{entry(1, "x"), entry(2, "x"), entry(3, "x")}); err != nil {
		t.Fatal(err)
	}
	if err := log.DeleteRange(2, 3); err != nil {
		t.Fatal(err)
	}
	d.before = func() error { return &fs.PathError{Op: "write", Path: "raft.db", Err: syscall.ENOSPC} }
	var bad *cluster.DiskError
	if err := log.StoreLog(entry(2, "y")); !errors.As(err, &bad) || fatal == nil {
		t.Errorf("got %v, fatal %v; want a DiskError twice", err, fatal)
	}
}

// TestNodeOnAFullDisk runs one of three nodes on a small disk that something else fills to the last byte.
func TestNodeOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, 48)
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) {
		if i == 2 {
			cfg.Dir, cfg.DiskMark, cfg.DiskBallast = filepath.Join(dir, "node"), 0, 0
		}
	})
	if err := c.Node(c.Leader()).Transfer(t.Context(), c.Name(2)); err != nil && c.Leader() != 2 {
		t.Fatal(err)
	}
	fill := filepath.Join(dir, "other")
	stuff(t, fill)
	c.Until("another leads", func() bool { return c.Leader() != 2 })
	stuff(t, fill+"2") // what the ballast gave up
	for range 20 {
		c.Put("setting/"+unused(), string(make([]byte, 50<<10)))
	}
	select {
	case <-c.Node(2).Fatal():
		t.Fatalf("the node ended: %v", c.Ended(2))
	default:
	}
	if behind := c.Machine(0).State().Index() - c.Machine(2).State().Index(); behind == 0 {
		t.Error("the full disk took another megabyte: this test shows nothing")
	}
	others, err := filepath.Glob(filepath.Join(dir, "other*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range others {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	c.WaitFresh(2)
	c.WaitConverged()
	c.Until("the ballast is back", func() bool { return !c.Node(2).Status().Disk.Low })
	took := time.Since(began)
	t.Logf("healed after %v", took.Round(time.Millisecond))
	if took > 15*time.Second {
		t.Errorf("healed after %v", took)
	}
	c.Stop(2) // and what it kept is whole
	c.Restart(2)
	c.WaitFresh(2)
}

// stuff writes a file until there is no room for another byte.
func stuff(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if room.IsFull(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := mib; chunk >= 512; chunk /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
		if !room.IsFull(err) {
			t.Fatal(err)
		}
	}
}

// smallDisk mounts a small ext4 until the test ends. Where that is impossible the test is skipped.
func smallDisk(t *testing.T, megabytes int64) string {
	t.Helper()
	img, dir := filepath.Join(t.TempDir(), "img"), t.TempDir()
	f, err := os.Create(img)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(megabytes*mib), f.Close()); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range [][]string{{"mkfs.ext4", "-q", "-F", "-m", "0", img}, {"mount", "-o", "loop", img, dir}} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no small disk can be mounted here: %s: %v: %s", cmd[0], err, out)
		}
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}
