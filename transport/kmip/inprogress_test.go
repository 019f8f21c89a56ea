package kmip_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/serve"
)

// figures are what a door's meter was told.
type figures struct {
	inFlight, busy, ok atomic.Int64
}

func (f *figures) Op(string) serve.OpMeter { return f }
func (f *figures) Refused(string)          {}

func (f *figures) Add(g serve.Gauge, delta int) {
	if g == serve.InFlight {
		f.inFlight.Add(int64(delta))
	}
}

func (f *figures) Answered(_ time.Duration, outcome string) {
	if outcome == "busy" {
		f.busy.Add(1)
	} else {
		f.ok.Add(1)
	}
}

// holding is a door on which the first connections that say something hold one request each until they are told to end it, and answer "held".
func (w *world) holding(first int64, limits serve.Limits, f *figures) (p *port, held chan struct{}, end func()) {
	var holders atomic.Int64
	held, release := make(chan struct{}, first), make(chan struct{})
	p = w.listenBy(limits, f, func(ctx context.Context, c *serve.Conn) {
		if holders.Add(1) > first {
			w.server.Serve(ctx, c)
			return
		}
		if !c.Next(make([]byte, 1)) || !c.Begin() {
			w.t.Error("a request that is to be held is not let in")
		}
		defer c.End()
		held <- struct{}{}
		select {
		case <-release:
			c.Answer([]byte("held"))
		case <-ctx.Done():
		}
	})
	return p, held, func() { close(release) }
}

const ping = `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`

// TestRequestsInProgressAreLimitedOverAllConnections: what is too much is told so in its own version, each connection goes on, and it is counted.
func TestRequestsInProgressAreLimitedOverAllConnections(t *testing.T) {
	f := &figures{}
	w := open(t)
	p, held, end := w.holding(2, serve.Limits{Requests: 2}, f)
	var holders []io.Reader
	for range 2 {
		c := p.connect("app")
		if _, err := c.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		<-held
		holders = append(holders, c)
	}
	if n := f.inFlight.Load(); n != 2 {
		t.Errorf("%d requests are in progress, and 2 are", n)
	}
	c := p.connect("app")
	for version, want := range map[string]string{"1.2": "GeneralFailure: ", "2.1": "ServerLimitExceeded: "} {
		answer := p.say(c, request(version, "", ping))
		if got := outcomes(t, answer); len(got) != 1 || !strings.HasPrefix(got[0], want+"this node answers as many KMIP requests as it may") {
			t.Errorf("%s: %q", version, got)
		}
	}
	if n := f.busy.Load(); n != 2 {
		t.Errorf("%d were counted as busy, and 2 were", n)
	}
	end()
	for _, h := range holders {
		if b, err := io.ReadAll(h); string(b) != "held" {
			t.Errorf("one that was in progress: %q, %v", b, err)
		}
	}
	if got := outcomes(t, p.say(c, request("1.2", "", ping))); !slices.Equal(got, []string{"Success"}) {
		t.Errorf("when there is room again: %q", got)
	}
	p.stop()
	if n := f.inFlight.Load(); n != 0 {
		t.Errorf("%d requests are in progress at the end", n)
	}
}

// TestTheEndWaitsForRequestsInProgress, and not for ever.
func TestTheEndWaitsForRequestsInProgress(t *testing.T) {
	p, held, end := open(t).holding(1, serve.Limits{DrainTimeout: time.Hour}, &figures{})
	c := p.connect("app")
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	<-held
	stopped := make(chan struct{})
	go func() {
		p.stop()
		close(stopped)
	}()
	for { // until the door is closed
		if late, err := p.dial(p.client("app")); err != nil {
			break
		} else if _ = late.Close(); t.Context().Err() != nil {
			t.Fatal("the door stays open")
		}
	}
	select {
	case <-stopped:
		t.Fatal("it stopped with a request in progress")
	default:
	}
	end()
	if b, err := io.ReadAll(c); string(b) != "held" {
		t.Errorf("what was in progress: %q, %v", b, err)
	}
	<-stopped

	p, held, _ = open(t).holding(1, serve.Limits{DrainTimeout: 50 * time.Millisecond}, &figures{})
	c = p.connect("app")
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	<-held
	began := time.Now()
	p.stop()
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it waited %v for what does not end", took)
	}
	if b, _ := io.ReadAll(c); len(b) > 0 {
		t.Errorf("what was cut off: %q", b)
	}
}

