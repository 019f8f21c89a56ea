package envelope_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// world is a node with a key, a client of it, and a clock that stands still until it is moved.
type world struct {
	node   *clienttest.Server
	client *client.Client
	clock  atomic.Int64 // what was added to the time of the machine
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{node: clienttest.New(t)}
	c, err := client.New(client.Config{
		Endpoints: []string{w.node.URL}, CA: w.node.Pool(), Backoff: 10 * time.Millisecond,
		Token: func() []byte { return []byte(clienttest.RootToken) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	w.client = c
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.clock.Load())) }

func (w *world) later(d time.Duration) { w.clock.Add(int64(d)) }

func (w *world) box(t testing.TB, o ...envelope.Option) *envelope.Box {
	t.Helper()
	b, err := envelope.New(w.client, "k", append([]envelope.Option{envelope.Clock(w.now)}, o...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// asked counts the requests for a key's operation.
func (w *world) asked(verb string) int {
	n := 0
	for _, r := range w.node.Requests() {
		if strings.HasPrefix(r, "POST ") && strings.HasSuffix(r, "/"+verb) {
			n++
		}
	}
	return n
}

func encrypt(t testing.TB, b *envelope.Box, plain string) []byte {
	t.Helper()
	m, err := b.Encrypt(t.Context(), []byte(plain), []byte("row 1"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantPlain(t testing.TB, b *envelope.Box, m []byte, want string) {
	t.Helper()
	if got, err := b.Decrypt(t.Context(), m, []byte("row 1")); err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for !is() {
		if time.Now().After(end) {
			t.Fatalf("it never came: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestADataKeyIsFetchedOnceForManyMessages(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	var all [][]byte
	for range 100 {
		all = append(all, encrypt(t, b, "hello"))
	}
	for _, m := range all {
		wantPlain(t, b, m, "hello")
	}
	if d, o := w.asked("datakey"), w.asked("decrypt"); d != 1 || o != 0 {
		t.Errorf("%d data keys were made and %d opened, want 1 and 0", d, o)
	}
	other := w.box(t)
	for _, m := range all {
		wantPlain(t, other, m, "hello")
	}
	if o := w.asked("decrypt"); o != 1 {
		t.Errorf("another Box had data keys opened %d times, want once", o)
	}
	if bytes.Contains(all[0], []byte("hello")) || bytes.Equal(all[0], all[1]) {
		t.Error("messages show their plaintext, or are alike")
	}
}

func TestDataKeysEndByTimeUsesAndBytes(t *testing.T) {
	for name, c := range map[string]struct {
		o    []envelope.Option
		step func(*world)
		want int // data keys for 10 messages of 10 bytes
	}{
		"an hour":       {nil, func(w *world) { w.later(20 * time.Minute) }, 4},
		"time":          {[]envelope.Option{envelope.Lifetime(time.Minute)}, func(w *world) { w.later(time.Minute) }, 10},
		"within time":   {[]envelope.Option{envelope.Lifetime(time.Minute)}, func(w *world) { w.later(time.Second) }, 1},
		"uses":          {[]envelope.Option{envelope.Uses(3)}, func(*world) {}, 4},
		"bytes":         {[]envelope.Option{envelope.Bytes(25)}, func(*world) {}, 5},
		"less than one": {[]envelope.Option{envelope.Bytes(1)}, func(*world) {}, 10},
		"off":           {[]envelope.Option{envelope.Lifetime(0)}, func(*world) {}, 10},
	} {
		w := newWorld(t)
		b := w.box(t, c.o...)
		for range 10 {
			encrypt(t, b, "0123456789")
			c.step(w)
		}
		if got := w.asked("datakey"); got != c.want {
			t.Errorf("%s: %d data keys were made, want %d", name, got, c.want)
		}
	}
}

func TestWithKeepingOffEveryOpeningAsks(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.Lifetime(0))
	m := encrypt(t, b, "x")
	for range 3 {
		wantPlain(t, b, m, "x")
	}
	if got := w.asked("decrypt"); got != 3 {
		t.Errorf("asked %d times, want 3", got)
	}
	for _, r := range w.node.Requests() {
		if strings.Contains(r, "/v1/watch") {
			t.Error("the key is followed although nothing is kept")
		}
	}
}

func TestManyAtOnceShareOneRequest(t *testing.T) {
	w := newWorld(t)
	m := encrypt(t, w.box(t), "x")
	b := w.box(t)
	before := w.asked("decrypt")
	gate, inside := make(chan struct{}), make(chan struct{}, 100)
	w.node.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/decrypt") {
			inside <- struct{}{}
			<-gate
		}
		return false
	})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { wantPlain(t, b, m, "x") })
	}
	<-inside
	// One of them gives up, and only he.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Decrypt(ctx, m, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
	close(gate)
	all.Wait()
	if got := w.asked("decrypt") - before; got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
}

func TestEveryCallEndsWithItsContextWhenNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	m := encrypt(t, w.box(t), "x")
	w.node.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	b := w.box(t)
	for name, call := range map[string]func(context.Context) error{
		"encrypt": func(ctx context.Context) error { _, err := b.Encrypt(ctx, nil, nil); return err },
		"decrypt": func(ctx context.Context) error { _, err := b.Decrypt(ctx, m, nil); return err },
		"rewrap":  func(ctx context.Context) error { _, err := b.Rewrap(ctx, m); return err },
		"stream": func(ctx context.Context) error {
			return b.EncryptStream(ctx, io.Discard, strings.NewReader("x"), nil, nil)
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		begin := time.Now()
		if err := call(ctx); err == nil || time.Since(begin) > 5*time.Second {
			t.Errorf("%s: %v after %v", name, err, time.Since(begin))
		}
		cancel()
	}
}

func TestWhatIsKeptOpensWithoutTheClusterUntilItsTimeRunsOut(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	m := encrypt(t, b, "x")
	w.node.Fail(fault.Stale, -1)
	w.later(59 * time.Minute)
	wantPlain(t, b, m, "x")
	wantPlain(t, b, encrypt(t, b, "y"), "y")
	w.later(2 * time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Decrypt(ctx, m, []byte("row 1")); !errors.Is(err, fault.Stale) {
		t.Errorf("after its time: %v, want stale", err)
	}
	if _, err := b.Encrypt(ctx, nil, nil); err == nil {
		t.Error("encrypted after its time")
	}
}

func TestStaleKeysServeOnlyWhenAskedForOnlyForAWhileAndOnlyInSilence(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.StaleIfUnreachable(time.Hour))
	m := encrypt(t, b, "x")
	answered := w.box(t, envelope.StaleIfUnreachable(time.Hour))
	other := encrypt(t, answered, "x")
	w.node.Fail(fault.NoLeader, -1)
	w.later(90 * time.Minute)
	wantPlain(t, b, m, "x")
	begin := time.Now()
	for range 20 {
		wantPlain(t, b, m, "x")
	}
	if took := time.Since(begin); took > 900*time.Millisecond {
		t.Errorf("20 calls took %v: each waited for the cluster", took)
	}
	w.later(10 * time.Second)
	w.node.Fail(fault.Sealed, -1)
	if _, err := answered.Decrypt(t.Context(), other, []byte("row 1")); !errors.Is(err, fault.Sealed) {
		t.Errorf("a node says that it is sealed: %v", err)
	}
	w.node.Fail(fault.NoLeader, -1)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // longer than what the cluster is given before a stale key serves
	defer cancel()
	if _, err := answered.Decrypt(ctx, other, []byte("row 1")); err == nil {
		t.Error("a key was used in silence that came after an answer")
	}
	wantPlain(t, b, m, "x") // the other Box had no answer
	w.later(31 * time.Minute)
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := b.Decrypt(ctx, m, []byte("row 1")); err == nil {
		t.Error("a key was used after the extra time")
	}
	w.node.Intercept(nil)
	wantPlain(t, b, m, "x")
}

// TestABoxLeavesANodeThatIsCutOff: a stream of events that says that it is stale stays open, and tells nothing.
func TestABoxLeavesANodeThatIsCutOff(t *testing.T) {
	w := newWorld(t)
	var left atomic.Bool
	w.node.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/watch" {
			return false
		}
		rw.Header().Set("Content-Type", "text/event-stream")
		_, _ = rw.Write(append(clienttest.Event(api.EventReady, 7, api.WatchEvent{Index: 7}), clienttest.Event(api.EventStale, 0, api.WatchEvent{})...))
		rw.(http.Flusher).Flush()
		<-r.Context().Done()
		left.Store(true)
		return true
	})
	encrypt(t, w.box(t), "x")
	eventually(t, "the Box leaves the node", left.Load)
}

func TestARevocationEmptiesTheBox(t *testing.T) {
	for name, change := range map[string]func(context.Context, *client.Client) error{
		"suspended": func(ctx context.Context, c *client.Client) error {
			_, err := c.SuspendKey(ctx, "k", api.StateRequest{})
			return err
		},
		"compromise": func(ctx context.Context, c *client.Client) error {
			_, err := c.CompromiseKey(ctx, "k", api.StateRequest{})
			return err
		},
	} {
		w := newWorld(t)
		b := w.box(t)
		m := encrypt(t, b, "x")
		wantPlain(t, b, m, "x")
		held := b.Held()
		if err := change(t.Context(), w.client); err != nil {
			t.Fatal(err)
		}
		w.refuse("decrypt")
		eventually(t, name+": decrypting is refused", func() bool {
			_, err := b.Decrypt(t.Context(), m, []byte("row 1"))
			return errors.Is(err, fault.BadState)
		})
		if _, err := b.Encrypt(t.Context(), nil, nil); !errors.Is(err, fault.BadState) {
			t.Errorf("%s: encrypting: %v", name, err)
		}
		if len(held) != 1 || !bytes.Equal(held[0], make([]byte, 32)) {
			t.Errorf("%s: %d data keys were held, and not wiped", name, len(held))
		}
	}
}

// refuse lets a verb fail as it does for a key out of use.
func (w *world) refuse(verb string) {
	w.node.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/"+verb) {
			return false
		}
		clienttest.Refuse(rw, fault.New(fault.BadState, "the key is out of use"))
		return true
	})
}

