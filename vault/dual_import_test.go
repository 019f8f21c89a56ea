package vault_test

import (
	"bytes"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// keasKey is what keas.kmi keeps and gives: the PEM, encrypted under its fixed passphrase, without a line's end after it.
func keasKey(t *testing.T) (text []byte, in vault.DualImport, dek []byte) {
	t.Helper()
	block, err := x509.EncryptPEMBlock(rand.Reader, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(kek()), []byte("key management facility"), x509.PEMCipher3DES) //lint:ignore SA1019 what keas.kmi writes
	ok(t, "encrypting the PEM", err)
	text = bytes.TrimSpace(pem.EncodeToMemory(block))
	dek = make([]byte, 128)
	_, _ = rand.Read(dek)
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, &kek().PublicKey, dek) //lint:ignore SA1019 what keas.kmi writes
	ok(t, "encrypting the DEK", err)
	sum := md5.Sum(text)
	return text, vault.DualImport{Name: hex.EncodeToString(sum[:]), Sealed: sealed}, dek
}

func TestAKeyOfKeasKMIGoesOnWorking(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	text, in, dek := keasKey(t)
	r, err := f.Vault(1).ImportDual(ctx, f.Root(), in)
	ok(t, "importing", err)
	if r.Name != "keas/"+in.Name || r.Origin != key.Imported || r.Owner != f.Root().Principal {
		t.Errorf("got %+v", r)
	}
	door := access.Caller{Principal: "keas", Kind: access.Anonymous, Door: "keas"}
	for node := range 3 {
		for range 2 { // opened, and from the cache
			got, err := openDual(f.Vault(node), door, text)
			if err != nil || !bytes.Equal(got, dek) {
				t.Errorf("node %d: %v, the same: %v", node, err, bytes.Equal(got, dek))
			}
		}
	}
	if n, err := f.Vault(2).CountDual(ctx, door); err != nil || n != 1 {
		t.Errorf("%d keys, %v", n, err)
	}
	// The same key in another text is another name, as it is at keas.kmi.
	_, err = openDual(f.Vault(0), door, append(bytes.Clone(text), '\n'))
	wants(t, "another text", err, fault.NotFound)
	_, err = openDual(f.Vault(0), door, kekPEM())
	wants(t, "without the encryption of the PEM", err, fault.NotFound)
	if _, err := reveal(f.Vault(0), f.Root(), r.Name, 0); !errors.Is(err, fault.Denied) {
		t.Errorf("the vault gives out its half as if it were the key: %v", err)
	}
	// What takes it out of use takes it out of the caches.
	ok(t, "suspending", step(f, r.Name, 0, access.Suspend))
	for node := range 3 {
		_, err := openDual(f.Vault(node), door, text)
		wants(t, "opening a suspended one", err, fault.BadState)
	}
	_, err = f.Vault(0).ImportDual(ctx, f.Root(), in)
	wants(t, "importing a suspended one", err, fault.BadState)
}

func TestImportingAKeyOfKeasKMIAgainCompares(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, in, _ := keasKey(t)
	first, err := f.Vault(1).ImportDual(ctx, f.Root(), in)
	ok(t, "importing", err)
	state := f.State(0).ContentDigest()
	for node := range 2 {
		again, err := f.Vault(node).ImportDual(ctx, f.Root(), in)
		ok(t, "again", err)
		if again.ID != first.ID {
			t.Errorf("got %s, then %s", first.ID, again.ID)
		}
		other := in
		other.Sealed = bytes.Clone(in.Sealed)
		other.Sealed[255] ^= 1
		_, err = f.Vault(node).ImportDual(ctx, f.Root(), other)
		wants(t, "another content", err, fault.Exists)
	}
	if f.State(0).ContentDigest() != state {
		t.Error("comparing changed something")
	}
}

func TestWhatIsNoKeyOfKeasKMIIsRefused(t *testing.T) {
	f := vaulttest.New(t)
	_, in, _ := keasKey(t)
	before := f.State(0).KeyCount()
	for name, c := range map[string]vault.DualImport{
		"no name":             {Sealed: in.Sealed},
		"a name without hex":  {Name: strings.Repeat("x", 32), Sealed: in.Sealed},
		"capitals":            {Name: strings.Repeat("AB", 16), Sealed: in.Sealed},
		"the name of our own": {Name: strings.Repeat("ab", 32), Sealed: in.Sealed},
		"a path":              {Name: "../" + in.Name[3:], Sealed: in.Sealed},
		"no content":          {Name: in.Name},
		"a short content":     {Name: in.Name, Sealed: in.Sealed[:120]},
		"a long one":          {Name: in.Name, Sealed: make([]byte, 1032)},
		"an odd one":          {Name: in.Name, Sealed: make([]byte, 255)},
	} {
		_, err := f.Vault(0).ImportDual(ctx, f.Root(), c)
		wants(t, name, err, fault.Invalid)
	}
	door := access.Caller{Principal: "keas", Kind: access.Anonymous, Door: "keas"}
	_, err := f.Vault(0).ImportDual(ctx, door, in)
	wants(t, "a stranger at the keas.kmi door", err, fault.Denied)
	if n := f.State(0).KeyCount(); n != before {
		t.Errorf("%d keys were made", n-before)
	}
}

// TestAForeignDEKUnderAKEKsNameDoesNotOpen: an importer who mixes files up makes nobody a data key.
func TestAForeignDEKUnderAKEKsNameDoesNotOpen(t *testing.T) {
	f := vaulttest.New(t)
	text, in, _ := keasKey(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, "another KEK", err)
	in.Sealed, err = rsa.EncryptPKCS1v15(rand.Reader, &other.PublicKey, []byte("another data key")) //lint:ignore SA1019 what keas.kmi writes
	ok(t, "encrypting", err)
	_, err = f.Vault(0).ImportDual(ctx, f.Root(), in)
	ok(t, "importing", err)
	_, err = openDual(f.Vault(0), f.Root(), text)
	wants(t, "opening", err, fault.Invalid)
}
