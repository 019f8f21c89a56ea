package envelope_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// tool skips the test where the program, an implementation that is not ours, is missing.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: nothing independent to compare with", name)
	}
}

// sh runs a shell line in dir and gives its output.
func sh(t *testing.T, dir, line string) []byte {
	t.Helper()
	cmd := exec.Command("sh", "-euc", line)
	cmd.Dir = dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, talk.Bytes())
	}
	return out
}

func TestWhatOpenSSLWritesIsRead(t *testing.T) {
	tool(t, "openssl")
	dir := t.TempDir()
	for _, c := range []struct {
		a     key.Algorithm
		lines []string // each writes one key to standard output
	}{
		{key.RSA2048, []string{
			"openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem; cat rsa.pem", "openssl rsa -in rsa.pem -traditional", "openssl rsa -in rsa.pem -outform DER -traditional",
			"openssl pkcs8 -topk8 -nocrypt -in rsa.pem -outform DER",
		}},
		{key.ECDSAP256, []string{
			"openssl ecparam -name prime256v1 -genkey -out p256.pem; cat p256.pem", "openssl ec -in p256.pem", "openssl ec -in p256.pem -outform DER", "openssl pkcs8 -topk8 -nocrypt -in p256.pem",
			"openssl pkcs8 -topk8 -nocrypt -in p256.pem -outform DER",
		}},
		{key.ECDSAP384, []string{"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384"}},
		{key.ECDSAP521, []string{"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521"}},
		{key.Ed25519, []string{"openssl genpkey -algorithm ed25519 -out ed.pem; cat ed.pem", "openssl pkey -in ed.pem -outform DER"}},
		{key.X25519, []string{"openssl genpkey -algorithm x25519 -out x.pem; cat x.pem", "openssl pkey -in x.pem -outform DER"}},
	} {
		var first []byte
		for _, line := range c.lines {
			m, p, err := envelope.Parse(c.a, sh(t, dir, line), "")
			if err != nil {
				t.Errorf("%s: %s: %v", c.a, line, err)
				continue
			}
			if first == nil {
				first = p
			}
			if !bytes.Equal(p, first) {
				t.Errorf("%s: %s: another key", c.a, line)
			}
			// And back: OpenSSL finds the same public half in what is written here.
			write(t, dir, "back", must(envelope.Write(c.a, m, envelope.PEM)))
			if got := sh(t, dir, "openssl pkey -in back -pubout -outform DER"); !bytes.Equal(got, p) {
				t.Errorf("%s: OpenSSL reads another key than was written", c.a)
			}
		}
	}
	for _, line := range []string{
		"openssl pkcs8 -topk8 -in p256.pem -passout pass:x", "openssl rsa -in rsa.pem -traditional -aes128 -passout pass:x", "openssl genpkey -algorithm x448", "openssl ecparam -name secp256k1 -genkey",
		"openssl pkey -in p256.pem -pubout", "openssl req -x509 -key p256.pem -subj /CN=a -days 2",
	} {
		if _, _, err := envelope.Parse(key.ECDSAP256, sh(t, dir, line), ""); err == nil {
			t.Errorf("%s: is read as an ECDSA key", line)
		}
	}
	certificate := sh(t, dir, "openssl req -x509 -key p256.pem -subj /CN=a -days 2 | tee cert.pem")
	m, p, err := envelope.Parse(key.X509, certificate, "")
	if err != nil || !bytes.Equal(p, sh(t, dir, "openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform DER")) {
		t.Errorf("the certificate: %v", err)
	}
	if got := must(envelope.Write(key.X509, m, envelope.PEM)); !bytes.Equal(got, certificate) {
		t.Errorf("the certificate is written as %s", got)
	}
}

