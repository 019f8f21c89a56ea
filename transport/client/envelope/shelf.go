package envelope

import (
	"container/list"
	"sync"
	"time"
)

// shelf keeps opened data keys by their wrapped form, the least recently used last.
type shelf struct {
	mu     sync.Mutex // guards all
	limit  int
	keys   map[string]*list.Element // of *dataKey
	recent *list.List
}

func newShelf(limit int) *shelf {
	return &shelf{limit: limit, keys: map[string]*list.Element{}, recent: list.New()}
}

// get returns a key that is not wiped, whatever its age; nil if there is none.
func (s *shelf) get(wrapped []byte) *dataKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.keys[string(wrapped)]
	if e == nil {
		return nil
	}
	k := e.Value.(*dataKey)
	if k.wiped.Load() {
		s.take(e)
		return nil
	}
	s.recent.MoveToFront(e)
	return k
}

// put keeps a key for that long at most, in place of an older one of the same wrapped form.
func (s *shelf) put(k *dataKey, keep time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.keys[k.header.Wrapped]; e != nil {
		s.take(e)
	}
	for s.recent.Len() >= s.limit {
		s.take(s.recent.Back())
	}
	s.keys[k.header.Wrapped] = s.recent.PushFront(k)
	k.mu.Lock()
	k.timer = time.AfterFunc(keep, func() { s.remove(k) })
	k.mu.Unlock()
}

func (s *shelf) remove(k *dataKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.keys[k.header.Wrapped]; e != nil && e.Value == k {
		s.take(e)
	}
	k.wipe()
}

// drop wipes the keys that out names.
func (s *shelf) drop(out func(*dataKey) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.recent.Front(); e != nil; {
		next := e.Next()
		if out(e.Value.(*dataKey)) {
			s.take(e)
		}
		e = next
	}
}

// take wipes one. The caller holds mu.
func (s *shelf) take(e *list.Element) {
	k := s.recent.Remove(e).(*dataKey)
	delete(s.keys, k.header.Wrapped)
	k.wipe()
}
