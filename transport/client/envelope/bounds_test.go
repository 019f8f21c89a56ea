package envelope_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// follows runs a Box in simulated time whose watches the test answers, suspends its key, and measures until the Box holds nothing. What it
// holds serves until then, without a question.
func follows(t *testing.T, watch func(n int32, w http.ResponseWriter, r *http.Request) bool) (took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, node := clienttest.Memory(t, "k")
		box, err := envelope.New(c, "k")
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		var watched, opened atomic.Int32
		node.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/decrypt") {
				opened.Add(1)
			}
			return r.URL.Path == "/v1/watch" && watch(watched.Add(1), w, r)
		})
		m := encrypt(t, box, "x")
		synctest.Wait() // it follows its key
		if _, err := c.SuspendKey(t.Context(), "k", api.StateRequest{}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		for len(box.Held()) > 0 && time.Since(begin) < 5*time.Minute {
			wantPlain(t, box, m, "x")
			if opened.Load() > 0 && len(box.Held()) > 0 {
				t.Fatal("what is held was asked for")
			}
			time.Sleep(100 * time.Millisecond)
		}
		took = time.Since(begin)
	})
	return took
}

// The bounds that a Box states, in simulated time, each by the way that it is for.
func TestARevocationArrivesWithinItsBound(t *testing.T) {
	for name, c := range map[string]struct {
		watch func(n int32, w http.ResponseWriter, r *http.Request) bool
		least time.Duration // that it is this way, and no other
		bound time.Duration
	}{
		"by the watch": {func(int32, http.ResponseWriter, *http.Request) bool { return false }, 0, 3 * time.Second},
		"though the connection went dead without a word": {func(n int32, w http.ResponseWriter, r *http.Request) bool {
			if n > 1 {
				return false
			}
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write(clienttest.Event(api.EventReady, 10, api.WatchEvent{Index: 10}))
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return true
		}, 30 * time.Second, 60 * time.Second},
		"though the key may not be watched": {func(_ int32, w http.ResponseWriter, _ *http.Request) bool {
			clienttest.Refuse(w, fault.New(fault.Denied, "no"))
			return true
		}, 10 * time.Second, 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if took := follows(t, c.watch); took < c.least || took > c.bound {
				t.Errorf("it took %v, want %v to %v", took, c.least, c.bound)
			}
		})
	}
}

// Streams count their bytes too: the one that goes beyond is finished, and the next thing gets another data key.
func TestStreamsCountTheirBytes(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.Bytes(100))
	for range 2 {
		if err := b.EncryptStream(t.Context(), io.Discard, strings.NewReader(strings.Repeat("x", 101)), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	encrypt(t, b, "x")
	if got := w.asked("datakey"); got != 3 {
		t.Errorf("%d data keys were made, want 3", got)
	}
}

// With keeping off, or when something governing its use changed while it was fetched, a data key is not on the shelf at any time.
func TestWithKeepingOffNothingIsHeld(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.Lifetime(0))
	m := encrypt(t, b, "x")
	wantPlain(t, b, m, "x")
	var s strings.Builder
	if err := b.EncryptStream(t.Context(), &s, strings.NewReader("y"), nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.DecryptStream(t.Context(), io.Discard, strings.NewReader(s.String()), nil, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Held()); n != 0 {
		t.Errorf("%d data keys are held", n)
	}
}

// A caller whose context is over gets nothing, though it is held.
func TestACallBeginsOnlyWithTimeLeft(t *testing.T) {
	b := newWorld(t).box(t)
	m := encrypt(t, b, "x")
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Decrypt(over, m, []byte("row 1")); err == nil {
		t.Error("decrypted")
	}
	if _, err := b.Encrypt(over, nil, nil); err == nil {
		t.Error("encrypted")
	}
}
