package primitive_test

import (
	"bytes"
	stdaes "crypto/aes"
	"crypto/rand"
	"errors"
	"testing"

	"golang.org/x/crypto/xts"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// openXTS opens a key of 32 bytes, or one of 64, which is kept as a secret.
func openXTS(t testing.TB, material []byte) *primitive.Key {
	t.Helper()
	a := key.AES256GCM
	if len(material) == 64 {
		a = key.Secret
	}
	k, err := primitive.Open(a, material)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestXTSIsThatOfIEEE1619: vectors 2, 3, and 15 to 18, which steal, of its appendix B.
func TestXTSIsThatOfIEEE1619(t *testing.T) {
	const (
		twos   = "22222222222222222222222222222222"
		fours  = "4444444444444444444444444444444444444444444444444444444444444444"
		falls  = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0"
		number = "33333333330000000000000000000000"
		stolen = "9a785634120000000000000000000000"
	)
	for _, c := range []struct{ key, number, plain, want string }{
		{"11111111111111111111111111111111" + twos, number, fours, "c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0"},
		{falls + twos, number, fours, "af85336b597afc1a900b2eb21ec949d292df4c047e0b21532186a5971a227a89"},
		{falls + "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", stolen, "000102030405060708090a0b0c0d0e0f10", "6c1625db4671522d3d7599601de7ca09ed"},
		{falls + "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", stolen, "000102030405060708090a0b0c0d0e0f1011", "d069444b7a7e0cab09e24447d24deb1fedbf"},
		{falls + "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", stolen, "000102030405060708090a0b0c0d0e0f101112", "e5df1351c0544ba1350b3363cd8ef4beedbf9d"},
		{falls + "bfbebdbcbbbab9b8b7b6b5b4b3b2b1b0", stolen, "000102030405060708090a0b0c0d0e0f10111213", "9d84c813f719aa2c7be3f66171c7c5c2edbf9dac"},
	} {
		k, how := openXTS(t, fromHex(t, c.key)), primitive.Cipher{Mode: primitive.XTS, IV: fromHex(t, c.number)}
		got, tag, err := k.EncryptBlocks(how, fromHex(t, c.plain))
		if err != nil || tag != nil || !bytes.Equal(got, fromHex(t, c.want)) {
			t.Errorf("got %x, %x, %v, want %s", got, tag, err, c.want)
		}
		plain, err := k.DecryptBlocks(how, fromHex(t, c.want), nil)
		if err != nil || !bytes.Equal(plain, fromHex(t, c.plain)) {
			t.Errorf("opens as %x, %v", plain, err)
		}
	}
}

// TestXTSIsThatOfTheOtherGoLibrary, which has whole blocks and short numbers alone, with keys of both lengths.
func TestXTSIsThatOfTheOtherGoLibrary(t *testing.T) {
	for _, size := range []int{32, 64} {
		material := make([]byte, size)
		_, _ = rand.Read(material)
		other, err := xts.NewCipher(stdaes.NewCipher, material)
		if err != nil {
			t.Fatal(err)
		}
		k := openXTS(t, material)
		for _, n := range []int{16, 32, 512, 4096} {
			plain, want := make([]byte, n), make([]byte, n)
			_, _ = rand.Read(plain)
			other.Encrypt(want, plain, 0x0102030405060708)
			how := primitive.Cipher{Mode: primitive.XTS, IV: []byte{8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0}}
			if got, _, err := k.EncryptBlocks(how, plain); err != nil || !bytes.Equal(got, want) {
				t.Errorf("a key of %d bytes, %d bytes: %x, %v, want %x", size, n, got, err, want)
			}
		}
		for n := 16; n < 80; n++ {
			how := primitive.Cipher{Mode: primitive.XTS, IV: counted(n, 16)}
			sealed, _, err := k.EncryptBlocks(how, counted(1, n))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := k.DecryptBlocks(how, sealed, nil); err != nil || !bytes.Equal(got, counted(1, n)) {
				t.Errorf("%d bytes: %x, %v", n, got, err)
			}
		}
	}
}

func TestXTSRefusesKeysAndUnitsThatDoNotFit(t *testing.T) {
	how := primitive.Cipher{Mode: primitive.XTS, IV: make([]byte, 16)}
	for _, a := range algorithms() {
		k := open(t, a)
		_, _, err := k.EncryptBlocks(how, make([]byte, 32))
		_, err2 := k.DecryptBlocks(how, make([]byte, 32), nil)
		if fits := a == key.AES256GCM; (err == nil) != fits || (err2 == nil) != fits {
			t.Errorf("%s: %v, %v", a, err, err2)
		}
		if err != nil && (!errors.Is(err, fault.Invalid) || !errors.Is(err2, fault.Invalid)) {
			t.Errorf("%s: %v, %v", a, err, err2)
		}
	}
	if _, _, err := openXTS(t, bytes.Repeat([]byte{7}, 64)).EncryptBlocks(how, make([]byte, 32)); !errors.Is(err, fault.Invalid) {
		t.Errorf("equal halves: %v", err)
	}
	k := openXTS(t, counted(0, 32))
	for n, kind := range map[int]fault.Kind{0: fault.Invalid, 15: fault.Invalid, 16<<20 + 1: fault.TooLarge} {
		_, _, err := k.EncryptBlocks(how, make([]byte, n))
		if _, err2 := k.DecryptBlocks(how, make([]byte, n), nil); !errors.Is(err, kind) || !errors.Is(err2, kind) {
			t.Errorf("%d bytes: %v, %v", n, err, err2)
		}
	}
	for name, c := range map[string]primitive.Cipher{"no number": {Mode: primitive.XTS}, "a short number": {Mode: primitive.XTS, IV: make([]byte, 8)}, "AAD": {Mode: primitive.XTS, IV: how.IV, AAD: how.IV}} {
		if _, _, err := k.EncryptBlocks(c, make([]byte, 32)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
