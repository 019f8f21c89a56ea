package vault

import (
	"testing"
	"time"
)

// Whatever the schedule, the newest snapshot stays, the kept and the dropped are all there were, and nothing kept is older than something dropped.
func TestTheNewestSnapshotNeverExpires(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		keep  uint32
		since time.Duration
		ages  []int // days, in the order of the listing
		kept  int
	}{
		{1, 0, []int{9000}, 1},
		{1, day, []int{30, 20, 10}, 1},
		{2, 0, []int{10, 30, 20}, 2},
		{1, 25 * day, []int{30, 20, 10}, 2},
		{3, 5 * day, []int{30, 20, 10, 1}, 3},
		{0, 0, make([]int, 40), defaultKeep},
		{1, 0, nil, 0},
	} {
		var all []stored
		for _, age := range c.ages {
			all = append(all, stored{at: now.Add(-time.Duration(age) * day)})
		}
		keep, drop := (&BackupSchedule{Keep: c.keep, KeepFor: c.since}).expired(all, now)
		if len(keep) != c.kept || len(keep)+len(drop) != len(all) {
			t.Errorf("%+v: %d are kept, %d let go", c, len(keep), len(drop))
		}
		for _, d := range drop {
			for _, k := range keep {
				if d.at.After(k.at) {
					t.Errorf("%+v: %v is let go, %v is kept", c, d.at, k.at)
				}
			}
		}
	}
}
