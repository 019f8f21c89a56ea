package primitive_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func TestAKeyPrintsAsItsAlgorithmAndNothingElse(t *testing.T) {
	for _, a := range algorithms() {
		if a.Traits().Type == key.Certificate {
			continue
		}
		material, k := keyOf(t, a).material, open(t, a)
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%o", "%t", "%c", "%U", "%e", "% 02x"} {
			fmt.Fprintf(&out, verb+" ", k)
			fmt.Fprintf(&out, verb+" ", *k)
			fmt.Fprintf(&out, verb+" ", []any{k})
			fmt.Fprintf(&out, verb+" ", struct{ K *primitive.Key }{k})
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("a key", "key", k, "value", *k)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("a key", "key", k, "value", *k)
		text, err := json.Marshal(map[string]any{"key": k, "value": *k})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
		fmt.Fprint(&out, fmt.Errorf("context: %w, %v", error(nil), k))
		printed := out.String()
		tail := material[len(material)-8:]
		decimal := strings.Trim(fmt.Sprint(tail), "[]")
		for _, secret := range []string{string(tail), hex.EncodeToString(tail), strings.ToUpper(hex.EncodeToString(tail)), base64.StdEncoding.EncodeToString(tail[:6]), decimal} {
			if strings.Contains(printed, secret) {
				t.Errorf("%s prints its material: %q", a, printed)
			}
		}
		if got, want := fmt.Sprintf("%d", k), "primitive.Key("+a.String()+")"; got != want {
			t.Errorf("prints %q, want %q", got, want)
		}
	}
}

func TestMaterialIsLent(t *testing.T) {
	for _, a := range algorithms() {
		p := keyOf(t, a)
		material := bytes.Clone(p.material)
		k := openMaterial(t, a, material)
		if !bytes.Equal(material, p.material) {
			t.Errorf("%s: Open changed what it was lent", a)
		}
		clear(material)
		other := open(t, a)
		if p.public != nil && a != key.X509 {
			other = openPublic(t, a)
		}
		if err := works(k, other, a); err != nil {
			t.Errorf("%s, its material cleared: %v", a, err)
		}
	}
}

// A public half and a certificate are lent as well: the vault clears what it unsealed, whatever it is.
func TestWhatIsPublicIsLentToo(t *testing.T) {
	for _, a := range algorithms() {
		p := keyOf(t, a)
		if p.public == nil || a == key.X509 {
			continue
		}
		spki := bytes.Clone(p.public)
		half, err := primitive.OpenPublic(a, spki)
		if err != nil {
			t.Fatal(err)
		}
		clear(spki)
		if err := works(open(t, a), half, a); err != nil {
			t.Errorf("%s, its public half cleared: %v", a, err)
		}
		if got, err := half.Public(); !bytes.Equal(got, p.public) {
			t.Errorf("%s, its public half cleared, has another: %v", a, err)
		}
	}
	seed := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, seed.Public(), seed)
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.MarshalPKIXPublicKey(seed.Public())
	if err != nil {
		t.Fatal(err)
	}
	checked := bytes.Clone(der)
	public, err := primitive.Check(key.X509, checked)
	clear(checked)
	if err != nil || !bytes.Equal(public, want) {
		t.Errorf("the public half of a certificate that was cleared is %x, %v", public, err)
	}
	k := openMaterial(t, key.X509, der)
	clear(der)
	if err := k.Verify(peerText, ed25519.Sign(seed, peerText), primitive.Scheme{}); err != nil {
		t.Errorf("a certificate, cleared: %v", err)
	}
}

