package rest_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/transport/rest"
)

func TestDeadlineEndsAsWithTimeoutDoes(t *testing.T) {
	type named struct{}
	for _, c := range []struct {
		name string
		see  func(ctx context.Context) // before the time is up
	}{
		{"asked for nothing before", func(context.Context) {}},
		{"waited for before", func(ctx context.Context) { _ = ctx.Done() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parent := context.WithValue(t.Context(), named{}, "request")
				ctx, stop := rest.NewDeadline(parent, time.Second)
				defer stop()
				c.see(ctx)
				if at, ok := ctx.Deadline(); !ok || time.Until(at) != time.Second {
					t.Errorf("the deadline is in %v, %v; want 1s", time.Until(at), ok)
				}
				if ctx.Value(named{}) != "request" {
					t.Error("a value of the request was lost")
				}
				time.Sleep(time.Second - 1)
				synctest.Wait()
				if err := ctx.Err(); err != nil {
					t.Fatalf("it ended early: %v", err)
				}
				time.Sleep(1)
				synctest.Wait()
				if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("got %v, want that the deadline is exceeded", err)
				}
				<-ctx.Done()
			})
		})
	}
}

func TestDeadlineEndsWithItsRequestAndEndsItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithCancel(t.Context())
		ctx, stop := rest.NewDeadline(parent, time.Hour)
		defer stop()
		child, done := context.WithTimeout(ctx, 2*time.Hour)
		defer done()
		if at, _ := child.Deadline(); time.Until(at) != time.Hour {
			t.Errorf("a child ends in %v, want with its parent in 1h", time.Until(at))
		}
		cancel()
		synctest.Wait()
		for _, c := range []context.Context{ctx, child} {
			if err := c.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that it was cancelled", err)
			}
		}
		unasked, stop := rest.NewDeadline(parent, time.Hour)
		defer stop()
		if err := unasked.Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("made of an ended request: got %v, want that it was cancelled", err)
		}
	})
}

func TestDeadlineStopsWhatWaits(t *testing.T) {
	ctx, stop := rest.NewDeadline(t.Context(), time.Hour)
	done := ctx.Done()
	stop()
	select {
	case <-done:
	default:
		t.Fatal("who waits still waits after stop")
	}
	near, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx, stop = rest.NewDeadline(near, time.Hour)
	defer stop()
	if at, _ := ctx.Deadline(); time.Until(at) > time.Minute {
		t.Errorf("its deadline is in %v, behind its request's own", time.Until(at))
	}
}

func TestDeadlineThatNobodyWaitsForCostsOneAllocation(t *testing.T) {
	parent := t.Context()
	got := testing.AllocsPerRun(100, func() {
		ctx, stop := rest.NewDeadline(parent, time.Hour)
		_ = ctx.Err()
		stop()
	})
	if got > 2 { // the second is stop as a value, in this test only
		t.Errorf("it costs %v allocations", got)
	}
}

// The short way to a path's escaped form gives what net/url gives.
func TestEscapedPathIsNetURLs(t *testing.T) {
	for _, text := range []string{
		"/v1/keys/app/db/encrypt", "/v1/keys/app%2Fdb/encrypt", "/v1/keys/app%2fdb", "/v1/keys/a%20b", "/v1/keys/a%252Fb", "/v1/keys/ü",
		"/v1/keys/a:b", "/v1/keys/%C3%BC", "/", "/v1/keys/a%2Fb%20c", "/v1/keys/a!b", "/v1//keys", "/v1/keys/..", "/v1/keys/a+b",
	} {
		u, err := url.ParseRequestURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := rest.EscapedPath(u), u.EscapedPath(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
