package chaos_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/quorate/quorate/e2e/chaos/history"
)

// bound is the age that a local read may have: the default lease, and one per cent for clocks that run apart.
const bound = 2*time.Second + 20*time.Millisecond

// quiet runs f while no client asks anything.
func (l *load) quiet(f func() error) error {
	l.rest.Lock()
	defer l.rest.Unlock()
	begin := time.Now()
	defer func() { l.quietly.Add(int64(time.Since(begin))) }()
	return f()
}

// judge takes the keys that were retired, or all of them, reads each once more at every node, and checks their histories.
// The load is quiet and all nodes serve.
func (l *load) judge(all bool, r *report) (complaints []string) {
	l.mu.Lock()
	subjects := l.retired
	l.retired, l.ended = nil, nil // what is judged is not used again
	if all {
		subjects = append(subjects, l.live...)
		for i := range l.live {
			l.live[i] = l.newSubject()
		}
	}
	l.mu.Unlock()
	for _, s := range subjects {
		l.last(s)
		ops := l.log.Take(s.name)
		r.judged(ops)
		if err := history.Check(ops, bound); err != nil {
			complaints = append(complaints, fmt.Sprintf("%v\n%s\nfor now, nodes refused:\n%s", err, history.Text(ops), strings.Join(s.declined, "\n")))
		}
	}
	return complaints
}

// last reads a key at every node, and opens each of its ciphertexts there.
func (l *load) last(s *subject) {
	var versions []int
	for v := range s.texts {
		versions = append(versions, v)
	}
	slices.Sort(versions)
	for i := range l.c.nodes {
		answered := l.read(s, history.Op{Client: 200 + i, Node: i, Key: s.name, Kind: history.Read}) != history.Unknown
		for _, v := range versions {
			o := history.Op{Client: 200 + i, Node: i, Key: s.name, Kind: history.Use, Version: v}
			answered = l.use(s, o, s.texts[v]) != history.Unknown && answered
		}
		if !answered {
			l.complain("n%d does not answer for %s although all is well", i+1, s.name)
		}
	}
}

// reach waits until so many more writes were acknowledged.
func (l *load) reach(n int64, within time.Duration) error {
	goal := l.writes.Load() + n
	deadline := time.After(within)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if l.writes.Load() >= goal {
			return nil
		}
		select {
		case <-deadline:
			return fmt.Errorf("only %d of %d writes were acknowledged within %v", n-(goal-l.writes.Load()), n, within)
		case <-tick.C:
		}
	}
}

// span is a time from a to b.
func span(rnd *rand.Rand, a, b time.Duration) time.Duration {
	return a + time.Duration(rnd.Int64N(int64(b-a)))
}
