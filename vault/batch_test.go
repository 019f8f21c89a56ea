package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestEachItemOfABatchHasItsOwnOutcome mixes versions, garbage and what belongs elsewhere.
func TestEachItemOfABatchHasItsOwnOutcome(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	f.MustCreate("k")
	f.MustCreate("other")
	first, foreign := mustEncrypt(t, f, "k", "one"), mustEncrypt(t, f, "other", "foreign")
	_, err := v.RotateKey(ctx, root, "k")
	ok(t, "rotating", err)
	second := mustEncrypt(t, f, "k", "two")
	texts := [][]byte{first, second, foreign, []byte("garbage"), []byte("qk:v9:AAAA"), nil, second, first}
	want := []string{"one", "two", "invalid", "invalid", "not_found", "invalid", "two", "one"}
	items := make([]vault.Message, len(texts))
	for i, text := range texts {
		items[i].Body = text
	}
	check := func(what string, i int, got string, err error) {
		t.Helper()
		if err != nil {
			got = fault.Of(err).Kind.String()
		}
		if got != want[i] {
			t.Errorf("%s of item %d gives %q, %v; want %q", what, i, got, err, want[i])
		}
	}
	before := len(f.AuditEntries(1))
	ok(t, "decrypting", v.DecryptBatch(ctx, root, "k", items, func(all []vault.Result[vault.Plain]) error {
		for i := range all {
			check("decrypt", i, string(all[i].Value.Body), all[i].Err)
		}
		return nil
	}))
	entries := f.AuditEntries(1)[before:]
	if len(entries) != 1 || entries[0].Operation != "key.decrypt" || entries[0].Outcome != audit.OK || entries[0].Changes["items"] != "8" || entries[0].Changes["failed"] != "4" {
		t.Errorf("the audit log has %+v", entries)
	}
	ok(t, "rewrapping", v.RewrapBatch(ctx, root, "k", items, func(all []vault.Result[vault.Sealed]) error {
		for i := range all {
			plain := ""
			if all[i].Err == nil {
				plain, err = decrypt(v, root, "k", all[i].Value.Text)
				if err != nil || all[i].Value.Version != 2 {
					t.Errorf("item %d is rewrapped to version %d, %v", i, all[i].Value.Version, err)
				}
			}
			check("rewrap", i, plain, all[i].Err)
		}
		return nil
	}))
}

// TestWhatEveryItemWouldMeetIsTheRequestsError: nobody has to look for it in a thousand results.
func TestWhatEveryItemWouldMeetIsTheRequestsError(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("k")
	text := mustEncrypt(t, f, "k", "x")
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "enc", Usage: key.Encrypt})
	ok(t, "creating", err)
	enc := mustEncrypt(t, f, "enc", "x")
	never := func([]vault.Result[vault.Sealed]) error { t.Error("results were lent"); return nil }
	neverPlain := func([]vault.Result[vault.Plain]) error { t.Error("results were lent"); return nil }
	one := []vault.Message{{Body: []byte("x")}, {Body: []byte("y")}}
	wants(t, "no key", v.EncryptBatch(ctx, root, "absent", one, never), fault.NotFound)
	wants(t, "no permission", v.EncryptBatch(ctx, as("mallory"), "k", one, never), fault.Denied)
	wants(t, "not its usage", v.DecryptBatch(ctx, root, "enc", []vault.Message{{Body: enc}, {Body: enc}}, neverPlain), fault.Denied)
	ok(t, "suspending", step(f, "k", 0, access.Suspend))
	wants(t, "out of use", v.EncryptBatch(ctx, root, "k", one, never), fault.BadState)
	wants(t, "rewrapping out of use", v.RewrapBatch(ctx, root, "k", []vault.Message{{Body: []byte("garbage")}, {Body: text}}, func(all []vault.Result[vault.Sealed]) error {
		return all[1].Err // its own version is out of use: each item says so
	}), fault.BadState)
	entries := f.AuditEntries(0)
	if last := entries[len(entries)-2]; last.Outcome != "bad_state" || last.Changes["items"] != "2" {
		t.Errorf("the audit log has %+v", last)
	}
}

