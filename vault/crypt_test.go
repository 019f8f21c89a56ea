package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

func TestEveryAlgorithmRoundTripsOnEveryNode(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	for _, a := range []key.Algorithm{key.AES128GCM, key.AES192GCM, key.AES256GCM, key.ChaCha20Poly1305} {
		r, err := f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: a.String(), Algorithm: a, Exportable: true})
		ok(t, "creating", err)
		for _, size := range []int{0, 1, 15, 16, 17, 70_000} {
			plain := strings.Repeat("x", size)
			text, err := encrypt(f.Vault(0), root, r.Name, plain)
			ok(t, "encrypting", err)
			opens(t, f, 1, r.ID.String(), text, plain)
		}
		m, err := reveal(f.Vault(1), root, r.Name, 0)
		if err != nil || len(m) != a.Traits().Bytes || bytes.Equal(m, make([]byte, len(m))) {
			t.Errorf("material of %s has %d bytes, %v", a, len(m), err)
		}
	}
}

func TestRotationKeepsOldCiphertextsAndUsesTheNewVersion(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.MustCreate("k")
	var texts [][]byte
	materials := map[string]bool{}
	for i := range 5 {
		text, n, err := f.Vault(i%2).Encrypt(ctx, root, "k", vault.Message{Body: fmt.Appendf(nil, "text %d", i)})
		ok(t, "encrypting", err)
		if n != uint32(i+1) || !bytes.HasPrefix(text, fmt.Appendf(nil, "qk:v%d:", i+1)) {
			t.Errorf("version %d, %s", n, text)
		}
		texts = append(texts, text)
		m, err := reveal(f.Vault(0), root, "k", 0)
		ok(t, "revealing", err)
		materials[string(m)] = true
		r, err := f.Vault((i+1)%2).RotateKey(ctx, root, "k")
		ok(t, "rotating", err)
		if r.Latest().Number != uint32(i+2) {
			t.Errorf("the latest version is %d", r.Latest().Number)
		}
	}
	if len(materials) != 5 {
		t.Errorf("%d different materials of 5 versions", len(materials))
	}
	for i, text := range texts {
		opens(t, f, i%2, "k", text, fmt.Sprintf("text %d", i))
		again, n, err := f.Vault(0).Rewrap(ctx, root, "k", vault.Message{Body: text})
		if err != nil || n != 6 {
			t.Fatalf("rewrapping gives version %d, %v", n, err)
		}
		opens(t, f, 1, "k", again, fmt.Sprintf("text %d", i))
	}
}

func TestACiphertextIsBoundToItsContextAndAAD(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("k")
	pairs := []vault.Message{{}, {AAD: []byte("ab")}, {Context: []byte("ab")}, {AAD: []byte("b"), Context: []byte("a")}, {AAD: []byte("a"), Context: []byte("b")}}
	for i, m := range pairs {
		m.Body = []byte("secret")
		text, _, err := v.Encrypt(ctx, root, "k", m)
		ok(t, "encrypting", err)
		for j, n := range pairs {
			n.Body = text
			err := v.Decrypt(ctx, root, "k", n, func(p []byte, _ uint32) error {
				if string(p) != "secret" {
					t.Errorf("opens as %q", p)
				}
				return nil
			})
			if i == j && err != nil || i != j && !errors.Is(err, fault.Invalid) {
				t.Errorf("bound to %d, opened with %d: %v", i, j, err)
			}
		}
	}
}

func TestACiphertextOpensNowhereElse(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("a")
	f.MustCreate("b")
	text := mustEncrypt(t, f, "a", "secret")
	_, err := decrypt(v, root, "b", text)
	wants(t, "another key", err, fault.Invalid)
	_, err = v.RotateKey(ctx, root, "a")
	ok(t, "rotating", err)
	_, err = decrypt(v, root, "a", bytes.Replace(text, []byte("v1"), []byte("v2"), 1))
	wants(t, "another version", err, fault.Invalid)
	_, err = decrypt(v, root, "a", bytes.Replace(text, []byte("v1"), []byte("v9"), 1))
	wants(t, "a version that there is not", err, fault.NotFound)
	for i := len("qk:v1:"); i < len(text)-2; i += 5 {
		flipped := bytes.Clone(text)
		if flipped[i]++; flipped[i] == 'Z'+1 || flipped[i] == 'z'+1 || flipped[i] == '9'+1 || flipped[i] == '+'+1 {
			flipped[i] = 'A'
		}
		_, err := decrypt(v, root, "a", flipped)
		wants(t, "a changed letter", err, fault.Invalid)
	}
}

