package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// openssl is OpenSSL's command line in a directory of its own.
type openssl struct {
	t   *testing.T
	dir string
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("this machine has no openssl to compare with")
	}
	return openssl{t, t.TempDir()}
}

func (o openssl) write(name string, b []byte) {
	o.t.Helper()
	ok(o.t, "writing "+name, os.WriteFile(filepath.Join(o.dir, name), b, 0o600))
}

// run runs it and returns what it wrote to standard output.
func (o openssl) run(args ...string) ([]byte, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = o.dir
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = errors.Join(err, errors.New(said.String()+string(out)))
	}
	return out, err
}

// raw are the bytes behind a text.
func raw(t *testing.T, text []byte) []byte {
	t.Helper()
	parts := strings.SplitN(string(text), ":", 3)
	b, err := base64.StdEncoding.DecodeString(parts[2])
	ok(t, "decoding", err)
	return b
}

// TestOpenSSLVerifiesWhatIsSignedHere, and refuses it over another input.
func TestOpenSSLVerifiesWhatIsSignedHere(t *testing.T) {
	o, f := newOpenSSL(t), vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	input := []byte("what is signed here verifies there")
	sum := sha256.Sum256(input)
	o.write("input", input)
	o.write("other", []byte("something else"))
	pss := []string{"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"}
	for _, c := range []struct {
		name      string
		algorithm key.Algorithm
		scheme    vault.SignScheme
		args      []string // of openssl dgst; nil: pkeyutl
	}{
		{"RSA PSS", key.RSA2048, vault.SignScheme{}, append([]string{"-sha256"}, pss...)},
		{"RSA PSS of a digest", key.RSA2048, vault.SignScheme{Prehashed: true}, append([]string{"-sha256"}, pss...)},
		{"RSA PSS with SHA-512", key.RSA3072, vault.SignScheme{Hash: "sha512"}, append([]string{"-sha512"}, pss...)},
		{"RSA PKCS #1 v1.5", key.RSA2048, vault.SignScheme{Padding: "pkcs1v15", Hash: "sha384"}, []string{"-sha384"}},
		{"P-256", key.ECDSAP256, vault.SignScheme{}, []string{"-sha256"}},
		{"P-256 of a digest", key.ECDSAP256, vault.SignScheme{Prehashed: true}, []string{"-sha256"}},
		{"P-384", key.ECDSAP384, vault.SignScheme{}, []string{"-sha384"}},
		{"P-521", key.ECDSAP521, vault.SignScheme{}, []string{"-sha512"}},
		{"Ed25519", key.Ed25519, vault.SignScheme{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "ossl/" + strings.ReplaceAll(strings.ReplaceAll(c.name, " ", "-"), "#", ""), Algorithm: c.algorithm})
			ok(t, "creating", err)
			in := vault.SignInput{Input: input, Scheme: c.scheme}
			if c.scheme.Prehashed {
				in.Input = sum[:]
			}
			s, err := v.Sign(ctx, root, r.Name, in)
			ok(t, "signing", err)
			o.write("pub.pem", []byte(publicPEM(r)))
			o.write("sig", raw(t, s.Text))
			verify := func(file string) error {
				args := append(append([]string{"dgst"}, c.args...), "-verify", "pub.pem", "-signature", "sig", file)
				if c.args == nil {
					args = []string{"pkeyutl", "-verify", "-pubin", "-inkey", "pub.pem", "-rawin", "-in", file, "-sigfile", "sig"}
				}
				_, err := o.run(args...)
				return err
			}
			ok(t, "openssl's verifying", verify("input"))
			if verify("other") == nil {
				t.Error("openssl takes it for a signature of something else")
			}
		})
	}
}

