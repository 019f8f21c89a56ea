package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// promised is a figure of bench --local that something was promised of, as `make figures` takes it for the README (the format is that
// of e2e/figures, whose reader tests it).
type promised struct {
	Figure   string `json:"figure"`
	Target   string `json:"target"`
	Measured string `json:"measured"`
	How      string `json:"how"`
	Commit   string `json:"commit"`
}

// promise keeps a figure beside what is to be reached, and is a note, too.
func (b *localBench) promise(figure, target, format string, args ...any) {
	b.keep(figure, target, format, args...)
	b.note("%s: %s (to reach: %s)", figure, b.promises[len(b.promises)-1].Measured, target)
}

// keep is promise of what another note tells in full.
func (b *localBench) keep(figure, target, format string, args ...any) {
	b.promises = append(b.promises, promised{Figure: figure, Target: target, Measured: fmt.Sprintf(format, args...)})
}

// ratios are what loads have to reach beside their floor.
var ratios = []struct{ load, figure, target string }{
	{"read on a follower", "local read on a follower, beside a TLS echo", "≥ 45 %"},
	{"decrypt on a follower", "decrypt on a follower, beside a TLS echo", "≥ 45 %"},
	{"create through the leader", "create key through the leader, 64 callers, beside a bare raft loop", "≥ 35 %"},
}

// sheet is every promise of a run.
func (b *localBench) sheet() []promised {
	all := b.promises
	for _, r := range b.results {
		for _, w := range ratios {
			if r.Name == w.load && r.Ratio > 0 {
				all = append(all, promised{Figure: w.figure, Target: w.target, Measured: fmt.Sprintf("%.0f %% (%.0f/s)", 100*r.Ratio, r.Rate)})
			}
		}
	}
	how := fmt.Sprintf("%s, three nodes, clients and floors on %d cores, load average %s", b.command(), runtime.NumCPU(), loadAverage())
	for i := range all {
		all[i].How, all[i].Commit = how, version
	}
	return all
}

// command is what measures the same again.
func (b *localBench) command() string {
	switch parts := strings.Join(b.o.only, ","); parts {
	case "":
		return "make bench"
	case "scale":
		return fmt.Sprintf("make bench-scale SCALE=%d", b.o.keys)
	default:
		return "quorate bench --local --only " + parts
	}
}

// loadAverage is of five minutes: other work on the machine shows in it.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 1 {
		return fields[1]
	}
	return "unknown"
}

// appendSheet adds promises to a file of results, which it makes with its folder if it is not there.
func appendSheet(file string, all []promised) error {
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	for _, p := range all {
		if err := enc.Encode(p); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // figures are for everybody
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // likewise
	if err != nil {
		return err
	}
	_, err = f.WriteString(text.String())
	return errors.Join(err, f.Close())
}
