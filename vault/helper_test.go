package vault_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

var ctx = context.Background()

// as is a caller that shows no token of the fixture: what he may do is what policies say of his name.
func as(name string, groups ...string) access.Caller {
	return access.Caller{Principal: name, Groups: groups, Kind: access.ByToken, Door: "test", Remote: "192.0.2.9"}
}

// again is the same caller, repeating a request under an Idempotency-Key.
func again(c access.Caller, retry string) access.Caller {
	c.Retry = retry
	return c
}

// wants ends the test unless err is of that kind.
func wants(t *testing.T, what string, err error, k fault.Kind) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Fatalf("%s gives %v, want %v", what, err, k)
	}
}

func ok(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v (%v)", what, err, fault.Of(err).NextStep())
	}
}

// reveal is a copy of a version's material.
func reveal(v *vault.Vault, c access.Caller, ref string, version uint32) (material []byte, err error) {
	err = v.Reveal(ctx, c, ref, version, func(_ *key.Record, _ uint32, m []byte) error {
		material = bytes.Clone(m)
		return nil
	})
	return material, err
}

func encrypt(v *vault.Vault, c access.Caller, ref, plain string) ([]byte, error) {
	text, _, err := v.Encrypt(ctx, c, ref, vault.Message{Body: []byte(plain)})
	return text, err
}

func decrypt(v *vault.Vault, c access.Caller, ref string, text []byte) (plain string, err error) {
	err = v.Decrypt(ctx, c, ref, vault.Message{Body: text}, func(p []byte, _ uint32) error {
		plain = string(p)
		return nil
	})
	return plain, err
}

func mustEncrypt(t testing.TB, f *vaulttest.Fixture, ref, plain string) []byte {
	t.Helper()
	text, err := encrypt(f.Vault(f.Leader()), f.Root(), ref, plain)
	ok(t, "encrypting", err)
	return text
}

func opens(t testing.TB, f *vaulttest.Fixture, node int, ref string, text []byte, want string) {
	t.Helper()
	got, err := decrypt(f.Vault(node), f.Root(), ref, text)
	if err != nil || got != want {
		t.Fatalf("node %d opens %q as %q, %v", node, text, got, err)
	}
}

// step takes a key through its life, as root on the leader.
func step(f *vaulttest.Fixture, ref string, version uint32, a access.Action) error {
	_, err := f.Vault(f.Leader()).ChangeState(ctx, f.Root(), ref, vault.StateChange{Action: a, Version: version})
	return err
}

func destroyNow(f *vaulttest.Fixture, ref string, version uint32) error {
	now := time.Duration(0)
	_, err := f.Vault(f.Leader()).DestroyKey(ctx, f.Root(), ref, vault.Destruction{Version: version, After: &now, Force: true})
	return err
}

// holds tells whether b holds secret raw, or as hex or base64 of any alignment.
func holds(b, secret []byte) bool {
	if bytes.Contains(b, secret) || bytes.Contains(bytes.ToLower(b), []byte(hex.EncodeToString(secret))) {
		return true
	}
	for shift := range 3 {
		part := secret[shift:]
		part = part[:len(part)/3*3]
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if len(part) > 0 && bytes.Contains(b, []byte(e.EncodeToString(part))) {
				return true
			}
		}
	}
	return false
}

// bounded is a context for what may have to wait for something that never comes.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Second)
}

func ptr(f *vaulttest.Fixture) *key.Time {
	at := key.At(f.Now().Add(time.Hour))
	return &at
}

// withoutUses is what an operation gave, without the uses that each node counts for itself.
func withoutUses(out any) any {
	r, is := out.(*key.Record)
	if !is || r == nil {
		return out
	}
	r = r.Clone()
	r.Shown.UsageLeft = 0
	for i := range r.Versions {
		r.Versions[i].Used = nil
	}
	return r
}

var otherKEK = sync.OnceValue(func() []byte {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	b, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		panic(err)
	}
	return b
})

// envelopeText is wrapped bytes as the vault writes them.
func envelopeText(b []byte) []byte { return []byte("qk:v1:" + base64.StdEncoding.EncodeToString(b)) }

// publicPEM is the public half of a key's newest version.
func publicPEM(r *key.Record) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: r.Latest().Public}))
}
