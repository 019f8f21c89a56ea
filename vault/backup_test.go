package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// scheduled is a cluster that stores snapshots in a folder every day and keeps three, and the folder.
func scheduled(t *testing.T) (*vaulttest.Fixture, string) {
	t.Helper()
	f := vaulttest.New(t, vaulttest.WithShares(5, 3))
	dir := filepath.Join(t.TempDir(), "backups")
	ok(t, "scheduling", f.Vault(0).SetBackupSchedule(ctx, f.Root(), &vault.BackupSchedule{Every: 24 * time.Hour, To: "file://" + dir, Keep: 3}))
	return f, dir
}

func backUp(t *testing.T, f *vaulttest.Fixture) {
	t.Helper()
	ok(t, "storing a snapshot", f.Vault(f.Leader()).BackUp(ctx, f.Root()))
	f.Advance(25 * time.Hour)
}

// inStore lists the snapshots in a folder, oldest first, and reads the companion.
func inStore(t *testing.T, dir string) ([]string, *archive.Epochs) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.qsnap"))
	ok(t, "listing", err)
	b, err := os.ReadFile(filepath.Join(dir, archive.EpochsName))
	ok(t, "reading the companion", err)
	e, err := archive.ReadEpochs(bytes.NewReader(b))
	ok(t, "reading the companion", err)
	return names, e
}

func openFile(t *testing.T, path string, shares [][]byte, e *archive.Epochs) error {
	t.Helper()
	b, err := os.ReadFile(path)
	ok(t, "reading", err)
	c, err := vault.OpenSnapshot(bytes.NewReader(b), shares, e)
	if err == nil {
		_, err = c.Verify(true, nil)
		c.Close()
	}
	return err
}

// block puts a file where a folder is wanted.
func block(t *testing.T, dir string) {
	t.Helper()
	ok(t, "taking the folder away", os.RemoveAll(dir))
	ok(t, "a file in the way", os.WriteFile(dir, nil, 0o600))
}

// Two clusters that come from one snapshot do not store in one place: each would take the keys of the other's snapshots away.
func TestARestoredClusterDoesNotStoreWhereItsOriginDoes(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	backUp(t, f)
	names, early := inStore(t, dir)
	file, err := os.ReadFile(names[0])
	ok(t, "reading", err)

	g := vaulttest.New(t, vaulttest.Blank())
	v := g.Vault(0)
	_, err = v.RestoreSnapshot(ctx, access.Caller{}, bytes.NewReader(file), vault.RestoreWish{Shares: f.Shares()[:3], Epochs: early})
	ok(t, "restoring", err)
	root := g.Caller(f.RootToken())
	sched, st, err := v.BackupSchedule(ctx, root)
	if err != nil || sched != nil || st != (vault.BackupStatus{}) || v.BackupDue() {
		t.Errorf("it stores where the old cluster did, without being told: %+v, %+v, %v", sched, st, err)
	}

	g.Advance(time.Hour)
	own := &vault.BackupSchedule{Every: 24 * time.Hour, To: "file://" + filepath.Join(t.TempDir(), "own"), Keep: 3}
	ok(t, "a folder of its own", v.SetBackupSchedule(ctx, root, own))
	ok(t, "storing there", v.BackUp(ctx, root))
	backUp(t, f) // the origin lives, and begins an epoch
	_, before := inStore(t, dir)
	own.To = "file://" + dir
	ok(t, "the origin's folder", v.SetBackupSchedule(ctx, root, own))
	err = v.BackUp(ctx, root)
	if wants(t, "storing in the origin's folder", err, fault.BadState); !strings.Contains(err.Error(), "another life of this cluster") {
		t.Errorf("it says %v", err)
	}
	stranger, _ := scheduled(t)
	ok(t, "a stranger's schedule", stranger.Vault(0).SetBackupSchedule(ctx, stranger.Root(), own))
	err = stranger.Vault(0).BackUp(ctx, stranger.Root())
	if wants(t, "a stranger in the origin's folder", err, fault.BadState); !strings.Contains(err.Error(), "another cluster") {
		t.Errorf("it says %v", err)
	}
	if now, after := inStore(t, dir); len(now) != 2 || after.Made != before.Made {
		t.Errorf("%d snapshots lie there, and a companion of %v in place of %v", len(now), after.Made, before.Made)
	}
	backUp(t, f)
}

