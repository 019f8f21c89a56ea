package primitive_test

import (
	"bytes"
	"crypto/fips140"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// secretOf is a secret whose bytes are a key of a cipher that the vault has no algorithm for.
func secretOf(t *testing.T, material string) *primitive.Key {
	t.Helper()
	if fips140.Enabled() {
		t.Skip("such ciphers are refused in FIPS 140 mode")
	}
	k, err := primitive.Open(key.Secret, fromHex(t, material))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	des3Key = "0123456789abcdef23456789abcdef01456789abcdef0123"
	des2Key = "0123456789abcdef23456789abcdef01"
)

// TestOpenSSLOpensWhat3DESMade: with two keys and with three, in every mode and padding that both have.
func TestOpenSSLOpensWhat3DESMade(t *testing.T) {
	o := newOpenSSL(t)
	for material, cipher := range map[string]string{des3Key: "des-ede3", des2Key: "des-ede"} {
		k := secretOf(t, material)
		for mode, name := range map[primitive.Mode]string{primitive.CBC: "-cbc", primitive.ECB: "", primitive.CFB: "-cfb", primitive.OFB: "-ofb"} {
			for _, n := range []int{0, 1, 8, 1000} {
				how := primitive.Cipher{Triple: true, Mode: mode, Padding: primitive.PKCS5}
				how.IV = []byte("8 bytes.")[:how.IVBytes()]
				plain := bytes.Repeat([]byte("x"), n)
				c, tag, err := k.EncryptBlocks(how, plain)
				if err != nil || tag != nil {
					t.Fatal(tag, err)
				}
				o.write("c", c)
				args := fmt.Sprintf("enc -d -%s%s -K %s -in c -out p", cipher, name, material)
				if len(how.IV) > 0 {
					args += fmt.Sprintf(" -iv %x", how.IV)
				}
				if _, err := o.run(args); err != nil {
					t.Errorf("%s%s, %d bytes: %v", cipher, name, n, err)
				} else if got := o.read("p"); !bytes.Equal(got, plain) {
					t.Errorf("%s%s, %d bytes: %x", cipher, name, n, got)
				}
				if back, err := k.DecryptBlocks(how, c, nil); err != nil || !bytes.Equal(back, plain) {
					t.Errorf("%s%s, %d bytes: %x, %v", cipher, name, n, back, err)
				}
			}
		}
	}
	for _, mode := range []primitive.Mode{primitive.GCM, primitive.CCM, primitive.XTS, primitive.ChaCha20} {
		if _, _, err := secretOf(t, des3Key).EncryptBlocks(primitive.Cipher{Triple: true, Mode: mode, IV: make([]byte, 12)}, nil); err == nil {
			t.Errorf("3DES in mode %d", mode)
		}
	}
	if _, _, err := secretOf(t, des3Key+"00").EncryptBlocks(primitive.Cipher{Triple: true, Mode: primitive.ECB}, nil); err == nil {
		t.Error("a key of 25 bytes")
	}
	if _, _, err := aes(t, nistKey128).EncryptBlocks(primitive.Cipher{Triple: true, Mode: primitive.ECB}, nil); err == nil {
		t.Error("an AES key is used for 3DES")
	}
}

// TestNothingIsEncryptedUnderOneKeyOfDES: a key of 3DES with equal keys side by side, parity aside, opens and makes nothing; the first may come again as
// the third.
func TestNothingIsEncryptedUnderOneKeyOfDES(t *testing.T) {
	const a, b, c = "0123456789abcdef", "23456789abcdef01", "456789abcdef0123"
	how := primitive.Cipher{Triple: true, Mode: primitive.ECB}
	for material, ok := range map[string]bool{
		a + b + c: true, a + b: true, a + b + a: true, a + a + b: false, a + b + b: false, a + a + a: false, a + a: false, a + "0022446688aaccee" + b: false,
	} {
		k := secretOf(t, material)
		_, _, err := k.EncryptBlocks(how, make([]byte, 8))
		if (err == nil) != ok || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s encrypts: %v", material, err)
		}
		if _, err := k.DecryptBlocks(how, make([]byte, 8), nil); err != nil {
			t.Errorf("%s does not decrypt: %v", material, err)
		}
	}
}

