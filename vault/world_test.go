package vault_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// world is a fixture with something in it for every operation.
type world struct {
	*vaulttest.Fixture
	text  []byte // ciphertext under app/k
	token *access.Token
	other *access.Token
	csr   []byte
	store string // where snapshots are stored on a schedule; none is yet

	parcel vault.Wrapped // 32 bytes, wrapped to the vault's x25519 key
	backup []byte        // of a key that is not there, under app/shared

	signature, mac, wrapped, encapsulated []byte   // by app/sign, app/mac, app/k, app/kem
	bare                                  bareText // by app/k, for other software
	inMode                                []byte   // a key of 16 bytes, by app/kek in RFC 3394
	// limited is the id of a key with a usage limit.
	limited key.ID
}

var kek = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func kekPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(kek())})
}

func kekPublic() []byte {
	b, err := x509.MarshalPKIXPublicKey(&kek().PublicKey)
	if err != nil {
		panic(err)
	}
	return b
}

func newWorld(t *testing.T, nodes int) *world {
	t.Helper()
	w := &world{Fixture: vaulttest.Cluster(t, nodes, vaulttest.WithShares(3, 2))}
	root, v := w.Root(), w.Vault(0)
	w.MustCreate("app/k")
	for _, name := range []string{"app/suspended", "app/deactivated", "app/destroyed", "app/movable"} {
		w.MustCreate(name)
	}
	ok(t, "suspending", step(w.Fixture, "app/suspended", 0, access.Suspend))
	ok(t, "deactivating", step(w.Fixture, "app/deactivated", 0, access.Deactivate))
	ok(t, "deactivating", step(w.Fixture, "app/destroyed", 0, access.Deactivate))
	ok(t, "destroying", destroyNow(w.Fixture, "app/destroyed", 0))
	limited, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "app/limited", UsageLimit: 1000})
	ok(t, "creating", err)
	w.limited = limited.ID
	w.text = mustEncrypt(t, w.Fixture, "app/k", "plain")
	w.products(t)
	w.luggage(t)
	w.token, _, err = v.CreateToken(ctx, root, vault.TokenSpec{Principal: "someone", TTL: time.Hour})
	ok(t, "creating a token", err)
	w.other, _, err = v.CreateToken(ctx, root, vault.TokenSpec{Principal: "someone", TTL: time.Hour})
	ok(t, "creating a token", err)
	w.Grant("extra", `permit (principal == User::"nobody", action, resource);`)
	_, err = v.CreateDual(ctx, root, kekPublic())
	ok(t, "creating a dual key", err)
	w.csr = vaulttest.CSR(t, "client")
	w.store = "file://" + t.TempDir()
	ok(t, "scheduling", v.SetBackupSchedule(ctx, root, &vault.BackupSchedule{Every: time.Hour, To: w.store}))
	return w
}
