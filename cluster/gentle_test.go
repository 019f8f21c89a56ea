package cluster_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"github.com/quorate/quorate/cluster"
)

// slowSink takes its time.
type slowSink struct {
	raft.SnapshotSink
	each time.Duration
}

func (s slowSink) Write(b []byte) (int, error) {
	time.Sleep(s.each)
	return len(b), nil
}

// A snapshot rests as long as it works, but not as long as a disk that hangs lets it wait, and not while the node is stopping.
func TestASnapshotLeavesHalfOfTheTimeToOthers(t *testing.T) {
	for _, c := range []struct {
		each, want time.Duration
		stopping   bool
	}{{10 * time.Millisecond, 10 * time.Millisecond, false}, {time.Second, cluster.LongestRest, false}, {10 * time.Millisecond, 0, true}} {
		synctest.Test(t, func(t *testing.T) {
			g := cluster.Gently(slowSink{each: c.each}, func() bool { return c.stopping })
			began := time.Now()
			for range 11 { // the first piece only starts the clock
				if n, err := g.Write([]byte("piece")); n != 5 || err != nil {
					t.Fatal(n, err)
				}
			}
			if rested := time.Since(began) - 11*c.each; rested != 10*c.want {
				t.Errorf("pieces of %s: rested %s in all, want %s each", c.each, rested, c.want)
			}
		})
	}
}