func TestABatchIsLentOnceAndClearedAfterwards(t *testing.T) {
	w := newWorld(t, 1)
	v, root := w.Vault(0), w.Root()
	var kept [][]byte
	keep := func(b []byte, err error) {
		if err != nil || bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("nothing was lent: %v", err)
		}
		if last := w.AuditEntries(0); last[len(last)-1].Phase != audit.Response {
			t.Error("lent before its audit entry")
		}
		kept = append(kept, b)
	}
	ok(t, "decrypt", v.DecryptBatch(ctx, root, "app/k", []vault.Message{{Body: w.text}, {Body: w.text}}, func(all []vault.Result[vault.Plain]) error {
		for _, r := range all {
			keep(r.Value.Body, r.Err)
		}
		return nil
	}))
	ok(t, "unwrap", v.UnwrapBatch(ctx, root, "app/k", []vault.Message{{Body: w.wrapped}}, func(all []vault.Result[vault.Plain]) error {
		keep(all[0].Value.Body, all[0].Err)
		return nil
	}))
	ok(t, "datakey", v.DataKeyBatch(ctx, root, "app/k", []vault.DataKeySpec{{Plaintext: true}}, func(all []vault.Result[vault.DataKey]) error {
		keep(all[0].Value.Plaintext, all[0].Err)
		return nil
	}))
	ok(t, "derive", v.DeriveBatch(ctx, root, "app/mac", []vault.DeriveInput{{}}, func(all []vault.Result[vault.Derived]) error {
		keep(all[0].Value.Secret, all[0].Err)
		return nil
	}))
	ok(t, "encapsulate", v.EncapsulateBatch(ctx, root, "app/kem", 2, func(all []vault.Result[vault.Encapsulation]) error {
		keep(all[0].Value.Secret, all[0].Err)
		keep(all[1].Value.Secret, all[1].Err)
		return nil
	}))
	ok(t, "decapsulate", v.DecapsulateBatch(ctx, root, "app/kem", []vault.Message{{Body: w.encapsulated}}, func(all []vault.Result[vault.Encapsulation]) error {
		keep(all[0].Value.Secret, all[0].Err)
		return nil
	}))
	for i, b := range kept {
		if !bytes.Equal(b, make([]byte, len(b))) {
			t.Errorf("secret %d is still there", i)
		}
	}
}

// TestABatchOfEveryKind runs the batch of each operation that has no test of its own above.
func TestABatchOfEveryKind(t *testing.T) {
	w := newWorld(t, 1)
	v, root := w.Vault(0), w.Root()
	input := []byte("input")
	var signatures, macs [][]byte
	ok(t, "sign", v.SignBatch(ctx, root, "app/sign", []vault.SignInput{{Input: input}, {Input: input, Scheme: vault.SignScheme{Hash: "md5"}}, {Input: []byte("other")}}, func(all []vault.Result[vault.Signature]) error {
		if all[0].Err != nil || !errors.Is(all[1].Err, fault.Invalid) || all[2].Err != nil {
			t.Errorf("signed %+v", all)
		}
		signatures = [][]byte{all[0].Value.Text, all[2].Value.Text}
		return nil
	}))
	ok(t, "verify", v.VerifyBatch(ctx, root, "app/sign", []vault.VerifyInput{{Input: input, Signature: signatures[0]}, {Input: input, Signature: signatures[1]}, {Signature: input}}, func(all []vault.Result[vault.Verdict]) error {
		if !all[0].Value.Valid || all[1].Value.Valid || all[1].Err != nil || !errors.Is(all[2].Err, fault.Invalid) {
			t.Errorf("verdicts %+v", all)
		}
		return nil
	}))
	ok(t, "mac", v.MACBatch(ctx, root, "app/mac", []vault.MACInput{{Input: input}, {Input: []byte("other")}}, func(all []vault.Result[vault.MACText]) error {
		macs = [][]byte{all[0].Value.Text, all[1].Value.Text}
		return nil
	}))
	ok(t, "verify-mac", v.VerifyMACBatch(ctx, root, "app/mac", []vault.VerifyMACInput{{Input: input, MAC: macs[0]}, {Input: input, MAC: macs[1]}}, func(all []vault.Result[vault.Verdict]) error {
		if !all[0].Value.Valid || all[1].Value.Valid {
			t.Errorf("verdicts %+v", all)
		}
		return nil
	}))
	ok(t, "wrap", v.WrapBatch(ctx, root, "app/k", []vault.WrapInput{{Plaintext: []byte("sixteen bytes !!")}, {Key: "app/sign"}, {Key: "app/suspended"}}, func(all []vault.Result[vault.Sealed]) error {
		if all[0].Err != nil || all[1].Err != nil || !errors.Is(all[2].Err, fault.BadState) {
			t.Errorf("wrapped %+v", all)
		}
		return nil
	}))
	ok(t, "hash", v.HashBatch(ctx, root, []vault.HashInput{{Input: input}, {Algorithm: "rot13"}}, func(all []vault.Result[[]byte]) error {
		if len(all[0].Value) != 32 || !errors.Is(all[1].Err, fault.Invalid) {
			t.Errorf("hashed %+v", all)
		}
		return nil
	}))
}

// TestABatchEndsWithItsContext: a thousand RSA signatures are not made for somebody who is gone.
func TestABatchEndsWithItsContext(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("k")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	err := v.EncryptBatch(gone, root, "k", make([]vault.Message, 3), func([]vault.Result[vault.Sealed]) error {
		t.Error("results were lent")
		return nil
	})
	if err == nil {
		t.Error("it went on")
	}
}

