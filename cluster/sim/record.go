package sim

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/cluster"
)

// Record is what happened in a world. Its exported fields may be read when the world has ended.
type Record struct {
	Seed       uint64
	Simulated  time.Duration
	Faults     map[string]int
	Complaints []string

	Writes, Unknown, Refused          int // known outcomes; outcomes that stayed unknown; reads refused
	Newest, AtIndex, Local, LocalShut int // reads answered, by kind; local ones refused
	LocalShutCalm                     int // local reads refused while nothing was wrong
	Checked                           int // operations judged by porcupine
	Messages, Lost                    int
	Restarts                          map[string]int // of processes that ended by themselves, by reason
	LeaderAfterHeal                   []time.Duration
	LeaderDespite                     []time.Duration // a new leader while one node was out
	// How long a client waited for the acknowledgement of a revocation: while all were in touch, for as long as a lease lasts
	// before it; and otherwise, election and retries included.
	RevokeCalm, RevokeTroubled []time.Duration
	// RevokeAside is how long the leader took over it while one other node was struck by a fault.
	RevokeAside []time.Duration
	Retired     map[string]int  // acknowledged state changes of keys, by kind
	KeyUses     int             // of keys, judged
	Whole       []time.Duration // from the end of a fault until every node answered again
	Uses        int             // of a register, after the acknowledgement of its revocation

	mu                                              sync.Mutex
	load                                            atomic.Pointer[load]
	writes, unknown, refused, newest, atIndex       atomic.Int64
	localOpen, localShut, localShutCalm, checkedOps atomic.Int64
	uses                                            atomic.Int64
}

func (r *Record) init() {
	r.Faults, r.Restarts, r.Retired = map[string]int{}, map[string]int{}, map[string]int{}
}

// most is how many complaints are kept.
const most = 20

func (r *Record) complain(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.Complaints) < most {
		r.Complaints = append(r.Complaints, fmt.Sprintf(format, args...))
	}
}

func (r *Record) count(n *atomic.Int64) { n.Add(1) }

func (r *Record) checked(n int) { r.checkedOps.Add(int64(n)) }

func (r *Record) local(answered, calm bool) {
	switch {
	case answered:
		r.localOpen.Add(1)
	default:
		r.localShut.Add(1)
		if calm {
			r.localShutCalm.Add(1)
		}
	}
}

func (r *Record) fault(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Faults[name]++
}

// restarted notes why a process ended by itself.
func (r *Record) restarted(err error) {
	var disk *cluster.DiskError
	var why string
	switch {
	case err == nil:
		why = "no reason given"
	case errors.As(err, &disk):
		why = fmt.Sprintf("the disk: %v", disk.Err)
	default:
		why = fmt.Sprintf("%.90s", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Restarts[why]++
}

// used notes that a node served what was revoked.
func (r *Record) used(format string, args ...any) {
	r.mu.Lock()
	r.Uses++
	r.mu.Unlock()
	r.complain(format, args...)
}

func (r *Record) whole(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Whole = append(r.Whole, took)
}

func (r *Record) revoked(took time.Duration, calm bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if calm {
		r.RevokeCalm = append(r.RevokeCalm, took)
	} else {
		r.RevokeTroubled = append(r.RevokeTroubled, took)
	}
}

// revokedWithout notes how long a leader took while one other node was struck.
func (r *Record) revokedWithout(took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.RevokeAside = append(r.RevokeAside, took)
}

// took notes an acknowledged state change of a key.
func (r *Record) took(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Retired[what]++
}

func (r *Record) led(took time.Duration, healed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if healed {
		r.LeaderAfterHeal = append(r.LeaderAfterHeal, took)
	} else {
		r.LeaderDespite = append(r.LeaderDespite, took)
	}
}

// close fills in the counters.
func (r *Record) close(w *World) {
	r.Seed, r.Simulated = w.opt.Seed, time.Since(w.began)
	r.Writes, r.Unknown, r.Refused = int(r.writes.Load()), int(r.unknown.Load()), int(r.refused.Load())
	r.Newest, r.AtIndex, r.Local = int(r.newest.Load()), int(r.atIndex.Load()), int(r.localOpen.Load())
	r.LocalShut, r.LocalShutCalm, r.Checked = int(r.localShut.Load()), int(r.localShutCalm.Load()), int(r.checkedOps.Load())
	r.KeyUses = int(r.uses.Load())
	w.net.mu.Lock()
	r.Messages, r.Lost = w.net.sent, w.net.lost
	w.net.mu.Unlock()
}

// Add takes another world's record in.
func (r *Record) Add(o *Record) {
	if r.Faults == nil {
		r.init()
	}
	r.Simulated += o.Simulated
	for k, n := range o.Faults {
		r.Faults[k] += n
	}
	for k, n := range o.Restarts {
		r.Restarts[k] += n
	}
	for _, c := range o.Complaints {
		r.Complaints = append(r.Complaints, fmt.Sprintf("seed %d: %s", o.Seed, c))
	}
	r.Writes, r.Unknown, r.Refused = r.Writes+o.Writes, r.Unknown+o.Unknown, r.Refused+o.Refused
	r.Newest, r.AtIndex, r.Local = r.Newest+o.Newest, r.AtIndex+o.AtIndex, r.Local+o.Local
	r.LocalShut, r.LocalShutCalm, r.Checked = r.LocalShut+o.LocalShut, r.LocalShutCalm+o.LocalShutCalm, r.Checked+o.Checked
	r.Messages, r.Lost = r.Messages+o.Messages, r.Lost+o.Lost
	r.LeaderAfterHeal = append(r.LeaderAfterHeal, o.LeaderAfterHeal...)
	r.LeaderDespite = append(r.LeaderDespite, o.LeaderDespite...)
	r.Uses, r.KeyUses = r.Uses+o.Uses, r.KeyUses+o.KeyUses
	for k, n := range o.Retired {
		r.Retired[k] += n
	}
	r.RevokeAside = append(r.RevokeAside, o.RevokeAside...)
	r.Whole = append(r.Whole, o.Whole...)
	r.RevokeCalm = append(r.RevokeCalm, o.RevokeCalm...)
	r.RevokeTroubled = append(r.RevokeTroubled, o.RevokeTroubled...)
}

// FaultCount is how many faults were injected.
func (r *Record) FaultCount() (n int) {
	for _, k := range r.Faults {
		n += k
	}
	return n
}

// Quantile is the value below which a share q of the times lie; 1 is the longest.
func Quantile(times []time.Duration, q float64) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	at := min(int(q*float64(len(sorted))), len(sorted)-1)
	return sorted[at].Round(time.Millisecond)
}
