package chaos_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/history"
	"github.com/quorate/quorate/e2e/figures"
)

// report is what a run has to tell.
type report struct {
	begin      time.Time
	took       time.Duration // known once the run is over
	deck       []fault
	faults     map[string]*suffered
	figures    map[string][]time.Duration
	tally      history.Tally // what was judged, and how
	complained int           // complaints of the load that were passed on
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

func (r *report) cycled(name string, gap time.Duration) {
	if r.faults[name] == nil {
		r.faults[name] = &suffered{}
	}
	r.faults[name].times++
	r.faults[name].worst = max(r.faults[name].worst, gap)
}

// judged counts what was judged.
func (r *report) judged(ops []history.Op) { r.tally = r.tally.Add(history.Count(ops)) }

// starts is how often a process was started since all served first.
func (r *run) starts() int {
	n := -len(r.c.nodes)
	for _, one := range r.c.nodes {
		n += one.starts
	}
	return n
}

func (r *report) figure(name string, d time.Duration) { r.figures[name] = append(r.figures[name], d) }

// Names of figures.
const (
	failoverFigure = "kill -9 of the leader → first acknowledged write"
	eioFigure      = "EIO of an fsync → gone"
	stallFigure    = "frozen disk → gone"
	fullFigure     = "room again on a full disk → all that was refused is there"
)

// write prints the report, and writes it to a file if one is named. What a run that found nothing has measured goes to the results.
func write(t *testing.T, runs []*run, file, results string) {
	var text strings.Builder
	for _, r := range runs {
		text.WriteString(r.text() + "\n")
	}
	t.Log("\n" + text.String())
	if file != "" {
		if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
	if results != "" && os.Getenv("CHAOS_ONLY") == "" && !t.Failed() {
		if err := figures.Append(results, resultsOf(runs)...); err != nil {
			t.Error(err)
		}
	}
}

// longest is the longest time without an acknowledged write, and the fault that it was under.
func (r *report) longest() (fault string, worst time.Duration) {
	for _, name := range slices.Sorted(maps.Keys(r.faults)) {
		if w := r.faults[name].worst; w > worst {
			fault, worst = name, w
		}
	}
	return fault, worst
}

// spread is how often the rarest and the commonest fault came.
func (r *report) spread() (least, most int) {
	for _, s := range r.faults {
		if least == 0 || s.times < least {
			least = s.times
		}
		most = max(most, s.times)
	}
	return least, most
}

// total is how many faults there were.
func (r *report) total() (n int) {
	for _, s := range r.faults {
		n += s.times
	}
	return n
}

// rates are how many operations were answered in a second in which clients asked, of those that porcupine orders, and how many of these are writes that
// were acknowledged.
func rates(runs []*run) (ordered, writes float64) {
	took := 0.001
	for _, r := range runs {
		ordered, writes, took = ordered+float64(r.l.ordered.Load()), writes+float64(r.l.writes.Load()), took+(r.took-r.l.rested()).Seconds()
	}
	return ordered / took, writes / took
}

// sum is what the legs have to tell together.
func sum(runs []*run) (all report, revoking []time.Duration, legs []string) {
	all.start()
	for _, r := range runs {
		for name, s := range r.faults {
			if all.faults[name] == nil {
				all.faults[name] = &suffered{}
			}
			all.faults[name].times += s.times
			all.faults[name].worst = max(all.faults[name].worst, s.worst)
		}
		for name, took := range r.figures {
			all.figures[name] = append(all.figures[name], took...)
		}
		all.tally = all.tally.Add(r.tally)
		revoking = append(revoking, r.l.revoking[0]...)
		legs = append(legs, fmt.Sprintf("%d on %v", r.total(), r.leg))
	}
	return all, revoking, legs
}

// resultsOf are the figures that the README takes.
func resultsOf(runs []*run) (all []figures.Result) {
	of, revoking, legs := sum(runs)
	how := fmt.Sprintf("make chaos, %d faults, %s, with their clients on %s", of.total(), strings.Join(legs, ", "), figures.Machine())
	add := func(figure, target, measured string, args ...any) {
		all = append(all, figures.Result{
			Figure: figure, Target: target, Measured: fmt.Sprintf(measured, args...), How: how, Commit: figures.Commit(), Seed: runs[0].seed,
		})
	}
	ordered, writes := rates(runs)
	add("real processes under faults: no acknowledged write lost, linearizable per key", fmt.Sprintf("≥ 200 faults, ≥ 200,000 operations, ≥ %d answered a second, ≥ %d acknowledged writes a second, all digests equal", floor, floorWrites),
		"%d faults of %d kinds, %d operations, %.0f answered a second by the newest state, %.0f acknowledged writes a second, nothing lost, all digests equal", of.total(), len(of.faults), of.tally.All(), ordered, writes)
	add("of these operations, those for which porcupine found an order", "reported", "%d, of them %d acknowledged writes and %d newest reads and uses; besides, %d local reads were judged by their age and %d local uses by the revocations",
		of.tally.Ordered, of.tally.Writes, of.tally.Reads, of.tally.Local, of.tally.Uses)
	add("uses of a key after its revocation was acknowledged, by any node", "0, X = 0 ms", "0 of %d local uses (by REST, and by KMIP, which gave material out %d times), %d revocations (suspend, deactivate, compromise, destroy, of keys and of versions)", of.tally.Uses, of.tally.Taken, of.tally.Revoked)
	if name, worst := of.longest(); name != "" {
		add("longest time without an acknowledged write under any fault, with its mending", "reported", "%v: %s", worst.Round(10*time.Millisecond), name)
	}
	least, most := of.spread()
	add("faults of real processes, each followed by writes that go on and a look at every node", "reported", "%d faults of %d kinds, each %d to %d times; nodes ended by themselves where they have to, and nowhere else", of.total(), len(of.faults), least, most)
	if took := sorted(revoking); len(took) > 0 {
		add("acknowledgement of a revocation under faults, also without a majority", "reported", "p50 %v, p99 %v of %d", share(took, 50), share(took, 99), len(took))
	}
	for _, f := range []struct{ name, target string }{
		{failoverFigure, "reported"}, {eioFigure, "≤ 1 s"}, {stallFigure, "≤ 5 s"}, {fullFigure, "≤ 15 s"}, // 200 kills are in make counted, and the promise with them
	} {
		if took := sorted(of.figures[f.name]); len(took) > 0 {
			add(f.name, f.target, "p50 %v, p99 %v of %d", share(took, 50), share(took, 99), len(took))
		}
	}
	for _, r := range runs {
		if r.leg.opens {
			add("processes started under faults that opened themselves, nobody handing in shares", "all", "all of %d, also of all nodes at once; %d more joined empty and were opened by people", r.starts()-r.joined, r.joined)
		}
	}
	return all
}

func sorted(d []time.Duration) []time.Duration { return slices.Sorted(slices.Values(d)) }

// share is the smallest of the durations, which are sorted, that per cent of them do not exceed.
func share(d []time.Duration, per int) time.Duration {
	return d[max(0, (len(d)*per+99)/100-1)].Round(time.Millisecond)
}

func (r *run) text() string {
	var b strings.Builder
	counts := r.l.log.Counts()
	verdict := "nothing that was promised was broken"
	if len(r.complaints) > 0 {
		verdict = fmt.Sprintf("**%d complaints**", len(r.complaints))
	}
	fmt.Fprintf(&b, "# chaos: %d faults of %d kinds, %s\n\n", r.total(), len(r.faults), verdict)
	fmt.Fprintf(&b, "Commit %s, SEED=%d, %v, %v, 1 process each; at the end %s.\n\n", figures.Commit(), r.seed, r.took.Round(time.Second), r.leg, figures.Machine())
	ordered, writes := rates([]*run{r})
	fmt.Fprintf(&b, "- %.0f operations a second answered that porcupine orders, %.0f acknowledged writes a second among them; besides, %d local reads and uses answered; of all operations %d refused, %d without a known outcome\n",
		ordered, writes, r.l.local.Load(), counts[history.Refused]+counts[history.Missing], counts[history.Unknown])
	fmt.Fprintf(&b, "- %d operations into porcupine, %d of them acknowledged writes, %d newest reads and uses; %d local reads judged by their age\n", r.tally.Ordered, r.tally.Writes, r.tally.Reads, r.tally.Local)
	fmt.Fprintf(&b, "- %d local uses (decrypt, encrypt; material given out by KMIP %d times) checked against %d acknowledged revocations; a use after the acknowledgement is a complaint, and so is a refusal that nothing explains\n", r.tally.Uses, r.tally.Taken, r.tally.Revoked)
	for calm, of := range []string{"while something is broken", "right after nodes came back"} {
		if took := sorted(r.l.revoking[calm]); len(took) > 0 {
			fmt.Fprintf(&b, "- a revocation is acknowledged %s: median %v, p99 %v, worst %v\n", of, share(took, 50), share(took, 99), share(took, 100))
		}
	}
	if r.leg.opens {
		fmt.Fprintf(&b, "- %d starts of processes, which opened themselves; people opened %d more, which joined empty\n", r.starts()-r.joined, r.joined)
	}
	if r.aside+r.refused > 0 {
		fmt.Fprintf(&b, "- snapshots were damaged: %d times older data covered them, %d times the node named one and was replaced\n", r.aside, r.refused)
	}
	if r.slow > 0 {
		fmt.Fprintf(&b, "- %d times a process ended because a write took longer than 3 s although its disk was well: the machine was too busy\n", r.slow)
	}
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
		all := sorted(r.figures[name])
		fmt.Fprintf(&b, "\n%s: %d times, median %v, p99 %v, worst %v\n", name, len(all), share(all, 50), share(all, 99), share(all, 100))
	}
	for _, c := range r.complaints {
		fmt.Fprintf(&b, "\n    %s\n", strings.ReplaceAll(c, "\n", "\n    "))
	}
	return b.String()
}
