package peer_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

func TestThreeNodesCallEachOther(t *testing.T) {
	names := []string{"n1", "n2", "n3"}
	a := newAuthority(t, 1, names...)
	ports := map[string]*peer.Port{}
	for _, n := range names {
		ports[n] = a.open(t, n)
		ports[n].Handle("test/echo", echo)
	}
	for _, from := range names {
		for _, to := range names {
			got, err := ports[from].Call(within(t, 5*time.Second), ports[to].Addr().String(), to, "test/echo", []byte("hello"))
			if err != nil || string(got) != from+":hello" {
				t.Errorf("%s to %s: %q, %v", from, to, got, err)
			}
		}
	}
}

func TestStrangersAreRefused(t *testing.T) {
	a, other := newAuthority(t, 1, "n1", "n2"), newAuthority(t, 7, "n2")
	sameID := newAuthority(t, 1, "n2") // our cluster's id, but not our CA
	p := a.open(t, "n1")
	valid, removed := a.identity(t, "n2"), a.identity(t, "n9")
	expired := a.identityAt(t, "n2", time.Now().Add(-2*time.Hour), time.Hour)
	_, csr, err := peer.NewCSR("n2", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, csr2, err := peer.NewCSR("n2", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = csr
	der, err := peer.SignClient(a.der, a.key, csr2, "n2", time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	client := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: signer}
	cases := []struct {
		name string
		cfg  *tls.Config
		cert *tls.Certificate
	}{
		{"other cluster", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, &other.identity(t, "n2").Cert},
		{"same cluster id, other CA", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, &sameID.identity(t, "n2").Cert},
		{"not a member", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, &removed.Cert},
		{"not a member, calls", &tls.Config{NextProtos: []string{peer.ALPNCall}}, &removed.Cert},
		{"expired", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, &expired.Cert},
		{"no certificate", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, nil},
		{"no certificate, calls", &tls.Config{NextProtos: []string{peer.ALPNCall}}, nil},
		{"no certificate, join offered too", &tls.Config{NextProtos: []string{peer.ALPNJoin, peer.ALPNRaft}}, nil},
		{"a client's certificate", &tls.Config{NextProtos: []string{peer.ALPNRaft}}, client},
		{"TLS 1.2", &tls.Config{NextProtos: []string{peer.ALPNRaft}, MaxVersion: tls.VersionTLS12}, &valid.Cert},
		{"unknown protocol", &tls.Config{NextProtos: []string{"http/1.1"}}, &valid.Cert},
		{"no protocol", &tls.Config{}, &valid.Cert},
	}
	for _, c := range cases {
		before := p.Refused()
		conn, err := dialWith(t, p, c.cfg, c.cert)
		if err == nil && !hungUp(t, conn) {
			t.Errorf("%s: let in", c.name)
		}
		if p.Refused() == before {
			eventually(t, c.name+" is counted", func() bool { return p.Refused() > before })
		}
	}
	if conn, err := dial(t, p, &valid.Cert, peer.ALPNRaft); err != nil || conn.ConnectionState().Version != tls.VersionTLS13 {
		t.Errorf("a member is refused: %v", err)
	}
}

// eventually waits for what happens in real time, on the other side of a socket.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(15 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not within 15 s", what)
		}
	}
}

