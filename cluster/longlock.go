package cluster

import "sync"

// longLock is a mutex that is held while something else is waited for: the disk, raft. It is made of a channel, because
// testing/synctest takes whoever waits for a sync.Mutex for busy: simulated time would stand still with it.
type longLock struct {
	once sync.Once
	turn chan struct{}
}

func (l *longLock) Lock() {
	l.once.Do(func() { l.turn = make(chan struct{}, 1) })
	l.turn <- struct{}{}
}

// Unlock is for who holds it.
func (l *longLock) Unlock() { <-l.turn }
