package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/vaulttest"
)

func TestSnapshotsByHandAndOnASchedule(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	f.MustCreate("k")
	s, dir := shellAt(t, f, 0), t.TempDir()
	file, store := filepath.Join(dir, "vault.qsnap"), filepath.Join(dir, "backups")
	steps := []struct {
		code int
		args string
		says string
	}{
		{0, "snapshot save " + file, ""},
		{5, "snapshot save " + file, ""},
		{0, "snapshot save " + file + " --force", ""},
		{0, "snapshot verify " + file + " --deep", ""},
		{0, "snapshot diff " + file, ""},
		{5, "snapshot schedule run", "no snapshots are scheduled"},
		{5, "drill", "no snapshots are scheduled"},
		{2, "snapshot schedule set --to ftp://bucket --every 1h", `cannot store to "ftp"`},
		{2, "snapshot schedule set --to file://" + store + " --every 1s", "every minute"},
		{0, "snapshot schedule set --to file://" + store + " --every 1h", ""},
		{4, "drill", "there is no snapshot"},
		{0, "snapshot schedule run", ""},
		{0, "snapshot schedule show --format json", `"succeeded_at"`},
		{0, "drill --format json", `"report"`},
		{0, "snapshot schedule off", ""},
		{5, "snapshot schedule run", "no snapshots are scheduled"},
	}
	for _, step := range steps {
		out, talk := s.run(step.code, lines(f, 1, 2), append([]string{"operator"}, strings.Fields(step.args)...)...)
		if !strings.Contains(out+talk, step.says) {
			t.Errorf("%s says\n%s%s", step.args, out, talk)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is for everybody: %v, %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(store, "*.qsnap")); err != nil || len(left) != 1 {
		t.Errorf("after the end of the schedule there are %v, %v", left, err)
	}
}
