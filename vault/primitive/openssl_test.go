package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// openssl runs the command line in a directory of its own; the test is skipped if there is none.
type openssl struct {
	t   *testing.T
	dir string
}

func newOpenSSL(t *testing.T) *openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("there is no openssl to compare with")
	}
	return &openssl{t, t.TempDir()}
}

// run returns what the command prints, and whether it ends well.
func (o *openssl) run(args string) ([]byte, error) {
	cmd := exec.Command("openssl", strings.Fields(args)...)
	cmd.Dir = o.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return out, fmt.Errorf("openssl %s: %v: %s%s", args, err, out, stderr.String())
	}
	return out, nil
}

func (o *openssl) write(name string, b []byte) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), b, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o *openssl) read(name string) []byte {
	o.t.Helper()
	b, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return b
}

// keys writes both halves of p as PEM.
func (o *openssl) keys(p pair) {
	o.write("private.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p.material}))
	o.write("public.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: p.public}))
}

func TestOpenSSLAndWeVerifyWhatTheOtherSigned(t *testing.T) {
	o := newOpenSSL(t)
	o.write("msg", peerText)
	pss := " -sigopt rsa_padding_mode:pss"
	for _, c := range []struct {
		a      key.Algorithm
		scheme primitive.Scheme
		opts   string
	}{
		{key.RSA2048, primitive.Scheme{}, "-sha256" + pss + " -sigopt rsa_pss_saltlen:-1"},
		{key.RSA2048, primitive.Scheme{}, "-sha256" + pss}, // the longest salt there is room for
		{key.RSA3072, primitive.Scheme{Hash: crypto.SHA384}, "-sha384" + pss},
		{key.RSA4096, primitive.Scheme{Hash: crypto.SHA512, Padding: primitive.PKCS1v15}, "-sha512"},
		{key.ECDSAP256, primitive.Scheme{}, "-sha256"},
		{key.ECDSAP384, primitive.Scheme{}, "-sha384"},
		{key.ECDSAP521, primitive.Scheme{}, "-sha512"},
		{key.ECDSAP256, primitive.Scheme{Hash: crypto.SHA512}, "-sha512"},
	} {
		k := open(t, c.a)
		o.keys(keyOf(t, c.a))
		o.write("sig", must(k.Sign(rand.Reader, peerText, c.scheme))(t))
		if out, err := o.run("dgst " + c.opts + " -verify public.pem -signature sig msg"); err != nil || !bytes.Contains(out, []byte("Verified OK")) {
			t.Errorf("%s %s: %q, %v", c.a, c.opts, out, err)
		}
		if _, err := o.run("dgst " + c.opts + " -sign private.pem -out sig msg"); err != nil {
			t.Error(err)
		}
		if err := k.Verify(peerText, o.read("sig"), c.scheme); err != nil {
			t.Errorf("%s %s: %v", c.a, c.opts, err)
		}
	}
	o.keys(keyOf(t, key.Ed25519))
	o.write("sig", must(open(t, key.Ed25519).Sign(rand.Reader, peerText, primitive.Scheme{}))(t))
	if _, err := o.run("pkeyutl -verify -rawin -pubin -inkey public.pem -in msg -sigfile sig"); err != nil {
		t.Error(err)
	}
	if _, err := o.run("pkeyutl -sign -rawin -inkey private.pem -in msg -out sig"); err != nil {
		t.Error(err)
	}
	if err := openPublic(t, key.Ed25519).Verify(peerText, o.read("sig"), primitive.Scheme{}); err != nil {
		t.Error(err)
	}
}

func TestOpenSSLAndWeOpenWhatTheOtherEncrypted(t *testing.T) {
	o := newOpenSSL(t)
	o.write("msg", peerText)
	o.keys(keyOf(t, key.RSA2048))
	k := open(t, key.RSA2048)
	oaep := " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -pkeyopt rsa_oaep_label:6c61626c"
	o.write("ct", must(k.Seal(rand.Reader, nil, peerText, []byte("labl")))(t))
	if out, err := o.run("pkeyutl -decrypt -inkey private.pem -in ct" + oaep); err != nil || !bytes.Equal(out, peerText) {
		t.Errorf("OAEP: %q, %v", out, err)
	}
	if _, err := o.run("pkeyutl -encrypt -pubin -inkey public.pem -in msg -out ct" + oaep); err != nil {
		t.Error(err)
	}
	if got, err := k.Open(o.read("ct"), []byte("labl")); err != nil || !bytes.Equal(got, peerText) {
		t.Errorf("OAEP: %q, %v", got, err)
	}

	for a, name := range map[key.Algorithm]string{key.AES128GCM: "id-aes128-wrap-pad", key.AES256GCM: "id-aes256-wrap-pad"} {
		k, iv := open(t, a), " -iv A65959A6 -K "+hex.EncodeToString(keyOf(t, a).material)
		o.write("ct", must(k.Wrap(rand.Reader, peerText, nil))(t))
		if out, err := o.run("enc -d -" + name + " -in ct" + iv); err != nil || !bytes.Equal(out, peerText) {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		if _, err := o.run("enc -e -" + name + " -in msg -out ct" + iv); err != nil {
			t.Error(err)
		}
		if got, err := k.Unwrap(o.read("ct"), nil); err != nil || !bytes.Equal(got, peerText) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestOpenSSLAndWeDeriveTheSame(t *testing.T) {
	o := newOpenSSL(t)
	for _, a := range []key.Algorithm{key.ECDSAP256, key.ECDSAP384, key.ECDSAP521, key.X25519} {
		o.keys(keyOf(t, a))
		peer := pair{}
		var err error
		if peer.material, peer.public, err = primitive.Generate(a, 0, rand.Reader); err != nil {
			t.Fatal(err)
		}
		o.write("peer.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: peer.public}))
		got := must(open(t, a).Derive(primitive.Derivation{Peer: peer.public}))(t)
		if want, err := o.run("pkeyutl -derive -inkey private.pem -peerkey peer.pem"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, OpenSSL %x, %v", a, got, want, err)
		}
	}
	for name, h := range map[string]crypto.Hash{"SHA2-256": crypto.SHA256, "SHA2-384": crypto.SHA384, "SHA2-512": crypto.SHA512} {
		got := must(open(t, key.HMACSHA256).Derive(primitive.Derivation{Hash: h, Salt: []byte("salt"), Info: []byte("info"), Bytes: 77}))(t)
		secret := hex.EncodeToString(keyOf(t, key.HMACSHA256).material)
		want, err := o.run("kdf -binary -keylen 77 -kdfopt digest:" + name + " -kdfopt hexkey:" + secret + " -kdfopt salt:salt -kdfopt info:info HKDF")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("HKDF with %s: %x, OpenSSL %x, %v", name, got, want, err)
		}
	}
	o.write("msg", peerText)
	for a, name := range map[key.Algorithm]string{key.HMACSHA256: "sha256", key.HMACSHA384: "sha384", key.HMACSHA512: "sha512"} {
		got := must(open(t, a).MAC(peerText, 0))(t)
		want, err := o.run("mac -binary -digest " + name + " -macopt hexkey:" + hex.EncodeToString(keyOf(t, a).material) + " -in msg HMAC")
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %x, OpenSSL %x, %v", a, got, want, err)
		}
	}
}
