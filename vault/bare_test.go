package vault_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func lentBare(*vault.BareOutput) error { return nil }

// doBare does one bare operation and keeps what it gives.
func doBare(f *vaulttest.Fixture, c access.Caller, what vault.BareUse, ref string, in vault.BareInput) (got vault.BareOutput, err error) {
	err = f.Vault(0).Bare(ctx, c, what, ref, in, func(out *vault.BareOutput) error {
		got = *out
		got.Data = bytes.Clone(out.Data)
		return nil
	})
	return got, err
}

// barePlain is longer than a block, which XTS needs.
var barePlain = []byte("plain text of 24 bytes..")

var bareSchemes = map[string]vault.BareScheme{
	"gcm": {}, "gcm, 12": {Mode: "gcm", TagBytes: 12}, "cbc": {Mode: "cbc", Padding: "pkcs5"}, "ecb": {Mode: "ecb", Padding: "x923"},
	"ccm": {Mode: "ccm"}, "ccm, 8": {Mode: "ccm", TagBytes: 8}, "xts": {Mode: "xts"}, "cfb": {Mode: "cfb"}, "ofb": {Mode: "ofb"}, "ctr": {Mode: "ctr"},
}

func TestWhatIsEncryptedBareIsDecrypted(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	for name, s := range bareSchemes {
		sealed, err := doBare(f, f.Root(), vault.EncryptBare, "k", vault.BareInput{Data: barePlain, Scheme: s})
		ok(t, "encrypting", err)
		if (sealed.IV == nil) != (s.Mode == "ecb") || (sealed.Tag == nil) != (s.Mode != "" && s.Mode != "gcm" && s.Mode != "ccm") || sealed.Version != 1 {
			t.Errorf("%s: IV %x, tag %x, version %d", name, sealed.IV, sealed.Tag, sealed.Version)
		}
		in := vault.BareInput{Data: sealed.Data, IV: sealed.IV, Proof: sealed.Tag, Scheme: s}
		plain, err := doBare(f, f.Root(), vault.DecryptBare, "k", in)
		if err != nil || !bytes.Equal(plain.Data, barePlain) {
			t.Errorf("%s: got %q, %v", name, plain.Data, err)
		}
		if s.Mode == "ecb" {
			continue
		}
		again, err := doBare(f, f.Root(), vault.EncryptBare, "k", vault.BareInput{Data: barePlain, IV: sealed.IV, Scheme: s})
		if err != nil || !bytes.Equal(again.Data, sealed.Data) || again.IV != nil {
			t.Errorf("%s, under the same IV: %x and %x, IV %x, %v", name, again.Data, sealed.Data, again.IV, err)
		}
		in.IV = nil
		if _, err := doBare(f, f.Root(), vault.DecryptBare, "k", in); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: opens without an IV: %v", name, err)
		}
	}
}

// TestTheBlockCipherItselfIsForThoseWhoMayDoBoth: who may only encrypt, or only decrypt, gets GCM under nonces of the vault, and
// nothing by which he could do the other.
func TestTheBlockCipherItselfIsForThoseWhoMayDoBoth(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	f.Grant("in", `permit (principal == User::"in", action == Action::"encrypt", resource);`)
	f.Grant("out", `permit (principal == User::"out", action == Action::"decrypt", resource);`)
	f.Grant("both", `permit (principal == User::"both", action in [Action::"encrypt", Action::"decrypt"], resource);`)
	for name, s := range bareSchemes {
		gcm := s.Mode == "" || s.Mode == "gcm"
		in := vault.BareInput{Data: barePlain, Scheme: s}
		if _, err := doBare(f, as("in"), vault.EncryptBare, "k", in); (err == nil) != gcm || err != nil && !errors.Is(err, fault.Denied) {
			t.Errorf("%s, drawn IV, permitted to encrypt: %v", name, err)
		}
		sealed, err := doBare(f, as("both"), vault.EncryptBare, "k", in)
		ok(t, "encrypting", err)
		if s.Mode != "ecb" {
			in.IV = sealed.IV
			if _, err := doBare(f, as("in"), vault.EncryptBare, "k", in); !errors.Is(err, fault.Denied) {
				t.Errorf("%s, given IV, permitted to encrypt: %v", name, err)
			}
			_, err = doBare(f, as("both"), vault.EncryptBare, "k", in)
			ok(t, "encrypting under a given IV", err)
		}
		in = vault.BareInput{Data: sealed.Data, IV: sealed.IV, Proof: sealed.Tag, Scheme: s}
		if _, err := doBare(f, as("out"), vault.DecryptBare, "k", in); (err == nil) != gcm || err != nil && !errors.Is(err, fault.Denied) {
			t.Errorf("%s, permitted to decrypt: %v", name, err)
		}
		_, err = doBare(f, as("both"), vault.DecryptBare, "k", in)
		ok(t, "decrypting", err)
	}
}

