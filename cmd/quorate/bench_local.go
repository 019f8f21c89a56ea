package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/cluster/floor"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// rounds is how often a load and its floor are measured in turn; medians are reported.
const rounds = 3

// benchPart is one part of bench --local.
type benchPart struct {
	name string
	run  func(*localBench, context.Context) error
}

// benchParts are all of them, in their order.
var benchParts = []benchPart{
	{"reads", (*localBench).reads},
	{"uses", (*localBench).uses},
	{"batch", (*localBench).batch},
	{"writes", (*localBench).writes},
	{"keas", (*localBench).keas},
	{"kmip", (*localBench).kmip},
	{"failover", (*localBench).failover},
	{"scale", (*localBench).scale},
	{"rewrap", (*localBench).rewrap},
	{"list", (*localBench).list},
	{"envelope", (*localBench).envelope},
}

func partNames() []string {
	names := make([]string, len(benchParts))
	for i, p := range benchParts {
		names[i] = p.name
	}
	return names
}

// localBench is a run of bench --local.
type localBench struct {
	*local
	app     *app
	o       benchOptions
	results []result
	notes   []string

	promises []promised // see promise
}

func (a *app) benchLocal(ctx context.Context, o benchOptions) error {
	if o.duration == 10*time.Second {
		o.duration = 3 * time.Second // of each of many loads
	}
	for _, p := range o.only {
		if !slices.Contains(partNames(), p) {
			return fault.New(fault.Invalid, "there is no part %q", p).WithHint("Parts are %s.", strings.Join(partNames(), ", "))
		}
	}
	dir, err := os.MkdirTemp("", "quorate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	l, err := newLocal(dir, 3, true)
	if err != nil {
		return err
	}
	defer l.stop()
	b := &localBench{local: l, app: a, o: o}
	fmt.Fprintln(a.talk, "starting three nodes")
	if err := b.up(ctx); err != nil {
		return err
	}
	for _, p := range benchParts {
		if len(o.only) > 0 && !slices.Contains(o.only, p.name) {
			continue
		}
		fmt.Fprintln(a.talk, "measuring", p.name)
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("measuring %s: %w", p.name, err)
		}
	}
	err = a.report(b.results)
	if err == nil && o.file != "" {
		err = appendSheet(o.file, b.sheet())
	}
	if a.format != "json" {
		for _, n := range b.notes {
			fmt.Fprintln(a.out, n)
		}
	}
	return err
}

func (b *localBench) up(ctx context.Context) error {
	if err := b.found(ctx, 5, 3); err != nil {
		return err
	}
	if err := b.grow(ctx); err != nil {
		return err
	}
	return b.open(ctx, b.nodes[1])
}

func (b *localBench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
}

// figure keeps a figure that is no load; a note tells people of it, and --format json has it as it is.
func (b *localBench) figure(name string, value float64, unit string) {
	b.results = append(b.results, result{Name: name, Value: value, Unit: unit})
}

// at is a node as a target, and a client for it.
func (b *localBench) at(n *localNode) (target, *client.Client, error) {
	c, err := b.client(n)
	return target{addr: n.api, token: b.init.RootToken, tls: loadTLS(b.ca)}, c, err
}

// reads holds local reads on a follower against the echo, in turn, round by round.
func (b *localBench) reads(ctx context.Context) error {
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	follower := b.others(leader)[0]
	t, c, err := b.at(follower)
	if err != nil {
		return err
	}
	defer c.Close()
	echoes, pid, stop, err := b.echo(ctx)
	if err != nil {
		return err
	}
	defer stop()
	loads := map[string][]result{}
	names := []string{"read", "decrypt", "encrypt", "datakey"}
	for range rounds {
		used := cpuOf(pid)
		base := fire(ctx, "floor: TLS echo", echoes, b.o.conns, b.o.duration)
		base.ServerCPU = perOp(cpuOf(pid)-used, base, b.o.duration)
		loads["echo"] = append(loads["echo"], base)
		for _, name := range names {
			s, err := t.mix(ctx, c, name, mixes[name])
			if err != nil {
				return err
			}
			before := cpuOf(follower.cmd.Process.Pid)
			r := fire(ctx, name+" on a follower", s, b.o.conns, b.o.duration)
			r.ServerCPU = perOp(cpuOf(follower.cmd.Process.Pid)-before, r, b.o.duration)
			r.Ratio = r.Rate / base.Rate
			loads[name] = append(loads[name], r)
		}
	}
	b.results = append(b.results, median(loads["echo"]))
	for _, name := range names {
		b.results = append(b.results, median(loads[name]))
	}
	return nil
}

