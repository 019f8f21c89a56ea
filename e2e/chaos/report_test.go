//go:build chaos

package chaos_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/quorate/quorate/e2e/chaos/history"
)

// report is what a run has to tell.
type report struct {
	begin      time.Time
	deck       []fault
	faults     map[string]*suffered
	figures    map[string][]time.Duration
	checked    int // operations that were judged
	complained int // complaints of the load that were passed on
	complaints []string
}

// suffered is one kind of fault.
type suffered struct {
	times int
	worst time.Duration // without an acknowledged write
}

func (r *report) start() {
	r.begin, r.faults, r.figures = time.Now(), map[string]*suffered{}, map[string][]time.Duration{}
}

func (r *report) since() time.Duration { return time.Since(r.begin) }

func (r *report) cycled(name string, gap time.Duration) {
	if r.faults[name] == nil {
		r.faults[name] = &suffered{}
	}
	r.faults[name].times++
	r.faults[name].worst = max(r.faults[name].worst, gap)
}

func (r *report) figure(name string, d time.Duration) { r.figures[name] = append(r.figures[name], d) }

// write prints the report, and writes it to a file if one is named.
func (r *run) write(file string) {
	text := r.text()
	r.t.Log("\n" + text)
	if file == "" {
		return
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		r.t.Error(err)
	}
}

func (r *run) text() string {
	var b strings.Builder
	took := r.since()
	total := 0
	for _, s := range r.faults {
		total += s.times
	}
	counts := r.l.log.Counts()
	verdict := "nothing that was promised was broken"
	if len(r.complaints) > 0 {
		verdict = fmt.Sprintf("**%d complaints**", len(r.complaints))
	}
	fmt.Fprintf(&b, "# chaos: %d faults of %d kinds, %s\n\n", total, len(r.faults), verdict)
	fmt.Fprintf(&b, "Commit %s, SEED=%d, %v, 3 nodes on %d cores, 1 process each.\n\n", commit(), r.seed, took.Round(time.Second), runtime.NumCPU())
	acked := r.l.acked.Load()
	fmt.Fprintf(&b, "- %d operations acknowledged (%.0f/s), %d refused, %d without a known outcome; %d judged by porcupine\n",
		acked, float64(acked)/took.Seconds(), counts[history.Refused]+counts[history.Missing], counts[history.Unknown], r.checked)
	r.l.mu.Lock()
	fmt.Fprintf(&b, "- %d keys, %d materials, all different\n", r.l.made, len(r.l.materials))
	r.l.mu.Unlock()
	net := r.c.net.Stats()
	fmt.Fprintf(&b, "- network: %d frames passed, %d cut, %d lost, %d delayed, %d doubled\n", net.Passed, net.Cut, net.Lost, net.Delayed, net.Doubled)
	for _, n := range r.c.nodes {
		d := n.disk.Stats()
		fmt.Fprintf(&b, "- disk of %s: %d syncs, %d failed, %d slow, %d calls met a frozen disk, %d a full one, power cuts took %d writes and names\n",
			n.Name, d.Syncs, d.Failed, d.Slowed, d.Frozen, d.Full, d.Undone)
	}
	b.WriteString("\n| fault | times | worst time without an acknowledged write |\n|---|---|---|\n")
	for _, name := range slices.SortedFunc(maps.Keys(r.faults), func(a, b string) int { return cmp.Compare(r.faults[b].worst, r.faults[a].worst) }) {
		fmt.Fprintf(&b, "| %s | %d | %v |\n", name, r.faults[name].times, r.faults[name].worst.Round(10*time.Millisecond))
	}
	b.WriteString("\nThe time includes the mending: restarts, shares handed in, a majority that is away.\n")
	for _, name := range slices.Sorted(maps.Keys(r.figures)) {
		all := slices.Sorted(slices.Values(r.figures[name]))
		fmt.Fprintf(&b, "\n%s: %d times, median %v, worst %v\n", name, len(all), all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond))
	}
	for _, c := range r.complaints {
		fmt.Fprintf(&b, "\n    %s\n", strings.ReplaceAll(c, "\n", "\n    "))
	}
	return b.String()
}

// commit is what was tested.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