// TestFIPS140RefusesOtherCiphers: both ways, and AES goes on. The mode is a whole process's, so this is another one.
func TestFIPS140RefusesOtherCiphers(t *testing.T) {
	if !fips140.Enabled() {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFIPS140RefusesOtherCiphers$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=on")
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "refused in FIPS 140 mode") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	for material, how := range map[string]primitive.Cipher{
		des3Key: {Triple: true, Mode: primitive.ECB}, nistKey256: {Mode: primitive.ChaCha20, IV: make([]byte, 12)},
	} {
		k, err := primitive.Open(key.Secret, fromHex(t, material))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := k.EncryptBlocks(how, make([]byte, 8)); err == nil || !strings.Contains(err.Error(), "FIPS 140") {
			t.Errorf("%+v encrypts: %v", how, err)
		}
		if _, err := k.DecryptBlocks(how, make([]byte, 8), nil); err == nil || !strings.Contains(err.Error(), "FIPS 140") {
			t.Errorf("%+v decrypts: %v", how, err)
		}
	}
	if _, _, err := aes(t, nistKey256).EncryptBlocks(primitive.Cipher{Mode: primitive.ECB}, make([]byte, 16)); err != nil {
		t.Errorf("AES: %v", err)
	}
	t.Log("refused in FIPS 140 mode")
}

// TestChaCha20IsThatOfRFC8439: its section 2.4.2; the same with the counter before the nonce.
func TestChaCha20IsThatOfRFC8439(t *testing.T) {
	k := secretOf(t, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
	plain := []byte("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
	const want = "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8" +
		"07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab77937365af90bbf74a35be6b40b8eedf2785e42874d"
	for _, how := range []primitive.Cipher{
		{Mode: primitive.ChaCha20, IV: fromHex(t, "000000000000004a00000000"), Counter: 1},
		{Mode: primitive.ChaCha20, IV: fromHex(t, "01000000000000000000004a00000000")},
	} {
		got, _, err := k.EncryptBlocks(how, plain)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%x, %v", got, err)
		}
		if back, err := k.DecryptBlocks(how, got, nil); err != nil || !bytes.Equal(back, plain) {
			t.Errorf("back: %q, %v", back, err)
		}
	}
	if _, _, err := k.EncryptBlocks(primitive.Cipher{Mode: primitive.ChaCha20, IV: make([]byte, 12), Counter: 1<<32 - 1}, plain); err == nil {
		t.Error("the counter begins anew")
	}
	if _, _, err := aes(t, nistKey256).EncryptBlocks(primitive.Cipher{Mode: primitive.ChaCha20, IV: make([]byte, 12)}, plain); err == nil {
		t.Error("an AES key is used for ChaCha20")
	}
}

// TestBareChaCha20Poly1305IsThatOfRFC8439: its section 2.8.2, bare.
func TestBareChaCha20Poly1305IsThatOfRFC8439(t *testing.T) {
	k, err := primitive.Open(key.ChaCha20Poly1305, fromHex(t, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"))
	if err != nil {
		t.Fatal(err)
	}
	how := primitive.Cipher{IV: fromHex(t, "070000004041424344454647"), AAD: fromHex(t, "50515253c0c1c2c3c4c5c6c7")}
	plain := []byte("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.")
	got, tag, err := k.EncryptBlocks(how, plain)
	if err != nil || !strings.HasPrefix(hex.EncodeToString(got), "d31a8d34648e60db7b86afbc53ef7ec2") || hex.EncodeToString(tag) != "1ae10b594f09e26a7e902ecbd0600691" {
		t.Errorf("%x, %x, %v", got, tag, err)
	}
	if back, err := k.DecryptBlocks(how, got, tag); err != nil || !bytes.Equal(back, plain) {
		t.Errorf("back: %q, %v", back, err)
	}
	tag[0]++
	if _, err := k.DecryptBlocks(how, got, tag); !errors.Is(err, primitive.ErrUnopened) {
		t.Errorf("a wrong tag: %v", err)
	}
	how.Tag = 12
	if _, _, err := k.EncryptBlocks(how, plain); !errors.Is(err, primitive.ErrTagLength) {
		t.Errorf("a short tag: %v", err)
	}
}
