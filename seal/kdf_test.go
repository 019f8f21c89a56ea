package seal_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/seal"
)

func TestHMACAndHKDFAgreeWithTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "key")
		data := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "data")
		cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
		h := hmac.New(sha256.New, key)
		h.Write(data)
		if got := seal.HMAC(key, data[:cut], data[cut:]); !bytes.Equal(got[:], h.Sum(nil)) {
			t.Fatalf("hmac: got %x", got)
		}
		n := rapid.IntRange(1, 8160).Draw(t, "n")
		want, err := hkdf.Expand(sha256.New, key, string(data), n)
		if err != nil {
			t.Fatal(err)
		}
		if got := seal.Expand(key, data, n); !bytes.Equal(got, want) {
			t.Fatal("hkdf: other bytes")
		}
	})
}
