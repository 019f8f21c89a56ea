package kmip_test

import (
	"bytes"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// mongodb is a client built on the library of MongoDB's drivers.
type mongodb struct {
	t       *testing.T
	program string
	dir     string
}

func newMongoDB(t *testing.T) *mongodb {
	t.Helper()
	m := &mongodb{t: t, dir: t.TempDir()}
	m.program = filepath.Join(m.dir, "kms")
	if _, err := os.Stat("/usr/include/kms_message/kms_message.h"); err != nil {
		t.Skip("libkms_message is not here (Debian: libmongocrypt-dev): `make clients` installs it")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("there is no C compiler (Debian: gcc): `make clients` installs it")
	}
	if out, err := exec.CommandContext(t.Context(), "cc", "-o", m.program, "testdata/kms.c", "-lkms_message").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return m
}

func (m *mongodb) run(args ...string) []byte {
	m.t.Helper()
	var errs bytes.Buffer
	cmd := exec.CommandContext(m.t.Context(), m.program, args...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%v: %v: %s", args, err, errs.String())
	}
	return out
}

func (m *mongodb) file(b []byte) string {
	m.t.Helper()
	name := filepath.Join(m.dir, "file")
	if err := os.WriteFile(name, b, 0o600); err != nil {
		m.t.Fatal(err)
	}
	return name
}

// asks sends a request of the library to a node and has the library read the answer.
func (m *mongodb) asks(c connection, wants, request, what string) []byte {
	m.t.Helper()
	if _, err := c.Write(m.run(request, what)); err != nil {
		m.t.Fatal(err)
	}
	answer, err := ttlv.Read(c, nil, 1<<20)
	if err != nil {
		m.t.Fatal(err)
	}
	return m.run(wants, m.file(answer))
}

// TestMongoDBsLibraryKeepsAndGetsItsKey: what a driver does for client-side encryption, each step at another node, over TLS.
func TestMongoDBsLibraryKeepsAndGetsItsKey(t *testing.T) {
	m := newMongoDB(t)
	n := startNodes(t)
	n.f.Grant("conformance", `permit (principal == Certificate::"conformance", action == Action::"import", resource);
permit (principal == Certificate::"conformance", action in [Action::"read", Action::"activate", Action::"reveal"], resource) when { resource.owner == "conformance" };`)
	secret := make([]byte, 96)
	if _, err := rand.Read(secret); err != nil {
		t.Fatal(err)
	}
	id := string(m.asks(n.conns[0], "id", "register", m.file(secret)))
	if got := string(m.asks(n.conns[1], "id", "activate", id)); got != id {
		t.Errorf("activated %q, want %q", got, id)
	}
	if got := m.asks(n.conns[2], "secret", "get", id); !bytes.Equal(got, secret) {
		t.Errorf("got %x, want %x", got, secret)
	}
	r, err := n.f.Vault(0).Key(t.Context(), n.f.Root(), id)
	if err != nil || r.State != key.Active || r.Type != key.SecretData || r.Owner != "conformance" {
		t.Errorf("to the vault it is %+v, %v", r, err)
	}
	if _, err := n.f.Vault(0).Key(t.Context(), access.Caller{Principal: "other", Kind: access.ByCertificate}, id); err == nil {
		t.Error("another client may read its record")
	}
}
