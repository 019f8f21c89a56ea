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
// dearShare of what the process computes, as when very many keys are made or a campaign writes every key anew, it is given half,
// until it was not dear for dearFor.
const (
	largeHeap = 384 << 20
	dearShare = 0.2
	dearFor   = 30 * time.Second
	dearAgain = 3 * time.Second // what was measured sooner after a step tells of the time before it
)

// smallGrowths is what a heap below largeHeap may grow by, in per cent, and growths what a larger one may, which takes fewer steps. Dear or
// not, a small heap takes no more than largeHeap may that has grown by the first of smallGrowths.
var (
	smallGrowths = [...]int{100, 200, 300}
	growths      = [...]int{25, 50}
)

// pace is how dear collecting has been of late.
type pace struct {
	step int       // of smallGrowths
	at   time.Time // of the last step
	dear time.Time // when it was dear last
}

// follow takes a step where collecting took this share of what the process computed, and goes back where it was not dear for long.
func (p *pace) follow(now time.Time, share float64) {
	switch {
	case share > dearShare:
		p.dear = now
		if now.Sub(p.at) >= dearAgain && p.step < len(smallGrowths)-1 {
			p.step, p.at = p.step+1, now
		}
	case now.Sub(p.dear) >= dearFor:
		p.step = 0
	}
}

// growth is what the collector lets a heap grow by, in per cent, when live bytes of it are in use.
func (p *pace) growth(live uint64) int {
	if live > largeHeap {
		return growths[min(p.step, len(growths)-1)]
	}
	least := smallGrowths[0]
	most := (100+least)*int(largeHeap>>10)/int(max(live>>10, 1)) - 100
	return max(least, min(smallGrowths[p.step], most))
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
	var p pace
	set := smallGrowths[0]
	for {
		metrics.Read(sample)
		began := c.busy == 0 // the start of the process, which read a snapshot, tells nothing of what comes
		idle := sample[4].Value.Float64()
		share := c.share(sample[1].Value.Float64()-idle, sample[2].Value.Float64(), sample[3].Value.Float64()+idle)
		if !began {
			p.follow(time.Now(), share)
		}
		if now := p.growth(sample[0].Value.Uint64()); now != set {
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
