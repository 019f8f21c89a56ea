package serve

import (
	"sync/atomic"
	"time"
)

// Op is an operation that a door offers, as logs and metrics name it, such as "key.encrypt". A handler makes its
// Ops once and sets Exchange.Op; the first request binds the Op to the door's Meter, later ones only count. An Op
// belongs to one handler. The zero Op stands for requests that matched nothing.
type Op struct {
	Name  string
	bound atomic.Pointer[boundOp]
}

type boundOp struct {
	by    Meter
	meter OpMeter
}

// Gauge is something that a door has more or less of.
type Gauge uint8

// Gauges.
const (
	InFlight    Gauge = 0 // requests being answered
	Connections Gauge = 1 // open connections
)

// Meter receives the figures of one door. All methods may be called concurrently and must not wait.
type Meter interface {
	// Op returns the meter of one operation; asked once per operation, so it may look labels up. Names are a closed set.
	Op(name string) OpMeter
	// Add changes a gauge by delta.
	Add(g Gauge, delta int)
	// Refused counts a connection that was closed at once because a limit ("total", "address") was reached.
	Refused(limit string)
}

// OpMeter receives the figures of one operation.
type OpMeter interface {
	// Answered counts one answer: how long it took from the end of the request's header, and how it ended, "ok" or
	// the name of a fault.Kind.
	Answered(took time.Duration, outcome string)
}

// deaf is the Meter of a door that nobody measures.
type deaf struct{}

func (deaf) Op(string) OpMeter              { return deaf{} }
func (deaf) Add(Gauge, int)                 {}
func (deaf) Refused(string)                 {}
func (deaf) Answered(time.Duration, string) {}

// answered counts one answer of op with m.
func (op *Op) answered(m Meter, took time.Duration, outcome string) {
	b := op.bound.Load()
	if b == nil || b.by != m {
		name := op.Name
		if name == "" {
			name = "none"
		}
		b = &boundOp{by: m, meter: m.Op(name)}
		op.bound.Store(b)
	}
	b.meter.Answered(took, outcome)
}

const (
	limitTotal   = "total"
	limitAddress = "address"
)

// Limited are the limits that Refused is told of.
var Limited = []string{limitTotal, limitAddress}
