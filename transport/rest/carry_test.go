package rest_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// openssl runs shell lines in dir with nothing of ours in them, and gives their output.
func openssl(t *testing.T, dir, lines string) []byte {
	t.Helper()
	cmd := exec.Command("sh", "-euc", lines)
	cmd.Dir = dir
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", lines, err, talk.Bytes())
	}
	return out
}

func put(t *testing.T, dir, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWhatOpenSSLWrapsImportsHere is the acceptance: a key made and wrapped by OpenSSL's command line alone signs here, and what is
// exported here opens there.
func TestWhatOpenSSLWrapsImportsHere(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: nothing independent to compare with")
	}
	d, _ := founded(t)
	dir := t.TempDir()
	w, _ := ask[api.WrappingKey](d, "GET", "/v1/wrapping-key?algorithm=rsa-4096", nil, 200)
	if w.Wrapping != "rsa-oaep-sha256+aes-kwp" || w.Version != 1 || w.Name != "quorate/wrapping/rsa-4096" || w.PublicKeyRaw != nil {
		t.Errorf("the wrapping key is %+v", w)
	}
	put(t, dir, "wrapping.pem", []byte(w.PublicKey))
	wrapped := openssl(t, dir, `
		openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
		openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der
		openssl rand -out kek 32
		openssl enc -id-aes256-wrap-pad -nosalt -K $(od -An -tx1 kek | tr -d ' \n') -iv a65959a6 -in key.der -out body
		openssl pkeyutl -encrypt -pubin -inkey wrapping.pem -in kek -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
		cat body`)
	check := strings.Fields(string(openssl(t, dir, "openssl pkey -in key.pem -pubout -outform DER | openssl dgst -sha256 -r")))[0]
	in := api.ImportKeyRequest{
		Name: "app/ec", Algorithm: "ecdsa-p256", WrappedMaterial: wrapped, Wrapping: api.Wrapping{Scheme: w.Wrapping, Version: w.Version},
		Exportable: true, CheckValue: strings.ToUpper(check), Tags: map[string]string{"from": "openssl"},
	}
	other := in
	other.CheckValue = strings.Repeat("0", 64)
	ask[any](d, "POST", "/v1/keys/import", other, 400)
	r, _ := ask[api.Record](d, "POST", "/v1/keys/import", in, 201, "Idempotency-Key", "one")
	if again, _ := ask[api.Record](d, "POST", "/v1/keys/import", in, 201, "Idempotency-Key", "one"); again.ID != r.ID {
		t.Error("a repeated import made another key")
	}
	if r.Origin != "imported" || r.Versions[0].CheckValue != check || r.Tags["from"] != "openssl" {
		t.Errorf("imported as %+v", r)
	}
	ask[any](d, "POST", "/v1/keys/import", in, 409)

	s, _ := ask[api.SignResponse](d, "POST", "/v1/keys/app/ec/sign", api.SignRequest{Input: []byte("hello")}, 200)
	sig, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Signature, "qk:v1:"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "sig", sig)
	openssl(t, dir, `openssl pkey -in key.pem -pubout -out pub.pem; printf hello | openssl dgst -sha256 -verify pub.pem -signature sig`)

	// And out again.
	openssl(t, dir, "openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out mine.pem; openssl pkey -in mine.pem -pubout -out mine.pub")
	mine, err := os.ReadFile(filepath.Join(dir, "mine.pub"))
	if err != nil {
		t.Fatal(err)
	}
	x, _ := ask[api.ExportResponse](d, "POST", "/v1/keys/app/ec/export", api.ExportRequest{RecipientPublicKey: string(mine)}, 200)
	if x.Scheme != "rsa-oaep-sha256+aes-kwp" || x.Format != "pkcs8" || x.Algorithm != "ecdsa-p256" || x.CheckValue != check {
		t.Errorf("exported as %+v", x)
	}
	put(t, dir, "kek.enc", x.WrappedMaterial[:256])
	put(t, dir, "body.enc", x.WrappedMaterial[256:])
	openssl(t, dir, `kek=$(openssl pkeyutl -decrypt -inkey mine.pem -in kek.enc -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 | od -An -tx1 | tr -d ' \n')
		openssl enc -d -id-aes256-wrap-pad -nosalt -K $kek -iv a65959a6 -in body.enc | openssl pkey -inform DER -pubout | cmp - pub.pem`)
	for _, bad := range []api.ExportRequest{{}, {RecipientPublicKey: "x"}, {Recipient: &api.RawPublicKey{Algorithm: "x25519", Raw: []byte("short")}}, {Recipient: &api.RawPublicKey{Algorithm: "rot13"}}} {
		ask[any](d, "POST", "/v1/keys/app/ec/export", bad, 400)
	}
	raw, _ := ask[api.WrappingKey](d, "GET", "/v1/wrapping-key", nil, 200)
	if x, _ := ask[api.ExportResponse](d, "POST", "/v1/keys/app/ec/export", api.ExportRequest{Recipient: &api.RawPublicKey{Algorithm: "x25519", Raw: raw.PublicKeyRaw}, Format: "jwk"}, 200); x.Scheme != "hpke-x25519" || x.Format != "jwk" {
		t.Errorf("exported as %+v", x)
	} else {
		// To the cluster itself, which imports what it exported.
		again, _ := ask[api.Record](d, "POST", "/v1/keys/import", api.ImportKeyRequest{
			Name: "app/again", Algorithm: "ecdsa-p256", WrappedMaterial: x.WrappedMaterial, Wrapping: api.Wrapping{Scheme: x.Scheme}, Format: "jwk", CheckValue: x.CheckValue,
		}, 201)
		v, _ := ask[api.Record](d, "POST", "/v1/keys/app/ec/import", api.ImportVersionRequest{WrappedMaterial: x.WrappedMaterial, Wrapping: api.Wrapping{Key: raw.ID}}, 200)
		if again.Versions[0].CheckValue != check || v.Latest != 2 || v.Versions[1].CheckValue != check {
			t.Errorf("imported as %+v and %+v", again, v)
		}
	}
	ask[any](d, "POST", "/v1/keys/app/again/export", api.ExportRequest{RecipientPublicKey: string(mine)}, 403)

	// Its certificate, as OpenSSL makes one.
	pem := openssl(t, dir, "openssl req -x509 -key key.pem -subj /CN=test -days 2 -out cert.pem; cat cert.pem")
	c, _ := ask[api.Record](d, "POST", "/v1/keys/import", api.ImportKeyRequest{Name: "app/cert", Algorithm: "x509", Certificate: string(pem), Key: "app/ec"}, 201)
	if len(c.Links) != 1 || c.Links[0] != (api.Link{Kind: "private-key", To: r.ID}) {
		t.Errorf("the certificate is %+v", c)
	}
	if p, _ := ask[api.PublicKey](d, "GET", "/v1/keys/app/cert/public", nil, 200); p.PublicKey != string(pem) {
		t.Errorf("the certificate comes out as %s", p.PublicKey)
	}
	ask[any](d, "POST", "/v1/keys/import", api.ImportKeyRequest{Name: "app/cert2", Algorithm: "x509", Certificate: "!"}, 400)

	everyForm(t, d, dir, w)
}

