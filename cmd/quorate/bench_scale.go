package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// failover kills the leader again and again and measures the time until a write succeeds; then it hands leadership
// over again and again under load, and counts what a retrying client saw.
func (b *localBench) failover(ctx context.Context) error {
	var gaps []time.Duration
	for i := range b.o.kills {
		gap, err := b.killOnce(ctx, i)
		if err != nil {
			return err
		}
		gaps = append(gaps, gap)
	}
	slices.Sort(gaps)
	if len(gaps) > 0 {
		b.promise("kill -9 of the leader until a write succeeds", "median ≤ 1.0 s, worst ≤ 2.5 s", "median %s, worst %s in %d kills", round(gaps[len(gaps)/2]), round(gaps[len(gaps)-1]), len(gaps))
	}
	return b.handOver(ctx)
}

func (b *localBench) killOnce(ctx context.Context, i int) (time.Duration, error) {
	leader, err := b.leader(ctx)
	if err != nil {
		return 0, err
	}
	rest := b.others(leader)
	c, err := b.client(rest...)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: fmt.Sprintf("bench/warm/%d-%d", i, time.Now().UnixNano())}); err != nil {
		return 0, err
	}
	killed := time.Now()
	leader.kill()
	attempt, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	if _, err := c.CreateKey(attempt, api.CreateKeyRequest{Name: fmt.Sprintf("bench/kill/%d-%d", i, killed.UnixNano())}); err != nil {
		return 0, err
	}
	gap := time.Since(killed)
	if err := b.start(leader); err != nil {
		return 0, err
	}
	one, err := b.client(leader)
	if err != nil {
		return 0, err
	}
	defer one.Close()
	if err := b.until(ctx, leader, "is back", func(ctx context.Context) bool {
		st, err := one.Status(ctx)
		return err == nil && st.Leader != ""
	}); err != nil {
		return 0, err
	}
	return gap, b.open(ctx, rest[0])
}

// handOver asks leaders to step down while writers write, and reports the longest time without a write around each.
func (b *localBench) handOver(ctx context.Context) error {
	const times, callers = 20, 4
	c, err := b.client(b.nodes...)
	if err != nil {
		return err
	}
	defer c.Close()
	var stop atomic.Bool
	var failed atomic.Int64
	var mu sync.Mutex
	var stamps []time.Time
	var group sync.WaitGroup
	run := time.Now().UnixNano()
	for w := range callers {
		group.Go(func() {
			for i := 0; !stop.Load() && ctx.Err() == nil; i++ {
				attempt, cancel := context.WithTimeout(ctx, writeWithin)
				_, err := c.CreateKey(attempt, api.CreateKeyRequest{Name: fmt.Sprintf("bench/hand/%d/%d/%d", run, w, i)})
				cancel()
				if err != nil {
					failed.Add(1)
					continue
				}
				mu.Lock()
				stamps = append(stamps, time.Now())
				mu.Unlock()
			}
		})
	}
	var asked []time.Time
	for range times {
		pause(ctx, 400*time.Millisecond)
		asked = append(asked, time.Now())
		if err := c.StepDown(ctx, ""); err != nil && !errors.Is(err, fault.Uncertain) {
			stop.Store(true)
			group.Wait()
			return fmt.Errorf("stepping down: %w", err)
		}
	}
	pause(ctx, 400*time.Millisecond)
	stop.Store(true)
	group.Wait()
	gaps := longestGaps(stamps, asked)
	b.promise("planned hand-over under load: without a write for", "worst ≤ 300 ms, no failed request", "%s (median), %s (worst) in %d; failed requests seen by a retrying client: %d",
		round(gaps[len(gaps)/2]), round(gaps[len(gaps)-1]), times, failed.Load())
	return nil
}

// longestGaps finds for each moment the longest time without a stamp in the 400 ms that follow; sorted.
func longestGaps(stamps, moments []time.Time) []time.Duration {
	slices.SortFunc(stamps, time.Time.Compare)
	var gaps []time.Duration
	for _, m := range moments {
		longest, last := time.Duration(0), m
		for _, s := range stamps {
			if s.Before(m) {
				continue
			}
			longest = max(longest, s.Sub(last))
			last = s
			if s.Sub(m) > 400*time.Millisecond {
				break
			}
		}
		gaps = append(gaps, longest)
	}
	slices.Sort(gaps)
	return gaps
}

