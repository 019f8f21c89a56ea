package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// aeads opens and seals with the ciphers of Python's cryptography: a nonce of 12 bytes, then the ciphertext and its tag.
const aeads = `
import base64, json, os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
b, e = base64.b64decode, lambda x: base64.b64encode(x).decode()
def one(j):
    c = (ChaCha20Poly1305 if j["chacha"] else AESGCM)(b(j["key"]))
    nonce = os.urandom(12)
    return {"plain": e(c.decrypt(b(j["text"])[:12], b(j["text"])[12:], b(j["bound"] or ""))), "sealed": e(nonce + c.encrypt(nonce, b(j["plain"]), b(j["bound"] or "")))}
json.dump([one(j) for j in json.load(sys.stdin)], sys.stdout)
`

type aeadJob struct {
	ChaCha bool   `json:"chacha"`
	Key    []byte `json:"key"`
	Text   []byte `json:"text"`
	Bound  []byte `json:"bound"`
	Plain  []byte `json:"plain"` // that text is of, and that Python seals

	what    string
	key     string
	version uint32
	m       vault.Message // what it is bound to
}

// TestPythonOpensWhatTheVaultSeals: what encrypt, a batch, rewrap and datakey give, bound to context and AAD as it is written down, opens
// under the key's material elsewhere, and decrypt takes what was sealed there.
func TestPythonOpensWhatTheVaultSeals(t *testing.T) {
	python := ""
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if python == "" && exec.Command(name, "-c", "import cryptography").Run() == nil {
			python = name
		}
	}
	if python == "" {
		t.Skip("there is no python3 with the package cryptography to compare with")
	}
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	var jobs []aeadJob
	for _, a := range []key.Algorithm{key.AES128GCM, key.AES192GCM, key.AES256GCM, key.ChaCha20Poly1305} {
		name := a.String()
		ok(t, "creating", err1(v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Exportable: true})))
		materials := map[uint32][]byte{}
		add := func(what string, version uint32, text, plain []byte, m vault.Message) {
			t.Helper()
			if materials[version] == nil {
				var err error
				materials[version], err = reveal(v, root, name, version)
				ok(t, "revealing", err)
			}
			var bound []byte
			if len(m.Context)+len(m.AAD) > 0 {
				bound = append(append(binary.BigEndian.AppendUint64(nil, uint64(len(m.Context))), m.Context...), m.AAD...)
			}
			jobs = append(jobs, aeadJob{a == key.ChaCha20Poly1305, materials[version], raw(t, text), bound, bytes.Clone(plain), name + ": " + what, name, version, m})
		}
		messages := []vault.Message{
			{Body: []byte("nothing bound")},
			{Body: []byte("with AAD"), AAD: []byte("invoice-17")},
			{Body: []byte("with context"), Context: []byte("tenant-42")},
			{Body: []byte("with both"), Context: []byte("tenant-42"), AAD: []byte("invoice-17")},
			{Body: []byte{}, AAD: []byte("empty")},
		}
		var texts [][]byte
		for _, m := range messages {
			text, version, err := v.Encrypt(ctx, root, name, m)
			ok(t, "encrypting", err)
			texts = append(texts, text)
			add("encrypt "+string(m.Body), version, text, m.Body, m)
		}
		ok(t, "encrypting many", v.EncryptBatch(ctx, root, name, messages, func(all []vault.Result[vault.Sealed]) error {
			for i, r := range all {
				ok(t, "an item", r.Err)
				add("in a batch "+string(messages[i].Body), r.Value.Version, bytes.Clone(r.Value.Text), messages[i].Body, messages[i])
			}
			return nil
		}))
		ok(t, "making a data key", v.DataKey(ctx, root, name, vault.DataKeySpec{Plaintext: true, Context: []byte("tenant-42")}, func(k vault.DataKey) error {
			add("datakey", k.Version, bytes.Clone(k.Ciphertext), k.Plaintext, vault.Message{Context: []byte("tenant-42")})
			return nil
		}))
		rotate(t, f, name)
		for i, m := range messages {
			text, version, err := v.Rewrap(ctx, root, name, vault.Message{Body: texts[i], AAD: m.AAD, Context: m.Context})
			ok(t, "rewrapping", err)
			add("rewrap "+string(m.Body), version, text, m.Body, m)
		}
	}
	in, err := json.Marshal(jobs)
	ok(t, "marshalling", err)
	cmd := exec.Command(python, "-c", aeads)
	cmd.Stdin = bytes.NewReader(in)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("Python opens not all of it: %v\n%s", err, talk.Bytes())
	}
	var answers []struct{ Plain, Sealed []byte }
	ok(t, "reading answers", json.Unmarshal(out, &answers))
	if len(answers) != len(jobs) {
		t.Fatalf("%d answers to %d jobs", len(answers), len(jobs))
	}
	for i, j := range jobs {
		if !bytes.Equal(answers[i].Plain, j.Plain) {
			t.Errorf("%s: opens there as %q, want %q", j.what, answers[i].Plain, j.Plain)
		}
		m := j.m
		m.Body = fmt.Appendf(nil, "qk:v%d:%s", j.version, base64.StdEncoding.EncodeToString(answers[i].Sealed))
		ok(t, j.what+": decrypting what was sealed there", v.Decrypt(ctx, root, j.key, m, func(plain []byte, _ uint32) error {
			if !bytes.Equal(plain, j.Plain) {
				t.Errorf("%s: what was sealed there opens as %q", j.what, plain)
			}
			return nil
		}))
	}
	t.Logf("%d texts", len(jobs))
}

