package gossip

import (
	"log/slog"
	"strings"
	"sync"
	"time"
)

// allowed are the lines of memberlist that an operator should see, by how they begin. The rest of a line is shown only
// where it names addresses and nothing else; lines that are not listed are dropped.
var allowed = []struct {
	begins  string
	message string
	detail  bool
}{
	{"memberlist: Was able to connect", "gossip reaches a node by TCP only: UDP may be blocked", true},
	{"memberlist: Refuting a suspect", "others suspected this node to be down", true},
	{"memberlist: Refuting a dead", "others took this node for dead", true},
	{"memberlist: Conflicting address", "two nodes gossip under one name", true},
	{"memberlist: Decrypt packet failed", "gossip packet that the cluster's key does not open", false},
	{"memberlist: failed to receive", "gossip stream that cannot be read", false},
	{"memberlist: discarding", "gossip of another cluster", false},
	{"memberlist: Too many pending", "too many gossip exchanges at once", false},
	{"memberlist: handler queue full", "gossip packets dropped: too many at once", false},
	{"memberlist: Error accepting", "gossip connection cannot be accepted", true},
	{"memberlist: Error reading UDP", "gossip packet cannot be read", true},
	{"Failed to shutdown transport", "gossip port cannot be closed", false},
}

const oncePer = 10 * time.Second

// filter is the writer behind memberlist's logger: an allow-list, each line at most once in ten seconds, with the
// number of lines that were held back.
type filter struct {
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	last []time.Time // guarded by mu, as is held
	held []int
}

func newFilter(lg *slog.Logger, now func() time.Time) *filter {
	return &filter{log: lg, now: now, last: make([]time.Time, len(allowed)), held: make([]int, len(allowed))}
}

// Write takes one line of memberlist's log.
func (f *filter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	rest, warn := strings.CutPrefix(text, "[WARN] ")
	if !warn {
		var bad bool
		if rest, bad = strings.CutPrefix(text, "[ERR] "); !bad {
			return len(line), nil
		}
	}
	for i := range allowed {
		if tail, ok := strings.CutPrefix(rest, allowed[i].begins); ok {
			f.emit(i, tail)
			break
		}
	}
	return len(line), nil
}

func (f *filter) emit(i int, tail string) {
	f.mu.Lock()
	now := f.now()
	if !f.last[i].IsZero() && now.Sub(f.last[i]) < oncePer {
		f.held[i]++
		f.mu.Unlock()
		return
	}
	held := f.held[i]
	f.last[i], f.held[i] = now, 0
	f.mu.Unlock()
	attrs := []any{"held_back", held}
	if allowed[i].detail {
		attrs = append(attrs, "detail", strings.ToValidUTF8(strings.TrimLeft(tail[:min(len(tail), 256)], " :"), "?"))
	}
	f.log.Warn(allowed[i].message, attrs...)
}
