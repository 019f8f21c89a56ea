package serve_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// tokens is an Authenticator that knows one token.
type tokens struct{ asked int }

func (k *tokens) Authenticate(_ context.Context, bearer []byte) (access.Caller, error) {
	k.asked++
	if string(bearer) == "qt_good" {
		return access.Caller{Principal: "app1", Kind: access.ByToken}, nil
	}
	return access.Caller{}, fault.New(fault.Unauthenticated, "nobody's token")
}

// whoami answers with the caller.
func whoami(k *tokens) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := serve.Of(w)
		c, err := serve.Identify(x, r, k)
		if err != nil {
			fail(x, err)
			return
		}
		fmt.Fprintf(w, "%s/%s/%s/%s/%v", c.Kind, c.Principal, c.Door, c.Retry, c.RequestID == x.ID && c.Remote == r.RemoteAddr)
	})
}

func TestTokenThenCertificateThenNobody(t *testing.T) {
	ca := newAuthority(t)
	_, url := start(t, serve.Config{TLS: serve.TLS{ClientCAs: ca.pool}}, whoami(new(tokens)))
	nobody, holder := client(t), client(t, ca.client(t, "backup"))
	for _, c := range []struct {
		name   string
		client *http.Client
		header []string
		status int
		want   string
	}{
		{"nobody", nobody, nil, 200, "anonymous//test//true"},
		{"certificate", holder, nil, 200, "certificate/backup/test//true"},
		{"token", nobody, []string{"Authorization", "Bearer qt_good"}, 200, "token/app1/test//true"},
		{"scheme in any case", nobody, []string{"Authorization", "bearer qt_good"}, 200, "token/app1/test//true"},
		{"token before certificate", holder, []string{"Authorization", "Bearer qt_good"}, 200, "token/app1/test//true"},
		{"bad token never falls back to the certificate", holder, []string{"Authorization", "Bearer qt_bad"}, 401, "nobody's token"},
		{"bad token never falls back to nobody", nobody, []string{"Authorization", "Bearer qt_bad"}, 401, "nobody's token"},
		{"other scheme", holder, []string{"Authorization", "Basic cm9vdDo="}, 401, "the header Authorization is not of the form: Bearer qt_…"},
		{"empty header", holder, []string{"Authorization", ""}, 401, "the header Authorization is not of the form: Bearer qt_…"},
		{"empty token", holder, []string{"Authorization", "Bearer  "}, 401, "that is not a token"},
		{"two tokens", nobody, []string{"Authorization", "Bearer qt_good", "Authorization", "Bearer qt_good"}, 401, "the header Authorization was given more than once"},
		{"endless token", nobody, []string{"Authorization", "Bearer " + strings.Repeat("q", 600)}, 401, "that is not a token"},
		{"idempotency key", nobody, []string{"Idempotency-Key", "a b-1"}, 200, "anonymous//test/a b-1/true"},
		{"long idempotency key", nobody, []string{"Idempotency-Key", strings.Repeat("k", 129)}, 400, "the header Idempotency-Key must be given once, with 1 to 128 printable ASCII letters"},
		{"foreign idempotency key", nobody, []string{"Idempotency-Key", "schlüssel"}, 400, "the header Idempotency-Key must be given once, with 1 to 128 printable ASCII letters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, _ := get(t, c.client, url, c.header...)
			if status != c.status || body != c.want {
				t.Errorf("got %d %q, want %d %q", status, body, c.status, c.want)
			}
		})
	}
}

func TestForeignCertificateEndsTheHandshake(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	_, url := start(t, serve.Config{TLS: serve.TLS{ClientCAs: ours.pool}}, whoami(new(tokens)))
	cert := theirs.client(t, "root")
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }}}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr}).Get(url)
	if err == nil {
		res.Body.Close()
		t.Fatalf("a certificate of a foreign authority was let in with status %d", res.StatusCode)
	}
}

func TestOlderTLSIsRefused(t *testing.T) {
	s, _ := start(t, serve.Config{}, whoami(new(tokens)))
	c, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	if err == nil {
		c.Close()
		t.Fatal("TLS 1.2 was accepted")
	}
}

