package vault_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

func openDual(v *vault.Vault, c access.Caller, kekPEM []byte) (dek []byte, err error) {
	err = v.OpenDual(ctx, c, kekPEM, func(b []byte) error {
		dek = bytes.Clone(b)
		return nil
	})
	return dek, err
}

func TestADualKeyOpensWithItsKEKOnAnyNode(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	r, err := f.Vault(1).CreateDual(ctx, f.Root(), kekPublic())
	ok(t, "creating", err)
	first, err := openDual(f.Vault(2), f.Root(), kekPEM())
	if err != nil || len(first) != 128 || bytes.Equal(first, make([]byte, 128)) {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(kek())
	ok(t, "encoding", err)
	for _, text := range [][]byte{kekPEM(), kekPEM(), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})} {
		for node := range 3 {
			got, err := openDual(f.Vault(node), f.Root(), text)
			if err != nil || !bytes.Equal(got, first) {
				t.Errorf("node %d: another key, %v", node, err)
			}
		}
	}
	n, err := f.Vault(0).CountDual(ctx, f.Root())
	if err != nil || n != 1 {
		t.Errorf("%d keys, %v", n, err)
	}
	if _, err := reveal(f.Vault(0), f.Root(), r.Name, 0); !errors.Is(err, fault.Denied) {
		t.Errorf("the vault gives out its half as if it were the key: %v", err)
	}
}

// hugeKEK is the PEM of what has the form of an RSA key of that many bits; its primes are none.
func hugeKEK(t *testing.T, bits uint) []byte {
	t.Helper()
	one := big.NewInt(1)
	for range 100 {
		var pq [2]*big.Int
		for i := range pq {
			x, err := rand.Int(rand.Reader, new(big.Int).Lsh(one, bits/2))
			ok(t, "drawing", err)
			pq[i] = x.SetBit(x.SetBit(x, 0, 1), int(bits/2-1), 1)
		}
		p, q := pq[0], pq[1]
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d, inverse := new(big.Int).ModInverse(big.NewInt(65537), new(big.Int).Mul(p1, q1)), new(big.Int).ModInverse(q, p)
		if d == nil || inverse == nil {
			continue
		}
		der, err := asn1.Marshal(struct {
			Version             int
			N                   *big.Int
			E                   int
			D, P, Q, Dp, Dq, Qi *big.Int
		}{0, new(big.Int).Mul(p, q), 65537, d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), inverse})
		ok(t, "encoding", err)
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})
	}
	t.Fatal("no such numbers were drawn")
	return nil
}

// Whoever reaches the door may send anything: what is too large to be a key-encrypting key is not read as one.
func TestAHugeKEKTakesNoTime(t *testing.T) {
	f := vaulttest.New(t)
	text := hugeKEK(t, 40_000)
	block, _ := pem.Decode(text)
	began := time.Now()
	_, err := x509.ParsePKCS1PrivateKey(block.Bytes) // with whatever it says
	reading := time.Since(began)
	if err != nil {
		t.Logf("the standard library refuses it after %v: %v", reading, err)
	}
	took := reading
	for range 5 { // others may want the machine: the quickest counts
		began = time.Now()
		if _, err := openDual(f.Vault(0), f.Root(), text); !errors.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
		took = min(took, time.Since(began))
	}
	if took > reading/4 {
		t.Errorf("it was refused after %v; reading it takes %v", took, reading)
	}
	for _, bits := range []int{2048, 8192} { // these are read, and not known
		if _, err := openDual(f.Vault(0), f.Root(), hugeKEK(t, uint(bits))); !errors.Is(err, fault.NotFound) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}

// A key that nothing can be encrypted to is the caller's fault, and leaves nothing behind.
func TestAnUnsoundKEKIsRefused(t *testing.T) {
	f := vaulttest.New(t)
	parsed, err := x509.ParsePKIXPublicKey(kekPublic())
	ok(t, "reading", err)
	even, err := x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: parsed.(*rsa.PublicKey).N, E: 65538})
	ok(t, "writing", err)
	_, err = f.Vault(0).CreateDual(ctx, f.Root(), even)
	wants(t, "an even exponent", err, fault.Invalid)
	if n, err := f.Vault(0).CountDual(ctx, f.Root()); n != 0 || err != nil {
		t.Errorf("%d keys are there: %v", n, err)
	}
}

