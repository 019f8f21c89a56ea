package envelope

import (
	"context"
	"sync"

	"github.com/quorate/quorate/vault/fault"
)

// flights lets those who want the same thing at the same time share one request. Each leaves with its own context; the request
// ends when nobody waits any more.
type flights struct {
	ctx  context.Context // ends all; of the Box that the flights belong to
	wait sync.WaitGroup

	mu   sync.Mutex // guards what follows
	open map[string]*flight
	done bool
}

type flight struct {
	landed  chan struct{} // closed when key and err are set
	key     *dataKey
	err     error
	waiting int // guarded by flights.mu
	cancel  context.CancelFunc
}

// do joins the flight of that name, or begins it.
func (f *flights) do(ctx context.Context, name string, fetch func(context.Context) (*dataKey, error)) (*dataKey, error) {
	f.mu.Lock()
	if f.done {
		f.mu.Unlock()
		return nil, errClosed
	}
	one := f.open[name]
	if one == nil {
		one = &flight{landed: make(chan struct{})}
		var shared context.Context
		shared, one.cancel = context.WithCancel(f.ctx)
		f.open[name] = one
		f.wait.Go(func() { f.fly(shared, name, one, fetch) })
	}
	one.waiting++
	f.mu.Unlock()
	select {
	case <-one.landed:
		return one.key, one.err
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 {
		one.cancel()
		f.forget(name, one)
	}
	return nil, fault.Wrap(fault.Stale, ctx.Err(), "the cluster did not give the data key within the time of the call").
		WithHint("Give the call more time, and look at `quorate status`.")
}

func (f *flights) fly(ctx context.Context, name string, one *flight, fetch func(context.Context) (*dataKey, error)) {
	defer one.cancel()
	one.key, one.err = fetch(ctx)
	f.mu.Lock()
	f.forget(name, one)
	f.mu.Unlock()
	close(one.landed)
}

// forget lets the next one begin anew. The caller holds mu.
func (f *flights) forget(name string, one *flight) {
	if f.open[name] == one {
		delete(f.open, name)
	}
}

// close refuses new flights and waits for those under way, whose context has ended.
func (f *flights) close() {
	f.mu.Lock()
	f.done = true
	f.mu.Unlock()
	f.wait.Wait()
}
