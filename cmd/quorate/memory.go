package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The collector lets the heap grow to twice of what lives in it. With a million keys that is a gigabyte of nothing, so
// above largeHeap it may grow by a quarter only: it works more often, on a heap that hardly changes.
const (
	largeHeap   = 384 << 20
	smallGrowth = 100 // per cent
	largeGrowth = 25
)

// growth is what the collector lets a heap grow by, in per cent, when live bytes of it are in use.
func growth(live uint64) int {
	if live > largeHeap {
		return largeGrowth
	}
	return smallGrowth
}

// tuneMemory keeps the collector's target at growth until ctx ends. Who sets GOGC himself is left alone.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := smallGrowth
	for {
		metrics.Read(sample)
		if sample[0].Value.Kind() == metrics.KindUint64 {
			if now := growth(sample[0].Value.Uint64()); now != set {
				debug.SetGCPercent(now)
				set = now
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
