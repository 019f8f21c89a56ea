package serve_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/serve"
)

// A connection that was let in just before the door closes gets its request answered, and is then closed; nobody is let in afterwards.
func TestWhoWasLetInIsAnsweredWhileTheDoorCloses(t *testing.T) {
	s, err := serve.New(serve.Config{Name: "test", Addr: "127.0.0.1:0", Plain: true, Error: fail}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "late, but heard")
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, shut := context.WithCancel(t.Context())
	defer shut()
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()
	dial := func() (net.Conn, error) { return net.DialTimeout("tcp", s.Addr().String(), 5*time.Second) }
	in, err := dial()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	until(t, "the connection is let in", func() bool { return s.Connections() == 1 })
	shut()
	until(t, "the door is closed", func() bool {
		c, err := dial()
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	if _, err := io.WriteString(in, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = in.SetReadDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(in)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatalf("the last request was dropped: %v", err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "late, but heard" || !resp.Close {
		t.Errorf("answered %q, %v; closed %v", text, err, resp.Close)
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection stays: %v", err)
	}
	select {
	case err := <-ran:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the door does not close")
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}
