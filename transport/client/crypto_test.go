package client_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// TestEveryUseOfAKeyIsSpokenAsDocumented undoes each operation with its other half, one item and two.
func TestEveryUseOfAKeyIsSpokenAsDocumented(t *testing.T) {
	c, ctx := connect(t, clienttest.New(t)), t.Context()
	for name, algorithm := range map[string]string{"ec": "ecdsa-p256", "ed": "ed25519", "rsa": "rsa-2048", "mac": "hmac-sha256", "kem": "ml-kem-768", "aes": ""} {
		if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: name, Algorithm: algorithm}); err != nil {
			t.Fatal(err)
		}
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	input := []byte("input")
	for _, name := range []string{"ec", "ed", "rsa"} {
		s, err := c.Sign(ctx, name, api.SignRequest{Input: input})
		must("sign", err)
		v, err := c.Verify(ctx, name, api.VerifyRequest{Input: input, Signature: s.Signature})
		must("verify", err)
		w, err := c.Verify(ctx, name, api.VerifyRequest{Input: []byte("other"), Signature: s.Signature})
		must("verify", err)
		if !v.Valid || w.Valid {
			t.Errorf("%s: valid %v, and over another input %v", name, v.Valid, w.Valid)
		}
		batch, err := c.SignBatch(ctx, name, []api.SignRequest{{Input: input}, {Input: []byte("other")}})
		must("sign batch", err)
		verdicts, err := c.VerifyBatch(ctx, name, []api.VerifyRequest{{Input: input, Signature: batch[0].Value.Signature}, {Input: input, Signature: batch[1].Value.Signature}, {Signature: "x"}})
		must("verify batch", err)
		if !verdicts[0].Value.Valid || verdicts[1].Value.Valid || verdicts[2].Error == nil || verdicts[2].Error.Kind != "invalid" || verdicts[2].Error.Detail == "" {
			t.Errorf("%s: verdicts %+v", name, verdicts)
		}
	}
	m, err := c.MAC(ctx, "mac", api.MACRequest{Input: input})
	must("mac", err)
	v, err := c.VerifyMAC(ctx, "mac", api.VerifyMACRequest{Input: input, MAC: m.MAC})
	must("verify-mac", err)
	macs, err := c.MACBatch(ctx, "mac", []api.MACRequest{{Input: input}})
	must("mac batch", err)
	all, err := c.VerifyMACBatch(ctx, "mac", []api.VerifyMACRequest{{Input: []byte("x"), MAC: m.MAC}})
	must("verify-mac batch", err)
	if !v.Valid || macs[0].Value.MAC != m.MAC || all[0].Value.Valid {
		t.Errorf("verify-mac: %+v, %+v, %+v", v, macs, all)
	}
	d, err := c.Derive(ctx, "mac", api.DeriveRequest{Bytes: 16, Info: []byte("a")})
	must("derive", err)
	ds, err := c.DeriveBatch(ctx, "mac", []api.DeriveRequest{{Bytes: 16, Info: []byte("a")}, {Bytes: 16, Info: []byte("b")}})
	must("derive batch", err)
	if len(d.Derived) != 16 || !bytes.Equal(ds[0].Value.Derived, d.Derived) || bytes.Equal(ds[1].Value.Derived, d.Derived) {
		t.Errorf("derived %x, %+v", d.Derived, ds)
	}
	k, err := c.DeriveKey(ctx, "mac", api.DeriveKeyRequest{Key: api.CreateKeyRequest{Name: "derived", Algorithm: "secret", Exportable: true}, Derivation: api.DeriveRequest{Info: []byte("a")}})
	must("derive a key", err)
	kept, err := c.Material(ctx, "derived", 0)
	must("material", err)
	if k.Origin != "derived" || !bytes.Equal(kept.Material[:16], d.Derived) { // HKDF gives more of the same
		t.Errorf("the derived key is %+v, %x", k, kept.Material)
	}
	w, err := c.Wrap(ctx, "aes", api.WrapRequest{Plaintext: input})
	must("wrap", err)
	u, err := c.Unwrap(ctx, "aes", api.UnwrapRequest{Ciphertext: w.Ciphertext})
	must("unwrap", err)
	ws, err := c.WrapBatch(ctx, "aes", []api.WrapRequest{{Plaintext: input}})
	must("wrap batch", err)
	us, err := c.UnwrapBatch(ctx, "aes", []api.UnwrapRequest{{Ciphertext: ws[0].Value.Ciphertext}})
	must("unwrap batch", err)
	if !bytes.Equal(u.Plaintext, input) || !bytes.Equal(us[0].Value.Plaintext, input) {
		t.Errorf("unwrapped %q, %+v", u.Plaintext, us)
	}
	e, err := c.Encapsulate(ctx, "kem", api.EncapsulateRequest{})
	must("encapsulate", err)
	back, err := c.Decapsulate(ctx, "kem", api.DecapsulateRequest{Ciphertext: e.Ciphertext})
	must("decapsulate", err)
	es, err := c.EncapsulateBatch(ctx, "kem", make([]api.EncapsulateRequest, 2))
	must("encapsulate batch", err)
	backs, err := c.DecapsulateBatch(ctx, "kem", []api.DecapsulateRequest{{Ciphertext: es[1].Value.Ciphertext}})
	must("decapsulate batch", err)
	if !bytes.Equal(back.SharedSecret, e.SharedSecret) || !bytes.Equal(backs[0].Value.SharedSecret, es[1].Value.SharedSecret) {
		t.Error("both sides do not share their secret")
	}
	cs, err := c.EncryptBatch(ctx, "aes", []api.EncryptRequest{{Plaintext: input}, {Plaintext: []byte("b")}})
	must("encrypt batch", err)
	rs, err := c.RewrapBatch(ctx, "aes", []api.DecryptRequest{{Ciphertext: cs[0].Value.Ciphertext}})
	must("rewrap batch", err)
	ps, err := c.DecryptBatch(ctx, "aes", []api.DecryptRequest{{Ciphertext: rs[0].Value.Ciphertext}, {Ciphertext: cs[1].Value.Ciphertext}})
	must("decrypt batch", err)
	ks, err := c.DataKeyBatch(ctx, "aes", []api.DataKeyRequest{{Bits: 128, Plaintext: true}})
	must("datakey batch", err)
	if !bytes.Equal(ps[0].Value.Plaintext, input) || string(ps[1].Value.Plaintext) != "b" || len(ks[0].Value.Plaintext) != 16 {
		t.Errorf("decrypted %+v; data keys %+v", ps, ks)
	}
	h, err := c.Hash(ctx, api.HashRequest{Input: input})
	must("hash", err)
	if want := sha256.Sum256(input); !bytes.Equal(h.Digest, want[:]) {
		t.Errorf("hashed to %x", h.Digest)
	}
	if _, err := c.SignBatch(ctx, "nobody", []api.SignRequest{{Input: input}}); !errors.Is(err, fault.NotFound) {
		t.Errorf("a batch for no key: %v", err)
	}
}
