package main

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/vault/fault"
)

func TestMembersAreFoundByListAndByName(t *testing.T) {
	dns, err := kit.NewDNS("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	j := joinConfig{Resolver: dns.Addr(), Peers: []string{"192.0.2.1:7801", "dns:nodes.test:7801", "srv:_quorate._tcp.test"}}
	all, err := j.addresses(t.Context())
	if want := []string{"192.0.2.1:7801"}; !slices.Equal(all, want) || err == nil || !strings.Contains(err.Error(), "_quorate._tcp.test") {
		t.Errorf("names that are not there: %v, %v; want %v and an error that names the last", all, err, want)
	}
	if err := dns.Host("nodes.test", "192.0.2.2", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if err := dns.Service("_quorate._tcp.test", "192.0.2.3:9", "192.0.2.4:7801", "192.0.2.2:7801"); err != nil {
		t.Fatal(err)
	}
	all, err = j.addresses(t.Context()) // looked up anew
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"192.0.2.1:7801", "192.0.2.2:7801", "192.0.2.3:9", "192.0.2.4:7801"}; !slices.Equal(all, want) {
		t.Errorf("got %v, want %v: each once, services by priority", all, want)
	}
}

func TestAPeerIsAnAddressOrAName(t *testing.T) {
	for _, good := range []string{"10.0.0.1:7801", "[::1]:7801", "node1:7801", "dns:quorate-nodes:7801", "srv:_quorate._tcp.example.com"} {
		if err := checkPeer(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "node1", "node1:", "node1:0", "node1:70000", "node1:x", "dns:node1", "dns::7801", "srv:", "srv:name:7801"} {
		if err := checkPeer(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v, want invalid", bad, err)
		}
	}
}

// refuser is a node of a cluster of its own that refuses joins; pin is of that cluster.
func refuser(t *testing.T) (addr string, pin [32]byte) {
	t.Helper()
	ca, caKey, err := peer.NewCA([16]byte{1}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, csr, err := peer.NewCSR("n1", []string{"localhost"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := peer.SignNode(ca, caKey, csr, "n1", [16]byte{1}, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.NewIdentity(cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}), make([]byte, 32), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	port, err := peer.Listen("127.0.0.1:0", peer.Config{Identity: func() *peer.Identity { return id }, Member: func(string) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	port.HandleJoin(func(context.Context, []byte) ([]byte, error) { return nil, fault.New(fault.Denied, "used up") })
	ended := make(chan error, 1)
	go func() { ended <- port.Run(context.Background()) }()
	t.Cleanup(func() { _ = port.Close(); <-ended })
	return port.Addr().String(), sha256.Sum256(ca)
}

// Somebody else's node at one address says nothing of the others: the join ends with what a member answers.
func TestAForeignNodeDoesNotEndAJoin(t *testing.T) {
	foreign, _ := refuser(t)
	own, pin := refuser(t)
	for want, peers := range map[fault.Kind][]string{fault.Denied: {foreign, own}, fault.Unauthenticated: {foreign}} {
		n := &node{log: slog.New(slog.DiscardHandler), cfg: config{Join: joinConfig{Peers: peers}}}
		if _, err := n.ask(t.Context(), pin, nil); fault.KindOf(err) != want {
			t.Errorf("%d addresses: got %v, want %v", len(peers), err, want)
		}
	}
}

// With a name, members may be found later: here only the second time that it is looked up.
func TestAForeignNodeBehindANameDoesNotEndAJoin(t *testing.T) {
	foreign, _ := refuser(t)
	own, pin := refuser(t)
	dns, err := kit.NewDNS("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dns.Close)
	if err := dns.Service("_quorate._tcp.test", foreign); err != nil {
		t.Fatal(err)
	}
	n := &node{cfg: config{Join: joinConfig{Resolver: dns.Addr(), Peers: []string{"srv:_quorate._tcp.test"}}}}
	n.log = slog.New(onRecord{slog.DiscardHandler, func() { _ = dns.Service("_quorate._tcp.test", own) }})
	if _, err := n.ask(t.Context(), pin, nil); fault.KindOf(err) != fault.Denied {
		t.Errorf("got %v, want what the member said", err)
	}
}

// onRecord is a log that calls a function with each record.
type onRecord struct {
	slog.Handler
	f func()
}

func (o onRecord) Enabled(context.Context, slog.Level) bool { return true }

func (o onRecord) Handle(context.Context, slog.Record) error { o.f(); return nil }

func TestCertificatesAreForEveryDoor(t *testing.T) {
	c := config{}
	c.Listen.KMIP, c.Listen.Keas = "192.0.2.9:5696", "192.0.2.8:5697"
	for _, want := range []string{"192.0.2.9", "192.0.2.8"} {
		if !slices.Contains(c.hosts(), want) {
			t.Errorf("%s is not among %v", want, c.hosts())
		}
	}
}
