package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// run is one leg of a run of the harness: `make chaos CYCLES=n SEED=n`.
type run struct {
	t       *testing.T
	leg     leg
	c       *cluster
	l       *load
	rnd     *rand.Rand // chooses faults and their parts; the seed says all of it
	seed    uint64
	joined  int // nodes that joined empty, in the place of one whose directory was damaged
	aside   int // times that a node put damaged snapshots aside and went on
	refused int // times that it refused to start without them
	slow    int // processes that ended by themselves because the machine's own disk was slow
	report
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

const (
	workers     = 24
	perCycle    = 4   // faults
	between     = 50  // writes that are acknowledged between two faults
	floor       = 100 // answered operations a second that porcupine orders, or the run does not count
	floorWrites = 25  // of these, acknowledged writes

	shortCycles = 2
)

// asked tells whether somebody asked for this run (`make chaos`); otherwise it is the short one of `make test`.
func asked() bool { return os.Getenv("CHAOS_CYCLES") != "" }

// skip ends a run that cannot be made on this machine: as passed over, or, where somebody asked for it, as failed. What was
// not tried has not passed.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if asked() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// leg is a part of a run, on a cluster of its own.
type leg struct {
	nodes  int
	opens  bool // nodes that were started again open themselves
	cycles uint64
}

func (l leg) String() string {
	if l.opens {
		return fmt.Sprintf("%d nodes that open themselves", l.nodes)
	}
	return fmt.Sprintf("%d nodes", l.nodes)
}

// legs divides the cycles: two thirds on three nodes which people open, the rest on five that open themselves. CHAOS_NODES has all of
// them on so many. The short run, and one of chosen faults, is on three.
func legs(t *testing.T) []leg {
	t.Helper()
	cycles := setting(t, "CHAOS_CYCLES", shortCycles)
	const few, many = 3, 5
	switch n := setting(t, "CHAOS_NODES", 0); {
	case n != 0:
		return []leg{{int(n), n >= many, cycles}}
	case !asked() || os.Getenv("CHAOS_ONLY") != "" || cycles < 3:
		return []leg{{few, false, cycles}}
	}
	return []leg{{few, false, cycles - cycles/3}, {many, true, cycles / 3}}
}

func TestChaos(t *testing.T) {
	if unable != "" {
		skip(t, "no network namespaces can be made here: %s", unable)
	}
	seed := setting(t, "CHAOS_SEED", rand.Uint64N(1_000_000))
	var runs []*run
	for _, l := range legs(t) {
		if r := l.run(t, seed); r != nil {
			runs = append(runs, r)
		}
		if t.Failed() || t.Skipped() {
			break
		}
	}
	if ordered, writes := rates(runs); (ordered < floor || writes < floorWrites) && !t.Failed() && os.Getenv("CHAOS_ONLY") == "" && asked() {
		t.Errorf("only %.0f operations a second were answered that porcupine orders, %.0f of them acknowledged writes; below %d and %d the run does not count", ordered, writes, floor, floorWrites)
	}
	write(t, runs, os.Getenv("CHAOS_REPORT"), os.Getenv("CHAOS_RESULTS"))
}

// run makes the cluster, breaks what the cycles say, and ends it. It is nil if the cluster could not be made.
func (l leg) run(t *testing.T, seed uint64) *run {
	deck := l.deck(t)
	t.Logf("SEED=%d CYCLES=%d: %v", seed, l.cycles, l)
	begin := time.Now()
	c, err := newCluster(t.TempDir(), l.nodes, l.opens, rand.New(rand.NewPCG(seed, 3)))
	if c != nil {
		defer func() {
			if err := c.close(); err != nil {
				t.Error(err)
			}
		}()
	}
	if err != nil {
		if strings.Contains(err.Error(), "/dev/fuse") || strings.Contains(err.Error(), "/dev/net/tun") {
			skip(t, "chaos cannot be made here: %v", err)
		}
		t.Fatal(err)
	}
	t.Logf("%v serve after %v", l, time.Since(begin).Round(time.Millisecond))
	r := &run{t: t, leg: l, c: c, l: startLoad(c, seed, workers), rnd: rand.New(rand.NewPCG(seed, 1)), seed: seed}
	defer r.l.stop()
	r.start()
	if err := r.l.reach(between, 30*time.Second); err != nil {
		t.Fatal(err)
	}
	r.l.gap()
	for i := range l.cycles {
		if !r.cycle(i, deck) {
			break
		}
	}
	r.finish()
	return r
}

// deck is the faults that can be on this leg, and were chosen.
func (l leg) deck(t *testing.T) []fault {
	t.Helper()
	only := os.Getenv("CHAOS_ONLY")
	deck := slices.DeleteFunc(faults(), func(f fault) bool {
		return l.opens && f.people || !asked() && !f.short || !strings.Contains(f.name, only)
	})
	if len(deck) == 0 {
		t.Fatalf("CHAOS_ONLY: no fault's name has %q in it", only)
	}
	return deck
}

// next is the fault that comes next: all that are chosen come once, in an order by chance, before any comes again.
func (r *run) next(deck []fault) fault {
	if len(r.deck) == 0 {
		r.deck = append(r.deck, deck...)
		r.rnd.Shuffle(len(r.deck), func(i, j int) { r.deck[i], r.deck[j] = r.deck[j], r.deck[i] })
	}
	f := r.deck[0]
	r.deck = r.deck[1:]
	return f
}

// cycle breaks some things, one after the other, mends each, and looks at what the clients saw. It tells whether the run may go on.
func (r *run) cycle(i uint64, deck []fault) bool {
	for range perCycle {
		if r.suffer(i, r.next(deck)); r.t.Failed() {
			return false
		}
	}
	r.settle(false)
	return !r.t.Failed()
}

// suffer breaks one thing and mends it.
func (r *run) suffer(i uint64, f fault) {
	begin := time.Now()
	r.l.calm.Store(false)
	if err := f.do(r); err != nil {
		r.fail("%s: while it lasted: %v", f.name, err)
	}
	crashed, err := r.c.mend(r.rnd)
	for _, c := range crashed {
		if strings.Contains(c, "a write takes longer than") { // a machine that is too busy; the promise is that it ends, and it did
			r.slow++
			continue
		}
		r.fail("%s: %s", f.name, c)
	}
	r.l.calm.Store(err == nil)
	if err == nil {
		err = r.l.reach(between, 20*time.Second)
	}
	if err != nil {
		r.fail("after %s: %v", f.name, err)
	}
	gap := r.l.gap()
	r.cycled(f.name, gap)
	r.t.Logf("cycle %d: %s: %.1f s, %v without an acknowledged write", i+1, f.name, time.Since(begin).Seconds(), gap.Round(10*time.Millisecond))
	for _, w := range r.l.complaints()[r.complained:] {
		r.complained++
		r.fail("%s", w)
	}
}

// settle lets the clients pause, compares the nodes, and judges what is complete.
func (r *run) settle(all bool) {
	err := r.l.quiet(func() error {
		if err := r.c.settled(); err != nil {
			return err
		}
		complaints := r.l.judge(all, &r.report)
		for _, c := range complaints {
			r.fail("%s", c)
		}
		return nil
	})
	r.l.lastAck.Store(int64(r.l.now())) // the quiet was ours
	if err != nil {
		r.fail("with the clients quiet: %v", err)
	}
}

func (r *run) finish() {
	r.took = time.Since(r.begin)
	if !r.t.Failed() {
		r.settle(true)
	}
	if r.t.Failed() {
		r.logs()
	}
}

func (r *run) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(text) > 30000 {
		text = text[:30000] + "…"
	}
	r.complaints = append(r.complaints, text)
	r.t.Errorf("SEED=%d: %s", r.seed, text)
}

