package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector lets the heap grow to twice of what lives in it. With a million keys that is a gigabyte of nothing, so
// above largeHeap it may grow by a quarter only: it works more often, on a heap that hardly changes. Where that took more than
// dearShare of what the process computes, as when a campaign writes every key anew, it is let go for dearFor.
const (
	largeHeap   = 384 << 20
	smallGrowth = 100 // per cent
	largeGrowth = 25
	dearShare   = 0.2
	dearFor     = 30 * time.Second
)

// growth is what the collector lets a heap grow by, in per cent, when live bytes of it are in use. dear: collecting by the
// quarter cost too much a moment ago.
func growth(live uint64, dear bool) int {
	if live > largeHeap && !dear {
		return largeGrowth
	}
	return smallGrowth
}

// collector tells what the collector took of the time that the process computed, since it was asked last.
type collector struct{ gc, busy float64 }

func (c *collector) share(gc, total, idle float64) float64 {
	was := *c
	c.gc, c.busy = gc, total-idle
	if c.busy <= was.busy { // figures are renewed by collections only
		return 0
	}
	return (c.gc - was.gc) / (c.busy - was.busy)
}

// tuneMemory keeps the collector's target at growth until ctx ends. Who sets GOGC himself is left alone.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	sample := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/cpu/classes/total:cpu-seconds"},
		{Name: "/cpu/classes/idle:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}, // done when there was nothing better to do
	}
	var c collector
	var dear time.Time // until when
	set := smallGrowth
	for {
		metrics.Read(sample)
		began := c.busy == 0 // the start of the process, which read a snapshot, tells nothing of what comes
		idle := sample[4].Value.Float64()
		if c.share(sample[1].Value.Float64()-idle, sample[2].Value.Float64(), sample[3].Value.Float64()+idle) > dearShare && !began {
			dear = time.Now().Add(dearFor)
		}
		if now := growth(sample[0].Value.Uint64(), time.Now().Before(dear)); now != set {
			debug.SetGCPercent(now)
			set = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
