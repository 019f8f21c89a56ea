package vault_test

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/rados"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/depot"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// inBucket is inStore for a bucket.
func inBucket(t *testing.T, d *depot.Depot) (names []string, e *archive.Epochs) {
	t.Helper()
	objects, err := d.List(ctx, "quorate-")
	ok(t, "listing", err)
	for _, o := range objects {
		if strings.HasSuffix(o.Name, ".qsnap") {
			names = append(names, o.Name)
		}
	}
	r, err := d.Get(ctx, archive.EpochsName)
	ok(t, "reading the companion", err)
	defer r.Close()
	e, err = archive.ReadEpochs(r)
	ok(t, "reading the companion", err)
	return names, e
}

func openObject(t *testing.T, d *depot.Depot, name string, shares [][]byte, e *archive.Epochs) error {
	t.Helper()
	r, err := d.Get(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	c, err := vault.OpenSnapshot(r, shares, e)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.Verify(true, nil)
	return err
}

// The schedule's whole life on a real S3 server: stored, read back, drilled, let go; and whatever the store does meanwhile is said, raises the
// alarm if it lasts, and costs nothing that was stored.
func TestScheduledSnapshotsInABucket(t *testing.T) {
	s := rados.ForTest(t, "backups")
	for _, e := range s.Environment() {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	front := s.NewFront()
	t.Cleanup(front.Close)
	f := vaulttest.New(t, vaulttest.WithShares(5, 3))
	v := f.Vault(0)
	direct, err := depot.Open(ctx, s.Address("backups", ""))
	ok(t, "opening the bucket", err)
	t.Cleanup(func() { _ = direct.Close() })
	ok(t, "scheduling", v.SetBackupSchedule(ctx, f.Root(), &vault.BackupSchedule{Every: 24 * time.Hour, To: s.Address("backups", front.Host()), Keep: 2}))
	f.MustCreate("k")
	for range 4 {
		backUp(t, f)
	}
	names, e := inBucket(t, direct)
	if len(names) != 2 || len(e.Keys) != 2 {
		t.Fatalf("%d snapshots and %d keys are kept: %v", len(names), len(e.Keys), names)
	}
	all := func(what string) {
		t.Helper()
		now, e := inBucket(t, direct)
		for _, n := range names {
			if err := openObject(t, direct, n, f.Shares()[:3], e); err != nil {
				t.Errorf("after %s %s does not open: %v (stored are %v)", what, n, err, now)
			}
		}
	}
	failing := func(what string, trouble rados.Trouble, says string) {
		t.Helper()
		front.Begin(trouble)
		defer front.Begin(nil)
		err := v.BackUp(ctx, f.Root())
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), s.Secret) {
			t.Errorf("%s: %v", what, err)
		}
		if h := v.BackupHealth(); h.Error == "" || strings.Contains(h.Error, s.Secret) {
			t.Errorf("%s is not to be seen: %+v", what, h)
		}
		all(what)
	}
	failing("uploads that are cut", rados.CutUploads(100), "writing")
	failing("a store that is overloaded", rados.Unavailable(http.MethodPut), "SlowDown")
	failing("the companion's download is cut", s.CutDownloads(64), "reading quorate-epochs")
	failing("the snapshot's download is cut", s.CutDownloads(2_000), "cannot be used")
	f.Advance(50 * time.Hour)
	if h := v.BackupHealth(); !h.Overdue {
		t.Errorf("silence is not noticed: %+v", h)
	}
	t.Run("a listing of yesterday", func(t *testing.T) { yesterday(t, f, s, front, direct) })
	names, _ = inBucket(t, direct)
	_, err = v.Drill(ctx, f.Root())
	ok(t, "a drill from the bucket", err)
	newest := names[len(names)-1]
	r, err := direct.Get(ctx, newest)
	ok(t, "fetching", err)
	whole, err := io.ReadAll(r)
	ok(t, "fetching", err)
	ok(t, "fetching", r.Close())
	ok(t, "truncating the object", direct.Put(ctx, newest, func(w io.Writer) error { _, err := w.Write(whole[:len(whole)-1]); return err }))
	if _, err := v.Drill(ctx, f.Root()); err == nil || v.BackupHealth().DrillError == "" {
		t.Errorf("a drill of an object that is too short: %v, %+v", err, v.BackupHealth())
	}
	_, _, err = v.VerifySnapshot(f.Root(), bytes.NewReader(whole), false)
	ok(t, "and as it was", err)
}

// A store that tells of yesterday's files only: no key is destroyed that a hidden snapshot needs, and the drill takes the newest all the same.
func yesterday(t *testing.T, f *vaulttest.Fixture, s *rados.Server, front *rados.Front, direct *depot.Depot) {
	t.Helper()
	front.Begin(s.Yesterday())
	for range 2 {
		backUp(t, f)
	}
	signed, err := f.Vault(f.Leader()).Drill(ctx, f.Root())
	ok(t, "drilling", err)
	front.Begin(nil)
	names, e := inBucket(t, direct)
	if len(names) < 2 {
		t.Fatalf("stored are %v", names)
	}
	if !bytes.Contains(signed.Report, []byte(names[len(names)-1])) {
		t.Errorf("drilled was %s, stored are %v", signed.Report, names)
	}
	for _, n := range names[len(names)-2:] {
		if err := openObject(t, direct, n, f.Shares()[:3], e); err != nil {
			t.Errorf("%s, which the listing did not show: %v", n, err)
		}
	}
	backUp(t, f)
	if names, e = inBucket(t, direct); len(names) != 2 || len(e.Keys) != 2 {
		t.Errorf("once it lists all, %d snapshots and %d keys are kept", len(names), len(e.Keys))
	}
}

// Moving the schedule to another store leaves the snapshots of the former one usable until newer ones take their place.
func TestAnotherStoreDoesNotEndTheFormersSnapshots(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	backUp(t, f)
	old, _ := inStore(t, dir)
	moved := filepath.Join(t.TempDir(), "moved")
	ok(t, "moving", f.Vault(0).SetBackupSchedule(ctx, f.Root(), &vault.BackupSchedule{Every: 24 * time.Hour, To: "file://" + moved, Keep: 3}))
	backUp(t, f)
	_, e := inStore(t, moved)
	ok(t, "the former store's, with the companion of now", openFile(t, old[0], f.Shares()[:3], e))
	for range 3 {
		backUp(t, f)
	}
	_, e = inStore(t, moved)
	wants(t, "once three newer ones are kept", openFile(t, old[0], f.Shares()[:3], e), fault.NotFound)
}
