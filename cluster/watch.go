package cluster

import (
	"sync"
	"time"
)

// watchSteps is into how many steps the time that is watched is cut: a pause adds one step at most.
const watchSteps = 12

// watch sounds an alarm if something takes longer than it may, in time in which this process ran. A pause of the process or of the
// whole machine says nothing of what is watched, and afterwards all timers are due at once; so the time is counted in steps, and a
// step that comes late is one step. Its methods may be called concurrently.
type watch struct {
	step  time.Duration
	alarm func()

	mu    sync.Mutex
	left  int         // steps until the alarm; guarded by mu
	timer *time.Timer // of the present step, nil once the watch is over; guarded by mu
}

// newWatch begins to watch; the alarm is sounded at most once.
func newWatch(limit time.Duration, alarm func()) *watch {
	w := &watch{step: limit / watchSteps, alarm: alarm, left: watchSteps}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(w.step, w.next)
	return w
}

func (w *watch) next() {
	w.mu.Lock()
	if w.timer == nil {
		w.mu.Unlock()
		return
	}
	if w.left--; w.left > 0 {
		w.timer.Reset(w.step)
		w.mu.Unlock()
		return
	}
	w.timer = nil
	w.mu.Unlock()
	w.alarm()
}

// stop ends the watch: no step after it sounds the alarm.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}
