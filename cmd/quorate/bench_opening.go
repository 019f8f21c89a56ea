package main

import (
	"context"
	"fmt"
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
	if err := b.within(ctx, n, scaleWithin, "opens itself and serves", func(ctx context.Context) bool {
		_, err := c.Material(ctx, benchKey, 0)
		return err == nil
	}); err != nil {
		return err
	}
	took := time.Since(begin)
	b.promise(fmt.Sprintf("%d keys: kill -9 and restart to serving, opened by the other members' shares", b.o.keys), b.scaleTarget("≤ 10 s", "≤ 60 s"), "%s", round(took))
	b.figure("restart to serving by self-opening", took.Seconds(), "s")
	return all.RemoveSlot(ctx, "quorum")
}
