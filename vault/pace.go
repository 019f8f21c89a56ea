package vault

import (
	"sync"
	"time"
)

const (
	// calmBatch and busyBatch are how many versions one entry moves. Applying an entry occupies every node in one piece, which
	// reads on a busy machine wait for: so not fsm.MaxRewrap, and less while others want the machine.
	calmBatch = 512
	busyBatch = 128
	// entryItems is what an entry costs besides its items (two lines of audit, the log, the network), in items.
	entryItems = 128

	calmRest = 0.1 // rest after an entry, as a share of the time it took, while nobody is in the way
	fullRest = 6   // the most: a campaign never stands still
	// Up to calmLoad times the best is chance; above, a campaign rests more, by restSlope for every time the best.
	calmLoad  = 1.5
	restSlope = 1.5

	loadWeight = 0.25      // of the last entry in load
	bestLasts  = time.Hour // in which the best is forgotten by half: machines may become slower for good
)

// pace is how fast a campaign goes: as fast as entries can be committed while nobody else wants the machines, and slower the
// more they do. What others want shows in how much longer an entry takes than the best of late: it waits for a processor, for
// the disk, for a busy follower. So nobody needs to know who reads where, or how fast the machines are. The zero pace is ready.
type pace struct {
	mu   sync.Mutex
	best float64   // nanoseconds that an item took when least was in the way; 0: not known yet
	load float64   // how many times the best an item takes of late
	last time.Time // when that was
}

// batch is how many versions the next entry should move.
func (p *pace) batch() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.best == 0 || p.load > calmLoad {
		return busyBatch
	}
	return calmBatch
}

// rest tells how long to leave the machines to others after an entry of so many items that took so long.
func (p *pace) rest(items int, took time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	each := float64(took) / float64(items+entryItems)
	if p.best == 0 {
		p.best, p.load = each, 1
	} else {
		p.best = min(each, p.best*(1+now.Sub(p.last).Hours()/bestLasts.Hours()))
		p.load += (each/p.best - p.load) * loadWeight
	}
	p.last = now
	return time.Duration(float64(took) * min(calmRest+restSlope*max(0, p.load-calmLoad), fullRest))
}