// TestOpenSSLAgreesOnSecrets: both sides of a key agreement, and a MAC.
func TestOpenSSLAgreesOnSecrets(t *testing.T) {
	o, f := newOpenSSL(t), vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	for name, c := range map[string]struct {
		algorithm key.Algorithm
		generate  []string
	}{
		"x25519": {key.X25519, []string{"-algorithm", "X25519"}},
		"p256":   {key.ECDSAP256, []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}},
		"p384":   {key.ECDSAP384, []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}},
	} {
		r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: c.algorithm})
		ok(t, "creating", err)
		o.write("ours.pem", []byte(publicPEM(r)))
		_, err = o.run(append([]string{"genpkey", "-out", "theirs.pem"}, c.generate...)...)
		ok(t, "openssl's generating", err)
		peer, err := o.run("pkey", "-in", "theirs.pem", "-pubout")
		ok(t, "openssl's public half", err)
		shared, err := o.run("pkeyutl", "-derive", "-inkey", "theirs.pem", "-peerkey", "ours.pem")
		ok(t, "openssl's deriving", err)
		ok(t, "deriving", v.Derive(ctx, root, name, vault.DeriveInput{Peer: peer, Raw: true}, func(secret []byte, _ uint32) error {
			if !bytes.Equal(secret, shared) {
				t.Errorf("%s: the two sides differ", name)
			}
			return nil
		}))
		o.write("shared", shared)
		derived, err := o.run("kdf", "-binary", "-keylen", "42", "-kdfopt", "digest:SHA384", "-kdfopt", "hexkey:"+hex.EncodeToString(shared), "-kdfopt", "hexsalt:0102", "-kdfopt", "info:ours", "HKDF")
		ok(t, "openssl's HKDF", err)
		in := vault.DeriveInput{Peer: peer, Bytes: 42, Hash: "sha384", Salt: []byte{1, 2}, Info: []byte("ours")}
		ok(t, "deriving", v.Derive(ctx, root, name, in, func(secret []byte, _ uint32) error {
			if !bytes.Equal(secret, derived) {
				t.Errorf("%s: HKDF differs", name)
			}
			return nil
		}))
	}
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "mac", Algorithm: key.HMACSHA384, Exportable: true})
	ok(t, "creating", err)
	material, err := reveal(v, root, "mac", 0)
	ok(t, "revealing", err)
	o.write("input", []byte("the input"))
	want, err := o.run("dgst", "-sha384", "-binary", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(material), "input")
	ok(t, "openssl's MAC", err)
	m, err := v.MAC(ctx, root, "mac", vault.MACInput{Input: []byte("the input")})
	ok(t, "making a MAC", err)
	if !bytes.Equal(raw(t, m.Text), want) {
		t.Error("the MACs differ")
	}
}

// TestOpenSSLOpensAndSealsForKeysOfTheVault: OAEP and AES-KWP, both ways.
func TestOpenSSLOpensAndSealsForKeysOfTheVault(t *testing.T) {
	o, f := newOpenSSL(t), vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048})
	ok(t, "creating", err)
	o.write("pub.pem", []byte(publicPEM(r)))
	o.write("secret", []byte("the secret"))
	sealed, err := o.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "pub.pem", "-in", "secret", "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256")
	ok(t, "openssl's encrypting", err)
	if plain, err := decrypt(v, root, "rsa", []byte("qk:v1:"+base64.StdEncoding.EncodeToString(sealed))); err != nil || plain != "the secret" {
		t.Errorf("what openssl encrypted opens as %q, %v", plain, err)
	}
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "kek", Exportable: true})
	ok(t, "creating", err)
	material, err := reveal(v, root, "kek", 0)
	ok(t, "revealing", err)
	text, _, err := v.Wrap(ctx, root, "kek", vault.WrapInput{Plaintext: []byte("a key of seventeen")})
	ok(t, "wrapping", err)
	o.write("wrapped", raw(t, text))
	got, err := o.run("enc", "-d", "-id-aes256-wrap-pad", "-K", hex.EncodeToString(material), "-iv", "A65959A6", "-in", "wrapped")
	if err != nil || string(got) != "a key of seventeen" {
		t.Errorf("openssl unwraps %q, %v", got, err)
	}
}
