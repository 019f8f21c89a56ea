package vault_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/vaulttest"
)

// Drill and restore with a quorum of shares: every version of 100,000 keys is authenticated and opened. There is no network and no
// disk in it. The benchmark takes most of its time to make the keys: -benchtime 1x is meant.
func BenchmarkRecovery100k(b *testing.B) {
	const keys = 100_000
	f := vaulttest.New(b, vaulttest.WithShares(5, 3))
	for i := range keys {
		f.MustCreate(fmt.Sprint("app/", i))
	}
	file := takeSnapshot(b, f, 0)
	shares := func() (out [][]byte) {
		for _, s := range f.Shares()[:3] {
			out = append(out, bytes.Clone(s))
		}
		return out
	}
	b.Run("drill", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			c, err := vault.OpenSnapshot(bytes.NewReader(file), shares(), nil)
			ok(b, "opening", err)
			r, err := c.Drill("desk", time.Now(), time.Now())
			ok(b, "drilling", err)
			if r.Versions < keys {
				b.Fatalf("only %d versions were opened", r.Versions)
			}
			c.Close()
		}
	})
	b.Run("restore", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			g := vaulttest.New(b, vaulttest.Blank())
			done, err := g.Vault(0).RestoreSnapshot(ctx, access.Caller{}, bytes.NewReader(file), vault.RestoreWish{Shares: shares()})
			ok(b, "restoring", err)
			if done.Verified.Keys < keys || g.State(0).KeyCount() < keys {
				b.Fatalf("only %d keys are back", done.Verified.Keys)
			}
		}
	})
}
