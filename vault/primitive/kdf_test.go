package primitive_test

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// TestExpandGivesPublishedBytes: PBKDF2 by RFC 6070, HMAC by RFC 2202, a hash by FIPS 180.
func TestExpandGivesPublishedBytes(t *testing.T) {
	secret := func(b string) *primitive.Key { return openMaterial(t, key.Secret, []byte(b)) }
	for name, c := range map[string]struct {
		k    *primitive.Key
		e    primitive.Expansion
		want string
	}{
		"PBKDF2, once":    {secret("password"), primitive.Expansion{Method: primitive.PBKDF2, Hash: crypto.SHA1, Salt: []byte("salt"), Iterations: 1, Bytes: 20}, "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		"PBKDF2":          {secret("password"), primitive.Expansion{Method: primitive.PBKDF2, Hash: crypto.SHA1, Salt: []byte("salt"), Iterations: 4096, Bytes: 20}, "4b007901b765489abead49d926f721d065a429c1"},
		"PBKDF2, longer":  {secret("passwordPASSWORDpassword"), primitive.Expansion{Method: primitive.PBKDF2, Hash: crypto.SHA1, Salt: []byte("saltSALTsaltSALTsaltSALTsaltSALTsalt"), Iterations: 4096, Bytes: 25}, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		"the hash":        {secret("abc"), primitive.Expansion{Method: primitive.HashOfKey, Bytes: 32}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		"the hash, cut":   {secret("abc"), primitive.Expansion{Method: primitive.HashOfKey, Bytes: 16}, "ba7816bf8f01cfea414140de5dae2223"},
		"HMAC":            {secret("Jefe"), primitive.Expansion{Method: primitive.HMACOfData, Hash: crypto.SHA1, Data: []byte("what do ya want for nothing?"), Bytes: 20}, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		"HMAC of SHA-256": {secret("Jefe"), primitive.Expansion{Method: primitive.HMACOfData, Data: []byte("what do ya want for nothing?"), Bytes: 32}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	} {
		got, err := c.k.Expand(c.e)
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: got %x, %v, want %s", name, got, err, c.want)
		}
	}
	k := secret("abc")
	for name, e := range map[string]primitive.Expansion{
		"more than a hash": {Method: primitive.HashOfKey, Bytes: 33}, "more than HMAC": {Method: primitive.HMACOfData, Bytes: 33}, "no rounds": {Method: primitive.PBKDF2, Bytes: 1},
		"too many rounds": {Method: primitive.PBKDF2, Iterations: primitive.MaxIterations + 1, Bytes: 1}, "too many rounds for so many blocks": {Method: primitive.PBKDF2, Iterations: primitive.MaxIterations/2 + 1, Bytes: 33}, "nothing": {Method: primitive.HashOfKey}, "no method": {Bytes: 1},
		"a broken hash": {Method: primitive.HashOfKey, Hash: crypto.MD5, Bytes: 1}, "too much": {Method: primitive.CounterMode, Bytes: primitive.MaxDerived + 1},
	} {
		if _, err := k.Expand(e); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open(t, key.RSA2048).Expand(primitive.Expansion{Method: primitive.HashOfKey, Bytes: 1}); !errors.Is(err, fault.Invalid) {
		t.Errorf("from RSA: %v", err)
	}
}

// TestOpenSSLDerivesTheSameInCounterMode: its KBKDF without separator and length, so that the fixed input is the info alone.
func TestOpenSSLDerivesTheSameInCounterMode(t *testing.T) {
	o := newOpenSSL(t)
	p := keyOf(t, key.HMACSHA256)
	for _, n := range []int{16, 32, 100} {
		out, err := o.run(fmt.Sprintf("kdf -keylen %d -kdfopt mac:HMAC -kdfopt digest:SHA256 -kdfopt mode:COUNTER -kdfopt hexkey:%x -kdfopt salt:fixed -kdfopt use-l:0 -kdfopt use-separator:0 KBKDF", n, p.material))
		if err != nil {
			t.Fatal(err)
		}
		want, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(out)), ":", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(t, key.HMACSHA256).Expand(primitive.Expansion{Method: primitive.CounterMode, Data: []byte("fixed"), Bytes: n})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %x, %v, want %x", n, got, err, want)
		}
	}
}
