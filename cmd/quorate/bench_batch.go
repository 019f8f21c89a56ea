package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// batchItems is how many encrypts one request of the part batch holds.
const batchItems = 100

// batch holds encrypting in batches against single encrypts, both on a follower, in turn, round by round.
func (b *localBench) batch(ctx context.Context) error {
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
	item := `{"plaintext":"` + base64.StdEncoding.EncodeToString(make([]byte, 32)) + `"}`
	body := `{"batch":[` + strings.Repeat(item+",", batchItems-1) + item + `]}`
	many := shot{addr: t.addr, tls: t.tls, want: http.StatusOK, next: same(t.request(http.MethodPost, "/v1/keys/"+url.PathEscape(benchKey)+"/encrypt", body))}
	d := b.o.duration / 2
	var singles, batches []result
	for range rounds {
		one, err := t.mix(ctx, c, "encrypt", mixes["encrypt"])
		if err != nil {
			return err
		}
		single := fire(ctx, "encrypt, one item a request", one, b.o.conns, d)
		before := cpuOf(follower.cmd.Process.Pid)
		batch := fire(ctx, "encrypt, 100 items a request", many, b.o.conns, d)
		batch.ServerCPU = perOp(cpuOf(follower.cmd.Process.Pid)-before, batch, d)
		batch.Ratio = batchItems * batch.Rate / max(single.Rate, 1)
		singles, batches = append(singles, single), append(batches, batch)
	}
	single, batch := median(singles), median(batches)
	ratio := batch.Ratio
	batch.Ratio = 0 // not one to the floor
	b.results = append(b.results, single, batch)
	b.figure("encrypt: items a second in batches, beside single calls", ratio, "times")
	b.keep("items of encrypt in batches of 100, beside single calls", "≥ 20 ×", "%.1f × (%.0f/s)", ratio, batchItems*batch.Rate)
	b.note("batch: %.0f items/s in requests of %d, %.0f/s one by one: %.1f times", batchItems*batch.Rate, batchItems, single.Rate, ratio)
	return nil
}
