package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// offline are the methods of a Client that wait for nobody.
var offline = []string{"At", "Close", "Endpoints", "Index", "Near"}

// endlessly are those that go on until their context ends, which is no failure.
var endlessly = []string{"KeepToken", "Watch"}

// argument is something of a type that a call can be made with.
func argument(t *testing.T, of reflect.Type) reflect.Value {
	t.Helper()
	for _, v := range []any{io.Discard, strings.NewReader("QRT1, or a snapshot"), "k", []byte("PEM")} {
		if reflect.TypeOf(v).AssignableTo(of) {
			return reflect.ValueOf(v)
		}
	}
	return reflect.Zero(of)
}

// call makes a call with its arguments made up, and returns its error; of what it yields, the last.
func call(t *testing.T, method reflect.Value, ctx context.Context) (err error) {
	t.Helper()
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type().NumIn(); i++ {
		in = append(in, argument(t, method.Type().In(i)))
	}
	out := method.Call(in)
	last := out[len(out)-1]
	if last.Kind() == reflect.Func { // iter.Seq2[…, error]
		for _, e := range last.Seq2() {
			err, _ = e.Interface().(error)
		}
		return err
	}
	err, _ = last.Interface().(error)
	return err
}

// hang waits until the client has gone, which a server notices once it has read the body.
func hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// Whatever a client is asked for, and however the cluster fails to answer: the call ends when its context does, and not a moment later.
func TestEveryCallEndsByItsContext(t *testing.T) {
	for name, silence := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"a node that hangs": func(_ http.ResponseWriter, r *http.Request) bool {
			hang(r)
			return true
		},
		"no leader": func(w http.ResponseWriter, _ *http.Request) bool {
			clienttest.Refuse(w, fault.New(fault.NoLeader, "there is no leader"))
			return true
		},
		"an answer that stops": func(w http.ResponseWriter, r *http.Request) bool {
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			hang(r)
			panic(http.ErrAbortHandler) // else it would end in order
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, node := clienttest.Memory(t)
				node.Intercept(silence)
				all := reflect.ValueOf(c)
				tried := 0
				for i := range all.NumMethod() {
					method := all.Type().Method(i).Name
					if slices.Contains(offline, method) {
						continue
					}
					tried++
					if f := all.Method(i).Type(); f.NumIn() == 0 || f.In(0) != reflect.TypeFor[context.Context]() {
						t.Errorf("%s takes no context", method)
						continue
					}
					const limit = 3 * time.Second
					ctx, cancel := context.WithTimeout(t.Context(), limit)
					begin := time.Now()
					err := call(t, all.Method(i), ctx)
					if took := time.Since(begin); took > limit {
						t.Errorf("%s ended after %v, its context after %v", method, took, limit)
					}
					if (err == nil) != slices.Contains(endlessly, method) {
						t.Errorf("%s: %v", method, err)
					}
					var known *fault.Error
					if err != nil && !errors.As(err, &known) {
						t.Errorf("%s: %v is of no kind", method, err)
					}
					cancel()
				}
				if tried < 100 || len(node.Requests()) < tried-1 { // what is decrypted was not encrypted: no node is asked
					t.Errorf("%d methods were tried, with %d requests", tried, len(node.Requests()))
				}
			})
		})
	}
}

// Every kind that a node can name arrives as that kind; of those after which a call is repeated, when its time is over.
func TestEveryKindArrivesAsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, node := clienttest.Memory(t)
		for _, k := range fault.All() {
			node.Fail(k, -1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := c.Key(ctx, "x")
			var e *client.Error
			if !errors.Is(err, k) || !errors.As(err, &e) || e.Status != clienttest.Statuses[k] || e.RequestID != "req-1" || e.Fault.NextStep() == "" {
				t.Errorf("%v arrived as %#v", k, err)
			}
			cancel()
		}
	})
}

// Pauses double from Backoff to 16 times that, jitter between half and the whole; Retry-After is kept to, up to five seconds.
func TestPausesGrowAndRetryAfterIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		after       string
		first, last [2]time.Duration // the shortest and the longest
	}{
		"nothing asked":               {"", [2]time.Duration{25 * time.Millisecond, 50 * time.Millisecond}, [2]time.Duration{400 * time.Millisecond, 800 * time.Millisecond}},
		"three seconds":               {"3", [2]time.Duration{3 * time.Second, 3 * time.Second}, [2]time.Duration{3 * time.Second, 3 * time.Second}},
		"more than a caller can wait": {"600", [2]time.Duration{5 * time.Second, 5 * time.Second}, [2]time.Duration{5 * time.Second, 5 * time.Second}},
	} {
		synctest.Test(t, func(t *testing.T) {
			cl, node := clienttest.Memory(t, "k")
			var mu sync.Mutex
			var asked []time.Time
			node.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
				mu.Lock()
				defer mu.Unlock()
				if asked = append(asked, time.Now()); len(asked) > 12 {
					return false
				}
				if c.after != "" {
					w.Header().Set("Retry-After", c.after)
				}
				clienttest.Refuse(w, fault.New(fault.Busy, "too much to do"))
				return true
			})
			if _, err := cl.Key(t.Context(), "k"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for i, bounds := range map[int][2]time.Duration{1: c.first, len(asked) - 1: c.last} {
				if pause := asked[i].Sub(asked[i-1]); pause < bounds[0] || pause > bounds[1] {
					t.Errorf("%s: pause %d lasted %v, want %v to %v", name, i, pause, bounds[0], bounds[1])
				}
			}
		})
	}
}
