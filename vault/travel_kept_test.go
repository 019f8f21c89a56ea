package vault_test

import (
	"bytes"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// What KMIP clients bring in or have made may be of another type than its algorithm's own, or for uses that the algorithm does not have:
// what can be backed up can be restored all the same.
func TestABackupOfAnyTypeOfObjectIsRestored(t *testing.T) {
	here, there := vaulttest.New(t), vaulttest.New(t)
	shared, _ := drawKey(t, key.AES256GCM)
	for _, f := range []*vaulttest.Fixture{here, there} {
		importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	}
	v, root := here.Vault(0), here.Root()
	symmetric, _ := drawKey(t, key.AES128GCM)
	private, public := drawKey(t, key.ECDSAP256)
	_, rsa := drawKey(t, key.RSA2048)
	text := []byte("kept as it came")
	names := []string{"pair/private", "pair/public", "made"}
	_, err := v.CreatePair(ctx, root, vault.PairSpec{
		Private: vault.KeySpec{Name: "pair/private", Algorithm: key.Ed25519, Type: key.PrivateKey, Exportable: true, Usage: key.Sign | key.Decrypt, Names: []key.Label{{Value: "a name"}}},
		Public:  vault.KeySpec{Name: "pair/public", Exportable: true, Usage: key.Verify | key.Encrypt},
	})
	ok(t, "making a pair", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "made", Type: key.SymmetricKey, Usage: key.Encrypt | key.Sign | key.Export, Exportable: true})
	ok(t, "making a key", err)
	for _, o := range []struct {
		name     string
		a        key.Algorithm
		t        key.ObjectType
		material []byte
	}{
		{"symmetric", key.AES128GCM, key.SymmetricKey, symmetric},
		{"private", key.ECDSAP256, key.PrivateKey, private},
		{"public", key.ECDSAP256, key.PublicKey, public},
		{"public-of-rsa", key.RSA2048, key.PublicKey, rsa},
		{"certificate", key.X509, key.Certificate, certificate(t, public)},
		{"secret", key.Secret, key.SecretData, text},
		{"symmetric-kept", key.Secret, key.SymmetricKey, text},
		{"opaque", key.Opaque, key.OpaqueObject, text},
		{"symmetric-of-no-use", key.Opaque, key.SymmetricKey, text},
		{"private-of-no-use", key.Opaque, key.PrivateKey, text},
		{"public-of-no-use", key.Opaque, key.PublicKey, text},
		{"split", key.Opaque, key.SplitKey, text},
		{"pgp", key.Opaque, key.PGPKey, text},
		{"request", key.Opaque, key.Request, text},
	} {
		for name, usage := range map[string]key.Usage{o.name: 0, o.name + "-for-anything": key.Sign | key.Decrypt | key.Export | key.Agree} {
			s := vault.KeySpec{Name: name, Algorithm: o.a, Type: o.t, Usage: usage, Exportable: true}
			_, err := v.RegisterKey(ctx, root, vault.RegisterSpec{Key: s, Material: o.material})
			ok(t, "registering "+name, err)
			names = append(names, name)
		}
	}
	for _, name := range names {
		b, err := v.BackupKey(ctx, root, name, "shared")
		ok(t, "backing up "+name, err)
		_, err = there.Vault(0).RestoreKey(ctx, there.Root(), vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
		if err != nil {
			t.Errorf("restoring %s: %v", name, err)
			continue
		}
		old, now := here.State(0).KeyByName(name), there.State(0).KeyByName(name)
		if now.ID != old.ID || now.Algorithm != old.Algorithm || now.Type != old.Type || now.Usage != old.Usage || len(now.Names) != len(old.Names) ||
			!bytes.Equal(now.Versions[0].Public, old.Versions[0].Public) || !bytes.Equal(now.Versions[0].Check, old.Versions[0].Check) {
			t.Errorf("%s is restored as %+v, was %+v", name, now, old)
		}
		want, err := reveal(v, root, name, 0)
		ok(t, "revealing "+name, err)
		got, err := reveal(there.Vault(0), there.Root(), name, 0)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has other material than before, or none: %v", name, err)
		}
	}
}