func TestBareSignaturesAndMACsVerifyOrDoNot(t *testing.T) {
	f := vaulttest.New(t)
	for _, c := range []struct {
		a            key.Algorithm
		make, verify vault.BareUse
		scheme       vault.BareScheme
	}{
		{key.RSA2048, vault.SignBare, vault.VerifyBare, vault.BareScheme{Salt: 20}},
		{key.RSA2048, vault.SignBare, vault.VerifyBare, vault.BareScheme{Padding: "pkcs1v15", Hash: "sha384"}},
		{key.ECDSAP384, vault.SignBare, vault.VerifyBare, vault.BareScheme{}},
		{key.Ed25519, vault.SignBare, vault.VerifyBare, vault.BareScheme{}},
		{key.HMACSHA256, vault.MACBare, vault.VerifyMACBare, vault.BareScheme{}},
		{key.HMACSHA256, vault.MACBare, vault.VerifyMACBare, vault.BareScheme{Hash: "sha1"}},
	} {
		name := c.a.String()
		if _, err := f.Vault(0).Key(ctx, f.Root(), name); err != nil {
			_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: name, Algorithm: c.a, Exportable: true})
			ok(t, "creating", err)
		}
		in := vault.BareInput{Data: []byte("input"), Scheme: c.scheme}
		made, err := doBare(f, f.Root(), c.make, name, in)
		ok(t, "making one with "+name, err)
		in.Proof = made.Data
		if got, err := doBare(f, f.Root(), c.verify, name, in); err != nil || !got.Valid {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		in.Data = []byte("inpus")
		if got, err := doBare(f, f.Root(), c.verify, name, in); err != nil || got.Valid {
			t.Errorf("%s over something else: %+v, %v", name, got, err)
		}
	}
	// Of ECDSA the other form too, which the text of Sign has.
	raw, err := f.Vault(0).Sign(ctx, f.Root(), "ecdsa-p384", vault.SignInput{Input: []byte("input"), Scheme: vault.SignScheme{Form: "raw"}})
	ok(t, "signing", err)
	sig, err := base64.StdEncoding.DecodeString(string(raw.Text[len("qk:v1:"):]))
	ok(t, "reading", err)
	if got, err := doBare(f, f.Root(), vault.VerifyBare, "ecdsa-p384", vault.BareInput{Data: []byte("input"), Proof: sig}); err != nil || !got.Valid {
		t.Errorf("r ‖ s: %+v, %v", got, err)
	}
	// HMAC by another hash than the key's own is over its material.
	mac, err := doBare(f, f.Root(), vault.MACBare, "hmac-sha256", vault.BareInput{Data: []byte("input"), Scheme: vault.BareScheme{Hash: "sha1"}})
	ok(t, "making a MAC", err)
	material, err := reveal(f.Vault(0), f.Root(), "hmac-sha256", 0)
	ok(t, "revealing", err)
	h := hmac.New(sha1.New, material)
	h.Write([]byte("input"))
	if want := hex.EncodeToString(h.Sum(nil)); hex.EncodeToString(mac.Data) != want {
		t.Errorf("got %x, want %s", mac.Data, want)
	}
}