// echo starts the floor of the reads, and gives the load that it is measured with.
func (b *localBench) echo(ctx context.Context) (s shot, pid int, stop func(), err error) {
	addr, pid, stop, err := startEcho(ctx)
	if err != nil {
		return s, 0, nil, err
	}
	plain := loadTLS(b.ca)
	plain.InsecureSkipVerify = true //nolint:gosec // the echo server shows a certificate that it signed itself, on loopback
	body := []byte(`{"plaintext":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`)
	return shot{addr: addr, tls: plain, want: 200, next: same(request("POST", "/", addr, b.init.RootToken, body))}, pid, stop, nil
}

// writes holds creating keys against the bare raft loop.
func (b *localBench) writes(ctx context.Context) error {
	const callers = 64
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	var base, direct, forwarded []result
	for i := range rounds {
		dir := filepath.Join(b.dir, "bare"+strconv.Itoa(i))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		rate, err := floor.Raft(ctx, dir, callers, b.o.duration)
		if err != nil {
			return err
		}
		base = append(base, result{Name: "floor: bare raft apply, 512 B", Conns: callers, Rate: rate})
		for _, n := range []*localNode{leader, b.others(leader)[0]} {
			t, c, err := b.at(n)
			if err != nil {
				return err
			}
			s, err := t.mix(ctx, c, "create", 201)
			c.Close()
			if err != nil {
				return err
			}
			before := cpuOf(n.cmd.Process.Pid)
			r := fire(ctx, "create through the leader", s, callers, b.o.duration)
			r.ServerCPU = perOp(cpuOf(n.cmd.Process.Pid)-before, r, b.o.duration)
			r.Ratio = r.Rate / rate
			if n == leader {
				direct = append(direct, r)
				continue
			}
			r.Name = "create through a follower"
			forwarded = append(forwarded, r)
		}
	}
	b.results = append(b.results, median(base), median(direct), median(forwarded))
	t, c, err := b.at(leader)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, m := range []struct {
		name  string
		conns int
	}{{"create", 1}, {"rotate", 1}, {"rotate", 16}} {
		s, err := t.mix(ctx, c, m.name, mixes[m.name])
		if err != nil {
			return err
		}
		b.results = append(b.results, fire(ctx, m.name+" through the leader", s, m.conns, b.o.duration))
	}
	return nil
}

// keas measures the keas.kmi door.
func (b *localBench) keas(ctx context.Context) error {
	const reference = 738 // POST /key over TLS by the reference, a second
	n := b.nodes[0]
	conf := loadTLS(b.ca)
	made := fire(ctx, "keas: POST /new", shot{addr: n.keas, tls: conf, want: 200, next: same(request("POST", "/new", n.keas, "", nil))}, 4, b.o.duration)
	c, err := client.New(client.Config{Endpoints: []string{n.keas}, CA: b.ca})
	if err != nil {
		return err
	}
	defer c.Close()
	kek, err := c.KMINew(ctx)
	if err != nil {
		return err
	}
	defer clear(kek)
	got := fire(ctx, "keas: POST /key over TLS", shot{addr: n.keas, tls: conf, want: 200, next: same(request("POST", "/key", n.keas, "", kek))}, b.o.conns, b.o.duration)
	b.results = append(b.results, made, got)
	b.note("keas: POST /key is %.1f times the reference's %d/s", got.Rate/reference, reference)
	return nil
}

// median is the result with the median rate; the ratio and the CPU time are medians of their own.
func median(rs []result) result {
	by := func(f func(result) float64) float64 {
		v := make([]float64, len(rs))
		for i := range rs {
			v[i] = f(rs[i])
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(x, y result) int { return int(x.Rate - y.Rate) })
	m := rs[len(rs)/2]
	m.Ratio, m.ServerCPU = by(func(r result) float64 { return r.Ratio }), by(func(r result) float64 { return r.ServerCPU })
	for _, r := range rs {
		if r.Errors > 0 && m.Errors == 0 {
			m.Errors, m.Sample = r.Errors, r.Sample
		}
	}
	return m
}

// cpuOf is the processor time that a process has used, by its clock ticks (100 a second on Linux).
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// perOp is processor time per operation, in microseconds.
func perOp(used time.Duration, r result, d time.Duration) float64 {
	if n := r.Rate * d.Seconds(); n > 0 {
		return float64(used.Microseconds()) / n
	}
	return 0
}

// rssOf is a process's resident memory in bytes.
func rssOf(pid int) int {
	resident, _ := memoryOf(pid)
	return resident
}

// memoryOf is a process's resident memory in bytes, and what of it is its own: the rest are pages of files that it has
// mapped, such as the log's, which the kernel takes back when it needs them.
func memoryOf(pid int) (resident, own int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return 0, 0
	}
	pages, _ := strconv.Atoi(fields[1])
	mapped, _ := strconv.Atoi(fields[2])
	return pages * os.Getpagesize(), (pages - mapped) * os.Getpagesize()
}
