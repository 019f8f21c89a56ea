package serve_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

// counter is a Meter that remembers.
type counter struct {
	mu      sync.Mutex
	gauges  map[serve.Gauge]int
	refused map[string]int
	answers map[string]int // "op outcome"
}

func newCounter() *counter {
	return &counter{gauges: map[serve.Gauge]int{}, refused: map[string]int{}, answers: map[string]int{}}
}

func (c *counter) Op(name string) serve.OpMeter { return opCounter{c, name} }

func (c *counter) Add(g serve.Gauge, delta int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gauges[g] += delta
}

func (c *counter) Refused(limit string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused[limit]++
}

func (c *counter) gauge(g serve.Gauge) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gauges[g]
}

func (c *counter) answered(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[what]
}

type opCounter struct {
	c  *counter
	op string
}

func (o opCounter) Answered(_ time.Duration, outcome string) {
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	o.c.answers[o.op+" "+outcome]++
}

func fail(x *serve.Exchange, err error) {
	f := fault.Of(err)
	x.Failed(f.Kind)
	status := map[fault.Kind]int{fault.Busy: 429, fault.Unauthenticated: 401, fault.Invalid: 400}[f.Kind]
	if status == 0 {
		status = 500
	}
	x.WriteHeader(status)
	_, _ = io.WriteString(x, f.Message)
}

// authority issues client certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test ca"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, k}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

func (a *authority) client(t testing.TB, name string) tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k}
}

// start runs a TLS door with h until the test ends.
func start(t testing.TB, cfg serve.Config, h http.Handler) (*serve.Server, string) {
	t.Helper()
	cfg.Name, cfg.Addr, cfg.Error = "test", "127.0.0.1:0", fail
	if !cfg.Plain && cfg.TLS.Certificate == nil {
		cert, err := serve.SelfSigned("n1", "127.0.0.1", "localhost")
		if err != nil {
			t.Fatal(err)
		}
		cfg.TLS.Certificate = func() (*tls.Certificate, error) { return cert, nil }
	}
	s, err := serve.New(cfg, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	scheme := "https://"
	if cfg.Plain {
		scheme = "http://"
	}
	return s, scheme + s.Addr().String()
}

// client trusts whatever it meets: the tests here are about the server.
func client(t testing.TB, certs ...tls.Certificate) *http.Client {
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: certs}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func get(t testing.TB, c *http.Client, url string, header ...string) (int, string, *http.Response) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(5 * time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("never happened: %s", what)
		case <-tick.C:
		}
	}
}
