package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/chaos/disk"
	"github.com/quorate/quorate/e2e/figures"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// How often a counted story does its thing: few in make test, as often as ../shared/reliability.md wants in make counted (COUNTED=1).
func times(short, counted int) int {
	if os.Getenv("COUNTED") != "" {
		return counted
	}
	return short
}

// tellFigure writes a figure for the README, if a folder for results is named.
func tellFigure(t *testing.T, figure, target, how, measured string, args ...any) {
	t.Helper()
	measured = fmt.Sprintf(measured, args...)
	t.Logf("%s: %s", figure, measured)
	if t.Failed() {
		return
	}
	if err := figures.Note("counted", figures.Result{Figure: figure, Target: target, Measured: measured, How: "make counted, " + how}); err != nil {
		t.Error(err)
	}
}

// spread is what durations look like.
func spread(all []time.Duration) string {
	slices.Sort(all)
	at := func(per int) time.Duration { return all[max(0, (len(all)*per+99)/100-1)].Round(time.Millisecond) }
	return fmt.Sprintf("p50 %v, p99 %v, longest %v of %d", at(50), at(99), at(100), len(all))
}

// opensItself makes the slot by which the members open one another, also all at once and soon after the last time.
func (c *cluster) opensItself() {
	c.t.Helper()
	c.slots("add", "quorum", "--cold-start", "--window", "2s")
	eventually(c.t, 30*time.Second, "every member holds its share", func() error {
		var s api.Slots
		c.must(c.nodes[0], get("/v1/sys/slots")).into(c.t, &s)
		for _, slot := range s.Slots {
			if q := slot.Quorum; q != nil && q.Dealt && len(q.Members) == len(c.nodes) {
				return nil
			}
		}
		return fmt.Errorf("%+v", s.Slots)
	})
}

// onDisks puts every node's directory on a disk of its own that can lose its power.
func onDisks(t *testing.T, disks map[*node]*disk.Disk) option {
	return func(c *cluster) {
		for _, n := range c.nodes {
			disks[n] = onDisk(t, n)
		}
	}
}

// The power goes again and again, at one node of one, where nobody else has what it acknowledged, and at all of three at once, in the middle of
// writing. The disk takes each write and name that was not synced, or not, by chance. All that was acknowledged opens what was
// encrypted under it, on every node.
func TestPowerCutsTakeNothingThatWasAcknowledged(t *testing.T) {
	for _, v := range []struct {
		nodes, short, counted int
		figure                string
	}{{1, 5, 100, "power cut of the only node"}, {3, 10, 50, "power cut of all three nodes at once"}} {
		t.Run(v.figure, func(t *testing.T) {
			cuts := times(v.short, v.counted)
			kept, taken, lost := powerCuts(t, v.nodes, cuts, "")
			if lost != nil {
				t.Fatal(lost)
			}
			if taken == 0 {
				t.Error("no cut took anything from a disk: this test does not see any")
			}
			tellFigure(t, v.figure+": acknowledged writes lost", "0", fmt.Sprintf("%d cuts, a disk that keeps what was not synced by chance", cuts),
				"0 of %d, in %d cuts; %d writes and names that were not synced were taken", kept, cuts, taken)
		})
	}
}

// The control: a server that does not sync its log loses an acknowledged write to the same cuts.
func TestPowerCutsTakeWhatANodeThatDoesNotSyncAcknowledged(t *testing.T) {
	if os.Getenv("COUNTED") == "" {
		t.Skip("builds a second server, with the tag plant_nosync: runs in make counted; make plants has the same in simulated time")
	}
	program, err := kit.Build("..", t.TempDir(), "plant_nosync")
	if err != nil {
		t.Fatal(err)
	}
	const most = 50
	_, _, lost := powerCuts(t, 1, most, program)
	if lost == nil {
		t.Fatalf("%d cuts took nothing from a node that does not sync: the test above shows nothing", most)
	}
	tellFigure(t, "control: the same cuts with a server that does not sync its log", "loses an acknowledged write", fmt.Sprintf("at most %d cuts", most), "it does: %.120v", lost)
}