func TestRotationChangesWhatEncryptsAndKeepsWhatOpens(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	old := encrypt(t, b, "x")
	if _, err := w.client.RotateKey(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	version := func(m []byte) byte { return m[25] } // the last byte of the version in the header
	eventually(t, "encrypting under version 2", func() bool { return version(encrypt(t, b, "y")) == 2 })
	asked := w.asked("decrypt")
	wantPlain(t, b, old, "x")
	if w.asked("decrypt") != asked {
		t.Error("rotation dropped what opens older data")
	}
	opened, made := w.asked("decrypt"), w.asked("datakey")
	moved, err := w.box(t).Rewrap(t.Context(), old) // one that holds nothing
	if err != nil || version(moved) != 2 || bytes.Equal(moved, old) {
		t.Fatalf("rewrapped to version %d, %v", version(moved), err)
	}
	if w.asked("decrypt") != opened || w.asked("datakey") != made {
		t.Error("rewrapping had a data key given out")
	}
	wantPlain(t, w.box(t), moved, "x")
	if !bytes.HasSuffix(moved, old[len(old)-29:]) {
		t.Error("rewrapping changed the message itself")
	}
}

func TestWithoutTheRightToReadTheRecordKeysAreKeptShortly(t *testing.T) {
	w := newWorld(t)
	record, err := w.client.Key(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	w.node.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			return false
		}
		clienttest.Refuse(rw, fault.New(fault.Denied, "no"))
		return true
	})
	if _, err := w.box(t).Encrypt(t.Context(), nil, nil); !errors.Is(err, fault.Denied) {
		t.Errorf("by name: %v, want denied", err)
	}
	b, err := envelope.New(w.client, record.ID, envelope.Clock(w.now))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	m := encrypt(t, b, "x")
	w.later(envelope.Recheck - time.Second)
	wantPlain(t, b, m, "x")
	if w.asked("decrypt") != 0 {
		t.Error("nothing was kept")
	}
	w.later(time.Second)
	wantPlain(t, b, m, "x")
	if w.asked("decrypt") != 1 {
		t.Error("it was kept for longer than revocations may take")
	}
}

