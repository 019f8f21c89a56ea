package rest_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// everyForm brings in, through a wrapping key for RSA-4096, PKCS #1 and SEC 1 beside PKCS #8, in PEM and DER, a JWK and raw bytes, made and wrapped by
// OpenSSL's command line alone: as they are recognised and as they are named, and refused under another name or as another algorithm.
func everyForm(t *testing.T, d *door, dir string, w api.WrappingKey) {
	t.Helper()
	openssl(t, dir, `
		openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pkcs8.pem
		openssl rsa -in rsa.pkcs8.pem -traditional -out rsa.pkcs1.pem
		openssl rsa -in rsa.pkcs8.pem -traditional -outform DER -out rsa.pkcs1.der
		openssl ecparam -name prime256v1 -genkey -noout -out ec.sec1.pem
		openssl ec -in ec.sec1.pem -outform DER -out ec.sec1.der
		openssl pkcs8 -topk8 -nocrypt -in ec.sec1.pem -out ec.pkcs8.pem
		openssl rand 32 > aes.raw
		printf '{"kty":"oct","k":"%s"}' "$(openssl base64 -A -in aes.raw | tr '+/' '-_' | tr -d =)" > aes.jwk
		grep -q 'BEGIN RSA PRIVATE KEY' rsa.pkcs1.pem; grep -q 'BEGIN EC PRIVATE KEY' ec.sec1.pem`)
	wrapped := func(file string) []byte {
		t.Helper()
		return openssl(t, dir, `
			openssl rand -out kek 32
			openssl enc -id-aes256-wrap-pad -nosalt -K $(od -An -tx1 kek | tr -d ' \n') -iv a65959a6 -in `+file+` -out body
			openssl pkeyutl -encrypt -pubin -inkey wrapping.pem -in kek -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256
			cat body`)
	}
	for _, k := range []struct{ file, algorithm, format, wrong string }{
		{"rsa.pkcs1.pem", "rsa-2048", "pkcs1", "pkcs8"},
		{"rsa.pkcs1.der", "rsa-2048", "pkcs1", "sec1"},
		{"rsa.pkcs8.pem", "rsa-2048", "pkcs8", "pkcs1"},
		{"ec.sec1.pem", "ecdsa-p256", "sec1", "pkcs8"},
		{"ec.sec1.der", "ecdsa-p256", "sec1", "pkcs1"},
		{"ec.pkcs8.pem", "ecdsa-p256", "pkcs8", "sec1"},
		{"aes.raw", "aes-256-gcm", "raw", "pkcs8"},
		{"aes.jwk", "aes-256-gcm", "jwk", "pkcs1"},
	} {
		in := api.ImportKeyRequest{Algorithm: k.algorithm, WrappedMaterial: wrapped(k.file), Wrapping: api.Wrapping{Scheme: w.Wrapping, Version: w.Version}, Exportable: true}
		name := "app/" + strings.ReplaceAll(k.file, ".", "-")
		var checks []string
		for _, format := range []string{"", k.format} {
			in.Name, in.Format = name+format, format
			r, _ := ask[api.Record](d, "POST", "/v1/keys/import", in, 201)
			checks = append(checks, r.Versions[0].CheckValue)
			if !strings.HasPrefix(k.algorithm, "aes") {
				p, _ := ask[api.PublicKey](d, "GET", "/v1/keys/"+in.Name+"/public", nil, 200)
				put(t, dir, "ours.pub", []byte(p.PublicKey))
				form := ""
				if strings.HasSuffix(k.file, ".der") {
					form = " -inform DER"
				}
				openssl(t, dir, "openssl pkey -in "+k.file+form+" -pubout | cmp - ours.pub")
				continue
			}
			m, _ := ask[api.Material](d, "GET", "/v1/keys/"+in.Name+"/material", nil, 200)
			put(t, dir, "ours", m.Material)
			openssl(t, dir, "cmp ours aes.raw")
		}
		if checks[0] != checks[1] || checks[0] == "" {
			t.Errorf("%s has the check values %q", k.file, checks)
		}
		in.Name, in.Format = name+"-wrong", k.wrong
		ask[any](d, "POST", "/v1/keys/import", in, 400)
		if in.Format, in.Algorithm = "", "ed25519"; k.file != "aes.raw" { // 32 raw bytes may be anything
			ask[any](d, "POST", "/v1/keys/import", in, 400)
		}
	}
}
