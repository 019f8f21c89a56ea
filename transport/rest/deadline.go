package rest

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// deadline is context.WithTimeout for requests that mostly wait for nothing: the timer, and the bond to the request's own
// context, are made when somebody first waits for Done. A read that is answered from memory never does. It may be used
// concurrently; whoever made it calls stop.
type deadline struct {
	context.Context // the request's own
	at              time.Time
	once            sync.Once // guards the making of waiting
	waiting         atomic.Pointer[waiting]
}

type waiting struct {
	context.Context
	cancel context.CancelFunc
}

func newDeadline(ctx context.Context, d time.Duration) *deadline {
	return &deadline{Context: ctx, at: time.Now().Add(d)}
}

// wait makes the context that ends by itself.
func (d *deadline) wait() context.Context {
	d.once.Do(func() {
		ctx, cancel := context.WithDeadline(d.Context, d.at)
		d.waiting.Store(&waiting{ctx, cancel})
	})
	return d.waiting.Load().Context
}

// stop gives back what waiting took. The request's own context ends with its handler, and this one with it.
func (d *deadline) stop() {
	if w := d.waiting.Load(); w != nil {
		w.cancel()
	}
}

// Deadline implements context.Context.
func (d *deadline) Deadline() (time.Time, bool) {
	if earlier, ok := d.Context.Deadline(); ok && earlier.Before(d.at) {
		return earlier, true
	}
	return d.at, true
}

// Done implements context.Context.
func (d *deadline) Done() <-chan struct{} { return d.wait().Done() }

// Err implements context.Context.
func (d *deadline) Err() error {
	if w := d.waiting.Load(); w != nil {
		return w.Err()
	}
	if !time.Now().Before(d.at) {
		return d.wait().Err()
	}
	return d.Context.Err()
}

// Value implements context.Context. Contexts made from this one find their way to be ended by it.
func (d *deadline) Value(key any) any {
	if w := d.waiting.Load(); w != nil {
		return w.Value(key)
	}
	return d.Context.Value(key)
}