func TestOfOneKeyOnly(t *testing.T) {
	w := newWorld(t)
	if _, err := w.client.CreateKey(t.Context(), api.CreateKeyRequest{Name: "other"}); err != nil {
		t.Fatal(err)
	}
	other, err := envelope.New(w.client, "other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	m := encrypt(t, other, "x")
	if _, err := w.box(t).Decrypt(t.Context(), m, []byte("row 1")); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "not under \"k\"") {
		t.Errorf("another key's message: %v", err)
	}
}

func TestAClosedBoxHoldsNothing(t *testing.T) {
	w := newWorld(t)
	b := w.box(t)
	m := encrypt(t, b, "x")
	held := b.Held()
	if len(held) != 1 || bytes.Equal(held[0], make([]byte, 32)) {
		t.Fatalf("%d data keys are held, want one that is not zero", len(held))
	}
	b.Close()
	if !bytes.Equal(held[0], make([]byte, 32)) {
		t.Error("the data key was not wiped")
	}
	if _, err := b.Decrypt(t.Context(), m, []byte("row 1")); !errors.Is(err, fault.BadState) {
		t.Errorf("decrypting with a closed Box: %v", err)
	}
	if _, err := b.Encrypt(t.Context(), nil, nil); !errors.Is(err, fault.BadState) {
		t.Errorf("encrypting with a closed Box: %v", err)
	}
}