// TestABatchDrawsItsNoncesAnew: no two items, and no two batches, share one.
func TestABatchDrawsItsNoncesAnew(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	seen := map[string]bool{}
	for range 3 {
		ok(t, "encrypting", f.Vault(0).EncryptBatch(ctx, f.Root(), "k", make([]vault.Message, 500), func(all []vault.Result[vault.Sealed]) error {
			for _, r := range all {
				nonce := string(r.Value.Text[:len("qk:v1:")+16])
				if r.Err != nil || seen[nonce] {
					t.Fatalf("%v, or a nonce twice: %s", r.Err, nonce)
				}
				seen[nonce] = true
			}
			return nil
		}))
	}
}

// broken is a source of randomness that ends after a while.
type broken struct {
	io.Reader
	left int
}

func (b *broken) Read(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("the source is dry")
	}
	return b.Reader.Read(p)
}

// TestWithoutRandomnessABatchFailsWhole: an internal failure is no item's own.
func TestWithoutRandomnessABatchFailsWhole(t *testing.T) {
	source := &broken{Reader: strings.NewReader(strings.Repeat("not so random, but enough for a test", 10_000)), left: 1 << 30}
	f := vaulttest.New(t, vaulttest.WithConfig(func(c *vault.Config) { c.Random = source }))
	f.MustCreate("k")
	source.left = 2000
	err := f.Vault(0).EncryptBatch(ctx, f.Root(), "k", make([]vault.Message, 500), func([]vault.Result[vault.Sealed]) error {
		t.Error("results were lent")
		return nil
	})
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("encrypting gives %v", err)
	}
}

// TestNoInputOfAUseIsInAnyAuditLine sends canaries through every operation, as single items, in batches and in requests that fail.
func TestNoInputOfAUseIsInAnyAuditLine(t *testing.T) {
	w := newWorld(t, 3)
	v, root := w.Vault(1), w.Root()
	canary := func(i int) []byte { return fmt.Appendf(nil, "the canary number %04d sings", i) }
	var secrets [][]byte
	next := func() []byte {
		secrets = append(secrets, canary(len(secrets)))
		return bytes.Clone(secrets[len(secrets)-1])
	}
	learn := func(b []byte) { secrets = append(secrets, bytes.Clone(b)) }
	var faults []error
	see := func(err error) { faults = append(faults, err) }
	s, err := v.Sign(ctx, root, "app/sign", vault.SignInput{Input: next()})
	ok(t, "signing", err)
	see(err1(v.Sign(ctx, root, "app/mac", vault.SignInput{Input: next()})))
	see(err1(v.Verify(ctx, root, "app/sign", vault.VerifyInput{Input: next(), Signature: s.Text, Scheme: vault.SignScheme{Prehashed: true}})))
	see(err1(v.Verify(ctx, root, "app/sign", vault.VerifyInput{Input: next(), Signature: next()})))
	see(err1(v.MAC(ctx, root, "app/mac", vault.MACInput{Input: next(), Hash: "sha512"})))
	see(err1(v.VerifyMAC(ctx, root, "app/mac", vault.VerifyMACInput{Input: next(), MAC: next()})))
	see(err2(v.Wrap(ctx, root, "app/k", vault.WrapInput{Plaintext: next(), AAD: next()})))
	see(err2(v.Wrap(ctx, root, "app/k", vault.WrapInput{Plaintext: next()})))
	see(v.Unwrap(ctx, root, "app/k", vault.Message{Body: next()}, nil))
	see(v.Unwrap(ctx, root, "app/k", vault.Message{Body: w.wrapped}, func(plain []byte, _ uint32) error { learn(plain); return nil }))
	see(v.Derive(ctx, root, "app/mac", vault.DeriveInput{Info: next(), Salt: next()}, func(secret []byte, _ uint32) error { learn(secret); return nil }))
	see(v.Derive(ctx, root, "app/sign", vault.DeriveInput{Peer: next()}, nil))
	see(v.Encapsulate(ctx, root, "app/kem", func(e vault.Encapsulation) error { learn(e.Secret); return nil }))
	see(v.Decapsulate(ctx, root, "app/kem", w.encapsulated, func(secret []byte, _ uint32) error { learn(secret); return nil }))
	see(err1(v.Hash(ctx, root, vault.HashInput{Input: next()})))
	see(err1(v.Hash(ctx, root, vault.HashInput{Input: next(), Algorithm: "rot13"})))
	see(v.SignBatch(ctx, root, "app/sign", []vault.SignInput{{Input: next()}, {Input: next(), Scheme: vault.SignScheme{Prehashed: true}}}, func(all []vault.Result[vault.Signature]) error {
		see(all[1].Err)
		return nil
	}))
	for i, secret := range secrets {
		for node := range 3 {
			for _, line := range w.AuditLines(node) {
				if holds(line, secret) {
					t.Errorf("the audit log of node %d holds secret %d: %s", node, i, line)
				}
			}
		}
		for _, err := range faults {
			if err != nil && (holds([]byte(err.Error()), secret) || holds([]byte(fault.Of(err).NextStep()), secret)) {
				t.Errorf("an error holds secret %d: %v", i, err)
			}
		}
		for _, body := range w.Wire() {
			if holds(body, secret) {
				t.Errorf("secret %d crossed between nodes", i)
			}
		}
	}
}