// scale fills the cluster with keys and measures memory, reads during a snapshot, and a restart.
func (b *localBench) scale(ctx context.Context) error {
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	follower := b.others(leader)[0]
	t, c, err := b.at(leader)
	if err != nil {
		return err
	}
	defer c.Close()
	pid := follower.cmd.Process.Pid
	before := rssOf(pid)
	if err := b.fill(ctx, t); err != nil {
		return err
	}
	filled := rssOf(pid)
	b.note("%d keys: %.2f KiB of resident memory a key on a follower (%d MiB in all)", b.o.keys, float64(rssOf(pid)-before)/1024/float64(b.o.keys), rssOf(pid)>>20)
	defer func() {
		resident, own := memoryOf(follower.cmd.Process.Pid)
		b.promise(fmt.Sprintf("%d keys: resident memory of a node", b.o.keys), b.scaleTarget("reported", "≤ 2.5 GiB"), "%d MiB as filled, %d MiB after a restart (%d MiB without mapped files)", filled>>20, resident>>20, own>>20)
	}()
	ft, fc, err := b.at(follower)
	if err != nil {
		return err
	}
	defer fc.Close()
	s, err := ft.mix(ctx, fc, "read", 200)
	if err != nil {
		return err
	}
	idle := fire(ctx, "read, idle", s, b.o.conns, b.o.duration)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 3 {
			_ = follower.cmd.Process.Signal(syscall.SIGUSR1)
			pause(ctx, b.o.duration/4)
		}
	}()
	busy := fire(ctx, "read while snapshots are taken", s, b.o.conns, b.o.duration)
	<-done
	b.results = append(b.results, idle, busy)
	b.promise(fmt.Sprintf("%d keys: p99 of reads while a snapshot is taken, beside without", b.o.keys), "≤ 2 ×", "%.2f × (%.2f ms, %.2f ms)", busy.P99/max(idle.P99, .01), busy.P99, idle.P99)
	if err := b.drill(ctx); err != nil {
		return err
	}
	if err := b.restart(ctx, follower); err != nil {
		return err
	}
	return b.selfOpening(ctx, follower)
}

// named is how many keys are made one by one; more than these are data keys that are stored in batches, since making a million keys takes this
// machine longer than all else.
const named = 100_000

// scaleWithin is how long a node may take to come back before the bench gives up.
const scaleWithin = 5 * time.Minute

// scaleTarget is what was promised of so many keys.
func (b *localBench) scaleTarget(upToNamed, more string) string {
	if b.o.keys <= named {
		return upToNamed
	}
	return more
}

// fill makes keys until there are as many as asked for.
func (b *localBench) fill(ctx context.Context, t target) error {
	run := time.Now().UnixNano()
	if more := b.o.keys - named; more > 0 {
		_, c, err := b.at(b.nodes[0])
		if err != nil {
			return err
		}
		defer c.Close()
		if err := ensureKey(ctx, c, api.CreateKeyRequest{Name: "bench/above"}); err != nil {
			return err
		}
		if err := t.store(ctx, "bench/above", more); err != nil {
			return err
		}
	}
	return t.times(ctx, min(b.o.keys, named), 64, http.MethodPost, "/v1/keys", http.StatusCreated, func(i int) string {
		return fmt.Sprintf(`{"name":"bench/fill/%d/%d"}`, run, i)
	})
}

// times sends n requests, each with the body of its number, over so many connections.
func (t target) times(ctx context.Context, n, conns int, method, path string, want int, body func(i int) string) error {
	var sent atomic.Int64
	s := shot{addr: t.addr, tls: t.tls, want: want, next: func(int, int) []byte {
		i := int(sent.Add(1)) - 1
		if i >= n {
			return nil
		}
		return t.request(method, path, body(i))
	}}
	r := fire(ctx, path, s, conns, 10*time.Minute)
	if r.Errors > 0 {
		return fault.New(fault.Internal, "%s %s met %d errors in %d requests, the first: %s", method, path, r.Errors, n, r.Sample)
	}
	return ctx.Err()
}

// restart stops a node in order, starts it, hands shares in and waits until it answers a read.
func (b *localBench) restart(ctx context.Context, n *localNode) error {
	n.end(syscall.SIGTERM, 20*time.Second)
	begin := time.Now()
	if err := b.start(n); err != nil {
		return err
	}
	c, err := b.client(n)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := b.within(ctx, n, scaleWithin, "has its state", func(ctx context.Context) bool {
		st, err := c.Status(ctx)
		return err == nil && st.Leader != "" && st.ClusterID != ""
	}); err != nil {
		return err
	}
	loaded := time.Since(begin)
	if err := b.open(ctx, n); err != nil {
		return err
	}
	if _, err := c.Material(ctx, benchKey, 0); err != nil {
		return err
	}
	b.promise(fmt.Sprintf("%d keys: restart to serving, shares handed in", b.o.keys), b.scaleTarget("≤ 10 s", "≤ 60 s"), "%s (its state after %s)", round(time.Since(begin)), round(loaded))
	return nil
}