func TestGarbageAndSilenceAreHungUpOn(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1", func(c *peer.Config) { c.HandshakeTimeout = 200 * time.Millisecond })
	for _, first := range []string{"", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff", strings.Repeat("\x00", 4096)} {
		c, err := net.Dial("tcp", p.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, _ = io.WriteString(c, first)
		if _, err := io.Copy(io.Discard, c); errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 4*time.Second {
			t.Errorf("%.10q: still connected", first)
		}
		_ = c.Close()
	}
}

func TestOneAddressCannotTakeEveryHandshake(t *testing.T) {
	a := newAuthority(t, 1, "n1")
	p := a.open(t, "n1", func(c *peer.Config) { c.MaxConnsPerAddress = 3 })
	for range 3 {
		c, err := net.Dial("tcp", p.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	c, err := net.Dial("tcp", p.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if !hungUp(t, c) {
		t.Error("the fourth silent connection is kept")
	}
}

func TestOneMemberCannotTakeEveryConnection(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p := a.open(t, "n1", func(c *peer.Config) { c.MaxConnsPerMember = 2 })
	p.Transport("n1", peer.TransportConfig{})
	id := a.identity(t, "n2")
	before := p.Refused()
	for range 3 {
		if _, err := dial(t, p, &id.Cert, peer.ALPNRaft); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the third connection is refused", func() bool { return p.Refused() == before+1 })
}

func TestRemovedMemberIsCutOnItsOpenConnection(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	var ran atomic.Int32
	n1.Handle("x", func(context.Context, string, []byte) ([]byte, error) { ran.Add(1); return nil, nil })
	addr := n1.Addr().String()
	if _, err := n2.Call(within(t, 5*time.Second), addr, "n1", "x", nil); err != nil {
		t.Fatal(err)
	}
	a.remove("n2")
	if _, err := n2.Call(within(t, 5*time.Second), addr, "n1", "x", nil); err == nil {
		t.Error("a removed member is answered on its open connection")
	}
	if ran.Load() != 1 {
		t.Errorf("the handler ran %d times", ran.Load())
	}
}

func TestCutMemberEndsItsCalls(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	entered, ended := make(chan struct{}), make(chan struct{})
	n1.Handle("wait", func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
		close(entered)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	})
	go func() {
		<-entered
		n1.CutMember("n2")
	}()
	_, err := n2.Call(within(t, 10*time.Second), n1.Addr().String(), "n1", "wait", nil)
	var failed *peer.CallError
	if !errors.As(err, &failed) || !failed.Sent || !errors.Is(err, fault.Uncertain) {
		t.Errorf("got %v, want an uncertain CallError", err)
	}
	<-ended
}

func TestFailuresTravelAsData(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	for _, k := range fault.All() {
		n1.Handle("fail", func(context.Context, string, []byte) ([]byte, error) {
			return nil, fault.Wrap(k, errors.New("the cause stays here"), "said %s", k).WithHint("do this")
		})
		_, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "fail", nil)
		got := fault.Of(err)
		if got.Kind != k || got.Message != "said "+k.String() || got.Hint != "do this" {
			t.Errorf("%s arrives as %v %q %q", k, got.Kind, got.Message, got.Hint)
		}
		if strings.Contains(err.Error(), "cause") {
			t.Errorf("the cause left the node: %v", err)
		}
		var failed *peer.CallError
		if errors.As(err, &failed) {
			t.Errorf("%s looks like a failed way", k)
		}
	}
}

func TestPanicShowsNothingInternal(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	var logged bytes.Buffer
	n1 := a.open(t, "n1", func(c *peer.Config) { c.Log = slog.New(slog.NewTextHandler(&logged, nil)) })
	n2 := a.open(t, "n2")
	n1.Handle("boom", func(context.Context, string, []byte) ([]byte, error) { panic("secret detail") })
	_, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "boom", nil)
	if !errors.Is(err, fault.Internal) || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(logged.String(), "a peer call panicked") || strings.Contains(logged.String(), "secret detail") {
		t.Errorf("logged %q", logged.String())
	}
}

func TestBodiesAreBoundedBothWays(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	small := func(c *peer.Config) { c.MaxBody = 1000 }
	n1, n2, big := a.open(t, "n1", small), a.open(t, "n2", small), a.open(t, "n2")
	var ran atomic.Int32
	n1.Handle("x", func(context.Context, string, []byte) ([]byte, error) { ran.Add(1); return make([]byte, 1001), nil })
	addr := n1.Addr().String()
	if _, err := n2.Call(within(t, 5*time.Second), addr, "n1", "x", make([]byte, 1001)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("sent too much: %v", err)
	}
	if _, err := big.Call(within(t, 5*time.Second), addr, "n1", "x", make([]byte, 1001)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("received too much: %v", err)
	}
	if ran.Load() != 0 {
		t.Error("the handler saw a body over the limit")
	}
	if _, err := n2.Call(within(t, 5*time.Second), addr, "n1", "x", make([]byte, 1000)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("answered too much: %v", err)
	}
	big.Handle("y", func(context.Context, string, []byte) ([]byte, error) { return make([]byte, 1001), nil })
	if _, err := n1.Call(within(t, 5*time.Second), big.Addr().String(), "n2", "y", nil); !errors.Is(err, fault.Uncertain) {
		t.Errorf("an answer over our limit: %v, want uncertain", err)
	}
}

func TestDeadlineTravels(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	left := make(chan time.Duration, 1)
	n1.Handle("x", func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
		d, ok := ctx.Deadline()
		if !ok {
			d = time.Now().Add(time.Hour)
		}
		left <- time.Until(d)
		return nil, nil
	})
	if _, err := n2.Call(within(t, 3*time.Second), n1.Addr().String(), "n1", "x", nil); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got > 3*time.Second || got < time.Second {
		t.Errorf("the handler has %v left of 3 s", got)
	}
}

func TestUnreachableIsNotUncertain(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2", "n3")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	n2.Handle("x", echo)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := dead.Addr().String() // accepts in the kernel, never answers
	defer dead.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = gone.Close()
	for name, addr := range map[string]string{"nobody": gone.Addr().String(), "silent": silent, "another node": n2.Addr().String()} {
		start := time.Now()
		_, err := n1.Call(within(t, 10*time.Second), addr, "n3", "x", nil)
		var failed *peer.CallError
		if !errors.As(err, &failed) || failed.Sent || failed.Node != "n3" || fault.KindOf(err) != fault.NoLeader {
			t.Errorf("%s: %v, kind %v", name, err, fault.KindOf(err))
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: noticed after %v", name, took)
		}
	}
}

func TestUnknownCallIsNamed(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1, n2 := a.open(t, "n1"), a.open(t, "n2")
	_, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "from/the-future", nil)
	if !errors.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Message, "from/the-future") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "/a", "a/", "a//b", "A", "../x", "a?b"} {
		if _, err := n2.Call(within(t, time.Second), n1.Addr().String(), "n1", bad, nil); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestRenewedCertificateIsUsedAtOnce(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	n1 := a.open(t, "n1")
	var current atomic.Pointer[peer.Identity]
	current.Store(a.identity(t, "n2"))
	n2 := a.open(t, "n2", func(c *peer.Config) { c.Identity = current.Load })
	n1.Handle("x", echo)
	if _, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", nil); err != nil {
		t.Fatal(err)
	}
	other := newAuthority(t, 1, "n1", "n2").identity(t, "n2") // n1 does not trust it: seen only if it is used
	current.Store(other)
	if _, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", nil); err == nil {
		t.Error("the former certificate's connection was used")
	}
	current.Store(a.identity(t, "n2"))
	if _, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", nil); err != nil {
		t.Error(err)
	}
}

