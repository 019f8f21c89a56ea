package sim_test

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/cluster/sim"
	"github.com/quorate/quorate/e2e/figures"
)

var (
	hours  = flag.Float64("sim.hours", 0.5, "simulated hours")
	report = flag.String("sim.report", "", "file to write what happened to")
	sheet  = flag.String("sim.results", "", "file to append the figures of a run without complaints to")
)

// dir is a place for snapshots: in memory where there is one.
func dir(t *testing.T) string {
	t.Helper()
	base := "/dev/shm"
	if _, err := os.Stat(base); err != nil {
		base = ""
	}
	d, err := os.MkdirTemp(base, "quorate-sim-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(d) })
	return d
}

// bubble runs a story in a world of its own.
func bubble(t *testing.T, opt sim.Options, story func(t *testing.T, w *sim.World)) {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = dir(t)
	}
	if os.Getenv("SIM_LOG") != "" {
		opt.Log = slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})
	}
	synctest.Test(t, func(t *testing.T) { story(t, sim.New(opt)) })
}

// firstSeed is SIM_SEED, or a new one.
func firstSeed(t *testing.T) uint64 {
	t.Helper()
	s := os.Getenv("SIM_SEED")
	if s == "" {
		return rand.Uint64N(1_000_000_000)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("SIM_SEED: %v", err)
	}
	return n
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestSimulation lets a cluster live for a while under faults, one world an hour, and judges all that its clients saw.
func TestSimulation(t *testing.T) {
	first := firstSeed(t)
	worlds := max(int(*hours+0.999), 1)
	lasts := time.Duration(*hours / float64(worlds) * float64(time.Hour))
	t.Logf("seeds from %d: SIM_SEED=%d repeats what is done to the clusters", first, first)
	var mu sync.Mutex
	total := &sim.Record{}
	began, used := time.Now(), processorTime(t)
	t.Run("world", func(t *testing.T) {
		for i := range worlds {
			seed := first + uint64(i)
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				opt := sim.Options{Seed: seed, Nodes: 3}
				if seed%4 == 3 {
					opt.Nodes = 5
				}
				bubble(t, opt, func(_ *testing.T, w *sim.World) {
					r := w.Run(lasts)
					mu.Lock()
					defer mu.Unlock()
					total.Add(r)
				})
			})
		}
	})
	for _, c := range total.Complaints {
		t.Error(c)
	}
	cpu := processorTime(t) - used
	page := total.Markdown(first, worlds, time.Since(began), cpu)
	t.Log("\n" + page)
	if *report != "" {
		if err := os.WriteFile(*report, []byte(page), 0o644); err != nil {
			t.Error(err)
		}
	}
	if p := sim.Quantile(total.RevokeCalm, .99); p > 50*time.Millisecond {
		t.Errorf("with all in touch a revocation is acknowledged in %v (p99), the promise is 50 ms", p)
	}
	if p := sim.Quantile(total.RevokeAside, .99); p > 2500*time.Millisecond {
		t.Errorf("with one node struck a revocation is acknowledged in %v (p99), the promise is 2.5 s", p)
	}
	if total.FaultCount() < int(total.Simulated.Hours()*100) || total.Writes < int(total.Simulated.Hours()*100) {
		t.Errorf("only %d faults and %d writes in %v: this proves little", total.FaultCount(), total.Writes, total.Simulated)
	}
	if t.Failed() {
		return
	}
	file := cmp.Or(*sheet, filepath.Join(t.TempDir(), "sim.jsonl")) // what nobody asked for is looked at all the same
	if err := figures.Append(file, results(total, first, worlds, cpu)...); err != nil {
		t.Error(err)
	}
}
