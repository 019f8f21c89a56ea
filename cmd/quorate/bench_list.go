package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

// listDated is how many of the keys of the part list have a date on which the cluster will act.
const (
	listDated  = 20_000
	datedApart = 20 * time.Minute // one date from the next
)

// list measures pages of 100 keys out of very many, on a node of its own: the cost of a page depends on the state's size, not
// on how many nodes hold it, and filling three of them would take this machine three times as long.
//
// The keys are stored data keys, made through the API in batches, 256 under each tag; listDated more are ordinary keys with
// a date each, so that there is something due.
func (b *localBench) list(ctx context.Context) error {
	l, err := newLocal(filepath.Join(b.dir, "list"), 1, false)
	if err != nil {
		return err
	}
	defer l.stop()
	one := &localBench{local: l, app: b.app, o: b.o}
	if err := l.found(ctx, 1, 1); err != nil {
		return err
	}
	if err := l.ready(ctx); err != nil {
		return err
	}
	node := l.nodes[0]
	t, c, err := one.at(node)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := ensureKey(ctx, c, api.CreateKeyRequest{Name: "bench/parent"}); err != nil {
		return err
	}
	_, before := memoryOf(node.cmd.Process.Pid)
	begin := time.Now()
	if err := t.store(ctx, "bench/parent", b.o.listed); err != nil {
		return err
	}
	took := time.Since(begin)
	resident, after := memoryOf(node.cmd.Process.Pid)
	bytes := float64(after-before) / float64(b.o.listed)
	b.figure("list: memory per stored key", bytes, "bytes")
	b.keep(fmt.Sprintf("memory per key of %d stored data keys with a tag each, garbage included", b.o.listed), "≤ 1.5 KiB", "%.2f KiB", bytes/1024)
	b.note("list: %d data keys stored on one node in %s (%.0f/s); memory per key %.2f KiB, garbage included (the process holds %d MiB, and has %d MiB of its log mapped)",
		b.o.listed, round(took), float64(b.o.listed)/took.Seconds(), bytes/1024, after>>20, (resident-after)>>20)
	if err := t.dated(ctx); err != nil {
		return err
	}
	shelves := b.o.listed / storeItems
	year := time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)
	for _, p := range []struct {
		name string
		path func() string
	}{
		{"by tag", func() string { return fmt.Sprintf("/v1/keys?tag=shelf%%3D%d&limit=100", rand.IntN(max(shelves, 1))) }},
		{"by due date", func() string { return "/v1/keys?sort=due&limit=100&due_before=" + year }},
	} {
		r, server, err := one.page(ctx, t, "list 100 keys "+p.name, p.path)
		if err != nil {
			return err
		}
		b.results = append(b.results, r)
		b.figure("list: page of 100 "+p.name+" at the server, mean", server.mean()*1000, "ms")
		b.figure("list: page of 100 "+p.name+" at the server, p50", server.quantile(.5)*1000, "ms")
		b.figure("list: page of 100 "+p.name+" at the server, p99", server.quantile(.99)*1000, "ms")
		b.keep(fmt.Sprintf("page of 100 among %d keys %s, at the server", b.o.listed+listDated, p.name), "mean ≤ 2 ms, p50 ≤ 2 ms", "mean %.2f ms, p50 %.2f ms, p99 %.2f ms",
			server.mean()*1000, server.quantile(.5)*1000, server.quantile(.99)*1000)
		b.note("list: a page of 100 among %d keys %s: at the server p50 %.2f ms, p99 %.2f ms, mean %.2f ms (its own metric); at the client p50 %.2f ms, p99 %.2f ms",
			b.o.listed+listDated, p.name, server.quantile(.5)*1000, server.quantile(.99)*1000, server.mean()*1000, r.P50, r.P99)
	}
	_, rest := memoryOf(node.cmd.Process.Pid)
	b.figure("list: memory per stored key at rest", float64(rest-before)/float64(b.o.listed+listDated), "bytes")
	b.note("list: %d keys later, read from for a while: memory per key %.2f KiB (%d MiB)", listDated, float64(rest-before)/float64(b.o.listed+listDated)/1024, rest>>20)
	err = one.walks(ctx, c)
	b.promises, b.notes = append(b.promises, one.promises...), append(b.notes, one.notes...)
	return err
}