func TestCertificateThatRunsOutIsCut(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	n1, n2 := a.open(t, "n1", func(c *peer.Config) { c.Now = clock }), a.open(t, "n2")
	n1.Handle("x", echo)
	if _, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", nil); err != nil {
		t.Fatal(err)
	}
	ahead.Store(int64(2 * time.Hour))
	if _, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", nil); err == nil {
		t.Error("an expired certificate's open connection is served")
	}
}

func TestPortNeedsIdentityAndMembers(t *testing.T) {
	if _, err := peer.Listen("127.0.0.1:0", peer.Config{}); !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

// TestBodyAndAnswerAreClearedWhenTheAnswerIsOut holds on to both at the node that is called.
func TestBodyAndAnswerAreClearedWhenTheAnswerIsOut(t *testing.T) {
	secret := bytes.Repeat([]byte("canary"), 10_000) // more than what net/http holds back
	for name, c := range map[string]struct {
		size int
		fail error
	}{"short": {6, nil}, "long": {len(secret), nil}, "failed": {6, fault.New(fault.Denied, "no")}} {
		t.Run(name, func(t *testing.T) {
			memory := make(chan []byte, 2)
			t.Cleanup(func() { // after the port has ended
				for _, what := range []string{"body", "answer"} {
					if b := <-memory; len(b) != c.size || len(bytes.Trim(b, "\x00")) != 0 {
						t.Errorf("the %s has %d bytes and begins with %q", what, len(b), b[:6])
					}
				}
			})
			a := newAuthority(t, 1, "n1", "n2")
			n1, n2 := a.open(t, "n1"), a.open(t, "n2")
			n1.Handle("x", func(_ context.Context, _ string, body []byte) ([]byte, error) {
				answer := bytes.Clone(body)
				memory <- body
				memory <- answer
				return answer, c.fail
			})
			got, err := n2.Call(within(t, 5*time.Second), n1.Addr().String(), "n1", "x", secret[:c.size])
			if c.fail == nil && (err != nil || !bytes.Equal(got, secret[:c.size])) || c.fail != nil && !errors.Is(err, fault.Denied) {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
		})
	}
}

// TestNobodyReadsABodyAfterItsCall: its caller clears it then.
func TestNobodyReadsABodyAfterItsCall(t *testing.T) {
	secret := []byte("canary")
	b := peer.Lend(secret)
	p := make([]byte, 4)
	if n, err := b.Read(p); n != 4 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	b.End()
	if n, err := b.Read(p); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("read %q, %v after the end", p[:n], err)
	}
	whole := peer.Lend(secret)
	if got, err := io.ReadAll(whole); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("%q, %v", got, err)
	}
	whole.End()
	if _, err := whole.Read(p); !errors.Is(err, io.EOF) { // it went out whole: no failure
		t.Errorf("%v", err)
	}
}