func TestScheduledSnapshotsExpire(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	backUp(t, f)
	names, first := inStore(t, dir)
	stolen, err := os.ReadFile(names[0])
	ok(t, "copying the first", err)
	ok(t, "with its companion and three shares", openFile(t, names[0], f.Shares()[:3], first))
	wants(t, "without the companion", openFile(t, names[0], f.Shares()[:3], nil), fault.NotFound)
	for range 4 {
		backUp(t, f)
	}
	names, e := inStore(t, dir)
	if len(names) != 3 || len(e.Keys) != 3 || e.Find(1) != nil {
		t.Fatalf("%d snapshots and %d keys are kept: %v", len(names), len(e.Keys), names)
	}
	for _, n := range names {
		ok(t, n, openFile(t, n, f.Shares()[2:], e))
	}
	_, err = vault.OpenSnapshot(bytes.NewReader(stolen), f.Shares()[:3], e)
	wants(t, "a copy of an expired snapshot, by shares", err, fault.NotFound)
	_, _, err = f.Vault(0).VerifySnapshot(f.Root(), bytes.NewReader(stolen), false)
	wants(t, "a copy of an expired snapshot, by the cluster", err, fault.NotFound)
	_, st, err := f.Vault(0).BackupSchedule(ctx, f.Root())
	ok(t, "status", err)
	if st.Stored != 3 || st.Error != "" || st.Succeeded == 0 || !strings.HasSuffix(names[2], st.Name) || st.Size == 0 {
		t.Errorf("status %+v", st)
	}
}

func TestANewShareHolderOpensOldScheduledSnapshots(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	v := f.Vault(0)
	ok(t, "storing a snapshot", f.Vault(f.Leader()).BackUp(ctx, f.Root()))
	old, _ := inStore(t, dir)
	if v.BackupDue() {
		t.Error("it is due already")
	}
	r, err := v.StartRekey(ctx, f.Root(), vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "rekey", err)
	for _, s := range f.Shares()[:3] {
		r, err = v.SubmitRekey(ctx, f.Root(), r.ID, s)
		ok(t, "proving", err)
	}
	fresh := r.NewShares
	for _, s := range fresh {
		if r, err = v.SubmitRekey(ctx, f.Root(), r.ID, bytes.Clone(s)); err != nil {
			break
		}
	}
	if !v.BackupDue() { // at once: until then only the old shares open what is stored
		t.Error("after a rekey no snapshot is due")
	}
	ok(t, "storing a snapshot", f.Vault(f.Leader()).BackUp(ctx, f.Root()))
	_, e := inStore(t, dir)
	ok(t, "an old snapshot, with the new shares", openFile(t, old[0], fresh[:2], e))
	if v.BackupDue() {
		t.Error("it is due again")
	}
}

// Where snapshots go is changed: the new store gets one at once, and what went well in the old one is not told of the new.
func TestANewStoreGetsASnapshotAtOnce(t *testing.T) {
	f, _ := scheduled(t)
	v := f.Vault(f.Leader())
	ok(t, "storing a snapshot", v.BackUp(ctx, f.Root()))
	if v.BackupDue() {
		t.Error("it is due again")
	}
	other := filepath.Join(t.TempDir(), "others")
	block(t, other)
	elsewhere := &vault.BackupSchedule{Every: 24 * time.Hour, To: "file://" + other, Keep: 3}
	err := v.SetBackupSchedule(ctx, f.Root(), elsewhere)
	if wants(t, "a store that cannot be used", err, fault.Invalid); !strings.Contains(err.Error(), "the schedule was not set") {
		t.Errorf("it says %v", err)
	}
	if sched, st, err := v.BackupSchedule(ctx, f.Root()); err != nil || sched.To == elsewhere.To || st.Name == "" {
		t.Errorf("the schedule was changed all the same: %+v, %+v, %v", sched, st, err)
	}
	ok(t, "out of the way", os.Remove(other))
	ok(t, "another store", v.SetBackupSchedule(ctx, f.Root(), elsewhere))
	if _, st, err := v.BackupSchedule(ctx, f.Root()); err != nil || st != (vault.BackupStatus{}) || !v.BackupHealth().Succeeded.IsZero() {
		t.Errorf("the new store is told of as the old one, before the first turn: %+v, %v", st, err)
	}
	if left, err := os.ReadDir(other); err != nil || len(left) != 0 {
		t.Errorf("what was tried is still there: %v, %v", left, err)
	}
	block(t, other)
	if !v.BackupDue() {
		t.Error("in the new store no snapshot is due")
	}
	if err := v.BackUp(ctx, f.Root()); err == nil {
		t.Error("a snapshot was stored in a file")
	}
	_, st, err := v.BackupSchedule(ctx, f.Root())
	if ok(t, "status", err); st.Succeeded != 0 || st.Name != "" || st.Error == "" {
		t.Errorf("the new store is told of as the old one: %+v", st)
	}
	if v.BackupDue() {
		t.Error("there is no pause after a failure")
	}
	ok(t, "out of the way", os.Remove(other))
	f.Advance(6 * time.Minute)
	if !v.BackupDue() {
		t.Error("it is not tried again")
	}
	ok(t, "storing a snapshot", v.BackUp(ctx, f.Root()))
	if names, _ := inStore(t, other); len(names) != 1 || v.BackupDue() {
		t.Errorf("%d snapshots are in the new store", len(names))
	}
}

