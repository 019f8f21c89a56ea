package peer_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
)

// authority is a cluster's CA and who belongs to the cluster.
type authority struct {
	cluster [16]byte
	der     []byte
	key     []byte

	mu      sync.Mutex
	members map[string]bool
}

func newAuthority(t testing.TB, first byte, members ...string) *authority {
	t.Helper()
	a := &authority{cluster: [16]byte{first, 2, 3}, members: map[string]bool{}}
	var err error
	if a.der, a.key, err = peer.NewCA(a.cluster, time.Now().Add(-24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		a.members[m] = true
	}
	return a
}

func (a *authority) pin() [32]byte { return sha256.Sum256(a.der) }

func (a *authority) member(node string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.members[node]
}

func (a *authority) remove(node string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.members, node)
}

func (a *authority) identity(t testing.TB, node string) *peer.Identity {
	t.Helper()
	return a.identityAt(t, node, time.Now(), time.Hour)
}

func (a *authority) identityAt(t testing.TB, node string, now time.Time, lifetime time.Duration) *peer.Identity {
	t.Helper()
	key, csr, err := peer.NewCSR(node, []string{"host.example"}, []net.IP{net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := peer.SignNode(a.der, a.key, csr, node, a.cluster, lifetime, now)
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.NewIdentity(cert, key, a.pem(), []byte("gossip-key-gossip-key-gossip-key"), []byte("log key"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der})
}

// open runs a port for node until the test ends.
func (a *authority) open(t testing.TB, node string, adjust ...func(*peer.Config)) *peer.Port {
	t.Helper()
	id := a.identity(t, node)
	cfg := peer.Config{Identity: func() *peer.Identity { return id }, Member: a.member, Log: quiet()}
	for _, f := range adjust {
		f(&cfg)
	}
	p, err := peer.Listen("127.0.0.1:0", cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Run does not return")
		}
	})
	return p
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// dial makes a raw TLS connection to p with the given certificate (nil: none) and protocols.
func dial(t testing.TB, p *peer.Port, cert *tls.Certificate, protos ...string) (*tls.Conn, error) {
	t.Helper()
	return dialWith(t, p, &tls.Config{NextProtos: protos}, cert)
}

func dialWith(t testing.TB, p *peer.Port, cfg *tls.Config, cert *tls.Certificate) (*tls.Conn, error) {
	t.Helper()
	cfg.InsecureSkipVerify = true //nolint:gosec // the test plays an attacker
	if cert != nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert, nil }
	}
	raw, err := net.DialTimeout("tcp", p.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	if err := raw.SetDeadline(time.Now().Add(8 * time.Second)); err != nil {
		t.Fatal(err)
	}
	c := tls.Client(raw, cfg)
	return c, c.Handshake()
}

// hungUp tells whether the other side ended the connection without a word. A deadline that runs out means that it did not.
func hungUp(t testing.TB, c net.Conn) bool {
	t.Helper()
	var b [1]byte
	n, err := c.Read(b[:])
	return n == 0 && err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

func within(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func echo(_ context.Context, from string, body []byte) ([]byte, error) {
	return append([]byte(from+":"), body...), nil
}
