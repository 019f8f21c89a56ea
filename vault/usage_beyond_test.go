package vault_test

import (
	"encoding/pem"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestAUsageThatAnAlgorithmCannotFillGrantsNothing restores keys that bear every usage there is, as only KMIP clients can give them,
// and tries each use: what the algorithm cannot do is refused, whatever the record says, by the vault that restored the key and by
// the one where it was made. What it can do must work, or this proves nothing.
func TestAUsageThatAnAlgorithmCannotFillGrantsNothing(t *testing.T) {
	here, there := vaulttest.New(t), vaulttest.New(t)
	shared, _ := drawKey(t, key.AES256GCM)
	for _, f := range []*vaulttest.Fixture{here, there} {
		importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	}
	text := []byte("0123456789abcdef")
	uses := map[key.Usage]func(f *vaulttest.Fixture, ref string) error{
		key.Sign: func(f *vaulttest.Fixture, ref string) error {
			return err1(f.Vault(0).Sign(ctx, f.Root(), ref, vault.SignInput{Input: text}))
		},
		key.MAC: func(f *vaulttest.Fixture, ref string) error {
			return err1(f.Vault(0).MAC(ctx, f.Root(), ref, vault.MACInput{Input: text}))
		},
		key.Encrypt: func(f *vaulttest.Fixture, ref string) error { return err1(encrypt(f.Vault(0), f.Root(), ref, "x")) },
		key.Wrap: func(f *vaulttest.Fixture, ref string) error {
			return err2(f.Vault(0).Wrap(ctx, f.Root(), ref, vault.WrapInput{Plaintext: text}))
		},
		key.Derive: func(f *vaulttest.Fixture, ref string) error {
			in := vault.DeriveInput{}
			if r := f.State(0).KeyByName(ref); r.Type == key.PrivateKey {
				in.Peer = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: r.Latest().Public}) // these derive by agreeing
			}
			return f.Vault(0).Derive(ctx, f.Root(), ref, in, func([]byte, uint32) error { return nil })
		},
	}
	opened := map[key.Usage]key.Usage{key.Sign: key.Verify, key.MAC: key.VerifyMAC, key.Encrypt: key.Decrypt, key.Wrap: key.Unwrap}
	all := ^key.Usage(0)
	for _, name := range key.AlgorithmNames() {
		a, err := key.ParseAlgorithm(name)
		ok(t, "parsing", err)
		if a == key.RSA3072 || a == key.RSA4096 || a == key.X509 { // as rsa-2048, but slow to draw; and what has no secret
			continue
		}
		material := text
		if a != key.Opaque {
			material, _ = drawKey(t, a)
		}
		_, err = here.Vault(0).RegisterKey(ctx, here.Root(), vault.RegisterSpec{
			Key:      vault.KeySpec{Name: name, Algorithm: a, Type: a.Traits().Type, Usage: all, Exportable: true},
			Material: material,
		})
		ok(t, "registering "+name, err)
		b, err := here.Vault(0).BackupKey(ctx, here.Root(), name, "shared")
		ok(t, "backing up "+name, err)
		_, err = there.Vault(0).RestoreKey(ctx, there.Root(), vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
		ok(t, "restoring "+name, err)
		for where, f := range map[string]*vaulttest.Fixture{"where it was made": here, "where it was restored": there} {
			if r := f.State(0).KeyByName(name); r.Usage != all {
				t.Fatalf("%s has the usage %x %s, so this proves nothing", name, r.Usage, where)
			}
			for usage, use := range uses {
				can := a.Traits().Usage&usage != 0
				if err := use(f, name); (err == nil) != can {
					t.Errorf("%s, %s: %s: %v, and its algorithm is for %s", name, where, usage.Names(), err, a.Traits().Usage.Names())
				}
				if back := opened[usage]; (a.Traits().Usage&back != 0) != can && back != 0 {
					t.Errorf("%s protects and opens by different usages: trying %s is not enough", name, usage.Names())
				}
			}
			_, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "below/" + name, Parent: name, Exportable: true})
			if can := a.Traits().AEAD; (err == nil) != can {
				t.Errorf("%s, %s: wrapping a child: %v", name, where, err)
			}
		}
	}
}