// powerCuts cuts the power so often, and tells how many acknowledged keys there are, how much the disks took, and what is lost. Each
// cut comes while writers write; keys of all cuts so far have to be there.
func powerCuts(t *testing.T, nodes, cuts int, program string) (kept, taken int, lost error) {
	t.Helper()
	disks := map[*node]*disk.Disk{}
	c := blank(t, nodes, onDisks(t, disks))
	for _, n := range c.nodes {
		n.program = program
	}
	c.found()
	if nodes > 1 {
		c.joinRest()
		c.unseal(c.nodes[1])
	}
	c.serving(c.nodes...)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	var acked []acknowledged
	for cut := range cuts {
		l := c.startLoad(fmt.Sprintf("cut/%d", cut), 4)
		l.reach(t, 10+rnd.IntN(20))
		for _, n := range c.nodes {
			n.signal(sigkill)
		}
		for _, n := range c.nodes {
			n.kill()
		}
		l.stop.Store(true)
		for _, n := range c.nodes {
			if err := disks[n].Cut(rnd); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range c.nodes {
			n.spawn()
			if err := c.answers(n); err != nil {
				return 0, 0, c.endedOr(n, cut+1, err)
			}
		}
		for _, n := range c.nodes {
			if err := c.knows(n); err != nil {
				return 0, 0, c.endedOr(n, cut+1, err)
			}
		}
		c.unseal(c.nodes[cut%nodes])
		c.serving(c.nodes...)
		l.finish()
		acked = append(acked, l.acked...)
		recent := acked[max(0, len(acked)-100):]
		if cut == cuts-1 {
			recent = acked
		}
		if lost := c.lost(recent); lost != nil {
			return 0, 0, fmt.Errorf("after cut %d: %w", cut+1, lost)
		}
	}
	for _, d := range disks {
		taken += int(d.Stats().Undone)
	}
	return len(acked), taken, nil
}

// knows waits until a node that was started has the cluster's state; an error if it ends instead.
func (c *cluster) knows(n *node) error {
	return kit.Attempt(30*time.Second, func() error {
		if n.ended() {
			return fmt.Errorf("it ended: %w\n%s", n.proc.Err(), n.tail(5))
		}
		s, err := c.status(n)
		if err == nil && (s.Leader == "" || emptied(s, len(c.nodes) == 1) != "") {
			err = fmt.Errorf("%+v", s)
		}
		return err
	})
}

// answers waits until a node that was started answers; an error if it ends instead.
func (c *cluster) answers(n *node) error {
	return kit.Attempt(30*time.Second, func() error {
		if n.ended() {
			return fmt.Errorf("it ended: %w\n%s", n.proc.Err(), n.tail(5))
		}
		return n.live()
	})
}

// onceWritten tells how long after begin a write is acknowledged that was asked for afterwards, by a client that retries.
func (c *cluster) onceWritten(begin time.Time, name string, at ...*node) time.Duration {
	c.t.Helper()
	if _, err := c.client(at...).CreateKey(ctx(c.t), api.CreateKeyRequest{Name: name}); err != nil {
		c.t.Fatalf("no write is acknowledged: %v", err)
	}
	return time.Since(begin)
}

// The leader is killed, hands over, or its disk freezes, again and again: how long is it until a write is acknowledged? Promises are
// compared with what is measured by the reader of the README: the machine is shared.
func TestFailoverIsCounted(t *testing.T) {
	disks := map[*node]*disk.Disk{}
	c := open(t, onDisks(t, disks))
	c.opensItself()
	back := func(n *node) {
		n.start()
		c.serving(c.nodes...)
		c.caughtUp()
	}
	var kills, transfers, freezes []time.Duration
	for i := range times(1, 200) {
		lead, rest := c.leader()
		begin := time.Now()
		lead.kill()
		kills = append(kills, c.onceWritten(begin, fmt.Sprintf("kill/%d", i), rest...))
		back(lead)
	}
	for i := range times(1, 100) {
		lead, rest := c.leader()
		begin := time.Now()
		if a, err := c.ask(lead, post("/v1/sys/leader/transfer", api.TransferRequest{To: rest[i%2].name})); err != nil || a.status/100 != 2 {
			t.Logf("transfer %d: %v %v", i, a, err)
		}
		transfers = append(transfers, c.onceWritten(begin, fmt.Sprintf("transfer/%d", i), rest...))
	}
	for i := range times(1, 50) {
		lead, rest := c.leader()
		disks[lead].Freeze()
		begin := time.Now()
		freezes = append(freezes, c.onceWritten(begin, fmt.Sprintf("freeze/%d", i), rest...))
		lead.signal(sigkill)
		disks[lead].Mend()
		lead.kill()
		back(lead)
	}
	const how = "3 processes, one client that retries, loopback"
	tellFigure(t, "failover: kill -9 of the leader → a write is acknowledged", "p50 ≤ 0.7 s, p99 ≤ 1.2 s", how, "%s", spread(kills))
	tellFigure(t, "failover: leadership handed over → a write is acknowledged", "p99 ≤ 300 ms", how, "%s", spread(transfers))
	tellFigure(t, "failover: the leader's disk freezes → a write is acknowledged", "≤ 5 s", how, "%s", spread(freezes))
}

// A node that was killed comes back with what its disk had then, while the others went on; it may come back with a directory of long ago. From its first
// answer on it shows the key as new as when it was started, or refuses. With its log gone it does not start.
func TestARestartedNodeNeverShowsThePast(t *testing.T) {
	c := open(t)
	c.opensItself()
	const name = "past"
	if a := c.must(c.nodes[0], create(name, true)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	c.caughtUp()
	_, followers := c.leader()
	n := followers[0]
	others := slices.DeleteFunc(slices.Clone(c.nodes), func(o *node) bool { return o == n })
	old := n.dir + ".old"
	n.stop()
	copyDir(t, n.dir, old)
	n.start()
	c.serving(n)
	var asked, early atomic.Int64
	count, gone := times(6, 200), 0
	for i := range count {
		n.kill()
		var r api.Record
		c.rotated(others, name).into(t, &r)
		switch i % 3 {
		case 1: // the directory of long ago, on the disk of today
			replaceDir(t, old, n.dir)
		case 2: // no log any more
			if gone++; gone <= 2 || i%2 == 0 {
				c.refusesWithoutItsLog(n)
			}
		}
		before := asked.Load()
		h := c.watchFor(n, name, int(r.Latest), &asked, &early)
		n.spawn()
		c.serving(n)
		eventually(t, 10*time.Second, "the readers are answered by "+n.name, func() error { // or nothing was tried
			if asked.Load() == before {
				return fmt.Errorf("none of them since restart %d", i+1)
			}
			return nil
		})
		h()
		if t.Failed() {
			return
		}
	}
	tellFigure(t, "answers from the past, before a restarted node was ready or after", "0 in 200 restarts", "readers from before its first SYN; old directory, directory of the beginning, log lost",
		"%d of %d in %d restarts", early.Load(), asked.Load(), count)
}

// rotated rotates a key at nodes of which one may have to be waited for.
func (c *cluster) rotated(at []*node, name string) (a answer) {
	c.t.Helper()
	eventually(c.t, 20*time.Second, "the others rotate the key", func() (err error) {
		a, err = c.ask(at[0], post("/v1/keys/"+name+"/rotate", nil))
		if err == nil && a.status != http.StatusOK {
			err = fmt.Errorf("%v", a)
		}
		return err
	})
	return a
}

// watchFor reads a key at a node without pause until the returned function is called, and wants every answer to show at least that version.
func (c *cluster) watchFor(n *node, name string, latest int, asked, early *atomic.Int64) (stop func()) {
	var ended atomic.Bool
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			r := get("/v1/keys/" + name)
			r.within = time.Second
			for !ended.Load() {
				a, err := c.ask(n, r)
				if err != nil || a.status != http.StatusOK {
					continue
				}
				asked.Add(1)
				var rec api.Record
				if err := json.Unmarshal(a.body, &rec); err != nil { // not Fatal: this is not the test's goroutine
					c.t.Errorf("%s answers %v: %v", n.name, a, err)
					return
				}
				if int(rec.Latest) < latest {
					early.Add(1)
					c.t.Errorf("%s shows version %s, and %d was acknowledged before it was started", n.name, strconv.Itoa(int(rec.Latest)), latest)
				}
			}
		})
	}
	return func() { ended.Store(true); running.Wait() }
}

// refusesWithoutItsLog starts a node without its log: it may have promised what it does not know any more.
func (c *cluster) refusesWithoutItsLog(n *node) {
	c.t.Helper()
	log := filepath.Join(n.dir, "raft")
	if err := os.Rename(log, log+".away"); err != nil {
		c.t.Fatal(err)
	}
	n.spawn()
	n.waitExit(30 * time.Second)
	if n.proc.Err() == nil {
		c.t.Errorf("%s starts without its log", n.name)
	}
	if err := os.RemoveAll(log); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(log+".away", log); err != nil {
		c.t.Fatal(err)
	}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		t.Fatal(err)
	}
}

func replaceDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	copyDir(t, from, to)
}