// works tells whether private and other, which are one key or its halves, understand each other.
func works(private, other *primitive.Key, a key.Algorithm) error {
	u := a.Traits().Usage
	if u&key.Encrypt != 0 {
		sealed, err := other.Seal(rand.Reader, nil, peerText, nil)
		if err != nil {
			return err
		}
		plain, err := private.Open(sealed, nil)
		if err := same(plain, peerText, err); err != nil {
			return err
		}
	}
	if u&key.Wrap != 0 {
		wrapped, err := other.Wrap(rand.Reader, peerText, nil)
		if err != nil {
			return err
		}
		plain, err := private.Unwrap(wrapped, nil)
		if err := same(plain, peerText, err); err != nil {
			return err
		}
	}
	if u&key.Sign != 0 {
		signature, err := private.Sign(rand.Reader, peerText, primitive.Scheme{})
		if err != nil {
			return err
		}
		if err := other.Verify(peerText, signature, primitive.Scheme{}); err != nil {
			return err
		}
	}
	if u&key.MAC != 0 {
		mac, err := private.MAC(peerText, 0)
		if err != nil {
			return err
		}
		if err := other.VerifyMAC(peerText, mac, 0); err != nil {
			return err
		}
	}
	if u&key.Derive != 0 && u&key.Agree == 0 {
		one, err := private.Derive(primitive.Derivation{Bytes: 32})
		if err != nil {
			return err
		}
		two, err := other.Derive(primitive.Derivation{Bytes: 32})
		return same(one, two, err)
	}
	return nil
}

func TestManyUseOneKeyAtATime(t *testing.T) {
	var all sync.WaitGroup
	for _, a := range algorithms() {
		k := open(t, a)
		for range 4 {
			all.Go(func() {
				for range 10 {
					if err := works(k, k, a); err != nil {
						t.Errorf("%s: %v", a, err)
						return
					}
					if a == key.RSA3072 || a == key.RSA4096 {
						return
					}
				}
			})
		}
	}
	all.Wait()
}

// What is used most allocates its outcome and little else.
func TestHotPathsAllocateLittle(t *testing.T) {
	message, room := make([]byte, 32), make([]byte, 0, 256)
	aes, mac, ed, p256 := open(t, key.AES256GCM), open(t, key.HMACSHA256), open(t, key.Ed25519), open(t, key.ECDSAP256)
	sealed := must(aes.Seal(rand.Reader, nil, message, nil))(t)
	signer := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	bare := testing.AllocsPerRun(10, func() { _, _ = ecdsa.SignASN1(rand.Reader, signer, message) })
	for _, c := range []struct {
		name string
		most float64
		do   func() error
	}{
		{"seal into room", 0, func() error { _, err := aes.Seal(rand.Reader, room, message, nil); return err }},
		{"seal", 1, func() error { _, err := aes.Seal(rand.Reader, nil, message, nil); return err }},
		{"open", 1, func() error { _, err := aes.Open(sealed, nil); return err }},
		{"mac", 2, func() error { _, err := mac.MAC(message, 0); return err }},
		{"sign ed25519", 3, func() error { _, err := ed.Sign(rand.Reader, message, primitive.Scheme{}); return err }},
		{"sign ecdsa-p256", bare + 3, func() error { _, err := p256.Sign(rand.Reader, message, primitive.Scheme{}); return err }},
	} {
		if err := c.do(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := testing.AllocsPerRun(100, func() { _ = c.do() }); got > c.most && !raceEnabled {
			t.Errorf("%s allocates %.0f times, more than %.0f", c.name, got, c.most)
		} else {
			t.Logf("%s allocates %.0f times", c.name, got)
		}
	}
}

func TestCertificatesOfWeakOrHugeRSAKeysVerifyNothing(t *testing.T) {
	for bits, able := range map[uint]bool{1024: false, 2048: true, 8192: true, 8193: false} {
		n := new(big.Int).Lsh(big.NewInt(1), bits-1)
		public := must(x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n.SetBit(n, 0, 1), E: 65537}))(t)
		err := must(primitive.OpenPublic(key.X509, public))(t).Verify(peerText, peerText, primitive.Scheme{})
		if errors.Is(err, primitive.ErrMismatch) != able || !errors.Is(err, fault.Invalid) {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
