package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestAKeyGoesFromOneClusterToAnother is the story of two clusters of real processes that share a wrapping key: what was encrypted in the
// one is read in the other, by the command line alone.
func TestAKeyGoesFromOneClusterToAnother(t *testing.T) {
	t.Parallel()
	here, there := open(t), open(t)
	shared := here.write("shared.key", "0123456789abcdef0123456789ABCDEF")
	for _, c := range []*cluster{here, there} {
		c.ok("key", "import", "shared", "--algorithm", "aes-256-gcm", "--in", shared)
	}
	here.ok("key", "create", "app/db", "--exportable", "--tag", "team=a")
	sealed, back := filepath.Join(here.dir, "sealed"), filepath.Join(here.dir, "back")
	plain := here.write("plain", "written before the key moved\n")
	here.ok("encrypt", "--key", "app/db", "-i", plain, "-o", sealed)
	here.ok("key", "rotate", "app/db")
	backup := filepath.Join(here.dir, "app.qb")
	here.ok("key", "backup", "app/db", "--wrapping-key", "shared", "-o", backup)
	if out := there.ok("key", "restore", backup, "--wrapping-key", "shared"); !strings.Contains(out, "restored") {
		t.Errorf("restored as %s", out)
	}
	there.ok("decrypt", "-i", sealed, "-o", back)
	if got, err := os.ReadFile(back); err != nil || string(got) != "written before the key moved\n" {
		t.Errorf("decrypted to %q, %v", got, err)
	}
	if r := there.cli(nil, "key", "restore", backup, "--wrapping-key", "shared"); r.code != 5 {
		t.Errorf("restoring twice: %v", r)
	}
}

// TestOpenSSLAndTheClusterExchangeKeys brings a key of OpenSSL's in through a follower, and signs with it on every node.
func TestOpenSSLAndTheClusterExchangeKeys(t *testing.T) {
	t.Parallel()
	needOpenSSL(t)
	c := open(t)
	c.sh("openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout -out pub.pem; printf hello > message")
	leader, followers := c.leader()
	if r := c.cli(followers, "key", "import", "app/sign", "--algorithm", "ed25519", "--in", filepath.Join(c.dir, "key.pem"), "--wrap-to", "ml-kem-768-x25519"); r.code != 0 {
		t.Fatalf("importing: %v", r)
	}
	for _, n := range append(followers, leader) {
		var s api.SignResponse
		c.must(n, post("/v1/keys/app%2Fsign/sign", api.SignRequest{Input: []byte("hello")})).into(t, &s)
		sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Signature, "qk:v1:"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.dir, "sig"), sig, 0o600); err != nil {
			t.Fatal(err)
		}
		c.sh("openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in message -sigfile sig")
	}
	// The other forms: DER, a JWK and raw bytes. Each is compared by the cluster when it comes in, and here when it goes out.
	c.sh("openssl pkey -in key.pem -outform DER -out key.der; openssl rand 32 > aes.raw")
	jwk := c.write("hmac.jwk", `{"kty":"oct","alg":"HS256","k":"`+base64.RawURLEncoding.EncodeToString([]byte("thirty-two bytes for HMAC-SHA256"))+`"}`)
	raw, err := os.ReadFile(filepath.Join(c.dir, "aes.raw"))
	if err != nil {
		t.Fatal(err)
	}
	c.ok("key", "import", "app/der", "--algorithm", "ed25519", "--in", filepath.Join(c.dir, "key.der"))
	c.ok("key", "import", "app/raw", "--algorithm", "aes-256-gcm", "--in", filepath.Join(c.dir, "aes.raw"), "--exportable")
	c.ok("key", "import", "app/jwk", "--algorithm", "hmac-sha256", "--in", jwk, "--exportable")
	c.ok("key", "public", "app/der", "-o", filepath.Join(c.dir, "der.pem"))
	c.sh("cmp pub.pem der.pem")
	for name, want := range map[string][]byte{"app/raw": raw, "app/jwk": []byte("thirty-two bytes for HMAC-SHA256")} {
		var m api.Material
		if err := json.Unmarshal([]byte(c.ok("key", "material", name, "--format", "json")), &m); err != nil || !bytes.Equal(m.Material, want) {
			t.Errorf("%s came in as another key, or %v", name, err)
		}
	}
	if r := c.cli(nil, "key", "import", "app/wrong", "--algorithm", "aes-256-gcm", "--in", filepath.Join(c.dir, "aes.raw"), "--check-value", "000000"); r.code != 2 {
		t.Errorf("with another check value: %v", r)
	}
	if r := c.cli(nil, "key", "public", "app/sign", "-o", filepath.Join(c.dir, "ours.pem")); r.code != 0 {
		t.Fatalf("the public half: %v", r)
	}
	c.sh("cmp pub.pem ours.pem")
}

func needOpenSSL(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: nothing independent to compare with")
	}
}

// sh runs a line of the shell in the cluster's folder.
func (c *cluster) sh(line string) {
	c.t.Helper()
	cmd := exec.Command("sh", "-euc", line)
	cmd.Dir = c.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
