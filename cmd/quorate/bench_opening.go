package main

import (
	"context"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// selfOpening kills a node and starts it: how long until it serves, with nobody handing in shares?
func (b *localBench) selfOpening(ctx context.Context, n *localNode) error {
	all, err := b.client(b.nodes...)
	if err != nil {
		return err
	}
	defer all.Close()
	slot, err := all.AddSlot(ctx, api.SlotRequest{Kind: "quorum", Window: "1s", Replace: true})
	if err != nil {
		return err
	}
	if slot, err = awaitDealt(ctx, all, slot); err != nil {
		return err
	}
	if !slot.Quorum.Dealt {
		return fault.New(fault.Internal, "members' shares were not dealt within %v", dealtWithin)
	}
	n.kill()
	begin := time.Now()
	if err := b.start(n); err != nil {
		return err
	}
	c, err := b.client(n)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := b.until(ctx, n, "opens itself and serves", func(ctx context.Context) bool {
		_, err := c.Material(ctx, benchKey, 0)
		return err == nil
	}); err != nil {
		return err
	}
	took := time.Since(begin)
	b.note("kill -9 and restart with %d keys: serving after %s, opened by the other members' shares", b.o.keys, round(took))
	b.figure("restart to serving by self-opening", took.Seconds(), "s")
	return all.RemoveSlot(ctx, "quorum")
}
