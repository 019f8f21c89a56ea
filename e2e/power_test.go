package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/disk"
)

// The power goes everywhere at once, right after a cluster was founded and joined, and takes all that no node had synced: marks that were
// removed come back, and directories that were made are gone, unless their names were synced as well.
func TestAPowerCutRightAfterTheFoundingTakesNothing(t *testing.T) {
	var disks []*disk.Disk
	c := open(t, func(c *cluster) {
		for _, n := range c.nodes {
			disks = append(disks, onDisk(t, n))
		}
	})
	for i := range 20 {
		if a := c.must(c.nodes[i%3], create(fmt.Sprintf("sample/%d", i), true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	want := c.sample(c.nodes[0])
	for _, n := range c.nodes {
		n.kill()
	}
	for i, n := range c.nodes {
		if err := disks[i].Cut(nil); err != nil {
			t.Fatal(err)
		}
		n.start()
	}
	for _, n := range c.nodes {
		c.settled(n)
	}
	c.unseal(c.nodes[1])
	c.serving(c.nodes...)
	c.caughtUp()
	for i, n := range c.nodes {
		if got := c.sample(n); got != want {
			t.Errorf("after the power cut %s has another state:\n%s\nwant\n%s", n.name, got, want)
		}
		if s := disks[i].Stats(); s.Undone == 0 {
			t.Errorf("the power cut took nothing from %s's disk: this test does not see any (%+v)", n.name, s)
		}
	}
}

// onDisk moves what a node will keep onto a disk that can lose its power.
func onDisk(t *testing.T, n *node) *disk.Disk {
	t.Helper()
	d, err := disk.New(n.dir + ".disk")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Mount(); err != nil {
		t.Skipf("no disk can be made here: %v", err)
	}
	t.Cleanup(func() { // after the process has ended
		if err := d.Unmount(); err != nil {
			t.Error(err)
		}
	})
	n.dir = filepath.Join(d.Point, "data")
	return d
}

// A disk that hangs ends the process, although most of what ends in order waits for that disk. (Its threads that do are ended once
// the disk lets them.)
func TestAHangingDiskEndsTheProcess(t *testing.T) {
	var d *disk.Disk
	c := blank(t, 1, func(c *cluster) { d = onDisk(t, c.nodes[0]) })
	c.found()
	n := c.nodes[0]
	d.Freeze()
	t.Cleanup(d.Mend) // before the process is killed
	under := create("way", false)
	under.within = time.Second
	_, _ = c.ask(n, under) // the audit log waits for the disk, too, and so does its orderly end
	eventually(t, 60*time.Second, "the process has ended, but for threads that wait for the disk", func() error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.proc.PID()))
		if err != nil {
			return err
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		if state[0] != 'Z' {
			return fmt.Errorf("it is in state %c", state[0])
		}
		return nil
	})
	d.Mend()
	n.waitExit(20 * time.Second)
	if n.proc.Err() == nil || !n.logged("a write takes longer than") {
		t.Errorf("it ended with %v and without saying why", n.proc.Err())
	}
}
