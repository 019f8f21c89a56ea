package serve_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

func TestTooManyRequestsAreToldToComeBack(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	m := newCounter()
	_, url := start(t, serve.Config{Metrics: m, Limits: serve.Limits{Requests: 2}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		enter <- struct{}{}
		<-leave
	}))
	c := client(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { get(t, c, url) })
		<-enter
	}
	if got := m.gauge(serve.InFlight); got != 2 {
		t.Errorf("in flight: %d, want 2", got)
	}
	if status, _, _ := get(t, c, url); status != 429 {
		t.Errorf("the third request: got %d, want 429", status)
	}
	close(leave)
	wg.Wait()
	go func() { <-enter }()
	if status, _, _ := get(t, c, url); status != 200 {
		t.Errorf("after the flood: got %d", status)
	}
	eventually(t, "in flight back at 0", func() bool { return m.gauge(serve.InFlight) == 0 })
}

// TestRefusalsTakeNoPlaces: those that are still being told to come back do not keep out who finds a place free.
func TestRefusalsTakeNoPlaces(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	telling, told := make(chan struct{}), make(chan struct{})
	m := newCounter()
	g := serve.Gate(serve.Config{Name: "test", Metrics: m, Limits: serve.Limits{Requests: 1}, Error: func(x *serve.Exchange, err error) {
		telling <- struct{}{}
		<-told
		fail(x, err)
	}}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		enter <- struct{}{}
		<-leave
	}))
	var wg sync.WaitGroup
	ask := func() (answer *httptest.ResponseRecorder) {
		answer = httptest.NewRecorder()
		wg.Go(func() { g.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", http.NoBody)) })
		return answer
	}
	first := ask()
	<-enter
	var refused []*httptest.ResponseRecorder
	for range 3 {
		refused = append(refused, ask())
		<-telling
	}
	if got := m.gauge(serve.InFlight); got != 4 {
		t.Errorf("in flight: %d, want 4", got)
	}
	leave <- struct{}{}
	eventually(t, "the first has ended", func() bool { return m.gauge(serve.InFlight) == 3 })
	next := ask()
	select {
	case <-enter:
		leave <- struct{}{}
	case <-telling:
		t.Error("refusals keep out who would find a place")
	}
	close(told)
	wg.Wait()
	if first.Code != 200 || next.Code != 200 {
		t.Errorf("got %d and %d", first.Code, next.Code)
	}
	for _, r := range refused {
		if r.Code != 429 {
			t.Errorf("one without a place: got %d", r.Code)
		}
	}
	if got := m.gauge(serve.InFlight); got != 0 {
		t.Errorf("in flight at the end: %d", got)
	}
}

func TestConnectionsPerAddressAreCapped(t *testing.T) {
	m := newCounter()
	s, url := start(t, serve.Config{Metrics: m, Plain: true, Limits: serve.Limits{PerAddress: 3}}, whoami(new(tokens)))
	var open []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	eventually(t, "three connections open", func() bool { return m.gauge(serve.Connections) == 3 })
	extra, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer extra.Close()
	if _, err := extra.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && err == nil {
		t.Error("the fourth connection was not closed")
	}
	open[0].Close()
	eventually(t, "a place is free again", func() bool { return m.gauge(serve.Connections) == 2 })
	if status, _, _ := get(t, client(t), url); status != 200 {
		t.Errorf("with a place free: got %d", status)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refused["address"] != 1 {
		t.Errorf("refused %v, want one by address", m.refused)
	}
}

func TestIdleConnectionsAreCapped(t *testing.T) {
	s, _ := start(t, serve.Config{Plain: true, Limits: serve.Limits{Idle: 3}}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }))
	ask := func(c net.Conn) (closes bool) {
		t.Helper()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if text, err := io.ReadAll(r.Body); err != nil || string(text) != "x" {
			t.Errorf("answered %q, %v", text, err)
		}
		return r.Close
	}
	var kept []net.Conn
	for i := range 5 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if closes := ask(c); closes != (i > 2) {
			t.Errorf("connection %d is told to close: %v", i+1, closes)
		}
		kept = append(kept, c)
		eventually(t, "only three are kept", func() bool { return s.Connections() == min(i+1, 3) })
	}
	if ask(kept[0]) {
		t.Error("among three, one that is asked again is closed")
	}
	kept[1].Close()
	eventually(t, "a place is free again", func() bool { return s.Connections() == 2 })
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if ask(c) {
		t.Error("the free place is not given")
	}
}

func TestSlowClientsAreCutOff(t *testing.T) {
	limits := serve.Limits{HeaderTimeout: 100 * time.Millisecond, BodyTimeout: 200 * time.Millisecond, IdleTimeout: 150 * time.Millisecond}
	m := newCounter()
	s, _ := start(t, serve.Config{Plain: true, Metrics: m, Limits: limits}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			fail(serve.Of(w), fault.New(fault.Invalid, "slow"))
		}
	}))
	for name, send := range map[string]string{
		"nothing":       "",
		"half a header": "GET / HTTP/1.1\r\nHost: x\r\nX-",
		"half a body":   "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
		"idle after":    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, send); err != nil {
				t.Fatal(err)
			}
			if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Errorf("the server kept the connection: %v", err)
			}
		})
	}
	eventually(t, "all connections gone", func() bool { return m.gauge(serve.Connections) == 0 })
}

func TestSlowHandshakeIsCutOff(t *testing.T) {
	s, _ := start(t, serve.Config{Limits: serve.Limits{HeaderTimeout: 100 * time.Millisecond}}, whoami(new(tokens)))
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, c); err != nil {
		t.Errorf("the server kept a connection that never said hello: %v", err)
	}
}

func TestHugeHeaderIsRefused(t *testing.T) {
	s, _ := start(t, serve.Config{Plain: true}, whoami(new(tokens)))
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Big: "+strings.Repeat("a", 40<<10)+"\r\n\r\n")
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %d, want 431", res.StatusCode)
	}
}

func TestStopWaitsForRunningRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s, err := serve.New(serve.Config{Name: "test", Addr: "127.0.0.1:0", Plain: true, Error: fail}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "finished")
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	body := make(chan string, 1)
	go func() {
		_, b, _ := get(t, client(t), "http://"+s.Addr().String())
		body <- b
	}()
	<-entered
	stop()
	eventually(t, "new connections are refused", func() bool {
		c, err := net.Dial("tcp", s.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(leave)
	if got := <-body; got != "finished" {
		t.Errorf("the running request got %q", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestStopCutsOffWhatDoesNotEnd(t *testing.T) {
	entered := make(chan struct{})
	cancelled := make(chan struct{})
	s, err := serve.New(serve.Config{Name: "test", Addr: "127.0.0.1:0", Plain: true, Error: fail, Limits: serve.Limits{DrainTimeout: 50 * time.Millisecond}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(cancelled)
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	go func() {
		res, err := http.Get("http://" + s.Addr().String())
		if err == nil {
			res.Body.Close()
		}
	}()
	<-entered
	stop()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	<-cancelled
}