func TestEqualPlaintextsGiveDifferentCiphertexts(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	seen := map[string]bool{}
	for range 100 {
		seen[string(mustEncrypt(t, f, "k", "same"))] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d different ciphertexts of 100", len(seen))
	}
}

func TestMalformedRequestsAreInvalid(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.MustCreate("k")
	minute := time.Second
	negative := -time.Hour
	nine := uint32(9)
	for name, err := range map[string]error{
		"no name":             err1(v.CreateKey(ctx, root, vault.KeySpec{})),
		"a path trick":        err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "a/../b"})),
		"unknown algorithm":   err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Algorithm: 99})),
		"what is not made":    err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Algorithm: key.Opaque})),
		"a certificate":       err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Algorithm: key.X509})),
		"bits of a cipher":    err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Bits: 256})),
		"bits of half a byte": err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Algorithm: key.Secret, Bits: 260})),
		"a usage it lacks":    err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", Usage: key.Sign})),
		"rotation too often":  err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", RotateEvery: time.Second})),
		"negative rotation":   err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", RotateEvery: -time.Hour})),
		"rotation in ages":    err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", RotateEvery: key.MaxPeriod + 1})),
		"an end in the past":  err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "x", DeactivAt: 1})),
		"an end before its beginning": err1(v.CreateKey(ctx, root, vault.KeySpec{
			Name: "x", ActivateAt: key.At(vaulttest.Start.Add(2 * time.Hour)), DeactivAt: key.At(vaulttest.Start.Add(time.Hour)),
		})),
		"patched rotation":    err1(v.UpdateKey(ctx, root, "k", vault.KeyPatch{RotateEvery: &minute})),
		"patched min_decrypt": err1(v.UpdateKey(ctx, root, "k", vault.KeyPatch{MinDecrypt: &nine})),
		"no step":             err1(v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Encrypt})),
		"negative wait":       err1(v.DestroyKey(ctx, root, "k", vault.Destruction{After: &negative})),
		"list limit":          err2(v.Keys(ctx, root, vault.KeyQuery{Limit: 1001})),
		"negative list limit": err2(v.Keys(ctx, root, vault.KeyQuery{Limit: -1})),
		"no random":           v.Random(ctx, root, 0, nil),
		"too much random":     v.Random(ctx, root, vault.MaxRandom+1, nil),
		"odd datakey":         v.DataKey(ctx, root, "k", vault.DataKeySpec{Bits: 100}, nil),
		"negative ttl":        err2(v.CreateToken(ctx, root, vault.TokenSpec{TTL: -1})),
		"ttl beyond max":      err2(v.CreateToken(ctx, root, vault.TokenSpec{TTL: 2, MaxTTL: 1})),
		"odd principal":       err2(v.CreateToken(ctx, root, vault.TokenSpec{Principal: "a b"})),
		"odd group":           err2(v.CreateToken(ctx, root, vault.TokenSpec{Groups: []string{"a b"}})),
		"too many uses":       err2(v.CreateJoinToken(ctx, root, vault.JoinTokenSpec{Uses: 1001})),
		"policy syntax":       err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: "p", Text: "permit"})),
		"policy name":         err1(v.PutPolicy(ctx, root, vault.PolicyText{Name: "..", Text: "permit(principal,action,resource);"})),
		"unknown action":      err1(v.Explain(ctx, root, vault.Question{Action: "fly"})),
		"certificate name":    err1(v.CertifyClient(ctx, root, "a b", vaulttest.CSR(t, "x"), 0)),
		"certificate life":    err1(v.CertifyClient(ctx, root, "a", vaulttest.CSR(t, "x"), time.Second)),
		"certificate request": err1(v.CertifyClient(ctx, root, "a", []byte("x"), 0)),
		"rekey of one":        err1(v.StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 1})),
		"rekey recipients":    err1(v.StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2, Recipients: []string{"age1x"}})),
		"a KEK that is none":  err1(v.CreateDual(ctx, root, []byte("x"))),
	} {
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s gives %v", name, err)
		}
		if err != nil && fault.Of(err).Message == "" {
			t.Errorf("%s has no words", name)
		}
	}
	for _, text := range []string{
		"", "qk", "qk:v1", "qk:v:AAAA", "qk:v0:AAAA", "qk:v01:AAAA", "qk:v-1:AAAA", "qk:v4294967296:AAAA", "qk:v1:****", "qk:v1:AAA", "vault:v1:AAAA", "qk:v1:AAAA",
	} {
		_, err := decrypt(v, root, "k", []byte(text))
		wants(t, "the ciphertext "+text, err, fault.Invalid)
	}
}

