package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// disk is a real file whose operations can be made to fail.
type disk struct {
	*os.File
	mu       sync.Mutex
	write    func(f *os.File, p []byte, off int64) (int, error) // nil: as the file does
	truncate error
	sync     error
	syncs    atomic.Int64
	syncing  func() // called before each fsync
}

func (d *disk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

func (d *disk) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.write != nil {
		return d.write(d.File, p, off)
	}
	return d.File.WriteAt(p, off)
}

func (d *disk) Truncate(n int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.truncate != nil {
		return d.truncate
	}
	return d.File.Truncate(n)
}

func (d *disk) Sync() error {
	d.mu.Lock()
	err, hook := d.sync, d.syncing
	d.mu.Unlock()
	d.syncs.Add(1)
	if hook != nil {
		hook()
	}
	if err != nil {
		return err
	}
	return d.File.Sync()
}

func open(t testing.TB, path string, c audit.Config) (*audit.Log, *disk) {
	t.Helper()
	d := &disk{}
	c.Node = "node1"
	c.Disk = func(f *os.File) audit.File { d.set(func() { d.File = f }); return d }
	l, err := audit.Open(path, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, d
}

func entry(operation string) *audit.Entry {
	return &audit.Entry{
		Phase: audit.Response, Operation: operation, Action: access.Encrypt,
		Caller: access.Caller{
			Principal: "app1", Kind: access.ByToken, Groups: []string{"apps", "eu"}, Token: key.ID{1}, Remote: "192.0.2.1:4711",
			Door: "rest", Node: "node2", RequestID: "0198c2f0", Certificate: "device7",
		},
		Key: key.ID{7, 8, 9}, KeyName: "app/db/main", KeyVersion: 3, Outcome: audit.OK, Policies: []string{"app1#2"},
		Changes: map[string]string{"algorithm": "aes-256-gcm"},
	}
}

func add(t testing.TB, l *audit.Log, operation string, d audit.Durability) {
	t.Helper()
	if err := l.Append(entry(operation), d); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func operations(t testing.TB, b []byte) string {
	t.Helper()
	var ops []string
	for l := range bytes.Lines(b) {
		e, err := audit.Decode(l)
		if err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		ops = append(ops, e.Operation)
	}
	return strings.Join(ops, " ")
}

func verify(t testing.TB, b []byte, opts audit.VerifyOptions) audit.Report {
	t.Helper()
	r, err := audit.Verify(bytes.NewReader(b), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func intact(t testing.TB, path string) {
	t.Helper()
	if r := verify(t, read(t, path), audit.VerifyOptions{}); !r.OK() {
		t.Errorf("the file does not verify: %v", r.Problems)
	}
}

func TestChainContinuesWhenTheLogIsOpenedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	for i := range 3 {
		l, _ := open(t, path, audit.Config{})
		add(t, l, fmt.Sprintf("op%d", i), audit.Synced)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := operations(t, read(t, path)); got != "audit.begin op0 audit.opened op1 audit.opened op2" {
		t.Errorf("got %q", got)
	}
	intact(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	open(t, path, audit.Config{})
	if _, err := audit.Open(path, audit.Config{}); !errors.Is(err, fault.Conflict) {
		t.Errorf("second Open: %v", err)
	}
}

func TestHalfWrittenLastLineIsCutAndRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{})
	add(t, l, "a", audit.Synced)
	add(t, l, "b", audit.Synced)
	_ = l.Close()
	whole := read(t, path)
	for _, keep := range []int{len(whole) - 1, len(whole) - 30, len(whole) - 200} {
		if err := os.WriteFile(path, whole[:keep], 0o600); err != nil {
			t.Fatal(err)
		}
		l, _ = open(t, path, audit.Config{})
		add(t, l, "c", audit.Synced)
		_ = l.Close()
		if got := operations(t, read(t, path)); got != "audit.begin a audit.torn c" {
			t.Errorf("cut at %d: got %q", keep, got)
		}
		intact(t, path)
	}
}

func TestDamagedFileIsSetAsideWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	l, _ := open(t, path, audit.Config{})
	add(t, l, "a", audit.Synced)
	good := l.Head()
	add(t, l, "b", audit.Synced)
	_ = l.Close()
	b := bytes.Replace(read(t, path), []byte(`"operation":"b"`), []byte(`"operation":"x"`), 1)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	l, _ = open(t, path, audit.Config{})
	add(t, l, "c", audit.Synced)
	if r := verify(t, read(t, path), audit.VerifyOptions{Behind: &good}); !r.OK() {
		t.Errorf("new file: %v", r.Problems)
	}
	aside, _ := filepath.Glob(path + ".damaged-*")
	if len(aside) != 1 || !bytes.Equal(read(t, aside[0]), b) {
		t.Errorf("the damaged file is not kept as it was: %v", aside)
	}
}

// Every way in which a write can fail: nothing of it stays, the caller is refused, and the log heals by itself.
func TestFailedWriteRefusesAndHeals(t *testing.T) {
	cases := map[string]func(f *os.File, p []byte, off int64) (int, error){
		"fails with ENOSPC": func(*os.File, []byte, int64) (int, error) { return 0, syscall.ENOSPC },
		"fails, but wrote":  func(f *os.File, p []byte, off int64) (int, error) { _, _ = f.WriteAt(p, off); return 0, syscall.EIO },
		"short, ENOSPC": func(f *os.File, p []byte, off int64) (int, error) {
			n, _ := f.WriteAt(p[:len(p)/2], off)
			return n, syscall.ENOSPC
		},
		"short, no error": func(f *os.File, p []byte, off int64) (int, error) { return f.WriteAt(p[:len(p)/2], off) },
	}
	for name, broken := range cases {
		for _, truncateFails := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, truncate fails %v", name, truncateFails), func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "audit.log")
				l, d := open(t, path, audit.Config{})
				add(t, l, "a", audit.Written)
				d.set(func() {
					d.write = broken
					if truncateFails {
						d.truncate = syscall.EIO
					}
				})
				for i := range 3 {
					want := fault.Internal
					if strings.Contains(name, "ENOSPC") && (i == 0 || !truncateFails) {
						want = fault.Full
					}
					if err := l.Append(entry("lost"), audit.Written); !errors.Is(err, want) || want == fault.Full && !strings.Contains(fault.Of(err).Message, path) {
						t.Fatalf("Append on a broken disk: %v, want %v that names the file", err, want)
					}
				}
				if l.Healthy() == nil {
					t.Error("a log that cannot be written says that it is healthy")
				}
				d.set(func() { d.write = nil })
				if truncateFails {
					if err := l.Append(entry("lost"), audit.Written); err == nil {
						t.Fatal("written behind bytes that could not be cut off")
					}
					d.set(func() { d.truncate = nil })
				}
				add(t, l, "b", audit.Written)
				if err := l.Healthy(); err != nil {
					t.Errorf("healed, but %v", err)
				}
				if got := operations(t, read(t, path)); got != "audit.begin a audit.recovered b" {
					t.Errorf("got %q", got)
				}
				intact(t, path)
			})
		}
	}
}

func TestFailedSyncLastsUntilReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, d := open(t, path, audit.Config{})
	add(t, l, "a", audit.Synced)
	before := l.Head()
	d.set(func() { d.sync = syscall.EIO })
	if err := l.Append(entry("unsure"), audit.Synced); !errors.Is(err, fault.Internal) {
		t.Fatalf("got %v", err)
	}
	d.set(func() { d.sync = nil })
	if err := l.Append(entry("refused"), audit.Written); err == nil {
		t.Fatal("written after a failed sync")
	}
	if l.Healthy() == nil {
		t.Error("healthy after a failed sync")
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	if err := l.Healthy(); err != nil {
		t.Error(err)
	}
	add(t, l, "b", audit.Synced)
	if got := operations(t, read(t, path)); got != "audit.lost b" {
		t.Errorf("new file has %q", got)
	}
	aside, _ := filepath.Glob(path + ".*")
	if len(aside) != 1 {
		t.Fatalf("set aside: %v", aside)
	}
	first := verify(t, read(t, aside[0]), audit.VerifyOptions{})
	if r := verify(t, read(t, path), audit.VerifyOptions{Behind: &first.Last}); !r.OK() || first.Last.Seq != before.Seq+1 {
		t.Errorf("the chain breaks between the files: %v", r.Problems)
	}
}

func TestChainContinuesAcrossRotation(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "audit.log")
	l, _ := open(t, path, audit.Config{MaxBytes: 2000})
	for range 30 {
		add(t, l, "x", audit.Written)
	}
	_ = l.Close()
	files, _ := filepath.Glob(path + ".*")
	if len(files) < 4 {
		t.Fatalf("rotated into %d files only", len(files))
	}
	var all []byte
	for _, f := range append(files, path) {
		all = append(all, read(t, f)...)
	}
	if r := verify(t, all, audit.VerifyOptions{}); !r.OK() || r.Lines != 31 {
		t.Errorf("%d lines, %v", r.Lines, r.Problems)
	}
	if err := os.Remove(path); err != nil { // as after a crash between setting aside and creating
		t.Fatal(err)
	}
	last := verify(t, read(t, files[len(files)-1]), audit.VerifyOptions{}).Last
	open(t, path, audit.Config{})
	if r := verify(t, read(t, path), audit.VerifyOptions{Behind: &last}); !r.OK() {
		t.Errorf("after the crash: %v", r.Problems)
	}
}

func TestReopenFollowsLogrotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{})
	add(t, l, "a", audit.Written)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(t, l, "b", audit.Written) // still into the file that was moved
	last := l.Head()
	for range 2 { // the second has nothing to do
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	add(t, l, "c", audit.Written)
	if got := operations(t, read(t, path+".1")) + " | " + operations(t, read(t, path)); got != "audit.begin a b | c" {
		t.Errorf("got %q", got)
	}
	if r := verify(t, read(t, path), audit.VerifyOptions{Behind: &last}); !r.OK() {
		t.Error(r.Problems)
	}
}

func TestFileOrderIsChainOrderUnderLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.log")
	l, _ := open(t, path, audit.Config{MaxBytes: 100_000})
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for g := range 16 {
		wg.Go(func() {
			for i := range 100 {
				e := entry("x")
				if err := l.Append(e, audit.Durability(btoi((g+i)%8 == 0))); err != nil {
					t.Error(err)
				}
				mu.Lock()
				if seen[e.Seq] {
					t.Errorf("number %d was given twice", e.Seq)
				}
				seen[e.Seq] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	_ = l.Close()
	files, _ := filepath.Glob(path + ".*")
	var all []byte
	for _, f := range append(files, path) {
		all = append(all, read(t, f)...)
	}
	if r := verify(t, all, audit.VerifyOptions{}); !r.OK() || r.Lines != 1601 {
		t.Errorf("%d lines, %v", r.Lines, r.Problems)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestOneSyncServesAllThatWait(t *testing.T) {
	l, d := open(t, filepath.Join(t.TempDir(), "audit.log"), audit.Config{})
	gate, entered := make(chan struct{}), make(chan struct{}, 50)
	d.set(func() { d.syncing = func() { entered <- struct{}{}; <-gate } })
	before, from := d.syncs.Load(), l.Head().Seq
	var wg sync.WaitGroup
	wg.Go(func() { add(t, l, "first", audit.Synced) })
	<-entered
	for range 49 {
		wg.Go(func() { add(t, l, "x", audit.Synced) })
	}
	for deadline := time.Now().Add(10 * time.Second); l.Head().Seq < from+50; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the others are not written while the first one syncs")
		}
	}
	close(gate)
	wg.Wait()
	if got := d.syncs.Load() - before; got != 2 { // the first caller's, and one for all who came during it
		t.Errorf("%d syncs for 50 callers", got)
	}
}

func TestReadsAreOnDiskWithinTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := open(t, filepath.Join(t.TempDir(), "audit.log"), audit.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = l.Run(ctx) })
		for i := range 20 {
			time.Sleep(time.Duration(i*7) * time.Millisecond) // synctest's clock: any phase of the ticker
			n := d.syncs.Load()
			add(t, l, "read", audit.Written)
			if d.syncs.Load() != n {
				t.Error("a read waited for the disk")
			}
			time.Sleep(100*time.Millisecond - 1)
			synctest.Wait()
			if d.syncs.Load() == n {
				t.Error("a read is not on disk after 100 ms")
			}
		}
		n := d.syncs.Load()
		time.Sleep(time.Second)
		if d.syncs.Load() != n {
			t.Error("syncs with nothing to sync")
		}
		cancel()
		wg.Wait()
	})
}

func TestAlwaysSyncsEveryEntry(t *testing.T) {
	l, d := open(t, filepath.Join(t.TempDir(), "audit.log"), audit.Config{Always: true})
	n := d.syncs.Load()
	add(t, l, "read", audit.Written)
	if d.syncs.Load() != n+1 {
		t.Error("not synced")
	}
}

func TestIdleLogHealsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, d := open(t, filepath.Join(t.TempDir(), "audit.log"), audit.Config{})
		d.set(func() { d.write = func(*os.File, []byte, int64) (int, error) { return 0, syscall.ENOSPC } })
		_ = l.Append(entry("x"), audit.Written)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = l.Run(ctx) })
		time.Sleep(time.Second)
		synctest.Wait()
		if l.Healthy() == nil {
			t.Error("healthy while the disk is full")
		}
		d.set(func() { d.write = nil })
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if err := l.Healthy(); err != nil {
			t.Error(err)
		}
		cancel()
		wg.Wait()
	})
}
