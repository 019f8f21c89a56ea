package sim

import (
	"sync"
	"time"
)

// spell is the present stretch of time: without a fault, or with one.
type spell struct {
	mu     sync.Mutex
	number int64     // counts the beginnings of faults; guarded by mu
	since  time.Time // of the end of the last fault; guarded by mu
	aside  bool      // the fault under way strikes one node only; guarded by mu
	struck string    // that node; guarded by mu
}

// calm numbers the present stretch of time, if nothing has been wrong for as long as a lease lasts: until then a leader may have to
// wait for leases of before. 0: something is, or was.
func (l *load) calm() int64 {
	s := &l.spell
	s.mu.Lock()
	defer s.mu.Unlock()
	if !l.healthy.Load() || time.Since(s.since) < l.w.leaseBound() {
		return 0
	}
	return s.number + 1
}

// ail notes that something is about to be wrong. aside: it will be one node alone.
func (l *load) ail(aside bool) {
	s := &l.spell
	s.mu.Lock()
	defer s.mu.Unlock()
	s.number++
	s.aside, s.struck = aside, ""
	l.healthy.Store(false)
}

// strikes notes which node it is.
func (l *load) strikes(node string) {
	l.spell.mu.Lock()
	defer l.spell.mu.Unlock()
	l.spell.struck = node
}

// recover notes that nothing is wrong any more.
func (l *load) recover() {
	l.spell.mu.Lock()
	defer l.spell.mu.Unlock()
	l.spell.since, l.spell.aside = time.Now(), false
	l.healthy.Store(true)
}

// of numbers the present fault, if it strikes one node, and another than this one. 0: it does not.
func (s *spell) of(node string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.aside || s.struck == "" || s.struck == node {
		return 0
	}
	return s.number
}
