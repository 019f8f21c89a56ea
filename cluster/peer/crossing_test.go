package peer_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
)

// With the operator's own PKI one CA may serve two clusters: the cluster's id tells them apart.
func TestSameCAOtherClusterIsRefused(t *testing.T) {
	a := newAuthority(t, 1, "n1", "n2")
	p := a.open(t, "n1")
	id := a.identity(t, "n2")
	ca, err := x509.ParseCertificate(a.der)
	if err != nil {
		t.Fatal(err)
	}
	caKey, err := x509.ParsePKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	for cluster, in := range map[[16]byte]bool{a.cluster: true, {9, 9, 9}: false} {
		leaf := &x509.Certificate{
			SerialNumber: big.NewInt(5), NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
			URIs:        []*url.URL{{Scheme: "quorate", Host: peer.FormatCluster(cluster), Path: "/node/n2"}},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		der, err := x509.CreateCertificate(rand.Reader, leaf, ca, id.Cert.Leaf.PublicKey, caKey)
		if err != nil {
			t.Fatal(err)
		}
		before := p.Refused()
		conn, err := dial(t, p, &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: id.Cert.PrivateKey}, peer.ALPNCall)
		if err != nil {
			t.Fatal(err)
		}
		if in {
			continue // the next one shows the difference
		}
		if !hungUp(t, conn) {
			t.Error("a node of another cluster is let in")
		}
		eventually(t, "the refusal is counted", func() bool { return p.Refused() > before })
	}
}

// Save fails in the middle of a renewal; the former certificate still finds its key.
func TestInterruptedRenewalLeavesTheFormerIdentity(t *testing.T) {
	a := newAuthority(t, 1)
	dir := t.TempDir()
	if err := a.identity(t, "n1").Save(dir); err != nil {
		t.Fatal(err)
	}
	crt := filepath.Join(dir, "node.crt")
	former, err := os.ReadFile(crt)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(crt); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(crt, 0o700); err != nil { // no file can be renamed over it
		t.Fatal(err)
	}
	if err := a.identity(t, "n1").Save(dir); err == nil {
		t.Fatal("Save did not notice")
	}
	if err := os.Remove(crt); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(crt, former, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.LoadIdentity(dir); err != nil {
		t.Error(err)
	}
}