func TestPublicHalvesInEveryForm(t *testing.T) {
	d, _ := founded(t)
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "p", Algorithm: "ed25519"}, 201)
	for format, begins := range map[string]string{"": "-----BEGIN PUBLIC KEY-----", "pem": "-----BEGIN PUBLIC KEY-----", "jwk": `{"kty":"OKP"`, "ssh": "ssh-ed25519 ", "der": "MCow", "spki": "MCow", "raw": ""} {
		p, _ := ask[api.PublicKey](d, "GET", "/v1/keys/p/public?version=1&format="+format, nil, 200)
		if !strings.HasPrefix(p.PublicKey, begins) || p.PublicKey == "" || p.Version != 1 || p.Algorithm != "ed25519" || p.Format != format && (format != "" || p.Format != "pem") {
			t.Errorf("%s: %+v", format, p)
		}
	}
	ask[any](d, "GET", "/v1/keys/p/public?format=rot13", nil, 400)
	ask[any](d, "GET", "/v1/keys/p/public?version=2", nil, 404)
}

// TestAKeyIsBackedUpHereAndRestoredThere uses two clusters that share a key.
func TestAKeyIsBackedUpHereAndRestoredThere(t *testing.T) {
	here, _ := founded(t)
	there, _ := founded(t)
	ask[api.Record](here, "POST", "/v1/keys", api.CreateKeyRequest{Name: "shared", Exportable: true}, 201)
	w, _ := ask[api.WrappingKey](there, "GET", "/v1/wrapping-key?algorithm=ml-kem-768-x25519", nil, 200)
	x, _ := ask[api.ExportResponse](here, "POST", "/v1/keys/shared/export", api.ExportRequest{Recipient: &api.RawPublicKey{Algorithm: w.Algorithm, Raw: w.PublicKeyRaw}}, 200)
	ask[api.Record](there, "POST", "/v1/keys/import", api.ImportKeyRequest{
		Name: "from/there", Algorithm: x.Algorithm, WrappedMaterial: x.WrappedMaterial, Wrapping: api.Wrapping{Key: w.Name, Version: w.Version}, CheckValue: x.CheckValue,
	}, 201)

	ask[api.Record](here, "POST", "/v1/keys", api.CreateKeyRequest{Name: "app/db", Exportable: true}, 201)
	c, _ := ask[api.EncryptResponse](here, "POST", "/v1/keys/app/db/encrypt", api.EncryptRequest{Plaintext: []byte("hello")}, 200)
	ask[api.Record](here, "POST", "/v1/keys/app/db/rotate", struct{}{}, 200)
	b, _ := ask[api.KeyBackup](here, "POST", "/v1/keys/app/db/backup", api.BackupKeyRequest{WrappingKey: "shared"}, 200)
	if b.Name != "app/db" || b.Versions != 2 || b.WrappingVersion != 1 {
		t.Errorf("backed up as %+v", b)
	}
	r, _ := ask[api.Record](there, "POST", "/v1/keys/restore", api.RestoreKeyRequest{Backup: b.Backup, WrappingKey: "from/there", Name: "app/moved"}, 201)
	if r.ID != b.ID || r.Name != "app/moved" || r.Origin != "restored" || r.Latest != 2 {
		t.Errorf("restored as %+v", r)
	}
	if p, _ := ask[api.DecryptResponse](there, "POST", "/v1/keys/app/moved/decrypt", api.DecryptRequest{Ciphertext: c.Ciphertext}, 200); string(p.Plaintext) != "hello" {
		t.Errorf("decrypts to %q", p.Plaintext)
	}
	ask[any](there, "POST", "/v1/keys/restore", api.RestoreKeyRequest{Backup: b.Backup, WrappingKey: "from/there"}, 409)
	ask[any](here, "POST", "/v1/keys/app/db/backup", api.BackupKeyRequest{}, 400)
}
