package figures_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/e2e/figures"
)

var update = flag.Bool("update", false, "write the results of bin/results into the README")

// TestReadmeTakesFigures also is `make figures`: with -update it writes.
func TestReadmeTakesFigures(t *testing.T) {
	const readme = "../../README.md"
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	all, err := figures.Read("../../bin/results")
	if err != nil {
		t.Fatal(err)
	}
	next, err := figures.Replace(string(text), figures.Table(all))
	if err != nil {
		t.Fatal(err)
	}
	if !*update {
		return
	}
	if len(all) == 0 {
		t.Fatal("there are no results in bin/results: run make sim, make chaos, make bench")
	}
	if err := os.WriteFile(readme, []byte(next), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if v := r.Verdict(); v == figures.Missed || v == figures.Uncompared {
			t.Logf("%s: %s: to reach %s, measured %s", v, r.Figure, r.Target, r.Measured)
		}
	}
	t.Logf("%d figures are written", len(all))
}

func TestTheLastResultOfAFigureCounts(t *testing.T) {
	dir := t.TempDir()
	one := figures.Result{Figure: "failover", Target: "≤ 1 s", Measured: "0.9 s", How: "make chaos", Commit: "abc", Seed: 7}
	other := figures.Result{Figure: "restore", Target: "≤ 60 s", Measured: "18 s", How: "make bench", Commit: "abc"}
	newer := one
	newer.Measured, newer.Commit = "0.8 s", "def"
	if err := figures.Append(filepath.Join(dir, "x", "a.jsonl"), one, other); err != nil {
		t.Fatal(err)
	}
	if err := figures.Append(filepath.Join(dir, "x", "b.jsonl"), newer); err != nil {
		t.Fatal(err)
	}
	all, err := figures.Read(filepath.Join(dir, "x"))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[0] != newer || all[1] != other {
		t.Fatalf("got %+v", all)
	}
	doc := "before\n<!-- figures: written by `make figures` from bin/results -->\nold\n<!-- end of figures -->\nafter\n"
	got, err := figures.Replace(doc, figures.Table(all))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got, "old") || !strings.HasPrefix(got, "before\n") || !strings.HasSuffix(got, "after\n") ||
		!strings.Contains(got, "| failover | ≤ 1 s | 0.8 s | met | make chaos | def | 7 |\n") || !strings.Contains(got, "| abc | – |\n") {
		t.Errorf("got\n%s", got)
	}
	again, err := figures.Replace(got, figures.Table(all))
	if err != nil || again != got {
		t.Errorf("written twice it differs: %v", err)
	}
}

func TestAFigureIsNotedWhereAFolderIsNamed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	r := figures.Result{Figure: "f", Target: "t", Measured: "m", How: "make x", Seed: 3}
	t.Setenv("RESULTS", "")
	if err := figures.Note("x", r); err != nil {
		t.Fatal(err)
	}
	t.Setenv("RESULTS", dir)
	if err := figures.Note("x", r); err != nil {
		t.Fatal(err)
	}
	all, err := figures.Read(dir)
	if err != nil || len(all) != 1 || all[0].Seed != 3 || all[0].Commit == "" || !strings.HasPrefix(all[0].How, "make x, ") {
		t.Errorf("got %+v, %v", all, err)
	}
}

func TestFiguresThatNobodyCanTraceAreRefused(t *testing.T) {
	full := figures.Result{Figure: "f", Target: "t", Measured: "m", How: "h", Commit: "c"}
	for _, spoil := range []func(*figures.Result){
		func(r *figures.Result) { r.Figure = "" }, func(r *figures.Result) { r.Target = "" }, func(r *figures.Result) { r.Measured = "" },
		func(r *figures.Result) { r.How = "" }, func(r *figures.Result) { r.Commit = "" }, func(r *figures.Result) { r.How = "a|b" },
	} {
		r := full
		spoil(&r)
		if err := figures.Append(filepath.Join(t.TempDir(), "a.jsonl"), r); err == nil {
			t.Errorf("%+v passes", r)
		}
	}
	for _, line := range []string{"{", `{"figure":"f"}`, `{"figure":"f","target":"t","measured":"m","how":"h","commit":"c","who":"x"}`, "[]"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.jsonl"), []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := figures.Read(dir); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: got %v", line, err)
		}
	}
	if _, err := figures.Replace("no markers", "x"); err == nil {
		t.Error("a document without markers passes")
	}
}
