package sim

import (
	"sync"
	"time"
)

// clock is what one node knows of the time. To a process that stands still, time stands still too, and jumps when it goes on:
// that is how Boot behaves during a pause.
type clock struct {
	began time.Time
	base  time.Duration // at the start of the world
	rate  float64       // seconds of this clock in a second of the world

	mu     sync.Mutex
	wall   time.Duration // how far the wall clock is off; guarded by mu
	frozen time.Duration // what Boot says during a pause; guarded by mu
	resume chan struct{} // closed at the end of the pause; nil: none. Guarded by mu
}

func (c *clock) real() time.Duration {
	return c.base + time.Duration(c.rate*float64(time.Since(c.began)))
}

// Boot is the node's CLOCK_BOOTTIME.
func (c *clock) Boot() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resume != nil {
		return c.frozen
	}
	return c.real()
}

// Now is the node's wall clock.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.wall)
}

func (c *clock) jump(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall += by
}

func (c *clock) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resume == nil {
		c.frozen, c.resume = c.real(), make(chan struct{})
	}
}

func (c *clock) goOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resume != nil {
		close(c.resume)
		c.resume = nil
	}
}

// paused gives what is closed when the node goes on; nil while it runs.
func (c *clock) paused() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.resume
}

// gate returns when the node runs.
func (c *clock) gate() {
	for wait := c.paused(); wait != nil; wait = c.paused() {
		<-wait
	}
}
