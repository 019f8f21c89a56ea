package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"io"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/sealed"
)

const (
	envelopeMessage = 1 << 10
	envelopeStream  = 1 << 30
	envelopeTurn    = 20000 // messages
	envelopeTurns   = 9
	streamTurns     = 3
)

// envelope holds encrypting in the application against bare AES-256-GCM in the same process, in turn.
func (b *localBench) envelope(ctx context.Context) error {
	leader, err := b.leader(ctx)
	if err != nil {
		return err
	}
	_, c, err := b.at(leader)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "bench/envelope"}); err != nil {
		return err
	}
	box, err := envelope.New(c, "bench/envelope")
	if err != nil {
		return err
	}
	defer box.Close()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return err
	}
	if err := b.envelopeMessages(ctx, box, block); err != nil {
		return err
	}
	return b.envelopeStreams(ctx, box, block)
}

func (b *localBench) envelopeMessages(ctx context.Context, box *envelope.Box, block cipher.Block) error {
	bare, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	plain := make([]byte, envelopeMessage)
	var kept []byte // so that nothing is optimized away
	share, each, err := inTurn(envelopeTurns, func() error {
		for range envelopeTurn {
			kept = bare.Seal(nil, nil, plain, nil)
		}
		return nil
	}, func() error {
		for range envelopeTurn {
			if kept, err = box.Encrypt(ctx, plain, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	runtime.KeepAlive(kept)
	b.figure("envelope encrypt of 1 KiB, share of bare GCM", 100*share, "%")
	b.promise("envelope encryption of 1 KiB with a kept data key, beside a bare AES-256-GCM seal in the same process", "≥ 80 %", "%.0f %% (%.0f ns)", 100*share, float64(each.Nanoseconds())/envelopeTurn)
	return nil
}

func (b *localBench) envelopeStreams(ctx context.Context, box *envelope.Box, block cipher.Block) error {
	bare, err := cipher.NewGCM(block)
	if err != nil {
		return err
	}
	buf, nonce := make([]byte, sealed.DefaultSegment), make([]byte, 12)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	share, each, err := inTurn(streamTurns, func() error {
		for range envelopeStream / sealed.DefaultSegment {
			bare.Seal(buf[:0], nonce, buf[:sealed.DefaultSegment-16], nil)
		}
		return nil
	}, func() error {
		return box.EncryptStream(ctx, io.Discard, io.LimitReader(sameBytes{}, envelopeStream), nil, nil)
	})
	if err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	allocated := float64(after.TotalAlloc-before.TotalAlloc) / streamTurns / (1 << 20)
	b.figure("envelope stream of 1 GiB, share of bare GCM", 100*share, "%")
	b.figure("envelope stream of 1 GiB, allocated in all", allocated, "MiB")
	b.promise("envelope stream of 1 GiB, beside bare AES-256-GCM over pieces of a segment", "≥ 70 %", "%.0f %% (%.0f MiB/s of processor time)", 100*share, envelopeStream/(1<<20)/each.Seconds())
	b.promise("memory that such a stream takes, all its allocations added up", "≤ 64 MiB", "%.1f MiB", allocated)
	return nil
}

// inTurn does the one and the other by turns, and counts this process's processor time, not the time of day: what else the machine does meets
// neither. It tells by how much of the pace of bare the other goes, and how long it takes (medians).
func inTurn(turns int, bare, ours func() error) (share float64, each time.Duration, err error) {
	var shares []float64
	var times []time.Duration
	for range turns {
		begin := processorTime()
		if err := bare(); err != nil {
			return 0, 0, err
		}
		middle := processorTime()
		if err := ours(); err != nil {
			return 0, 0, err
		}
		took := processorTime() - middle
		shares, times = append(shares, (middle-begin).Seconds()/took.Seconds()), append(times, took)
	}
	slices.Sort(shares)
	slices.Sort(times)
	return shares[turns/2], times[turns/2], nil
}

// processorTime is what this process has used so far, garbage collection included.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of this process: cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// sameBytes is an endless source that costs nothing.
type sameBytes struct{}

func (sameBytes) Read(p []byte) (int, error) { return len(p), nil }
