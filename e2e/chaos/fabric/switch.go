package fabric

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// Link is how frames fare from one host to another; the zero value passes everything at once.
type Link struct {
	Cut       bool
	Loss      float64 // share of the frames that are lost, 0 to 1
	Duplicate float64 // share that comes twice
	Delay     time.Duration
	Jitter    time.Duration // up to so much is added to Delay; frames then overtake each other
}

// Switch carries frames between the hosts. Its methods may be called concurrently.
type Switch struct {
	Hosts []*Host

	running sync.WaitGroup
	done    chan struct{}
	wake    chan struct{}

	mu    sync.Mutex
	rand  *rand.Rand
	links map[[2]int]Link
	ports map[mac]int
	late  frames // frames that are delayed
	stats Stats
}

// Stats counts frames.
type Stats struct{ Passed, Lost, Cut, Delayed, Doubled uint64 }

type mac [6]byte

// New makes n hosts named n1, n2 … with addresses 10.77.0.1, 10.77.0.2 …, joined by a switch that decides by rnd.
func New(n int, rnd *rand.Rand) (*Switch, error) {
	s := &Switch{done: make(chan struct{}), wake: make(chan struct{}, 1), rand: rnd, links: map[[2]int]Link{}, ports: map[mac]int{}}
	for i := range n {
		h, err := newHost(fmt.Sprintf("n%d", i+1), [4]byte{10, 77, 0, byte(i + 1)})
		if err != nil {
			s.Close()
			return nil, err
		}
		s.Hosts = append(s.Hosts, h)
	}
	for i, h := range s.Hosts {
		s.running.Go(func() { s.read(i, h) })
	}
	s.running.Go(s.deliverLate)
	return s, nil
}

// Close ends the network. Processes in the hosts go on without one.
func (s *Switch) Close() {
	close(s.done)
	for _, h := range s.Hosts {
		h.tap.Close()
	}
	s.running.Wait()
	for _, h := range s.Hosts {
		h.close()
	}
}

// Set changes one direction.
func (s *Switch) Set(from, to int, l Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[[2]int{from, to}] = l
}

// SetAll changes every direction.
func (s *Switch) SetAll(l Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.Hosts {
		for j := range s.Hosts {
			s.links[[2]int{i, j}] = l
		}
	}
}

// Partition lets frames pass within each group only. A host in no group is alone.
func (s *Switch) Partition(groups ...[]int) {
	side := map[int]int{}
	for g, members := range groups {
		for _, m := range members {
			side[m] = g + 1
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.Hosts {
		for j := range s.Hosts {
			s.links[[2]int{i, j}] = Link{Cut: side[i] != side[j] || side[i] == 0}
		}
	}
}

// Deafen cuts what comes to a host; Mute what it sends.
func (s *Switch) Deafen(host int) { s.each(func(o int) { s.Set(o, host, Link{Cut: true}) }, host) }

// Mute cuts what a host sends; it hears the others.
func (s *Switch) Mute(host int) { s.each(func(o int) { s.Set(host, o, Link{Cut: true}) }, host) }

func (s *Switch) each(f func(other int), but int) {
	for o := range s.Hosts {
		if o != but {
			f(o)
		}
	}
}

// Heal makes every link whole. Frames that are delayed still come.
func (s *Switch) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.links)
}

// Stats is what happened to frames so far.
func (s *Switch) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// read takes the frames that a host sends.
func (s *Switch) read(from int, h *Host) {
	buf := make([]byte, 64<<10)
	for {
		n, err := h.tap.Read(buf)
		if err != nil {
			return // closed
		}
		if n >= 14 {
			s.forward(from, buf[:n])
		}
	}
}

// forward sends a frame to the port where its destination was last seen, or to all.
func (s *Switch) forward(from int, frame []byte) {
	var out [16]int
	for _, to := range s.route(out[:0], from, frame) {
		_, _ = s.Hosts[to].tap.Write(frame) // a full queue drops frames, as in life
	}
}

// route decides what becomes of a frame: to which hosts it goes now. What is delayed is put aside.
func (s *Switch) route(now []int, from int, frame []byte) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	dst, src := mac(frame[:6]), mac(frame[6:12])
	s.ports[src] = from
	to, known := s.ports[dst]
	if known && dst[0]&1 == 0 {
		return s.pass(now, from, to, frame)
	}
	for to := range s.Hosts {
		now = s.pass(now, from, to, frame)
	}
	return now
}

func (s *Switch) pass(now []int, from, to int, frame []byte) []int {
	l := s.links[[2]int{from, to}]
	switch {
	case from == to:
		return now
	case l.Cut:
		s.stats.Cut++
		return now
	case l.Loss > 0 && s.rand.Float64() < l.Loss:
		s.stats.Lost++
		return now
	}
	s.stats.Passed++
	copies := 1
	if l.Duplicate > 0 && s.rand.Float64() < l.Duplicate {
		s.stats.Doubled++
		copies = 2
	}
	for range copies {
		delay := l.Delay
		if l.Jitter > 0 {
			delay += time.Duration(s.rand.Int64N(int64(l.Jitter)))
		}
		if delay == 0 {
			now = append(now, to)
			continue
		}
		s.stats.Delayed++
		s.put(frameAt{due: time.Now().Add(delay), to: to, frame: append([]byte(nil), frame...)})
	}
	return now
}

// lateLimit bounds the frames that are under way, as a router's memory does.
const lateLimit = 20000

// put delays a frame. s.mu is held.
func (s *Switch) put(f frameAt) {
	if len(s.late) >= lateLimit {
		s.stats.Lost++
		return
	}
	heap.Push(&s.late, f)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// deliverLate sends delayed frames when they are due.
func (s *Switch) deliverLate() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		due, next := s.due(time.Now())
		for _, f := range due {
			_, _ = s.Hosts[f.to].tap.Write(f.frame)
		}
		timer.Reset(next)
		select {
		case <-s.done:
			return
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// due takes the frames whose time has come, and tells how long there is to wait for the next.
func (s *Switch) due(now time.Time) (ready []frameAt, next time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.late) > 0 {
		if wait := s.late[0].due.Sub(now); wait > 0 {
			return ready, wait
		}
		ready = append(ready, heap.Pop(&s.late).(frameAt))
	}
	return ready, time.Hour
}

// frameAt is a frame that is to be delivered later.
type frameAt struct {
	due   time.Time
	to    int
	frame []byte
}

// frames is a heap by due.
type frames []frameAt

func (f frames) Len() int           { return len(f) }
func (f frames) Less(i, j int) bool { return f[i].due.Before(f[j].due) }
func (f frames) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *frames) Push(x any)        { *f = append(*f, x.(frameAt)) }
func (f *frames) Pop() any {
	old := *f
	last := old[len(old)-1]
	*f = old[:len(old)-1]
	return last
}