// TestOpenSSLSignsAndWrapsForKeysOfTheVault: verify, verify-mac and unwrap take what OpenSSL made with the same key.
func TestOpenSSLSignsAndWrapsForKeysOfTheVault(t *testing.T) {
	o, f := newOpenSSL(t), vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	input, other := []byte("what is signed there verifies here"), []byte("something else")
	o.write("input", input)
	for _, c := range []struct {
		name      string
		algorithm key.Algorithm
		generate  string
		sign      []string
		scheme    vault.SignScheme
	}{
		{"p256", key.ECDSAP256, "EC -pkeyopt ec_paramgen_curve:P-256", []string{"dgst", "-sha256"}, vault.SignScheme{}},
		{"p384", key.ECDSAP384, "EC -pkeyopt ec_paramgen_curve:P-384", []string{"dgst", "-sha384"}, vault.SignScheme{}},
		{"p521", key.ECDSAP521, "EC -pkeyopt ec_paramgen_curve:P-521", []string{"dgst", "-sha512"}, vault.SignScheme{}},
		{"pss", key.RSA2048, "RSA -pkeyopt rsa_keygen_bits:2048", []string{"dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss"}, vault.SignScheme{}},
		{"pkcs1", key.RSA2048, "RSA -pkeyopt rsa_keygen_bits:2048", []string{"dgst", "-sha384"}, vault.SignScheme{Padding: "pkcs1v15", Hash: "sha384"}},
		{"ed25519", key.Ed25519, "ED25519", nil, vault.SignScheme{}},
	} {
		_, err := o.run(append([]string{"genpkey", "-quiet", "-out", "key.pem", "-algorithm"}, strings.Fields(c.generate)...)...)
		ok(t, "openssl's generating", err)
		der, err := o.run("pkcs8", "-topk8", "-nocrypt", "-in", "key.pem", "-outform", "DER")
		ok(t, "openssl's PKCS #8", err)
		material, _, err := envelope.Parse(c.algorithm, der, "")
		ok(t, "reading it", err)
		importPlain(t, f, 0, vault.KeySpec{Name: c.name, Algorithm: c.algorithm}, material)
		sign := append(c.sign, "-sign", "key.pem", "input")
		if c.sign == nil {
			sign = []string{"pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-in", "input"}
		}
		sig, err := o.run(sign...)
		ok(t, "openssl's signing", err)
		for text, want := range map[string]bool{string(input): true, string(other): false} {
			got, err := v.Verify(ctx, root, c.name, vault.VerifyInput{Input: []byte(text), Signature: envelopeText(sig), Scheme: c.scheme})
			if err != nil || got.Valid != want {
				t.Errorf("%s over %q: %+v, %v", c.name, text, got, err)
			}
		}
	}
	for name, c := range map[string]struct {
		algorithm key.Algorithm
		hash      string
	}{"mac256": {key.HMACSHA256, "-sha256"}, "mac384": {key.HMACSHA384, "-sha384"}, "mac512": {key.HMACSHA512, "-sha512"}} {
		material, _ := drawKey(t, c.algorithm)
		importPlain(t, f, 0, vault.KeySpec{Name: name, Algorithm: c.algorithm}, material)
		mac, err := o.run("dgst", c.hash, "-binary", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(material), "input")
		ok(t, "openssl's MAC", err)
		good, err := v.VerifyMAC(ctx, root, name, vault.VerifyMACInput{Input: input, MAC: envelopeText(mac)})
		if bad, err2 := v.VerifyMAC(ctx, root, name, vault.VerifyMACInput{Input: other, MAC: envelopeText(mac)}); err != nil || err2 != nil || !good.Valid || bad.Valid {
			t.Errorf("%s: %+v and %+v, %v, %v", name, good, bad, err, err2)
		}
	}
	material, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 0, vault.KeySpec{Name: "kek", Algorithm: key.AES256GCM}, material)
	o.write("secret", []byte("a key of seventeen"))
	wrapped, err := o.run("enc", "-e", "-id-aes256-wrap-pad", "-K", hex.EncodeToString(material), "-iv", "A65959A6", "-in", "secret")
	ok(t, "openssl's wrapping", err)
	ok(t, "unwrapping", v.Unwrap(ctx, root, "kek", vault.Message{Body: envelopeText(wrapped)}, func(plain []byte, _ uint32) error {
		if string(plain) != "a key of seventeen" {
			t.Errorf("unwraps as %q", plain)
		}
		return nil
	}))
}