// TestWhatOpenSSLWrapsUnwraps is the acceptance: what a person with nothing but the command line wraps.
func TestWhatOpenSSLWrapsUnwraps(t *testing.T) {
	tool(t, "openssl")
	dir, k := t.TempDir(), keys()[key.RSA4096]
	write(t, dir, "wrapping.pem", must(envelope.WritePublic(key.RSA4096, k.public, envelope.PEM)))
	open, err := primitive.Open(key.RSA4096, k.material)
	if err != nil {
		t.Fatal(err)
	}
	sh(t, dir, `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform DER -out secret.der
		openssl rand -hex 32 | tr -d '\n' > kek
		openssl enc -id-aes256-wrap-pad -nosalt -K $(cat kek) -iv a65959a6 -in secret.der -out body
		xxd -r -p < kek > kek.bin || perl -e 'print pack("H*", <>)' < kek > kek.bin`)
	want, err := os.ReadFile(filepath.Join(dir, "secret.der"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := open.Unwrap(sh(t, dir, `openssl pkeyutl -encrypt -pubin -inkey wrapping.pem -in kek.bin -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256; cat body`), nil)
	if err != nil || !bytes.Equal(plain, want) {
		t.Errorf("OAEP and AES-KWP: %v", err)
	}
	plain, err = envelope.UnwrapSHA1(k.material, sh(t, dir, `openssl pkeyutl -encrypt -pubin -inkey wrapping.pem -in kek.bin -pkeyopt rsa_padding_mode:oaep; cat body`))
	if err != nil || !bytes.Equal(plain, want) {
		t.Errorf("OAEP with SHA-1 and AES-KWP: %v", err)
	}
	if _, err := envelope.UnwrapSHA1(k.material, []byte("short")); err == nil {
		t.Error("a short one unwraps")
	}
	// And what is wrapped here to a key of OpenSSL's.
	sh(t, dir, "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out mine.pem; openssl pkey -in mine.pem -pubout -out mine.pub")
	public, err := os.ReadFile(filepath.Join(dir, "mine.pub"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := envelope.ParseRecipient(public)
	if err != nil {
		t.Fatal(err)
	}
	out, scheme, err := to.Wrap(rand.Reader, want, "")
	if err != nil || scheme != envelope.RSAKWP {
		t.Fatal(scheme, err)
	}
	write(t, dir, "kek.enc", out[:384])
	write(t, dir, "body.enc", out[384:])
	got := sh(t, dir, `kek=$(openssl pkeyutl -decrypt -inkey mine.pem -in kek.enc -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 | od -An -tx1 | tr -d ' \n')
		openssl enc -d -id-aes256-wrap-pad -nosalt -K $kek -iv a65959a6 -in body.enc`)
	if !bytes.Equal(got, want) {
		t.Error("OpenSSL does not open what was wrapped to it")
	}
}

func write(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// script reads what is written here, and writes what is read here, with Python's cryptography.
const script = `
import base64, json, os, sys
from cryptography.hazmat.primitives import serialization as s, hashes, keywrap
from cryptography.hazmat.primitives.asymmetric import rsa, ec, ed25519, x25519, padding
E, F, N = s.Encoding, s.PrivateFormat, s.NoEncryption()
todo = json.load(sys.stdin)
b = base64.b64decode
done = {}
for name, c in todo["keys"].items():
    k = s.load_pem_private_key(c["pem"].encode(), None)
    assert k.public_key().public_bytes(E.DER, s.PublicFormat.SubjectPublicKeyInfo) == b(c["public"]), name
    if c.get("ssh"):
        assert s.load_ssh_public_key(c["ssh"].encode()).public_bytes(E.DER, s.PublicFormat.SubjectPublicKeyInfo) == b(c["public"]), name
    done[name] = [base64.b64encode(k.private_bytes(E.DER, F.PKCS8, N)).decode(), k.private_bytes(E.PEM, F.PKCS8, N).decode()]
r = rsa.generate_private_key(65537, 2048)
sec = b(todo["secret"])
kek = os.urandom(32)
oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
out = {"keys": done, "recipient": r.public_key().public_bytes(E.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode(), "private": r.private_bytes(E.PEM, F.PKCS8, N).decode()}
to = s.load_pem_public_key(todo["wrapping"].encode())
out["wrapped"] = base64.b64encode(to.encrypt(kek, oaep) + keywrap.aes_key_wrap_with_padding(kek, sec)).decode()
if "opens" in todo:
    mine = s.load_pem_private_key(todo["private"].encode(), None)
    w = b(todo["opens"])
    assert keywrap.aes_key_unwrap_with_padding(mine.decrypt(w[:256], oaep), w[256:]) == sec
try:
    from cryptography.hazmat.primitives import hpke
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    x = x25519.X25519PrivateKey.generate()
    out["x"] = x.public_key().public_bytes(E.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode()
    out["xprivate"] = base64.b64encode(x.private_bytes(E.DER, F.PKCS8, N)).decode()
    out["hpke"] = base64.b64encode(suite.encrypt(sec, s.load_pem_public_key(todo["xwrapping"].encode()))).decode()
    if "xopens" in todo:
        mine = s.load_der_private_key(b(todo["xprivate"]), None)
        assert suite.decrypt(b(todo["xopens"]), mine) == sec
        out["xopened"] = True
except ImportError:
    pass
json.dump(out, sys.stdout)
`

func TestPythonReadsWhatIsWrittenAndIsRead(t *testing.T) {
	tool(t, "python3")
	if err := exec.Command("python3", "-c", "import cryptography").Run(); err != nil {
		t.Skip("python3-cryptography is not installed: nothing independent to compare with")
	}
	type one struct {
		PEM    string `json:"pem"`
		Public []byte `json:"public"`
		SSH    string `json:"ssh,omitempty"`
	}
	secret := []byte("a secret of thirty-seven bytes, or so")
	in := map[string]any{
		"secret": secret, "wrapping": string(must(envelope.WritePublic(key.RSA4096, keys()[key.RSA4096].public, envelope.PEM))),
		"xwrapping": string(must(envelope.WritePublic(key.X25519, keys()[key.X25519].public, envelope.PEM))),
	}
	list := map[string]one{}
	for _, a := range []key.Algorithm{key.RSA2048, key.RSA3072, key.ECDSAP256, key.ECDSAP384, key.ECDSAP521, key.Ed25519, key.X25519} {
		k := keys()[a]
		c := one{PEM: string(must(envelope.Write(a, k.material, envelope.PEM))), Public: k.public}
		if line, err := envelope.WritePublic(a, k.public, envelope.SSH); err == nil {
			c.SSH = string(line)
		}
		list[a.String()] = c
	}
	in["keys"] = list
	var out struct {
		Keys               map[string][2]string `json:"keys"`
		Recipient, Private string
		Wrapped            []byte
		X                  string
		XPrivate           []byte
		HPKE               []byte
		XOpened            bool
	}
	python(t, in, &out)
	for name, forms := range out.Keys {
		a, err := key.ParseAlgorithm(name)
		if err != nil {
			t.Fatal(err)
		}
		der, err := base64.StdEncoding.DecodeString(forms[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{der, []byte(forms[1])} {
			if m, _, err := envelope.Parse(a, data, ""); err != nil || !bytes.Equal(m, keys()[a].material) {
				t.Errorf("%s comes back as another key: %v", a, err)
			}
		}
	}
	unwraps(t, key.RSA4096, out.Wrapped, secret)
	to, err := envelope.ParseRecipient([]byte(out.Recipient))
	if err != nil {
		t.Fatal(err)
	}
	in["private"] = out.Private
	if in["opens"], _, err = to.Wrap(rand.Reader, secret, ""); err != nil {
		t.Fatal(err)
	}
	if out.X == "" {
		t.Log("this version of cryptography has no HPKE")
	} else {
		unwraps(t, key.X25519, out.HPKE, secret)
		if to, err = envelope.ParseRecipient([]byte(out.X)); err != nil {
			t.Fatal(err)
		}
		if in["xopens"], _, err = to.Wrap(rand.Reader, secret, ""); err != nil {
			t.Fatal(err)
		}
		in["xprivate"] = out.XPrivate
	}
	hpke := out.X != ""
	python(t, in, &out)
	if hpke && !out.XOpened {
		t.Error("Python did not open what HPKE wrapped")
	}
}

func unwraps(t *testing.T, a key.Algorithm, wrapped, want []byte) {
	t.Helper()
	k, err := primitive.Open(a, keys()[a].material)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Unwrap(wrapped, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("what Python wrapped to %s does not open: %v", a, err)
	}
}

func python(t *testing.T, in, out any) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", script)
	cmd.Stdin = bytes.NewReader(b)
	var talk strings.Builder
	cmd.Stderr = &talk
	b, err = cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, talk.String())
	}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
}

// publics reads public keys in every form and gives each back as SubjectPublicKeyInfo.
const publics = `
import base64, json, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import rsa, ec, ed25519, x25519
E, F = s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo
num = lambda t: int.from_bytes(base64.urlsafe_b64decode(t + "=" * (-len(t) % 4)), "big")
raw = lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
curves = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1, "ecdsa-p256": ec.SECP256R1, "ecdsa-p384": ec.SECP384R1, "ecdsa-p521": ec.SECP521R1}
okp = {"Ed25519": ed25519.Ed25519PublicKey, "X25519": x25519.X25519PublicKey, "ed25519": ed25519.Ed25519PublicKey, "x25519": x25519.X25519PublicKey}
def jwk(t):
    k = json.loads(t)
    if k["kty"] == "RSA":
        return rsa.RSAPublicNumbers(num(k["e"]), num(k["n"])).public_key()
    if k["kty"] == "EC":
        return ec.EllipticCurvePublicNumbers(num(k["x"]), num(k["y"]), curves[k["crv"]]()).public_key()
    return okp[k["crv"]].from_public_bytes(raw(k["x"]))
def read(j):
    b = base64.b64decode(j["text"])
    if j["form"] == "jwk":
        return jwk(b)
    if j["form"] == "raw":
        a = j["algorithm"]
        return ec.EllipticCurvePublicKey.from_encoded_point(curves[a](), b) if a in curves else okp[a].from_public_bytes(b)
    return {"pem": s.load_pem_public_key, "ssh": s.load_ssh_public_key}.get(j["form"], s.load_der_public_key)(b)
json.dump([base64.b64encode(read(j).public_bytes(E, F)).decode() for j in json.load(sys.stdin)], sys.stdout)
`

// TestPythonReadsPublicHalvesInEveryForm of the algorithms that Debian's cryptography knows.
func TestPythonReadsPublicHalvesInEveryForm(t *testing.T) {
	tool(t, "python3")
	if err := exec.Command("python3", "-c", "import cryptography").Run(); err != nil {
		t.Skip("python3-cryptography is not installed: nothing independent to compare with")
	}
	type public struct {
		Algorithm string `json:"algorithm"`
		Form      string `json:"form"`
		Text      []byte `json:"text"`
		want      []byte
	}
	var all []public
	for _, a := range []key.Algorithm{key.RSA2048, key.RSA3072, key.RSA4096, key.ECDSAP256, key.ECDSAP384, key.ECDSAP521, key.Ed25519, key.X25519} {
		for _, f := range []envelope.Format{envelope.PEM, envelope.DER, envelope.SPKI, envelope.PKCS1, envelope.JWK, envelope.Raw, envelope.SSH} {
			if text, err := envelope.WritePublic(a, keys()[a].public, f); err == nil {
				all = append(all, public{a.String(), string(f), text, keys()[a].public})
			}
		}
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", publics)
	cmd.Stdin = bytes.NewReader(in)
	var talk strings.Builder
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, talk.String())
	}
	var read [][]byte
	if err := json.Unmarshal(out, &read); err != nil || len(read) != len(all) || len(all) < 45 {
		t.Fatalf("%d of %d were read: %v", len(read), len(all), err)
	}
	for i, p := range all {
		if !bytes.Equal(read[i], p.want) {
			t.Errorf("%s as %s: Python reads another key", p.Algorithm, p.Form)
		}
	}
}