func TestABareSchemeIsChosenForTheKeyThatWasFound(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	var saw string
	in := vault.BareInput{Data: make([]byte, 16), Choose: func(r *key.Record, in *vault.BareInput) error {
		saw, in.Scheme.Mode = r.Name, "ecb"
		return nil
	}}
	got, err := doBare(f, f.Root(), vault.EncryptBare, "k", in)
	if err != nil || saw != "k" || len(got.Data) != 16 || got.Tag != nil {
		t.Errorf("saw %q, got %+v, %v", saw, got, err)
	}
	saw = ""
	if _, err := doBare(f, as("stranger"), vault.EncryptBare, "k", in); !errors.Is(err, fault.Denied) || saw != "" {
		t.Errorf("a stranger: %v, and the record of %q was shown", err, saw)
	}
	in.Choose = func(*key.Record, *vault.BareInput) error { return fault.New(fault.BadState, "no") }
	if _, err := doBare(f, f.Root(), vault.EncryptBare, "k", in); !errors.Is(err, fault.BadState) {
		t.Errorf("got %v", err)
	}
	for name, s := range map[string]vault.BareScheme{"mode": {Mode: "pcbc"}, "padding": {Mode: "cbc", Padding: "iso"}} {
		if _, err := doBare(f, f.Root(), vault.EncryptBare, "k", vault.BareInput{Scheme: s}); !errors.Is(err, fault.Invalid) {
			t.Errorf("an unknown %s: %v", name, err)
		}
	}
}

// TestBareGCMKeepsAwayFromTheVaultsOwn: what the vault seals under a key is bound to additional data that begins with its label, and which
// anybody can compute; nobody opens or makes such a thing by the bare cipher.
func TestBareGCMKeepsAwayFromTheVaultsOwn(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	for aad, refused := range map[string]bool{"quorate backup 1": true, "quorate child material and more": true, "": false, "quorat": false, "a quorate": false} {
		in := vault.BareInput{Data: []byte("plain"), AAD: []byte(aad)}
		sealed, err := doBare(f, f.Root(), vault.EncryptBare, "k", in)
		if errors.Is(err, fault.Invalid) != refused {
			t.Errorf("encrypting with %q: %v", aad, err)
		}
		in = vault.BareInput{Data: sealed.Data, IV: make([]byte, 12), Proof: make([]byte, 16), AAD: []byte(aad)}
		if !refused {
			in.IV, in.Proof = sealed.IV, sealed.Tag
		}
		if _, err := doBare(f, f.Root(), vault.DecryptBare, "k", in); (err != nil) != refused || refused && !strings.Contains(err.Error(), "the vault's own") {
			t.Errorf("decrypting with %q: %v", aad, err)
		}
	}
}

// TestWrappingInGCMIsForWhoMayEncryptToo: the form is that of any ciphertext.
func TestWrappingInGCMIsForWhoMayEncryptToo(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	f.Grant("wrap", `permit (principal == User::"wrap", action in [Action::"wrap", Action::"unwrap"], resource);`)
	f.Grant("all", `permit (principal == User::"all", action in [Action::"wrap", Action::"unwrap", Action::"encrypt", Action::"decrypt"], resource);`)
	v := f.Vault(0)
	var data, iv []byte
	in := vault.ModeInput{Mode: vault.WrapGCM, Data: make([]byte, 16)}
	ok(t, "wrapping", v.WrapInMode(ctx, as("all"), "k", in, func(o *vault.ModeOutput) error {
		data, iv = bytes.Clone(o.Data), bytes.Clone(o.IV)
		return nil
	}))
	none := func(*vault.ModeOutput) error { return nil }
	wrapped := vault.ModeInput{Mode: vault.WrapGCM, Data: data, IV: iv}
	ok(t, "unwrapping", v.UnwrapInMode(ctx, as("all"), "k", wrapped, none))
	if err := v.WrapInMode(ctx, as("wrap"), "k", in, none); !errors.Is(err, fault.Denied) {
		t.Errorf("wrapping by who may not encrypt: %v", err)
	}
	if err := v.UnwrapInMode(ctx, as("wrap"), "k", wrapped, none); !errors.Is(err, fault.Denied) {
		t.Errorf("unwrapping by who may not decrypt: %v", err)
	}
	ok(t, "wrapping by RFC 3394", v.WrapInMode(ctx, as("wrap"), "k", vault.ModeInput{Mode: vault.WrapKW, Data: make([]byte, 16)}, none))
}
