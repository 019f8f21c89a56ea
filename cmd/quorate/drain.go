package main

import (
	"context"
	"time"
)

// finishPending ends what KMIP clients did not wait for, as far as it is done in time: nobody can ask this process for more.
func (s *server) finishPending(ctx context.Context) {
	if s.kmip == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Drain)
	defer cancel()
	s.kmip.Close(ctx)
}

// drain takes the node out of service so that nobody notices. /readyz says 503 first, so that a load balancer sends nothing
// more; every answer from then on asks its client to connect elsewhere; leadership goes to another member while the doors
// still stand open. Then the node waits, until nobody is connected any more or its time is up. What is still being answered
// when the doors close is finished.
func (s *server) drain() {
	s.vault.Retire()
	for _, d := range s.doors {
		d.Retire()
	}
	limit := time.NewTimer(s.cfg.Drain)
	defer limit.Stop()
	s.node.handOver()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		if !s.connected() {
			return
		}
		select {
		case <-look.C:
		case <-limit.C:
			return
		}
	}
}

// connected tells whether anybody has a connection to one of the doors.
func (s *server) connected() bool {
	for _, d := range s.doors {
		if d.Connections() > 0 {
			return true
		}
	}
	return false
}