func TestWhatCannotBeStoredIsSaid(t *testing.T) {
	f, dir := scheduled(t)
	v := f.Vault(0)
	for _, bad := range []vault.BackupSchedule{
		{Every: time.Second, To: "file:///x"},
		{Every: time.Hour, To: "nothing"},
		{Every: time.Hour, To: "gopher://x"},
		{Every: time.Hour, To: "file://relative/x"},
		{Every: time.Hour, To: "s3://user:password@bucket"},
	} {
		wants(t, bad.To, v.SetBackupSchedule(ctx, f.Root(), &bad), fault.Invalid)
	}
	wants(t, "an application", v.SetBackupSchedule(ctx, as("app"), nil), fault.Denied)
	block(t, dir)
	if err := v.BackUp(ctx, f.Root()); err == nil {
		t.Fatal("a snapshot was stored in a file")
	}
	_, st, err := v.BackupSchedule(ctx, f.Root())
	ok(t, "status", err)
	if st.Error == "" || st.Succeeded != 0 || st.Tried == 0 {
		t.Errorf("status %+v", st)
	}
	if v.BackupHealth().Overdue {
		t.Error("it is overdue already")
	}
	f.Advance(49 * time.Hour)
	if h := v.BackupHealth(); !h.Overdue || h.Error == "" || !h.DrillOverdue {
		t.Errorf("silence is not noticed: %+v", h)
	}
	ok(t, "out of the way", os.Remove(dir))
	backUp(t, f)
	if h := v.BackupHealth(); h.Overdue || h.Error != "" {
		t.Errorf("after a success: %+v", h)
	}
	ok(t, "off", v.SetBackupSchedule(ctx, f.Root(), nil))
	wants(t, "without a schedule", v.BackUp(ctx, f.Root()), fault.BadState)
}

func TestADrillSaysWhatARestoreWouldDo(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithConfig(func(c *vault.Config) {
		c.Sign = func(m []byte) ([]byte, string, error) { return []byte("signed " + string(m[:7])), "key", nil }
	}))
	dir := filepath.Join(t.TempDir(), "b")
	v := f.Vault(0)
	_, err := v.Drill(ctx, f.Root())
	wants(t, "without a schedule", err, fault.BadState)
	ok(t, "scheduling", v.SetBackupSchedule(ctx, f.Root(), &vault.BackupSchedule{Every: time.Hour, To: "file://" + dir}))
	_, err = v.Drill(ctx, f.Root())
	wants(t, "without a snapshot", err, fault.NotFound)
	estate(t, f)
	ok(t, "storing", v.BackUp(ctx, f.Root()))
	f.Advance(time.Minute)
	destroy(t, f, "plain")
	f.MustCreate("later")
	s, err := v.Drill(ctx, f.Root())
	ok(t, "drilling", err)
	var r vault.DrillReport
	ok(t, "reading the report", json.Unmarshal(s.Report, &r))
	if !r.OK || r.Diff.Lost.Count != 1 || r.Diff.Revived.Count != 1 || r.Versions != 9 || r.Destroyed != 1 || r.RPO < 60 || string(s.Signature) != "signed quorate" {
		t.Errorf("%s", s.Report)
	}
	if h := v.BackupHealth(); h.Drilled.IsZero() || h.DrillError != "" {
		t.Errorf("%+v", h)
	}
	names, _ := inStore(t, dir)
	b, err := os.ReadFile(names[0])
	ok(t, "reading", err)
	b[len(b)/2] ^= 1
	ok(t, "damaging", os.WriteFile(names[0], b, 0o600))
	if _, err := v.Drill(ctx, f.Root()); !errors.Is(err, fault.Invalid) || v.BackupHealth().DrillError == "" {
		t.Errorf("a drill of a damaged snapshot: %v, %+v", err, v.BackupHealth())
	}
	_, err = v.Drill(ctx, as("app"))
	wants(t, "an application", err, fault.Denied)
}