// logs shows the end of each node's log.
func (r *run) logs() {
	for _, n := range r.c.nodes {
		r.t.Logf("the end of %s's log:\n%s", n.Name, n.last(25))
	}
	if dir := os.Getenv("CHAOS_KEEP"); dir != "" {
		for _, n := range r.c.nodes {
			if b, err := os.ReadFile(n.Log); err == nil {
				_ = os.WriteFile(filepath.Join(dir, n.Name+".log"), b, 0o600)
			}
		}
	}
}

// pass lets some time pass.
func (r *run) pass(a, b time.Duration) { wait(context.Background(), span(r.rnd, a, b)) }

// grace is how long a promise in time may take here: the machine is shared, so the promise itself is reported as a figure and the
// bound that fails the run is wider.
func (r *run) grace(promised time.Duration) time.Duration { return 3*promised + 2*time.Second }

// goesOn wants the nodes that are not out to go on with writes, and some time to pass.
func (r *run) goesOn(out ...*node) error { return r.goesOnSince(time.Now(), "", out...) }

// goesOnSince is goesOn after something that happened at a time; how long it took is a figure, if that has a name.
func (r *run) goesOnSince(begin time.Time, figure string, out ...*node) error {
	select {
	case <-r.l.next():
	case <-time.After(15 * time.Second):
		return fmt.Errorf("without %s the others do not go on within 15 s", names(out))
	}
	if figure != "" {
		r.figure(figure, time.Since(begin))
	}
	r.pass(200*time.Millisecond, time.Second)
	return nil
}

func names(nodes []*node) string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Name)
	}
	return strings.Join(all, ", ")
}

// pause stops a node as a hypervisor does, and lets it go on.
func (r *run) pause(n *node) error {
	if err := n.Pause(); err != nil {
		return err
	}
	return errors.Join(r.goesOn(n), n.Resume())
}
