package foreign_test

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/vault/fault"
)

// recorded is what a script that has nothing of ours made after the engine's documented forms: backups and exports of one key of each
// type, and for each version something that was encrypted or signed with it.
type recorded struct {
	Name, Type, Algorithm string
	Backup                string            // base64, as transit/backup gives it
	Export                map[string]string // by version, as transit/export gives it; nil: none of its own
	Products              map[string]string // by version: vault:v1:…
	MinDecrypt            uint32
}

const message = "attack at dawn"

// script runs the script of testdata under a Python that has cryptography, and returns what it prints.
func script(t *testing.T) []byte {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import cryptography").Run() != nil {
			continue
		}
		out, err := exec.CommandContext(t.Context(), python, "testdata/transit.py").Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Skipf("there is no python3 with cryptography (Debian: python3-cryptography): `make clients` installs it")
	return nil
}

func readRecorded(t *testing.T) (all []recorded) {
	t.Helper()
	text := script(t)
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 10 {
		t.Fatalf("%d keys, %v", len(all), err)
	}
	return all
}

func TestBackupsAndExportsOfTransitAreRead(t *testing.T) {
	for _, r := range readRecorded(t) {
		whole, err := json.Marshal(map[string]any{"request_id": "x", "data": map[string]any{"backup": r.Backup}})
		if err != nil {
			t.Fatal(err)
		}
		export, err := json.Marshal(map[string]any{"lease_duration": 0, "data": map[string]any{"name": r.Name, "type": r.Type, "keys": r.Export}})
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string][]byte{"backup": []byte(r.Backup + "\n"), "answer with a backup": whole}
		if r.Export != nil {
			forms["export"] = export
		}
		for form, text := range forms {
			keys, err := foreign.ReadTransit(text)
			if err != nil || len(keys) != 1 {
				t.Errorf("%s of %s: %d keys, %v", form, r.Name, len(keys), err)
				continue
			}
			k := keys[0]
			if k.Name != r.Name || k.Algorithm != r.Algorithm || k.Left != "" || len(k.Versions) != len(r.Products) || k.State != foreign.Active {
				t.Errorf("%s of %s: %q of %s with %d versions, %s %s", form, r.Name, k.Name, k.Algorithm, len(k.Versions), k.State, k.Left)
				continue
			}
			if form == "backup" && k.MinDecrypt != r.MinDecrypt {
				t.Errorf("%s: the lowest version is %d, want %d", r.Name, k.MinDecrypt, r.MinDecrypt)
			}
			for i, v := range k.Versions {
				if int(v.Number) != i+1 {
					t.Errorf("%s of %s: version %d at place %d", form, r.Name, v.Number, i)
				}
				if err := proves(v, r.Type, r.Products[string(rune('0'+v.Number))]); err != nil {
					t.Errorf("%s of %s, version %d: %v", form, r.Name, v.Number, err)
				}
			}
			k.Clear()
		}
	}
}

// proves shows that the material is the key that made a product there.
func proves(v foreign.Version, kind, product string) error {
	_, text, _ := strings.Cut(strings.TrimPrefix(product, "vault:"), ":")
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	if v.Raw {
		var a cipher.AEAD
		if kind == "chacha20-poly1305" {
			a, err = chacha20poly1305.New(v.Material)
		} else if block, e := aes.NewCipher(v.Material); e != nil {
			return e
		} else {
			a, err = cipher.NewGCM(block)
		}
		if err != nil {
			return err
		}
		plain, err := a.Open(nil, b[:a.NonceSize()], b[a.NonceSize():], nil)
		if err == nil && string(plain) != message {
			err = errors.New("another plaintext")
		}
		return err
	}
	der := v.Material
	if block, _ := pem.Decode(der); block != nil {
		der = block.Bytes
	}
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if k, err = x509.ParsePKCS1PrivateKey(der); err != nil {
			if k, err = x509.ParseECPrivateKey(der); err != nil {
				return err
			}
		}
	}
	digest := sha256.Sum256([]byte(message))
	good := false
	switch k := k.(type) {
	case ed25519.PrivateKey:
		good = ed25519.Verify(k.Public().(ed25519.PublicKey), []byte(message), b)
	case *ecdsa.PrivateKey:
		good = ecdsa.VerifyASN1(&k.PublicKey, digest[:], b)
	case *rsa.PrivateKey:
		good = rsa.VerifyPSS(&k.PublicKey, crypto.SHA256, digest[:], b, nil) == nil
	}
	if !good {
		return errors.New("the signature is of another key")
	}
	return nil
}

func TestWhatIsNoExportOfTransitIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "{", "another answer": `{"data":{"value":"x"}}`, "an empty object": "{}", "a list": "[]",
		"no base64":        `{"name":"a","type":"aes256-gcm96","keys":{"1":"!"}}`,
		"version 0":        `{"name":"a","type":"aes256-gcm96","keys":{"0":"AAAA"}}`,
		"a version's name": `{"name":"a","type":"aes256-gcm96","keys":{"x":"AAAA"}}`,
		"public halves":    `{"name":"a","type":"ed25519","keys":{"1":"` + base64.StdEncoding.EncodeToString(make([]byte, 32)) + `"}}`,
		"a half ed25519":   `{"name":"a","type":"ed25519","keys":{"1":"` + base64.StdEncoding.EncodeToString(make([]byte, 64)) + `"}}`,
		"keys of a list":   `{"name":"a","type":"aes256-gcm96","keys":{"1":{"key":"AAAA"}}}`,
		"a scalar of 0":    `{"policy":{"name":"a","type":1,"keys":{"1":{"ec_d":0,"ec_x":1,"ec_y":1}}}}`,
		"a large scalar":   `{"policy":{"name":"a","type":1,"keys":{"1":{"ec_d":1` + strings.Repeat("0", 200) + `}}}}`,
		"RSA of nothing":   `{"policy":{"name":"a","type":3,"keys":{"1":{"rsa_key":{"N":15,"E":3,"D":3,"Primes":[3,5]}}}}}`,
		"RSA without":      `{"policy":{"name":"a","type":3,"keys":{"1":{"rsa_key":{"E":3}}}}}`,
	} {
		if keys, err := foreign.ReadTransit([]byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
	if _, err := foreign.ReadTransit(bytes.Repeat([]byte(" "), foreign.MaxTransit+1)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("a large one: %v", err)
	}
}

func TestKeysOfTransitThatCannotBeTakenSayWhy(t *testing.T) {
	for name, c := range map[string]struct{ text, left string }{
		"another type": {`{"name":"a","type":"xchacha20-poly1305","keys":{"1":"AAAA"}}`, "no algorithm"},
		"a number":     {`{"policy":{"name":"a","type":77,"keys":{"1":{"key":"AAAA"}}}}`, "no algorithm"},
		"derived":      {`{"policy":{"name":"a","type":0,"derived":true,"keys":{"1":{"key":"AAAA"}}}}`, "derived"},
		"no version":   {`{"name":"a","type":"aes256-gcm96","keys":{}}`, "no version"},
	} {
		keys, err := foreign.ReadTransit([]byte(c.text))
		if err != nil || len(keys) != 1 || !strings.Contains(keys[0].Left, c.left) || len(keys[0].Versions) != 0 {
			t.Errorf("%s: %+v, %v", name, keys, err)
		}
	}
	keys, err := foreign.ReadTransit([]byte(`{"name":"a","type":"aes256-gcm96","keys":{"7":"AAAA","6":"AAAB"}}`))
	if err != nil || len(keys[0].Versions) != 2 || keys[0].Versions[0].Number != 6 || !strings.Contains(keys[0].Note, "6 becomes 1") {
		t.Errorf("versions from 6: %+v, %v", keys, err)
	}
}

func FuzzReadTransit(f *testing.F) {
	f.Add([]byte(`{"policy":{"name":"a","type":0,"keys":{"2":{"key":"AAAA"}},"min_decryption_version":2,"min_available_version":0},"archived_keys":{"keys":[{},{"key":"AAAA"},{"key":"AAAB"}]}}`))
	f.Add([]byte(`{"policy":{"name":"a","type":1,"keys":{"1":{"ec_d":7,"ec_x":1,"ec_y":1}}}}`))
	f.Add([]byte(`{"policy":{"name":"a","type":3,"keys":{"1":{"rsa_key":{"N":15,"E":3,"D":3,"Primes":[3,5]}}}}}`))
	f.Add([]byte(`{"data":{"name":"a","type":"hmac","keys":{"1":"AAAA"}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		keys, err := foreign.ReadTransit(b)
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v is of no kind", err)
		}
		for _, k := range keys {
			if (k.Left == "") == (len(k.Versions) == 0) {
				t.Errorf("%d versions, left out for %q", len(k.Versions), k.Left)
			}
		}
		foreign.Clear(keys)
	})
}
