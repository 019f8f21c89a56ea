package peer_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/vault/fault"
)

func TestNodeNames(t *testing.T) {
	for _, good := range []string{"a", "n1", "0", "a-b-", strings.Repeat("x", 63)} {
		if err := peer.CheckNode(good); err != nil {
			t.Errorf("%q refused: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-a", "A", "a.b", "a/b", "ä", "a b", "a\x00", strings.Repeat("x", 64)} {
		if err := peer.CheckNode(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want invalid", bad, err)
		}
	}
}

func TestClusterIDsReadBack(t *testing.T) {
	id := [16]byte{0, 1, 2, 0xfe, 15: 0xff}
	got, err := peer.ParseCluster(peer.FormatCluster(id))
	if err != nil || got != id {
		t.Errorf("got %x, %v", got, err)
	}
	for _, bad := range []string{"", "000102fe000000000000000000000" + "0ff", "000102FE-0000-0000-0000-0000000000ff", "zz"} {
		if _, err := peer.ParseCluster(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q accepted", bad)
		}
	}
}

func TestIdentitySurvivesTheDisk(t *testing.T) {
	a := newAuthority(t, 1)
	dir := filepath.Join(t.TempDir(), "id")
	if _, err := peer.LoadIdentity(dir); !errors.Is(err, fault.NotFound) {
		t.Errorf("empty folder: %v, want not_found", err)
	}
	want := a.identity(t, "n1")
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	got, err := peer.LoadIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Node != "n1" || got.Cluster != a.cluster || !bytes.Equal(got.GossipKey, want.GossipKey) || !bytes.Equal(got.LogKey, want.LogKey) {
		t.Errorf("read back %v", got)
	}
	if !got.Cert.Leaf.Equal(want.Cert.Leaf) || len(got.Cert.Certificate) != 2 || !bytes.Equal(got.CAPEM, want.CAPEM) {
		t.Error("the certificates differ")
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", f.Name(), info.Mode())
		}
	}
}

// A renewal writes five times; whatever was written last, the folder still opens.
func TestRenewalSurvivesACrashAtAnyStep(t *testing.T) {
	a := newAuthority(t, 1)
	before, after := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	old := a.identity(t, "n1")
	if err := old.Save(before); err != nil {
		t.Fatal(err)
	}
	if err := old.Save(after); err != nil {
		t.Fatal(err)
	}
	if err := a.identity(t, "n1").Save(after); err != nil {
		t.Fatal(err)
	}
	read := func(dir, name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	oldKey, newKey := read(before, "node.key"), read(after, "node.key")
	oldCert, newCert := read(before, "node.crt"), read(after, "node.crt")
	for i, state := range [][2][]byte{
		{oldKey, oldCert},
		{append(bytes.Clone(newKey), oldKey...), oldCert},
		{append(bytes.Clone(newKey), oldKey...), newCert},
		{newKey, newCert},
	} {
		if err := os.WriteFile(filepath.Join(before, "node.key"), state[0], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(before, "node.crt"), state[1], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.LoadIdentity(before); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if err := os.WriteFile(filepath.Join(before, "node.key"), oldKey, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.LoadIdentity(before); !errors.Is(err, fault.Invalid) {
		t.Errorf("foreign key: %v, want invalid", err)
	}
}

func TestDamagedIdentityIsRefused(t *testing.T) {
	a := newAuthority(t, 1)
	for _, name := range []string{"node.crt", "node.key", "ca.crt", "secrets.cbor"} {
		dir := t.TempDir()
		if err := a.identity(t, "n1").Save(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("rubbish"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.LoadIdentity(dir); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s damaged: %v, want invalid", name, err)
		}
	}
}

func TestIdentityPrintsNoSecret(t *testing.T) {
	id := newAuthority(t, 1).identity(t, "n1")
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "id", id)
	for _, text := range []string{fmt.Sprint(id), fmt.Sprintf("%+v", id), fmt.Sprintf("%#v", id), fmt.Sprintf("%x", id), fmt.Sprintf("%v", *id), logged.String()} {
		if strings.Contains(text, "gossip-key") || strings.Contains(text, fmt.Sprintf("%x", "log key")) || strings.Contains(text, "log key") ||
			strings.Contains(text, fmt.Sprint([]byte("log key"))) {
			t.Errorf("a secret shows in %.80q", text)
		}
	}
}

func TestIssuerTakesOnlyKeyAndNamesFromARequest(t *testing.T) {
	a := newAuthority(t, 1)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	evil := &url.URL{Scheme: "quorate", Host: peer.FormatCluster(a.cluster), Path: "/node/boss"}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "boss"}, URIs: []*url.URL{evil}, EmailAddresses: []string{"root@example.org"}, DNSNames: []string{"Ok.Example"},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := peer.SignNode(a.der, a.key, csr, "n1", a.cluster, time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	cluster, node, err := peer.NodeOf(cert)
	if err != nil || node != "n1" || cluster != a.cluster {
		t.Errorf("certificate names %q, %v", node, err)
	}
	if cert.Subject.CommonName != "n1" || len(cert.URIs) != 1 || len(cert.EmailAddresses) != 0 || cert.IsCA {
		t.Errorf("more was taken: %v %v %v", cert.Subject, cert.URIs, cert.EmailAddresses)
	}
	for _, host := range []string{"n1", "localhost", "ok.example", "127.0.0.1", "::1"} {
		if err := cert.VerifyHostname(host); err != nil {
			t.Errorf("does not name %s: %v", host, err)
		}
	}
}

func TestIssuerRefuses(t *testing.T) {
	a, b := newAuthority(t, 1), newAuthority(t, 9)
	_, good, err := peer.NewCSR("n1", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	withNames := func(names ...string) []byte {
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: names}, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	now := time.Now()
	cases := map[string]func() error{
		"forged signature": func() error {
			_, err := peer.SignNode(a.der, a.key, forged, "n1", a.cluster, time.Hour, now)
			return err
		},
		"wildcard": func() error {
			_, err := peer.SignNode(a.der, a.key, withNames("*.example"), "n1", a.cluster, time.Hour, now)
			return err
		},
		"too many names": func() error {
			_, err := peer.SignNode(a.der, a.key, withNames(strings.Split(strings.Repeat("a,", 40)+"a", ",")...), "n1", a.cluster, time.Hour, now)
			return err
		},
		"bad node": func() error {
			_, err := peer.SignNode(a.der, a.key, good, "N1", a.cluster, time.Hour, now)
			return err
		},
		"other cluster": func() error {
			_, err := peer.SignNode(a.der, a.key, good, "n1", b.cluster, time.Hour, now)
			return err
		},
		"foreign key": func() error {
			_, err := peer.SignNode(a.der, b.key, good, "n1", a.cluster, time.Hour, now)
			return err
		},
		"no lifetime": func() error {
			_, err := peer.SignNode(a.der, a.key, good, "n1", a.cluster, 0, now)
			return err
		},
		"rubbish": func() error {
			_, err := peer.SignNode(a.der, a.key, []byte("x"), "n1", a.cluster, time.Hour, now)
			return err
		},
		"control character": func() error {
			_, err := peer.SignClient(a.der, a.key, good, "a\nb", time.Hour, now)
			return err
		},
	}
	for name, try := range cases {
		if err := try(); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestClientCertificateNamesNoNode(t *testing.T) {
	a := newAuthority(t, 1)
	_, csr, err := peer.NewCSR("n1", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := peer.SignClient(a.der, a.key, csr, "node/n1", 100*365*24*time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := peer.NodeOf(cert); !errors.Is(err, fault.Unauthenticated) {
		t.Errorf("NodeOf: %v, want unauthenticated", err)
	}
	ca, err := x509.ParseCertificate(a.der)
	if err != nil {
		t.Fatal(err)
	}
	if cert.NotAfter.After(ca.NotAfter) || len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageClientAuth {
		t.Errorf("until %v, usage %v", cert.NotAfter, cert.ExtKeyUsage)
	}
}
