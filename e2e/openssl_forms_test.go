package e2e_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestKeysThatOpenSSLMadeComeInByEveryForm: PKCS #8, PKCS #1 and SEC 1 as PEM and DER, JWK and raw bytes, as they are recognised and as they are named;
// by the command line. What comes in signs so that OpenSSL verifies it, and another form than the named one is refused.
func TestKeysThatOpenSSLMadeComeInByEveryForm(t *testing.T) {
	t.Parallel()
	needOpenSSL(t)
	c := open(t)
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(c.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	c.sh(`openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pkcs8.pem
		openssl rsa -in rsa.pkcs8.pem -traditional -out rsa.pkcs1.pem
		openssl rsa -in rsa.pkcs8.pem -traditional -outform DER -out rsa.pkcs1.der
		openssl rsa -in rsa.pkcs8.pem -pubout -out rsa.pub
		openssl ecparam -name prime256v1 -genkey -noout -out ec.sec1.pem
		openssl ec -in ec.sec1.pem -outform DER -out ec.sec1.der
		openssl ecparam -name prime256v1 -genkey -out params.pem
		openssl pkcs8 -topk8 -nocrypt -in ec.sec1.pem -out ec.pkcs8.pem
		openssl ec -in ec.sec1.pem -pubout -out ec.pub
		openssl ec -in params.pem -pubout -out params.pub
		openssl rand 32 > aes.raw; printf hello > message`)
	for name, begins := range map[string]string{"rsa.pkcs1.pem": "-----BEGIN RSA PRIVATE KEY-----", "ec.sec1.pem": "-----BEGIN EC PRIVATE KEY-----", "params.pem": "-----BEGIN EC PARAMETERS-----"} {
		if !bytes.HasPrefix(read(name), []byte(begins)) {
			t.Fatalf("this OpenSSL writes %s otherwise", name)
		}
	}
	c.write("rsa.jwk", rsaJWK(t, read("rsa.pkcs1.der")))
	c.write("ec.jwk", ecJWK(t, read("ec.sec1.der")))
	c.write("aes.jwk", `{"kty":"oct","k":"`+base64.RawURLEncoding.EncodeToString(read("aes.raw"))+`"}`)

	for _, k := range []struct {
		file, algorithm, format, public string
		wrong                           string // another form, which it is not
	}{
		{"rsa.pkcs1.pem", "rsa-2048", "pkcs1", "rsa.pub", "sec1"},
		{"rsa.pkcs1.der", "rsa-2048", "pkcs1", "rsa.pub", "pkcs8"},
		{"rsa.pkcs8.pem", "rsa-2048", "pkcs8", "rsa.pub", "pkcs1"},
		{"rsa.jwk", "rsa-2048", "jwk", "rsa.pub", "pem"},
		{"ec.sec1.pem", "ecdsa-p256", "sec1", "ec.pub", "pkcs1"},
		{"ec.sec1.der", "ecdsa-p256", "sec1", "ec.pub", "jwk"},
		{"ec.pkcs8.pem", "ecdsa-p256", "pkcs8", "ec.pub", "sec1"},
		{"ec.jwk", "ecdsa-p256", "jwk", "ec.pub", "sec1"},
		{"params.pem", "ecdsa-p256", "", "params.pub", ""}, // the parameters before the key, as OpenSSL writes them by itself
	} {
		in, name := filepath.Join(c.dir, k.file), "app/"+strings.ReplaceAll(k.file, ".", "-")
		c.ok("key", "import", name, "-a", k.algorithm, "--in", in)
		c.ok("key", "public", name, "-o", filepath.Join(c.dir, "ours.pub"), "--force")
		c.sh("cmp ours.pub " + k.public)
		if k.format != "" {
			c.ok("key", "import", name+"-named", "-a", k.algorithm, "--in", in, "--key-format", k.format)
			c.ok("key", "public", name+"-named", "-o", filepath.Join(c.dir, "ours.pub"), "--force")
			c.sh("cmp ours.pub " + k.public)
			if r := c.cli(nil, "key", "import", name+"-wrong", "-a", k.algorithm, "--in", in, "--key-format", k.wrong); r.code != 2 {
				t.Errorf("%s as %s: %v", k.file, k.wrong, r)
			}
		}
		if r := c.cli(nil, "key", "import", name+"-other", "-a", "ed25519", "--in", in); r.code != 2 {
			t.Errorf("%s as an ed25519 key: %v", k.file, r)
		}
		for _, n := range c.nodes {
			var s api.SignResponse
			c.must(n, on(name, "sign", api.SignRequest{Input: []byte("hello")})).into(t, &s)
			sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Signature, "qk:v1:"))
			if err != nil {
				t.Fatal(err)
			}
			c.write("sig", string(sig))
			padding := ""
			if strings.HasPrefix(k.algorithm, "rsa") {
				padding = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1"
			}
			c.sh("openssl dgst -sha256 -verify " + k.public + " " + padding + " -signature sig message")
		}
	}
	for _, k := range []struct{ file, format string }{{"aes.raw", ""}, {"aes.raw", "raw"}, {"aes.jwk", ""}, {"aes.jwk", "jwk"}} {
		name := "app/" + strings.ReplaceAll(k.file, ".", "-") + k.format
		args := []string{"key", "import", name, "-a", "aes-256-gcm", "--in", filepath.Join(c.dir, k.file), "--exportable"}
		if k.format != "" {
			args = append(args, "--key-format", k.format)
		}
		c.ok(args...)
		var m api.Material
		if err := json.Unmarshal([]byte(c.ok("key", "material", name, "--format", "json")), &m); err != nil || !bytes.Equal(m.Material, read("aes.raw")) {
			t.Errorf("%s came in as another key, or %v", name, err)
		}
	}
}

func number64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// rsaJWK is an RSA key as RFC 7518 has it.
func rsaJWK(t *testing.T, pkcs1 []byte) string {
	t.Helper()
	k, err := x509.ParsePKCS1PrivateKey(pkcs1)
	if err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, k)
}

// ecJWK is a key on P-256 as RFC 7518 has it.
func ecJWK(t *testing.T, sec1 []byte) string {
	t.Helper()
	k, err := x509.ParseECPrivateKey(sec1)
	if err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, k)
}

func jwkOf(t *testing.T, private any) string {
	t.Helper()
	out := map[string]string{}
	switch k := private.(type) {
	case *rsa.PrivateKey:
		out["kty"], out["n"], out["e"], out["d"] = "RSA", number64(k.N.Bytes()), "AQAB", number64(k.D.Bytes())
		out["p"], out["q"] = number64(k.Primes[0].Bytes()), number64(k.Primes[1].Bytes())
		out["dp"], out["dq"], out["qi"] = number64(k.Precomputed.Dp.Bytes()), number64(k.Precomputed.Dq.Bytes()), number64(k.Precomputed.Qinv.Bytes())
	case *ecdsa.PrivateKey:
		d, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		out["kty"], out["crv"], out["d"], out["x"], out["y"] = "EC", "P-256", number64(d), number64(point[1:33]), number64(point[33:])
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