func TestCertificateIsSwappedWhileRunning(t *testing.T) {
	first, err := serve.SelfSigned("first", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := serve.SelfSigned("second", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	now := first
	s, _ := start(t, serve.Config{TLS: serve.TLS{Certificate: func() (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		return now, nil
	}}}, whoami(new(tokens)))
	shown := func() string {
		c, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return serve.Fingerprint(&tls.Certificate{Certificate: [][]byte{c.ConnectionState().PeerCertificates[0].Raw}})
	}
	if got := shown(); got != serve.Fingerprint(first) {
		t.Errorf("first handshake showed %s", got)
	}
	mu.Lock()
	now = second
	mu.Unlock()
	if got := shown(); got != serve.Fingerprint(second) {
		t.Errorf("after the swap the handshake showed %s", got)
	}
}

func TestEveryAnswerHasItsOwnRequestID(t *testing.T) {
	_, url := start(t, serve.Config{}, whoami(new(tokens)))
	c, seen := client(t), map[string]bool{}
	for range 200 {
		_, _, res := get(t, c, url)
		id := res.Header.Get("X-Quorate-Request-Id")
		if len(id) != 32 || seen[id] {
			t.Fatalf("request id %q is malformed or was given before", id)
		}
		seen[id] = true
		if res.ProtoMajor != 2 {
			t.Fatalf("got %s, want HTTP/2", res.Proto)
		}
	}
}

func TestPanicCostsItsRequestOnlyAndTellsNothing(t *testing.T) {
	var logged bytes.Buffer
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) { mu.Lock(); logged.Write(p); mu.Unlock() }), nil))
	m := newCounter()
	op := &serve.Op{Name: "op"}
	_, url := start(t, serve.Config{Log: log, Metrics: m}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serve.Of(w).Op = op
		switch r.URL.Path {
		case "/text":
			panic("canary-secret")
		case "/runtime":
			var p *http.Request
			_ = p.Method
		}
	}))
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // HTTP/1.1
	defer tr.CloseIdleConnections()
	dials := 0
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		dials++
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	c := &http.Client{Transport: tr}
	for _, path := range []string{"/text", "/runtime"} {
		if status, body, _ := get(t, c, url+path); status != 500 || body != "an internal error" {
			t.Errorf("%s: got %d %q", path, status, body)
		}
	}
	if status, _, _ := get(t, c, url+"/fine"); status != 200 {
		t.Errorf("after the panics: got %d", status)
	}
	if dials != 1 {
		t.Errorf("the connection did not survive: %d dials", dials)
	}
	if got := m.answered("op internal"); got != 2 {
		t.Errorf("counted %d panics, want 2", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if s := logged.String(); strings.Contains(s, "canary") || !strings.Contains(s, "serve_test.go") && !strings.Contains(s, "serve_test.Test") {
		t.Errorf("the log tells too much or too little: %s", s)
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

func TestDoorMustBeConfiguredWhole(t *testing.T) {
	h := whoami(new(tokens))
	cert := func() (*tls.Certificate, error) { return nil, nil }
	for name, cfg := range map[string]serve.Config{
		"no name":         {Error: fail, Plain: true},
		"no error":        {Name: "x", Plain: true},
		"no certificate":  {Name: "x", Error: fail},
		"plain and TLS":   {Name: "x", Error: fail, Plain: true, TLS: serve.TLS{Certificate: cert}},
		"taken or no use": {Name: "x", Error: fail, Plain: true, Addr: "256.0.0.1:1"},
	} {
		if s, err := serve.New(cfg, h); err == nil {
			s.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAccessLogHasNothingOfTheRequestButItsOperation(t *testing.T) {
	var logged bytes.Buffer
	var mu sync.Mutex
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) { mu.Lock(); logged.Write(p); mu.Unlock() }), &slog.HandlerOptions{Level: slog.LevelDebug}))
	op := &serve.Op{Name: "key.show"}
	_, url := start(t, serve.Config{Log: log}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve.Of(w).Op = op }))
	get(t, client(t), url+"/canary-path?q=canary-query", "Authorization", "Bearer canary-token", "X-Thing", "canary-header")
	eventually(t, "a line in the access log", func() bool { mu.Lock(); defer mu.Unlock(); return strings.Contains(logged.String(), "op=key.show") })
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(logged.String(), "canary") {
		t.Errorf("the log repeats the request: %s", logged.String())
	}
}

// discard is a ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkGate(b *testing.B) {
	k := new(tokens)
	op := &serve.Op{Name: "op"}
	h := serve.Gate(serve.Config{Name: "test", Error: fail}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := serve.Of(w)
		x.Op = op
		if _, err := serve.Identify(x, r, k); err != nil {
			b.Fatal(err)
		}
	}))
	r, _ := http.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer qt_good")
	w := discard{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
