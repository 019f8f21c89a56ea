package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// gate is what every request passes on its way to the door's handler: it gets its id, is counted, and a handler
// that panics costs its own request only.
type gate struct {
	door     string
	next     http.Handler
	fail     func(*Exchange, error)
	log      *slog.Logger
	meter    Meter
	places   places
	inFlight atomic.Int64 // also those that are being told that there is no place
	none     Op
	ending   chan struct{} // closed when the server begins to stop
	retiring atomic.Bool   // every answer asks the client to connect anew
}

var closing = []string{"close"}

func newGate(cfg Config, next http.Handler) *gate {
	return &gate{door: cfg.Name, next: next, fail: cfg.Error, log: cfg.Log, meter: cfg.Metrics, places: places{limit: int64(cfg.Limits.Requests)}, ending: make(chan struct{})}
}

// Gate is what a Server puts before its handler, without the listener: for embedding and for tests. Of cfg it uses
// Name, Error, Log, Metrics and Limits.Requests.
func Gate(cfg Config, next http.Handler) http.Handler {
	return newGate(cfg.withDefaults(), next)
}

// ServeHTTP implements http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	crowded := false
	if c, ok := r.Context().Value(connKey{}).(*conn); ok {
		c.came()
		crowded = c.l.kept.Load()-g.inFlight.Load() > int64(c.l.limits.Idle)
	}
	x, _ := exchanges.Get().(*Exchange)
	*x = Exchange{ID: newRequestID(), w: w, door: g.door, started: time.Now(), gate: g}
	w.Header()[HeaderRequestID] = []string{x.ID}
	if crowded || g.retiring.Load() {
		w.Header()["Connection"] = closing
	}
	g.inFlight.Add(1)
	g.meter.Add(InFlight, 1)
	defer g.finish(x, r)
	if x.placed = g.places.take(); !x.placed {
		g.fail(x, fault.New(fault.Busy, "this node answers as many requests as it can"))
		return
	}
	g.next.ServeHTTP(x, r)
}

func (g *gate) finish(x *Exchange, r *http.Request) {
	cut := false
	if p := recover(); p != nil {
		cut = g.recovered(x, p)
	}
	if !x.stream {
		g.leave(x)
	}
	op := x.Op
	if op == nil {
		op = &g.none
	}
	if g.log.Enabled(context.Background(), slog.LevelDebug) {
		g.log.LogAttrs(context.Background(), slog.LevelDebug, "request", slog.String("door", g.door), slog.String("op", op.Name), slog.String("kind", x.outcome()),
			slog.Int("status", x.status), slog.Int64("bytes", x.written), slog.Duration("took", time.Since(x.started)), slog.String("request_id", x.ID), slog.String("remote", r.RemoteAddr))
	}
	*x = Exchange{}
	exchanges.Put(x)
	if cut {
		panic(http.ErrAbortHandler) // the only way to tell net/http to end a half-sent answer
	}
}

// leave frees a request's place and counts how it was answered.
func (g *gate) leave(x *Exchange) {
	if x.placed {
		g.places.free()
	}
	g.inFlight.Add(-1)
	g.meter.Add(InFlight, -1)
	op := x.Op
	if op == nil {
		op = &g.none
	}
	op.answered(g.meter, time.Since(x.started), x.outcome())
}

// places are those of the requests that are let in. Whoever is told that there is none takes none: refusals do not keep useful work out.
type places struct {
	limit int64
	taken atomic.Int64
}

func (p *places) take() bool {
	for {
		n := p.taken.Load()
		if n >= p.limit {
			return false
		}
		if p.taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (p *places) free() { p.taken.Add(-1) }

func (x *Exchange) outcome() string {
	if x.failed {
		return x.kind.String()
	}
	return "ok"
}

// recovered answers for a handler that panicked. True: the answer had begun, so the connection must be cut.
func (g *gate) recovered(x *Exchange, p any) bool {
	x.Failed(fault.Internal)
	if p == http.ErrAbortHandler { //nolint:errorlint // net/http's sentinel is compared by identity there too
		return true
	}
	// The value of a panic may hold anything, also what the client sent; only the runtime's own errors are safe to print.
	what := fmt.Sprintf("%T", p)
	if e, ok := p.(runtime.Error); ok {
		what = e.Error()
	}
	op := ""
	if x.Op != nil {
		op = x.Op.Name
	}
	g.log.Error("handler panicked", "door", g.door, "op", op, "request_id", x.ID, "panic", what, "stack", stack())
	if x.Begun() {
		return true
	}
	g.fail(x, fault.New(fault.Internal, "an internal error"))
	return false
}

// stack lists the functions and lines of the panicking goroutine, without their arguments: those would be memory.
func stack() []string {
	pcs := make([]uintptr, 48)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	var lines []string
	for {
		f, more := frames.Next()
		if f.Function != "" {
			lines = append(lines, f.Function+":"+strconv.Itoa(f.Line))
		}
		if !more {
			return lines
		}
	}
}

// entropy is drawn from the system in blocks, because a system call per request would show.
type entropy struct {
	block [1024]byte
	used  int
}

var entropies = sync.Pool{New: func() any { return &entropy{used: 1024} }}

func newRequestID() string {
	e, _ := entropies.Get().(*entropy)
	if e.used == len(e.block) {
		rand.Read(e.block[:]) //nolint:errcheck // never fails: it ends the process instead
		e.used = 0
	}
	var text [32]byte
	hex.Encode(text[:], e.block[e.used:e.used+16])
	e.used += 16
	entropies.Put(e)
	return string(text[:])
}
