package kmip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/access"
)

// authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.cert = a.sign(t, a.cert, a.key).Leaf
	return a
}

func (a *authority) sign(t testing.TB, c *x509.Certificate, k *ecdsa.PrivateKey) *tls.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, k.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}
}

// issue makes a certificate for a client, or for a server on the loopback.
func (a *authority) issue(t testing.TB, name string) *tls.Certificate {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}, k)
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// port is the door on a port of the loopback.
type port struct {
	t    testing.TB
	ca   *authority
	addr string
	stop func() // and wait until it has
}

func (w *world) listen(limits serve.Limits) *port { return w.listenBy(limits, nil, w.server.Serve) }

func (w *world) listenBy(limits serve.Limits, m serve.Meter, handle func(context.Context, *serve.Conn)) *port {
	w.t.Helper()
	ca := newAuthority(w.t)
	node := ca.issue(w.t, "node")
	s, err := serve.NewStream(serve.Config{
		Name: "kmip", Addr: "127.0.0.1:0", Limits: limits, Metrics: m,
		TLS: serve.TLS{Certificate: func() (*tls.Certificate, error) { return node, nil }, ClientCAs: ca.pool},
	}, handle)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
	w.t.Cleanup(stop)
	return &port{t: w.t, ca: ca, addr: s.Addr().String(), stop: stop}
}

func (p *port) dial(c *tls.Config) (*tls.Conn, error) {
	p.t.Helper()
	c.RootCAs = p.ca.pool()
	conn, err := tls.Dial("tcp", p.addr, c)
	if err == nil {
		p.t.Cleanup(func() { _ = conn.Close() })
		err = conn.SetDeadline(time.Now().Add(time.Minute)) // a test that hangs says so
	}
	return conn, err
}

func (p *port) client(name string) *tls.Config {
	p.t.Helper()
	return &tls.Config{Certificates: []tls.Certificate{*p.ca.issue(p.t, name)}}
}

func (p *port) connect(name string) *tls.Conn {
	p.t.Helper()
	c, err := p.dial(p.client(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// say sends a request in XML and reads the answer.
func (p *port) say(c net.Conn, text string) ttlv.Item {
	p.t.Helper()
	m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := c.Write(m.Root().Raw()); err != nil {
		p.t.Fatal(err)
	}
	return p.read(c)
}

func (p *port) read(c net.Conn) ttlv.Item {
	p.t.Helper()
	b, err := ttlv.Read(c, nil, 1<<20)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.Root()
}

// TestTheCertificateSaysWhoAsks: the same key, on the same port, for the one whom a policy permits and for another.
func TestTheCertificateSaysWhoAsks(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	w.f.Grant("app", `permit (principal == Certificate::"app", action in [Action::"read", Action::"reveal"], resource);`)
	p := w.listen(serve.Limits{})
	for name, want := range map[string]string{"app": "Success", "other": "ItemNotFound: there is no such object"} {
		c := p.connect(name)
		for range 3 { // one connection, several requests
			if got := outcomes(t, p.say(c, request("1.4", "", "Get "+id)))[0]; got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
		}
	}
	entries := w.f.AuditEntries(0)
	last := entries[len(entries)-1]
	if last.Caller.Door != "kmip" || last.Caller.Kind != access.ByCertificate {
		t.Errorf("the audit says %+v", last.Caller)
	}
}

func TestNobodyComesInWithoutACertificate(t *testing.T) {
	p := open(t).listen(serve.Limits{})
	stranger := newAuthority(t).issue(t, "app")
	for name, c := range map[string]*tls.Config{
		"none": {}, "a stranger's": {Certificates: []tls.Certificate{*stranger}}, "TLS 1.1": {MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS11, Certificates: []tls.Certificate{*p.ca.issue(t, "app")}},
	} {
		conn, err := p.dial(c)
		if err == nil { // with TLS 1.3 the client learns it when it reads
			_, err = conn.Read(make([]byte, 1))
		}
		if err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	old, err := p.dial(&tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*p.ca.issue(t, "app")}})
	if err != nil {
		t.Fatalf("TLS 1.2: %v", err)
	}
	if got := outcomes(t, p.say(old, request("1.2", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`)))[0]; got != "Success" {
		t.Errorf("over TLS 1.2: %s", got)
	}
}

// TestWhatIsNoMessageEndsTheConnection, with an answer: nobody knows where the next message would begin.
func TestWhatIsNoMessageEndsTheConnection(t *testing.T) {
	p := open(t).listen(serve.Limits{})
	for name, sent := range map[string][]byte{"HTTP": []byte("GET / HTTP/1.1\r\n\r\n"), "a lying length": {0x42, 0, 0x78, 1, 0xFF, 0xFF, 0xFF, 0xF8}} {
		c := p.connect("app")
		if _, err := c.Write(sent); err != nil {
			t.Fatal(err)
		}
		if got := outcomes(t, p.read(c)); len(got) != 1 || !strings.HasPrefix(got[0], "InvalidMessage: ") {
			t.Errorf("%s: got %v", name, got)
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s: the connection goes on", name)
		}
	}
	// Bad inside of a good frame: the connection goes on.
	c := p.connect("app")
	if _, err := c.Write([]byte{0x42, 0, 0x78, 1, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, p.read(c)); !strings.HasPrefix(got[0], "MissingData: ") {
		t.Errorf("an empty request: %v", got)
	}
	if got := outcomes(t, p.say(c, request("1.2", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`)))[0]; got != "Success" {
		t.Errorf("after it: %s", got)
	}
}

// TestSilentAndSlowClientsAreLetGo: one that never asks, and one that never ends its request.
func TestSilentAndSlowClientsAreLetGo(t *testing.T) {
	p := open(t).listen(serve.Limits{IdleTimeout: 50 * time.Millisecond, BodyTimeout: 50 * time.Millisecond})
	silent, slow := p.connect("app"), p.connect("app")
	if _, err := slow.Write([]byte{0x42, 0, 0x78}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]net.Conn{"silent": silent, "slow": slow} {
		var timeout net.Error
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("the %s client is still there: %v", name, err)
		}
	}
}

// TestAnIdleConnectionDoesNotHoldUpTheEnd, though it may stay idle for minutes.
func TestAnIdleConnectionDoesNotHoldUpTheEnd(t *testing.T) {
	p := open(t).listen(serve.Limits{DrainTimeout: time.Hour})
	c := p.connect("app")
	p.say(c, request("1.2", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`))
	p.stop()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection goes on")
	}
}
