package e2e_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// steady is a client that keeps its connections, asks one node and never asks twice, but for what HTTP/2 says was not taken. Once the node's door is shut it ends.
type steady struct {
	http     *http.Client
	over2    bool // HTTP/2
	answered atomic.Int64
	late     atomic.Int64 // answered after the node was told to stop
	failed   atomic.Pointer[string]
}

func (c *cluster) newSteady(http2 bool) *steady {
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, c.init.CACertificate)}, ForceAttemptHTTP2: http2, MaxIdleConnsPerHost: 4}
	c.t.Cleanup(tr.CloseIdleConnections)
	return &steady{over2: http2, http: &http.Client{Transport: tr, Timeout: 10 * time.Second}}
}

// run asks until no connection can be made any more.
func (s *steady) run(c *cluster, n *node, path string, body []byte, told *atomic.Bool) {
	for s.failed.Load() == nil {
		connected, late := false, told.Load()
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(c.t.Context(), &httptrace.ClientTrace{
			// net/http turns to a new connection by itself when the old one said before an answer that it takes no more
			// (GOAWAY): what was not taken was not lost, and the door may be shut by then.
			GetConn: func(string) { connected = false },
			GotConn: func(httptrace.GotConnInfo) { connected = true },
		}), http.MethodPost, "https://"+n.api+path, bytes.NewReader(body))
		if err != nil {
			s.fail("%v", err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+c.root)
		req.Header.Set("Content-Type", "application/json")
		again := req.GetBody
		req.GetBody = nil // net/http does not send it a second time either
		if s.over2 {
			req.GetBody = func() (io.ReadCloser, error) { // but for what GOAWAY says was not taken (RFC 9113, section 6.8)
				if !told.Load() {
					s.fail("a request was not taken before the node was told to stop")
				}
				return again()
			}
		}
		resp, err := s.http.Do(req)
		switch {
		case err != nil && !connected && late:
			return // nobody takes a connection there any more
		case err != nil:
			s.fail("after %d answers, told to stop %v, connected %v: %v", s.answered.Load(), late, connected, err)
			return
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode >= 300 {
			s.fail("%s answers %d %.200s %v", path, resp.StatusCode, text, err)
			return
		}
		s.answered.Add(1)
		if late {
			s.late.Add(1)
		}
	}
}

func (s *steady) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.failed.CompareAndSwap(nil, &text)
}

// A leader that is told to stop says first that it is not ready, goes on to answer, gives leadership away, and closes its doors
// in the end. A client that keeps connections and never repeats a request loses none over HTTP/1.1, nor over HTTP/2, where it
// repeats only what it was told was not taken; nor does one
// that retries.
func TestALeaderThatStopsFailsNoRequestOfAClientThatKeepsConnections(t *testing.T) {
	c := open(t, func(c *cluster) {
		for _, n := range c.nodes {
			n.extra = "drain: 6s\n" // time enough for 20 answers to each client, also on a machine that does much else
		}
	})
	lead, others := c.leader()
	c.must(lead, create("drained", false))
	use, err := json.Marshal(api.EncryptRequest{Plaintext: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	l := c.startLoad("drain", 2)
	var told atomic.Bool
	var running sync.WaitGroup
	clients := []*steady{c.newSteady(false), c.newSteady(true)}
	for _, s := range clients {
		running.Go(func() { s.run(c, lead, "/v1/keys/drained/encrypt", use, &told) })
		running.Go(func() { s.run(c, lead, "/v1/keys/drained/rotate", nil, &told) })
	}
	busy := func() {
		t.Helper()
		for i, s := range clients {
			goal := s.answered.Load() + 20
			eventually(t, 20*time.Second, fmt.Sprintf("client %d is answered", i), func() error {
				if have := s.answered.Load(); have < goal && s.failed.Load() == nil {
					return fmt.Errorf("%d to go", goal-have)
				}
				return nil
			})
		}
	}
	busy()
	told.Store(true)
	lead.signal(sigterm)
	eventually(t, 10*time.Second, "readyz says 503", func() error {
		if err := c.ready(lead); err == nil {
			return fmt.Errorf("%s is ready", lead.name)
		}
		return nil
	})
	busy() // it answers, although it is not ready
	lead.waitExit(20 * time.Second)
	if err := lead.proc.Err(); err != nil {
		t.Errorf("%s did not stop in order: %v\n%s", lead.name, err, lead.tail(10))
	}
	running.Wait()
	for i, s := range clients {
		if why := s.failed.Load(); why != nil {
			t.Errorf("HTTP/%d: a request failed: %s", i+1, *why)
		}
		t.Logf("HTTP/%d: %d requests answered, %d of them after the signal", i+1, s.answered.Load(), s.late.Load())
	}
	l.reach(t, 10)
	l.finish()
	for _, err := range l.failed {
		t.Errorf("a retrying client saw %v", err)
	}
	c.serving(others...)
}
