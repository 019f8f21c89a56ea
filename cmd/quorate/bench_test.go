package main

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/e2e/figures"
)

// A histogram is read as Prometheus prints it, and its quantiles are Prometheus' own.
func TestHistogramOfANodeIsReadAndSubtracted(t *testing.T) {
	read := func(text string) histogram {
		t.Helper()
		var h histogram
		for line := range strings.Lines(text) {
			if err := h.take(strings.TrimSpace(line), "key.list"); err != nil {
				t.Fatal(err)
			}
		}
		return h
	}
	before := read(`# TYPE quorate_request_seconds histogram
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="0.001"} 10
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="0.002"} 10
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="+Inf"} 10
quorate_request_seconds_sum{door="rest",op="key.list",outcome="ok"} 0.005
quorate_request_seconds_count{door="rest",op="key.list",outcome="ok"} 10`)
	after := read(`quorate_request_seconds_bucket{door="rest",op="key.list",outcome="denied",le="0.001"} 99
quorate_request_seconds_bucket{door="rest",op="key.show",outcome="ok",le="0.001"} 99
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="0.001"} 60
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="0.002"} 109
quorate_request_seconds_bucket{door="rest",op="key.list",outcome="ok",le="+Inf"} 110
quorate_request_seconds_sum{door="rest",op="key.list",outcome="ok"} 0.115
quorate_request_seconds_count{door="rest",op="key.list",outcome="ok"} 110`)
	h := after.since(before)
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"count", h.count(), 100},
		{"mean", h.mean(), 0.0011},
		{"median", h.quantile(.5), 0.001},
		{"p25", h.quantile(.25), 0.0005},
		{"p99", h.quantile(.99), 0.002},
		{"beyond the last bound", h.quantile(1), 0.002},
	} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	if got := before.since(before).quantile(.5); !math.IsNaN(got) {
		t.Errorf("of nothing: got %v, want that it is no number", got)
	}
	var h2 histogram
	if err := h2.take(`quorate_request_seconds_sum{op="key.list",outcome="ok"} x`, "key.list"); err == nil {
		t.Error("a value that is no number was taken")
	}
}

// TestPromisesAreFigures: what bench leaves is read by what makes the README's table.
func TestPromisesAreFigures(t *testing.T) {
	b := &localBench{results: []result{{Name: "read on a follower", Rate: 26120, Ratio: .78}, {Name: "floor: TLS echo", Rate: 37252}}}
	b.promise("a figure", "≤ 10 s", "%s", "2 s")
	dir := t.TempDir()
	for range 2 { // the last of each counts
		if err := appendSheet(filepath.Join(dir, "results", "bench.jsonl"), b.sheet()); err != nil {
			t.Fatal(err)
		}
	}
	all, err := figures.Read(filepath.Join(dir, "results"))
	if err != nil || len(all) != 2 {
		t.Fatalf("got %v, %v", all, err)
	}
	if all[0].Measured != "2 s" || all[1].Measured != "78 % (26120/s)" || all[0].Commit != version || !strings.Contains(all[0].How, "load average") {
		t.Errorf("got %+v", all)
	}
	for how, o := range map[string]benchOptions{
		"make bench, ": {keys: 100_000}, "make bench-scale SCALE=1000000, ": {keys: 1_000_000, only: []string{"scale"}}, "quorate bench --local --only kmip,failover, ": {only: []string{"kmip", "failover"}},
	} {
		b.o = o
		if got := b.sheet()[0].How; !strings.HasPrefix(got, how) {
			t.Errorf("%v says how: %q, want %q", o.only, got, how)
		}
	}
}

// TestWhatAWalkMissesOrShowsTwiceIsCounted: a walk that the list part judges is right only if each key that stays came once.
func TestWhatAWalkMissesOrShowsTwiceIsCounted(t *testing.T) {
	for _, c := range []struct {
		shown      map[string]int
		stay, want int
	}{
		{map[string]int{"a": 1, "b": 1}, 2, 0},
		{map[string]int{"a": 1}, 2, 1},
		{map[string]int{"a": 2, "b": 1}, 2, 1},
		{map[string]int{"a": 2}, 2, 2},
		{map[string]int{"a": 1, "b": 1, "c": 1}, 2, 1},
		{nil, 0, 0},
	} {
		if got := notOnce(c.shown, c.stay); got != c.want {
			t.Errorf("%v of %d: %d, want %d", c.shown, c.stay, got, c.want)
		}
	}
}
