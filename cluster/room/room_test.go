package room_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/cluster/room"
)

const mib = 1 << 20

// disk is a file system that says what the test wants.
type disk struct {
	space room.Space
	err   error
}

func (d *disk) statfs(string) (room.Space, error) { return d.space, d.err }

func watch(t *testing.T, d *disk, cfg room.Config) (*room.Watch, string) {
	t.Helper()
	cfg.Dir, cfg.Statfs = t.TempDir(), d.statfs
	return room.Open(cfg), filepath.Join(cfg.Dir, room.BallastFile)
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func TestMarkIsATenthButNoMoreThan256MiB(t *testing.T) {
	for _, c := range []struct{ total, mark uint64 }{{16 * mib, 16 * mib / 10}, {1 << 30, (1 << 30) / 10}, {1 << 40, 256 * mib}} {
		w, _ := watch(t, &disk{space: room.Space{Free: c.total, Total: c.total}}, room.Config{Ballast: -1})
		if got := w.Last(); got.Mark != c.mark || got.Low || got.Err != nil {
			t.Errorf("a disk of %d: %+v, want the mark %d", c.total, got, c.mark)
		}
	}
}

func TestBallastIsGivenUpAtTheMarkAndMadeAgain(t *testing.T) {
	d := &disk{space: room.Space{Free: 50 * mib, Total: 100 * mib}}
	w, file := watch(t, d, room.Config{}) // mark 10 MiB, ballast 2.5
	if got := size(file); got != 10*mib/4 {
		t.Fatalf("the ballast has %d bytes", got)
	}
	d.space.Free = 10 * mib
	if r, changed := w.Look(); r.Low || changed {
		t.Errorf("at the mark: %+v", r)
	}
	d.space.Free--
	if r, changed := w.Look(); !r.Low || !changed || !w.Low() {
		t.Errorf("below the mark: %+v", r)
	}
	if got := size(file); got != 10*mib/4/4 {
		t.Errorf("%d bytes of the ballast are kept back, want a quarter", got)
	}
	d.space.Free = w.Last().Resume - 1
	if r, changed := w.Look(); !r.Low || changed {
		t.Errorf("with a little room: %+v", r)
	}
	d.space.Free++
	if r, changed := w.Look(); r.Low || !changed || r.Err != nil || size(file) != 10*mib/4 {
		t.Errorf("with room again: %+v, ballast %d", r, size(file))
	}
}

func TestLastPartIsSpentOnce(t *testing.T) {
	d := &disk{space: room.Space{Free: 50 * mib, Total: 100 * mib}}
	w, file := watch(t, d, room.Config{})
	if !w.Spend() || !w.Low() || size(file) != 0 {
		t.Errorf("spent: low %v, ballast %d", w.Low(), size(file))
	}
	if w.Spend() {
		t.Error("it was spent twice")
	}
	if r, changed := w.Look(); r.Low || !changed || size(file) != 10*mib/4 {
		t.Errorf("it is not made again: %+v", r)
	}
}

func TestDiskThatCannotBeAskedIsNotCalledFull(t *testing.T) {
	d := &disk{space: room.Space{Free: 50 * mib, Total: 100 * mib}}
	w, _ := watch(t, d, room.Config{Ballast: -1})
	d.err = errors.New("stale handle")
	if r, changed := w.Look(); r.Low || changed || r.Err == nil || r.Free != 50*mib {
		t.Errorf("got %+v", r)
	}
	d.err, d.space.Free = nil, 0
	w.Look()
	d.err = errors.New("stale handle")
	if r, _ := w.Look(); !r.Low {
		t.Errorf("a full disk that cannot be asked any more is called good: %+v", r)
	}
}

// TestRealDisk fills a small file system: the ballast's blocks are real, and what it gives up can be written.
func TestRealDisk(t *testing.T) {
	dir := mount(t, 32)
	w := room.Open(room.Config{Dir: dir})
	r := w.Last()
	if r.Low || r.Err != nil || r.Ballast == 0 {
		t.Fatalf("an empty disk: %+v", r)
	}
	fill := filepath.Join(dir, "fill")
	stuff(t, fill)
	if r, _ := w.Look(); !r.Low {
		t.Errorf("a full disk: %+v", r)
	}
	if r, _ := w.Look(); r.Free == 0 {
		t.Errorf("the ballast gave no room: %+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "urgent"), make([]byte, r.Ballast/2), 0o600); err != nil {
		t.Errorf("what the ballast gave up cannot be written: %v", err)
	}
	stuff(t, fill+"2")
	if _, err := os.Create(filepath.Join(dir, "x")); err != nil && !room.IsFull(err) {
		t.Error(err)
	}
	if !w.Spend() {
		t.Error("nothing was kept back")
	}
	if err := os.WriteFile(filepath.Join(dir, "vote"), make([]byte, 64<<10), 0o600); err != nil {
		t.Errorf("the last part cannot be written: %v", err)
	}
	for _, f := range []string{fill, fill + "2"} {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if r, changed := w.Look(); r.Low || !changed || r.Ballast < r.Mark/4 {
		t.Errorf("with room again: %+v", r)
	}
}

// stuff writes a file until there is no room for another byte.
func stuff(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for chunk := mib; chunk > 0; chunk /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, chunk))
		}
		if !room.IsFull(err) {
			t.Fatal(err)
		}
	}
}

// mount makes a small ext4 and mounts it until the test ends. Where that is impossible the test is skipped.
func mount(t *testing.T, megabytes int) string {
	t.Helper()
	img, dir := filepath.Join(t.TempDir(), "img"), t.TempDir()
	if err := os.WriteFile(img, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(img, int64(megabytes)*mib); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][]string{{"mkfs.ext4", "-q", "-F", "-m", "0", img}, {"mount", "-o", "loop", img, dir}} {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no small disk can be mounted here: %s: %v: %s", strings.Join(c[:1], " "), err, out)
		}
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Error(fmt.Errorf("unmounting: %w: %s", err, out))
		}
	})
	return dir
}