// TestWhoDoesNotReadHoldsNoPlace: the place is free when the answer is made, however long it takes to write it; and it is written to its end.
func TestWhoDoesNotReadHoldsNoPlace(t *testing.T) {
	const length, items = 1 << 20, 12 // more than the kernel takes for a client that does not read
	f := &figures{}
	w := open(t)
	w.f.Grant("app", `permit (principal == Certificate::"app", action == Action::"random", resource);`)
	p := w.listenBy(serve.Limits{Requests: 1}, f, w.server.Serve)
	slow := p.connect("app")
	ops := slices.Repeat([]string{`RNGRetrieve <DataLength type="Integer" value="1048576"/>`}, items)
	m, err := ttlv.DecodeXML([]byte(request("1.4", "", ops...)), ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Write(m.Root().Raw()); err != nil {
		t.Fatal(err)
	}
	for f.ok.Load() < items { // all is worked out
		<-time.After(time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("the work does not end")
		}
	}
	other := p.connect("app")
	var got []string
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); <-time.After(10 * time.Millisecond) {
		if got = outcomes(t, p.say(other, request("1.4", "", ping))); slices.Equal(got, []string{"Success"}) {
			break
		}
	}
	if !slices.Equal(got, []string{"Success"}) {
		t.Errorf("while another does not read: %q", got)
	}
	b, err := ttlv.Read(slow, nil, 2*items*length)
	if err != nil || len(b) < items*length {
		t.Errorf("who reads late got %d bytes, %v", len(b), err)
	}
	p.stop()
	if n := f.inFlight.Load(); n != 0 {
		t.Errorf("%d requests are in progress at the end", n)
	}
}

// TestAHandlerThatPanicsFreesItsPlace, also when it panics after the end of the work.
func TestAHandlerThatPanicsFreesItsPlace(t *testing.T) {
	f := &figures{}
	w := open(t)
	var all atomic.Int64
	p := w.listenBy(serve.Limits{Requests: 1}, f, func(ctx context.Context, c *serve.Conn) {
		n := all.Add(1)
		if n > 2 {
			w.server.Serve(ctx, c)
			return
		}
		if !c.Next(make([]byte, 1)) || !c.Begin() {
			t.Errorf("request %d is not let in", n)
		}
		if n == 2 {
			c.End()
		}
		panic("a handler's")
	})
	for range 2 {
		c := p.connect("app")
		if _, err := c.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(c); len(b) > 0 {
			t.Errorf("it answered %q", b)
		}
	}
	if n := f.inFlight.Load(); n != 0 {
		t.Errorf("%d requests are in progress", n)
	}
	if got := outcomes(t, p.say(p.connect("app"), request("1.4", "", ping))); !slices.Equal(got, []string{"Success"}) {
		t.Errorf("afterwards: %q", got)
	}
	p.stop()
	if n := f.inFlight.Load(); n != 0 {
		t.Errorf("%d requests are in progress at the end", n)
	}
}

// TestBeingToldToComeBackTakesNoPlace: one that is refused, for as long as that lasts, keeps nobody out when there is room again.
func TestBeingToldToComeBackTakesNoPlace(t *testing.T) {
	f := &figures{}
	w := open(t)
	var all atomic.Int64
	begun, ended := make(chan bool), make(chan struct{})
	release := []chan struct{}{make(chan struct{}), make(chan struct{})}
	p := w.listenBy(serve.Limits{Requests: 1}, f, func(ctx context.Context, c *serve.Conn) {
		n := int(all.Add(1)) - 1
		if n >= len(release) {
			w.server.Serve(ctx, c)
			return
		}
		if !c.Next(make([]byte, 1)) {
			t.Error("no request")
		}
		begun <- c.Begin()
		<-release[n]
		c.End()
		ended <- struct{}{}
	})
	for _, want := range []bool{true, false} {
		if _, err := p.connect("app").Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
		if got := <-begun; got != want {
			t.Fatalf("let in: %t, want %t", got, want)
		}
	}
	close(release[0])
	<-ended
	if n := f.inFlight.Load(); n != 1 {
		t.Errorf("%d requests are in progress, and one is told to come back", n)
	}
	if got := outcomes(t, p.say(p.connect("app"), request("1.4", "", ping))); !slices.Equal(got, []string{"Success"}) {
		t.Errorf("when there is room again: %q", got)
	}
	close(release[1])
	<-ended
	p.stop()
	if n := f.inFlight.Load(); n != 0 {
		t.Errorf("%d requests are in progress at the end", n)
	}
}
