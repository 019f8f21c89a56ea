package e2e_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// A process on a small ext4 that somebody else fills: writes are refused with 507 and the path, reads and revocations go on, and once there is room
// again writes do too, without a restart.
func TestAFullDiskRefusesWritesAndHealsByItself(t *testing.T) {
	disk := smallDisk(t, 96)
	c := blank(t, 1, func(c *cluster) { c.nodes[0].dir = filepath.Join(disk, "n1") })
	c.found()
	n := c.nodes[0]
	c.unseal(n)
	c.serving(n)
	for _, name := range []string{"kept", "revoked"} {
		if a := c.must(n, create(name, true)); a.status != http.StatusCreated {
			t.Fatal(a)
		}
	}
	text := c.sealed("kept")
	pid, other := n.proc.PID(), filepath.Join(disk, "other")
	leave(t, disk, other, 3<<20)
	var refused answer
	tries := 0
	create507 := func() error {
		var err error
		if refused, err = c.ask(n, create(fmt.Sprint("more/", tries), true)); err != nil {
			return err
		}
		if tries++; refused.status != http.StatusInsufficientStorage {
			return errors.New(refused.String())
		}
		return nil
	}
	eventually(t, 10*time.Second, "writes are refused", create507)
	if !strings.Contains(refused.problem.Detail, n.dir) || refused.problem.Hint == "" {
		t.Errorf("the refusal does not name %s: %v", n.dir, refused)
	}
	for range 20 {
		if a := c.must(n, on("kept", "decrypt", api.DecryptRequest{Ciphertext: text})); a.status != http.StatusOK {
			t.Fatalf("reading on a full disk: %v", a)
		}
	}
	if a := c.must(n, post("/v1/keys/revoked/suspend", api.StateRequest{})); a.status != http.StatusOK {
		t.Errorf("revoking on a full disk: %v", a)
	}
	if err := create507(); err != nil {
		t.Errorf("writes are not refused any more: %v", err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	eventually(t, 15*time.Second, "writes go on", func() error {
		a, err := c.ask(n, create(fmt.Sprint("after/", tries), true))
		if tries++; err == nil && a.status != http.StatusCreated {
			err = errors.New(a.String())
		}
		return err
	})
	t.Logf("healed %v after there was room", time.Since(began).Round(time.Millisecond))
	if n.ended() || n.proc.PID() != pid {
		t.Error("the process is another one")
	}
	if a := c.must(n, encryptWith("revoked", "")); a.status == http.StatusOK {
		t.Error("what was revoked meanwhile is served")
	}
}

// leave writes a file until no more than so many bytes are free.
func leave(t *testing.T, disk, file string, free uint64) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := make([]byte, 256<<10); ; {
		var s syscall.Statfs_t
		if err := errors.Join(f.Sync(), syscall.Statfs(disk, &s)); err != nil {
			t.Fatal(err)
		}
		if s.Bavail*uint64(s.Bsize) <= free {
			return
		}
		if _, err := f.Write(chunk); err != nil {
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
	if err := errors.Join(f.Truncate(megabytes<<20), f.Close()); err != nil {
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