func TestAbsentThingsAreNotFound(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	root := f.Root()
	f.MustCreate("k")
	none, err := key.NewID(bytes.NewReader(make([]byte, 16)))
	ok(t, "an id", err)
	for node := range 2 {
		v := f.Vault(node)
		for name, err := range map[string]error{
			"key":            err1(v.Key(ctx, root, "absent")),
			"key by id":      err1(v.Key(ctx, root, none.String())),
			"rotate":         err1(v.RotateKey(ctx, root, "absent")),
			"version":        err1(reveal(v, root, "k", 7)),
			"state version":  err1(v.ChangeState(ctx, root, "k", vault.StateChange{Action: access.Suspend, Version: 7})),
			"destroyed one":  err1(v.DestroyKey(ctx, root, "k", vault.Destruction{Version: 7})),
			"cancel":         err1(v.CancelDestroy(ctx, root, "k", 7, 0, "")),
			"token":          err1(v.LookupToken(ctx, root, none)),
			"renewed token":  err1(v.RenewToken(ctx, root, none)),
			"revoked token":  v.RevokeToken(ctx, root, none),
			"policy":         err1(v.Policy(ctx, root, "absent")),
			"deleted policy": v.DeletePolicy(ctx, root, "absent"),
			"member":         v.Promote(ctx, root, "n9"),
			"rekey":          err1(v.Rekeying(ctx, root)),
			"rekey share":    err1(v.SubmitRekey(ctx, root, "x", f.Shares()[0])),
			"rekey cancel":   v.CancelRekey(ctx, root),
		} {
			if !errors.Is(err, fault.NotFound) {
				t.Errorf("%s on node %d gives %v", name, node, err)
			}
		}
	}
	wants(t, "a name twice", err1(f.Vault(1).CreateKey(ctx, root, vault.KeySpec{Name: "k"})), fault.Exists)
	wants(t, "cancelling nothing", err1(f.Vault(1).CancelDestroy(ctx, root, "k", 0, 0, "")), fault.BadState)
}

func TestListsAreFilteredPagedAndShowNoMaterial(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	f.Grant("app1", `permit (principal == User::"app1", action == Action::"list", resource);
permit (principal == User::"app1", action == Action::"read", resource in Folder::"app1");`)
	for i := range 25 {
		for _, folder := range []string{"app1", "app2"} {
			_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: fmt.Sprintf("%s/%02d", folder, i), Tags: map[string]string{"n": fmt.Sprint(i % 2)}})
			ok(t, "creating", err)
		}
	}
	seen, after := map[string]bool{}, ""
	for {
		page, next, err := v.Keys(ctx, as("app1"), vault.KeyQuery{Limit: 7, After: after})
		ok(t, "listing", err)
		for _, r := range page {
			if seen[r.Name] || !strings.HasPrefix(r.Name, "app1/") {
				t.Errorf("shows %s", r.Name)
			}
			if len(r.MAC) != 0 || len(r.Versions[0].Material.Sealed) != 0 {
				t.Error("shows wrapped material")
			}
			seen[r.Name] = true
		}
		if after = next; next == "" {
			break
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d keys of 25", len(seen))
	}
	page, _, err := v.Keys(ctx, root, vault.KeyQuery{Prefix: "app2/", Tags: []string{"n=1"}})
	if err != nil || len(page) != 12 {
		t.Errorf("%d keys, %v", len(page), err)
	}
}

func TestKeysWithoutTheUsageAreRefused(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "enc", Usage: key.Encrypt})
	ok(t, "creating", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "dec", Usage: key.Decrypt})
	ok(t, "creating", err)
	text := mustEncrypt(t, f, "enc", "x")
	_, err = decrypt(v, root, "enc", text)
	wants(t, "decrypting", err, fault.Denied)
	_, err = encrypt(v, root, "dec", "x")
	wants(t, "encrypting", err, fault.Denied)
}
