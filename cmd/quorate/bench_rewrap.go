package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

const (
	storeItems = 256 // data keys that one request of store keeps
	storeConns = 4
)

// store keeps n data keys (and up to storeItems more) under parent, in batches, each batch under a tag of its own:
// shelf=0, shelf=1 and so on.
func (t target) store(ctx context.Context, parent string, n int) error {
	path := "/v1/keys/" + url.PathEscape(parent) + "/datakey"
	return t.times(ctx, (n+storeItems-1)/storeItems, storeConns, http.MethodPost, path, http.StatusOK, func(i int) string {
		item := fmt.Sprintf(`{"bits":256,"store":true,"tags":{"shelf":"%d"}}`, i)
		body := make([]byte, 0, storeItems*(len(item)+1)+16)
		body = append(body, `{"batch":[`...)
		for n := range storeItems {
			if n > 0 {
				body = append(body, ',')
			}
			body = append(body, item...)
		}
		return string(append(body, `]}`...))
	})
}

// rewrap rotates a key that has many stored data keys under it: once while nothing else is asked of the cluster, for the rate
// of the campaign, and once while a follower is read from, for what readers notice of it.
func (b *localBench) rewrap(ctx context.Context) error {
	const parent = "bench/parent"
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	t, c, err := b.at(leader)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := ensureKey(ctx, c, api.CreateKeyRequest{Name: parent}); err != nil {
		return err
	}
	begin := time.Now()
	if err := t.store(ctx, parent, b.o.children); err != nil {
		return err
	}
	stored := time.Since(begin)
	quiet, err := rotateAndWait(ctx, c, parent)
	if err != nil {
		return err
	}
	ft, fc, err := b.at(b.others(leader)[0])
	if err != nil {
		return err
	}
	defer fc.Close()
	s, err := ft.mix(ctx, fc, "read", mixes["read"])
	if err != nil {
		return err
	}
	idle := fire(ctx, "read on a follower, idle", s, b.o.conns, b.o.duration)
	reading, stop := context.WithCancel(ctx)
	defer stop()
	waited := make(chan error, 1)
	var beside campaign
	go func() {
		defer stop()
		var err error
		beside, err = rotateAndWait(ctx, c, parent)
		waited <- err
	}()
	busy := fire(reading, "read on a follower while a campaign runs", s, b.o.conns, 5*time.Minute)
	if err := <-waited; err != nil {
		return err
	}
	b.results = append(b.results, idle, busy)
	b.figure("rewrap: items a second", quiet.rate(), "1/s")
	b.figure("rewrap: items a second while a follower is read from", beside.rate(), "1/s")
	b.figure("rewrap: p99 of reads during a campaign, beside idle", busy.P99/max(idle.P99, .01), "times")
	b.keep("rewrap campaign over stored data keys, items a second on three nodes", "≥ 20,000", "%.0f", quiet.rate())
	b.keep("p99 of reads during a rewrap campaign, beside idle", "≤ 2 ×", "%.2f × (%.2f ms, %.2f ms)", busy.P99/max(idle.P99, .01), busy.P99, idle.P99)
	b.note("rewrap: %d data keys stored in %s (%.0f/s, in batches of %d)", quiet.items, round(stored), float64(quiet.items)/stored.Seconds(), storeItems)
	b.note("rewrap: a campaign over %d data keys took %s: %.0f items/s committed on three nodes", quiet.items, round(quiet.took), quiet.rate())
	b.note("rewrap: another one while a follower was read from over %d connections took %s (%.0f items/s); p99 of the reads %.2f ms, idle %.2f ms: ratio %.2f",
		b.o.conns, round(beside.took), beside.rate(), busy.P99, idle.P99, busy.P99/max(idle.P99, .01))
	return nil
}

// campaign is one that has ended.
type campaign struct {
	items uint64
	took  time.Duration // from the rotation's answer until everything was moved, as this process saw it
}

func (c campaign) rate() float64 { return float64(c.items) / max(c.took.Seconds(), .001) }

// rotateAndWait rotates a key and returns when nothing is wrapped by an older version of it any more.
func rotateAndWait(ctx context.Context, c *client.Client, parent string) (campaign, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if _, err := c.RotateKey(ctx, parent); err != nil {
		return campaign{}, err
	}
	begin := time.Now()
	for {
		p, err := c.Rewrapping(ctx, parent)
		if err != nil {
			return campaign{}, err
		}
		if p.Campaign == nil {
			return campaign{}, fault.New(fault.Internal, "rotating %s began no campaign", parent)
		}
		if p.Campaign.Done == p.Campaign.Total {
			return campaign{items: p.Campaign.Total, took: time.Since(begin)}, nil
		}
		pause(ctx, pollEvery)
	}
}
