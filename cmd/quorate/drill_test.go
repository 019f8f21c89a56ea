package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// written is the report that a drill left in a file.
func written(t *testing.T, path string) (s api.SignedDrill, r vault.DrillReport) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if err := json.Unmarshal([]byte(s.Report), &r); err != nil {
		t.Fatalf("%v: %s", err, s.Report)
	}
	return s, r
}

func TestADrillsReportIsWrittenWhateverCameOfIt(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	f.MustCreate("k")
	s, dir := shellAt(t, f, 0), t.TempDir()
	store, out := filepath.Join(dir, "backups"), filepath.Join(dir, "drill.json")
	at := "file://" + store
	do := func(code int, says string, args ...string) {
		t.Helper()
		if got, talk := s.run(code, lines(f, 1, 2), append([]string{"operator"}, args...)...); !strings.Contains(got+talk, says) {
			t.Errorf("%v says\n%s%s, want %q", args, got, talk, says)
		}
	}
	do(2, "none is named", "drill", "--share-file", "-")
	do(2, "no such folder", "drill", "--out", filepath.Join(dir, "nowhere", "drill.json"))
	do(2, "no file", "drill", "--out", dir)
	do(5, "no snapshots are scheduled", "drill", "--out", out)
	if signed, r := written(t, out); r.OK || !strings.Contains(r.Error, "no snapshots are scheduled") || len(signed.Signature) > 0 {
		t.Errorf("the report of a drill that failed: %+v", r)
	}
	do(2, "the drill failed", "drill", "verify", out, "--cert", out)

	do(0, "", "snapshot", "schedule", "set", "--to", at, "--every", "1h")
	do(4, "no snapshot", "drill", at, "--share-file", "-")
	do(0, "", "snapshot", "schedule", "run")
	do(0, "passed", "drill", at, "--share-file", "-", "--out", out)
	_, r := written(t, out)
	if !r.OK || r.Keys != 1 || r.Versions != 1 || r.Store != at || !strings.HasSuffix(r.Snapshot, ".qsnap") {
		t.Errorf("the report of a drill at a store: %+v", r)
	}
	do(2, "not signed", "drill", "verify", out, "--cert", out)
	file := filepath.Join(store, r.Snapshot)
	do(0, `"ok": true`, "drill", file, "--share-file", "-", "--format", "json", "--out", out)
	if _, r := written(t, out); !r.OK || r.Snapshot != file || r.Store != "" {
		t.Errorf("the report of a drill of a file: %+v", r)
	}
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	do(2, "", "drill", file, "--share-file", "-", "--out", out)
	if _, r := written(t, out); r.OK || r.Error == "" || r.Snapshot != file {
		t.Errorf("yesterday's report stands for a drill that failed: %+v", r)
	}
	if err := os.WriteFile(filepath.Join(store, "quorate-0123456789ab-20991128T120000Z-41-e1-0123456789abcdef.qsnap"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	do(2, "several clusters", "drill", at, "--share-file", "-")
}
