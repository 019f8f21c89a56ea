package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// lasting is a token that lives for ttl from each renewal, and not beyond bound.
type lasting struct {
	ttl      time.Duration
	end      time.Time
	bound    time.Time // zero: none
	renewals atomic.Int64
	ahead    time.Duration // how far the cluster's clock is ahead of the client's
	down     atomic.Bool   // no node can write
}

func (l *lasting) serve(w http.ResponseWriter, r *http.Request) bool {
	renew := r.URL.Path == "/v1/tokens/self/renew"
	switch {
	case !renew && r.URL.Path != "/v1/tokens/self":
		return false
	case l.down.Load():
		clienttest.Refuse(w, fault.New(fault.NoLeader, "there is no leader"))
		return true
	case !time.Now().Before(l.end):
		clienttest.Refuse(w, fault.New(fault.Unauthenticated, "the token has ended"))
		return true
	case renew:
		l.renewals.Add(1)
		l.end = time.Now().Add(l.ttl)
		if !l.bound.IsZero() && l.end.After(l.bound) {
			l.end = l.bound
		}
	}
	t := api.Token{ID: "own", ExpiresAt: l.end.Add(l.ahead).UTC().Format(time.RFC3339), TTL: l.ttl.String()}
	if !l.bound.IsZero() {
		t.MaxUntil = l.bound.UTC().Format(time.RFC3339)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(t) // to a test
	return true
}

func TestATokenIsKeptAliveUntilItCanBeNoLonger(t *testing.T) {
	keep := func(t *testing.T, l *lasting, during time.Duration, meanwhile func()) error {
		c, node := clienttest.Memory(t)
		node.Intercept(l.serve)
		x, cancel := context.WithTimeout(t.Context(), during)
		defer cancel()
		if meanwhile != nil {
			go meanwhile()
		}
		return c.KeepToken(x)
	}
	t.Run("as long as its user lives", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			for _, ahead := range []time.Duration{0, 70 * time.Minute, -70 * time.Minute} {
				l := &lasting{ttl: time.Hour, end: time.Now().Add(time.Hour), ahead: ahead}
				if err := keep(t, l, 24*time.Hour, nil); err != nil {
					t.Errorf("with the cluster's clock %v ahead: %v", ahead, err)
				}
				if n := l.renewals.Load(); n < 40 || n > 60 || time.Now().After(l.end) {
					t.Errorf("with the cluster's clock %v ahead it was prolonged %d times in a day, and lives until %v", ahead, n, l.end)
				}
			}
		})
	})
	t.Run("while nobody leads", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &lasting{ttl: time.Hour, end: time.Now().Add(time.Hour)}
			if err := keep(t, l, 5*time.Hour, func() {
				time.Sleep(2*time.Hour + 15*time.Minute)
				l.down.Store(true)
				time.Sleep(25 * time.Minute)
				l.down.Store(false)
			}); err != nil {
				t.Error(err)
			}
			if time.Now().After(l.end) {
				t.Errorf("it ended at %v", l.end)
			}
		})
	})
	t.Run("to its bound", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &lasting{ttl: time.Hour, end: time.Now().Add(time.Hour), bound: time.Now().Add(150 * time.Minute)}
			if err := keep(t, l, 24*time.Hour, nil); !errors.Is(err, fault.BadState) || time.Now().After(l.bound.Add(-time.Minute)) || !l.end.Equal(l.bound) {
				t.Errorf("%v at %v, the token ends at %v; its bound is %v", err, time.Now(), l.end, l.bound)
			}
		})
	})
	t.Run("not when it has ended", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &lasting{ttl: time.Hour, end: time.Now().Add(-time.Second)}
			if err := keep(t, l, 24*time.Hour, nil); !errors.Is(err, fault.Unauthenticated) {
				t.Errorf("got %v, want %v", err, fault.Unauthenticated)
			}
		})
	})
	t.Run("not one without an end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := clienttest.Memory(t)
			if err := c.KeepToken(t.Context()); err != nil {
				t.Error(err)
			}
		})
	})
}

// With a bound on each call, nodes that cannot serve now end a call, and not the keeping.
func TestATokenIsKeptAlthoughACallEnds(t *testing.T) {
	node := clienttest.New(t)
	c := connectWith(t, client.Config{CallTimeout: 10 * time.Millisecond}, node)
	var refused atomic.Int64
	node.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if refused.Add(1) > 8 {
			return false // more than one call has time for
		}
		clienttest.Refuse(w, fault.New(fault.NoLeader, "there is no leader"))
		return true
	})
	if err := c.KeepToken(t.Context()); err != nil { // the stand-in's token has no end
		t.Errorf("after %d refusals: %v", refused.Load(), err)
	}
}
