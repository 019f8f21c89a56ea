package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/vaulttest"
)

// shell runs commands against the API of one node of a real vault's cluster.
type shell struct {
	t      *testing.T
	common []string
}

func shellAt(t *testing.T, f *vaulttest.Fixture, node int) *shell {
	t.Helper()
	cert, err := serve.SelfSigned(f.Node(node), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	h := rest.New(f.Vault(node), rest.Config{Version: "test"})
	s, err := serve.New(serve.Config{
		Name: "rest", Addr: "127.0.0.1:0", Error: h.Fail,
		TLS: serve.TLS{Certificate: func() (*tls.Certificate, error) { return cert, nil }},
	}, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("QUORATE_TOKEN", string(f.RootToken()))
	return &shell{t: t, common: []string{"--addr", "https://" + s.Addr().String(), "--ca", ca}}
}

// run gives a command its input and holds it to an exit code.
func (s *shell) run(code int, in string, args ...string) (out, talk string) {
	s.t.Helper()
	var o, e strings.Builder
	if got := run(s.t.Context(), append(s.common, args...), &app{in: strings.NewReader(in), out: &o, talk: &e}); got != code {
		s.t.Errorf("%v: exit code %d, want %d: %s", args, got, code, &e)
	}
	return o.String(), e.String()
}

func lines(f *vaulttest.Fixture, which ...int) string {
	all := f.Shares()
	var b strings.Builder
	for _, i := range which {
		b.Write(all[i-1])
		b.WriteByte('\n')
	}
	return b.String()
}

func TestUnsealAtAnOpenNodeOpensTheOthers(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(5, 3))
	f.Restart(1)
	f.Restart(2)
	s := shellAt(t, f, 0)
	out, _ := s.run(0, lines(f, 1, 2), "operator", "unseal")
	for _, want := range []string{"Progress:      2 of 3 shares", "Still sealed:  n2, n3"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing:\n%s", want, out)
		}
	}
	// The two are in already; the third share is what is missing, and the fourth is not needed any more.
	out, talk := s.run(0, lines(f, 1, 2, 3, 4), "operator", "unseal")
	if f.Vault(1).Sealed() || f.Vault(2).Sealed() {
		t.Error("a member is still sealed")
	}
	if !strings.Contains(out, "complete") || strings.Contains(out, "Still sealed") {
		t.Errorf("the result is\n%s", out)
	}
	if n := strings.Count(talk, "passed over"); n != 2 {
		t.Errorf("%d shares were passed over, want 2:\n%s", n, talk)
	}
}

func TestUnsealNamesWhoDoesNotAnswer(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	f.Restart(1)
	f.Restart(2)
	f.Cut(2)
	out, _ := shellAt(t, f, 0).run(0, lines(f, 1, 2, 3), "operator", "unseal")
	if f.Vault(1).Sealed() || !strings.Contains(out, "Still sealed:  n3\n") || !strings.Contains(out, "every member that answers is open") {
		t.Errorf("the result is\n%s", out)
	}
}

func TestUnsealFailsOnlyIfNothingAtAllWasTaken(t *testing.T) {
	f := vaulttest.Cluster(t, 2, vaulttest.WithShares(3, 2))
	f.Restart(1)
	s := shellAt(t, f, 0)
	s.run(0, lines(f, 1), "operator", "unseal")
	if out, talk := s.run(5, lines(f, 1, 1), "operator", "unseal"); out != "" || strings.Count(talk, "passed over") != 2 {
		t.Errorf("a share that is in already, twice: %s%s", out, talk)
	}
	s.run(0, lines(f, 1, 2), "operator", "unseal")
	if f.Vault(1).Sealed() {
		t.Error("the member is still sealed")
	}
	s.run(0, lines(f, 3), "operator", "unseal") // it waits at the open nodes now, and there is nobody to open
	out, talk := s.run(0, lines(f, 3), "operator", "unseal")
	if !strings.Contains(out, "complete") || !strings.Contains(talk, "passed over") {
		t.Errorf("all are open: %s%s", out, talk)
	}
}

func TestSealOfASilentMemberIsNotKnown(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	f.Cut(2)
	s := shellAt(t, f, 0)
	for _, args := range [][]string{{"status"}, {"operator", "members"}} {
		out, _ := s.run(0, "", args...)
		seals := map[string]string{}
		for line := range strings.Lines(out) {
			if cells := strings.Fields(line); len(cells) > 3 {
				seals[cells[0]] = cells[3]
			}
		}
		if seals["n2"] != "open" || seals["n3"] != "?" {
			t.Errorf("%v shows\n%s", args, out)
		}
		if out, _ := s.run(0, "", append(args, "--format", "json")...); strings.Contains(out, "?") {
			t.Errorf("%v as JSON:\n%s", args, out)
		}
	}
}

func TestClientCertificateIsNotAskedForWhereItCannotBeKept(t *testing.T) {
	f := vaulttest.New(t)
	s := shellAt(t, f, 0)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{file, filepath.Join(file, "below")} {
		if _, talk := s.run(2, "", "operator", "client-cert", "app1", "--out", out); strings.Contains(talk, "internal") || !strings.Contains(talk, "next: ") {
			t.Errorf("--out %s: %s", out, talk)
		}
	}
	for _, e := range f.AuditEntries(0) {
		if strings.Contains(e.Operation, "cert") {
			t.Errorf("the cluster was asked: %s", e.Operation)
		}
	}
	folder := filepath.Join(t.TempDir(), "a", "b")
	s.run(0, "", "operator", "client-cert", "app1", "--out", folder)
	if _, err := os.Stat(filepath.Join(folder, "app1.key")); err != nil {
		t.Error(err)
	}
}
