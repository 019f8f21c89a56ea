package cluster

import (
	"time"

	"github.com/hashicorp/raft"
)

// gentle is a sink for a snapshot that nobody waits for. After each piece it rests for as long as the piece took, so that a large state
// that is written out never has a processor to itself, which those who read want.
type gentle struct {
	raft.SnapshotSink
	rested time.Time   // when it rested last
	hurry  func() bool // somebody waits after all: the node is stopping; nil: never
}

const longestRest = 50 * time.Millisecond // a disk that is slow is no reason to be slower

func (g *gentle) Write(b []byte) (int, error) {
	n, err := g.SnapshotSink.Write(b)
	if !g.rested.IsZero() && (g.hurry == nil || !g.hurry()) {
		time.Sleep(min(time.Since(g.rested), longestRest))
	}
	g.rested = time.Now()
	return n, err
}