func TestTheKeasDoorNeedsNoTokenAndOpensNothingElse(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	door := access.Caller{Principal: "keas", Kind: access.Anonymous, Door: "keas"}
	_, err := f.Vault(0).CreateDual(ctx, door, kekPublic())
	ok(t, "creating", err)
	_, err = openDual(f.Vault(0), door, kekPEM())
	ok(t, "opening", err)
	_, err = f.Vault(0).CountDual(ctx, door)
	ok(t, "counting", err)
	door.Door = "rest"
	_, err = f.Vault(0).CreateDual(ctx, door, otherKEK())
	wants(t, "elsewhere", err, fault.Denied)
	door.Door = "keas"
	_, err = encrypt(f.Vault(0), door, "k", "x")
	wants(t, "another operation", err, fault.Denied)
}

func TestAWrongKEKIsNotFound(t *testing.T) {
	f := vaulttest.New(t)
	_, err := f.Vault(0).CreateDual(ctx, f.Root(), kekPublic())
	ok(t, "creating", err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	ok(t, "another KEK", err)
	for name, text := range map[string][]byte{
		"nothing": nil, "no PEM": []byte("x"), "an empty block": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY"}), "a cut one": kekPEM()[:200],
		"another": pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(other)}),
		"public":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: kekPublic()}),
	} {
		_, err := openDual(f.Vault(0), f.Root(), text)
		wants(t, name, err, fault.NotFound)
	}
}

func TestADualKeysStateCountsForWhatIsCached(t *testing.T) {
	for name, revoke := range map[string]func(f *vaulttest.Fixture, ref string) error{
		"suspend":    func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 0, access.Suspend) },
		"deactivate": func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 0, access.Deactivate) },
		"compromise": func(f *vaulttest.Fixture, ref string) error { return step(f, ref, 0, access.Compromise) },
		"destroy": func(f *vaulttest.Fixture, ref string) error {
			return errors.Join(step(f, ref, 0, access.Deactivate), destroyNow(f, ref, 0))
		},
	} {
		f := vaulttest.Cluster(t, 2)
		r, err := f.Vault(0).CreateDual(ctx, f.Root(), kekPublic())
		ok(t, "creating", err)
		for node := range 2 {
			_, err := openDual(f.Vault(node), f.Root(), kekPEM())
			ok(t, "opening", err)
		}
		ok(t, name, revoke(f, r.Name))
		for node := range 2 {
			_, err := openDual(f.Vault(node), f.Root(), kekPEM())
			wants(t, name, err, fault.BadState)
		}
	}
}

func TestADualKeyIsMadeOnceForAKEK(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	_, err := f.Vault(0).CreateDual(ctx, f.Root(), kekPublic())
	ok(t, "creating", err)
	_, err = f.Vault(1).CreateDual(ctx, f.Root(), kekPublic())
	wants(t, "again", err, fault.Exists)
}

func TestAnEditedDualKeyIsRefused(t *testing.T) {
	f := vaulttest.New(t)
	r, err := f.Vault(0).CreateDual(ctx, f.Root(), kekPublic())
	ok(t, "creating", err)
	_, err = openDual(f.Vault(0), f.Root(), kekPEM())
	ok(t, "opening", err)
	now := f.State(0).Key(r.ID)
	owner := "mallory"
	edit(t, f, now, &fsm.UpdateKey{Change: fsm.Change{ID: r.ID, Expect: now.Revision, Updated: now.Updated}, Owner: &owner}, now.MAC)
	_, err = openDual(f.Vault(0), f.Root(), kekPEM())
	wants(t, "opening an edited one", err, fault.Internal)
}

// TestLargeMaterialIsRewrappedToo has more bytes to rewrap than one log entry holds.
func TestLargeMaterialIsRewrappedToo(t *testing.T) {
	f := vaulttest.New(t)
	big, err := rsa.GenerateKey(rand.Reader, 4096)
	ok(t, "a KEK", err)
	public, err := x509.MarshalPKIXPublicKey(&big.PublicKey)
	ok(t, "encoding", err)
	r, err := f.Vault(0).CreateDual(ctx, f.Root(), public)
	ok(t, "creating", err)
	template := f.State(0).Key(r.ID)
	for i := range 600 { // records as heavy, with the vault's MAC
		c, err := f.Vault(0).CloneDual(template, uint32(i))
		ok(t, "cloning", err)
		if out := f.Inject(&fsm.CreateKey{Record: c}); out.Fault != nil {
			t.Fatal(out.Fault)
		}
	}
	_, err = f.Vault(0).RotateKeyring(ctx, f.Root())
	ok(t, "rotating the keyring", err)
	duties(t, f)
	k, err := f.Vault(0).Keyring(ctx, f.Root())
	if err != nil || k.Active || k.Total != 601 {
		t.Errorf("%+v, %v", k, err)
	}
}
