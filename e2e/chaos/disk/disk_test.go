package disk_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/disk"
	"github.com/quorate/quorate/e2e/kit"
)

func mounted(t *testing.T) *disk.Disk {
	t.Helper()
	d, err := disk.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Mount(); err != nil {
		t.Skipf("no disk can be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := d.Unmount(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func put(t *testing.T, f *os.File, text string, off int64) {
	t.Helper()
	if _, err := f.WriteAt([]byte(text), off); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, d *disk.Disk, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.Point, name))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func syncDir(t *testing.T, d *disk.Disk) {
	t.Helper()
	f, err := os.Open(d.Point)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}

// What was synced is there after a power cut; of the rest some is not, and nothing else ever is.
func TestPowerCutTakesOnlyWhatWasNotSynced(t *testing.T) {
	d := mounted(t)
	rnd := rand.New(rand.NewPCG(7, 7))
	seen := map[string]int{}
	for round := range 24 {
		f, err := os.OpenFile(filepath.Join(d.Point, "log"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		put(t, f, "aaaa", 0)
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		syncDir(t, d)
		put(t, f, "b", 1)
		put(t, f, "c", 6)
		f.Close()
		if got := read(t, d, "log"); got != "abaa\x00\x00c" {
			t.Fatalf("round %d, before the cut: %q", round, got)
		}
		if err := d.Cut(rnd); err != nil {
			t.Fatal(err)
		}
		seen[read(t, d, "log")]++
	}
	for _, want := range []string{"aaaa", "abaa", "aaaa\x00\x00c", "abaa\x00\x00c"} {
		if seen[want] == 0 {
			t.Errorf("a cut never left %q", want)
		}
		delete(seen, want)
	}
	if len(seen) > 0 {
		t.Errorf("cuts left what was never there: %v", seen)
	}
}

func TestPowerCutTakesNamesThatWereNotSynced(t *testing.T) {
	d := mounted(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	a, b := filepath.Join(d.Point, "a"), filepath.Join(d.Point, "b")
	seen := map[string]int{}
	for range 24 {
		for path, text := range map[string]string{a: "new", b: "old"} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		syncDir(t, d)
		if err := os.Rename(a, b); err != nil {
			t.Fatal(err)
		}
		if err := d.Cut(rnd); err != nil {
			t.Fatal(err)
		}
		got := read(t, d, "b")
		if got == "old" && read(t, d, "a") != "new" {
			t.Fatal("the rename was undone by half")
		}
		seen[got]++
	}
	if seen["old"] == 0 || seen["new"] == 0 || len(seen) != 2 {
		t.Errorf("after a rename and a cut the file held %v", seen)
	}
}

func TestFsyncFailsStallsAndMends(t *testing.T) {
	d := mounted(t)
	f, err := os.Create(filepath.Join(d.Point, "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d.FailSync(syscall.EIO)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("an fsync that is to fail: %v", err)
	}
	d.Mend()
	d.SlowSync(30 * time.Millisecond)
	begin := time.Now()
	if err := f.Sync(); err != nil || time.Since(begin) < 30*time.Millisecond {
		t.Errorf("an fsync that is to be slow: %v after %v", err, time.Since(begin))
	}
	d.Mend()
	d.Freeze()
	synced := make(chan error, 1)
	go func() { synced <- f.Sync() }()
	select {
	case err := <-synced:
		t.Errorf("an fsync of a frozen disk came back: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	d.Mend()
	if err := <-synced; err != nil {
		t.Error(err)
	}
	if s := d.Stats(); s.Failed != 1 || s.Slowed != 1 || s.Frozen == 0 || d.Stalled().IsZero() {
		t.Errorf("%+v", s)
	}
}

func TestFullDiskSaysSo(t *testing.T) {
	d := mounted(t)
	f, err := os.Create(filepath.Join(d.Point, "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	put(t, f, "1234", 0)
	d.Fill(2)
	var st syscall.Statfs_t
	if err := syscall.Statfs(d.Point, &st); err != nil || st.Bavail != 0 {
		t.Errorf("statfs of a full disk: %d blocks, %v", st.Bavail, err)
	}
	if _, err := f.WriteAt([]byte("567"), 4); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("three bytes where two fit: %v", err)
	}
	put(t, f, "abcd56", 0)
	const grown = 1 << 20
	if err := f.Truncate(grown); err != nil {
		t.Errorf("a hole takes no room: %v", err)
	}
	if _, err := f.WriteAt([]byte("hole"), grown/2); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing into a hole of a full disk: %v", err)
	}
	put(t, f, "abcd56", 0)
	if err := f.Truncate(6); err != nil {
		t.Error(err)
	}
	d.Mend()
	put(t, f, "7", 6)
	if got := read(t, d, "f"); got != "abcd567" {
		t.Errorf("%q", got)
	}
}

// A process on a hung disk can be ended: without the abort even kill -9 waits for the disk.
func TestWhoeverHangsOnADiskEndsWithItsConnection(t *testing.T) {
	d := mounted(t)
	d.Freeze()
	cmd := exec.Command("/bin/sh", "-c", "echo text > "+filepath.Join(d.Point, "f"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := kit.Attempt(10*time.Second, func() error {
		if d.Stalled().IsZero() {
			return errors.New("nobody has met the frozen disk")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Errorf("it ended on a frozen disk: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := d.Abort(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the process that was killed ended well")
	}
	if _, err := os.Stat(filepath.Join(d.Point, "f")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the abort the disk is still there: %v", err)
	}
	if err := d.Mount(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Point, "f"), []byte("new"), 0o600); err != nil {
		t.Errorf("a disk that was mounted again: %v", err)
	}
}

// Children have no connection: they would keep it alive beyond this process, and hang.
func TestChildrenInheritNoConnection(t *testing.T) {
	mounted(t)
	out, err := exec.Command("/bin/ls", "-l", "/proc/self/fd").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "/dev/fuse") {
		t.Errorf("a child has\n%s", out)
	}
}

// What is done to a disk that nobody uses stays, whatever power cut comes after.
func TestWhatIsDoneOfflineSurvives(t *testing.T) {
	d := mounted(t)
	f := filepath.Join(d.Point, "f")
	if err := os.WriteFile(f, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Offline(func() error { return os.Rename(filepath.Join(d.Back, "f"), filepath.Join(d.Back, "g")) }); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(4) {
		if err := d.Cut(rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Fatal(err)
		}
		if got := read(t, d, "g"); got != "one" {
			t.Fatalf("%q", got)
		}
	}
}