// walks reads every page of the stored keys by name and by tag, and of those with a date by that, while other keys come and go between them.
func (b *localBench) walks(ctx context.Context, c *client.Client) error {
	stored := func(r *api.Record) bool { return r.Parent != "" }
	all := (b.o.listed + storeItems - 1) / storeItems * storeItems
	middle := time.Now().Add(listDated / 2 * datedApart).UTC().Format(time.RFC3339)
	for _, w := range []walk{
		{"pages of 1,000 through %d stored keys", client.KeyQuery{Prefix: "bench/parent/"}, stored, all, func(name string) api.CreateKeyRequest { return api.CreateKeyRequest{Name: name} }},
		{"pages of 1,000 by tag through %d stored keys", client.KeyQuery{Tags: []string{"shelf"}}, stored, all, func(name string) api.CreateKeyRequest {
			return api.CreateKeyRequest{Name: name, Tags: map[string]string{"shelf": strconv.Itoa(rand.IntN(all / storeItems))}}
		}},
		{"pages of 100 by due date through %d keys with one", client.KeyQuery{Sort: "due", Limit: 100}, func(r *api.Record) bool { return strings.HasPrefix(r.Name, "bench/dated/") }, listDated, func(name string) api.CreateKeyRequest {
			return api.CreateKeyRequest{Name: name, DeactivateAt: middle}
		}},
	} {
		if w.query.Limit == 0 {
			w.query.Limit = 1000
		}
		if err := b.walk(ctx, c, w); err != nil {
			return err
		}
	}
	return nil
}

// walk is a way through the keys, page by page.
type walk struct {
	what  string // with the number of keys to come
	query client.KeyQuery
	is    func(*api.Record) bool // whether it is one of those that stay
	stay  int                    // how many these are
	comes func(name string) api.CreateKeyRequest
}

// walk counts the keys that were not shown exactly once, of those that stay.
func (b *localBench) walk(ctx context.Context, c *client.Client, w walk) error {
	walking, stop := context.WithCancel(ctx)
	defer stop()
	came, failed := 0, make(chan error, 1)
	go func() {
		at := "0s"
		for ; walking.Err() == nil; came++ {
			name := fmt.Sprintf("bench/parent/%016x", rand.Uint64())
			_, err := c.CreateKey(ctx, w.comes(name))
			if err == nil && came%2 == 0 {
				_, err = c.DeactivateKey(ctx, name, api.StateRequest{})
				if err == nil {
					_, err = c.DestroyKey(ctx, name, api.DestroyRequest{After: &at, Force: true})
				}
				if err == nil {
					err = c.PurgeKey(ctx, name)
				}
			}
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	begin, shown := time.Now(), map[string]int{}
	for r, err := range c.AllKeys(ctx, w.query) {
		if err != nil {
			return err
		}
		if w.is(&r) {
			shown[r.ID]++
		}
	}
	took := time.Since(begin)
	stop()
	if err := <-failed; err != nil {
		return err
	}
	b.promise(fmt.Sprintf(w.what, w.stay)+" while other keys are made and purged among them: keys not shown exactly once", "0",
		"%d (%s, %d keys came, every other went)", notOnce(shown, w.stay), round(took), came)
	return nil
}

// notOnce is how many of the keys that stay were left out or shown twice, with those that were shown and are none of them.
func notOnce(shown map[string]int, stay int) int {
	wrong := max(stay-len(shown), len(shown)-stay)
	for _, n := range shown {
		if n != 1 {
			wrong++
		}
	}
	return wrong
}

// dated makes keys on which the cluster will act some day of the year to come.
func (t target) dated(ctx context.Context) error {
	now := time.Now()
	return t.times(ctx, listDated, 64, http.MethodPost, "/v1/keys", http.StatusCreated, func(i int) string {
		at := now.Add(24*time.Hour + time.Duration(i)*datedApart).UTC().Format(time.RFC3339)
		return fmt.Sprintf(`{"name":"bench/dated/%d","deactivate_at":%q}`, i, at)
	})
}

// page measures one kind of page over one connection: what the client sees, and what the server says of itself.
func (b *localBench) page(ctx context.Context, t target, name string, path func() string) (result, histogram, error) {
	s := shot{addr: t.addr, tls: t.tls, want: http.StatusOK, next: func(int, int) []byte { return t.request(http.MethodGet, path(), "") }}
	fire(ctx, name, s, 1, b.o.duration/4) // caches are warm, as on a node that has run for a while
	runtime.GC()
	before, err := t.histogram(ctx, "key.list")
	if err != nil {
		return result{}, histogram{}, err
	}
	r := fire(ctx, name, s, 1, b.o.duration)
	after, err := t.histogram(ctx, "key.list")
	return r, after.since(before), err
}