func TestWhatRunsOutIsWipedThoughNobodyAsks(t *testing.T) {
	w := newWorld(t)
	b := w.box(t, envelope.Lifetime(200*time.Millisecond))
	encrypt(t, b, "x")
	held := b.Held()
	eventually(t, "wiped", func() bool { return len(b.Held()) == 0 })
	for _, k := range held {
		if !bytes.Equal(k, make([]byte, 32)) {
			t.Error("it left the shelf unwiped")
		}
	}
}

func TestTheShelfIsBounded(t *testing.T) {
	w := newWorld(t)
	var all [][]byte
	for range 5 {
		all = append(all, encrypt(t, w.box(t), "x"))
	}
	b := w.box(t, envelope.Opened(3))
	var held [][]byte
	for _, m := range all {
		wantPlain(t, b, m, "x")
		held = append(held, b.Held()[0])
	}
	for i, k := range held {
		if wiped := bytes.Equal(k, make([]byte, 32)); wiped != (i < 2) {
			t.Errorf("data key %d of 5 is wiped: %v", i+1, wiped)
		}
	}
	if n := len(b.Held()); n != 3 {
		t.Errorf("%d data keys are held, want 3", n)
	}
	asked := w.asked("decrypt")
	wantPlain(t, b, all[4], "x")
	wantPlain(t, b, all[0], "x")
	if got := w.asked("decrypt") - asked; got != 1 {
		t.Errorf("asked %d times for the newest and the oldest, want once", got)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	for name, o := range map[string]envelope.Option{
		"lifetime": envelope.Lifetime(-1), "uses": envelope.Uses(0), "too many uses": envelope.Uses(envelope.MaxUses + 1),
		"bytes": envelope.Bytes(0), "opened": envelope.Opened(0), "segment": envelope.Segment(sealed.MinSegment + 1), "stale": envelope.StaleIfUnreachable(envelope.MaxStale + 1),
	} {
		if _, err := envelope.New(nil, "k", o); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if _, err := envelope.New(nil, "k", envelope.Lifetime(0), envelope.StaleIfUnreachable(1)); !errors.Is(err, fault.Invalid) {
		t.Errorf("stale without keeping: %v, want invalid", err)
	}
}
