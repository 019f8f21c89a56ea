package vault_test

import (
	"fmt"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// hot is a follower with a real audit file, policies that match by folder, and a caller known by a token.
func hot(b *testing.B) (*vault.Vault, access.Caller, []byte) {
	b.Helper()
	f := vaulttest.Cluster(b, 2)
	f.Grant("app", `permit (principal == User::"app", action in Action::"use", resource in Folder::"app");
permit (principal == User::"app", action == Action::"reveal", resource in Folder::"app");
forbid (principal, action == Action::"destroy", resource in Folder::"vip");`)
	f.MustCreate("app/k")
	text := mustEncrypt(b, f, "app/k", "a data key of thirty-two bytes !!")
	_, token, err := f.Vault(0).CreateToken(ctx, f.Root(), vault.TokenSpec{Principal: "app"})
	ok(b, "creating a token", err)
	return f.Vault(1), f.Caller(token), text
}

func BenchmarkDecrypt(b *testing.B) {
	v, c, text := hot(b)
	use := func([]byte, uint32) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Decrypt(ctx, c, "app/k", vault.Message{Body: text}, use); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecryptParallel(b *testing.B) {
	v, c, text := hot(b)
	use := func([]byte, uint32) error { return nil }
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := v.Decrypt(ctx, c, "app/k", vault.Message{Body: text}, use); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkReveal(b *testing.B) {
	v, c, _ := hot(b)
	use := func(*key.Record, uint32, []byte) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := v.Reveal(ctx, c, "app/k", 0, use); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncrypt(b *testing.B) {
	v, c, _ := hot(b)
	m := vault.Message{Body: []byte("a data key of thirty-two bytes !!")}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := v.Encrypt(ctx, c, "app/k", m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	f := vaulttest.New(b)
	token := f.RootToken()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Vault(0).Authenticate(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateKey(b *testing.B) {
	f := vaulttest.New(b)
	root := f.Root()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		if _, err := f.Vault(0).CreateKey(ctx, root, vault.KeySpec{Name: fmt.Sprintf("k%d", n)}); err != nil {
			b.Fatal(err)
		}
	}
}
