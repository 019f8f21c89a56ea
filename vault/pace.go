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
	// entryItems is about what an entry costs besides its items (two lines of audit, the log, the network), in items. Machines
	// differ in that, so it makes entries comparable that are not far apart in size, and those of each batch have a best of their own.
	entryItems = 128

	calmRest = 0.1 // rest after an entry, as a share of the time it took, while nobody is in the way
	fullRest = 6   // the most: a campaign never stands still
	// Up to calmLoad times the best is chance; above, a campaign rests more, by restSlope for every time the best.
	calmLoad  = 2
	restSlope = 1.5

	loadWeight = 0.25      // of the last entry in load
	bestLasts  = time.Hour // in which the best is forgotten by half: machines may become slower for good
)

// pace is how fast a campaign goes: as fast as entries can be committed while nobody else wants the machines, and slower the
// more they do. What others want shows in how much longer an entry takes than the best of late: it waits for a processor, for
// the disk, for a busy follower. So nobody needs to know who reads where, or how fast the machines are. The zero pace is ready.
type pace struct {
	mu         sync.Mutex
	calm, busy best    // of entries that are larger than busyBatch, and of others
	load       float64 // how many times the best an item takes of late; 0: nothing was moved yet
}

// best is what an item took when least was in the way.
type best struct {
	each float64   // nanoseconds; 0: not known yet
	last time.Time // when an item was moved last
}

// times takes what an item took now, and tells how many times the best that is.
func (b *best) times(each float64, now time.Time) float64 {
	b.each *= 1 + now.Sub(b.last).Hours()/bestLasts.Hours()
	if b.each == 0 || each < b.each {
		b.each = each
	}
	b.last = now
	return each / b.each
}

// batch is how many versions the next entry should move.
func (p *pace) batch() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.load == 0 || p.load > calmLoad {
		return busyBatch
	}
	return calmBatch
}

// rest tells how long to leave the machines to others after an entry of so many items that took so long.
func (p *pace) rest(items int, took time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &p.busy
	if items > busyBatch {
		b = &p.calm
	}
	times := b.times(float64(took)/float64(items+entryItems), now)
	if p.load == 0 {
		p.load = times
	}
	p.load += (times - p.load) * loadWeight
	return time.Duration(float64(took) * min(calmRest+restSlope*max(0, p.load-calmLoad), fullRest))
}