// TestCIRCLSharesSecretsWithKeysOfTheVault: encapsulate and decapsulate, each with CIRCL on the other side.
func TestCIRCLSharesSecretsWithKeysOfTheVault(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	for a, scheme := range map[key.Algorithm]kem.Scheme{key.MLKEM768: mlkem768.Scheme(), key.MLKEM1024: mlkem1024.Scheme()} {
		name := a.String()
		r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: a, Exportable: true})
		ok(t, "creating", err)
		seed, err := reveal(v, root, name, 0)
		ok(t, "revealing", err)
		public, private := scheme.DeriveKeyPair(seed)
		if packed, err := public.MarshalBinary(); err != nil || !bytes.HasSuffix(r.Latest().Public, packed) {
			t.Errorf("%s: CIRCL makes another public key of the seed: %v", name, err)
		}
		ok(t, "encapsulating", v.Encapsulate(ctx, root, name, func(e vault.Encapsulation) error {
			if secret, err := scheme.Decapsulate(private, raw(t, e.Text)); err != nil || !bytes.Equal(secret, e.Secret) {
				t.Errorf("%s: CIRCL gets another secret: %v", name, err)
			}
			return nil
		}))
		ciphertext, secret, err := scheme.Encapsulate(public)
		ok(t, "CIRCL's encapsulating", err)
		ok(t, "decapsulating", v.Decapsulate(ctx, root, name, envelopeText(ciphertext), func(got []byte, _ uint32) error {
			if !bytes.Equal(got, secret) {
				t.Errorf("%s: the vault gets another secret than CIRCL", name)
			}
			return nil
		}))
	}
}
