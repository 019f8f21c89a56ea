package kmip_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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
