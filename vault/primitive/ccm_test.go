package primitive_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/primitive"
)

// counted is the bytes from first on.
func counted(first, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(first + i)
	}
	return b
}

// TestCCMIsThatOfSP80038C: the four examples of its appendix C, also those whose tags are too short to be offered.
func TestCCMIsThatOfSP80038C(t *testing.T) {
	k := aes(t, "404142434445464748494a4b4c4d4e4f")
	for _, c := range []struct {
		nonce, aad, plain int
		want, tag         string
	}{
		{7, 8, 4, "7162015b", "4dac255d"},
		{8, 16, 16, "d2a1f0e051ea5f62081a7792073d593d", "1fc64fbfaccd"},
		{12, 20, 24, "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5", "484392fbc1b09951"},
		{13, 65536, 32, "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529463ccf72", "b4ac6bec93e8598e7f0dadbcea5b"},
	} {
		how := primitive.Cipher{Mode: primitive.CCM, IV: counted(0x10, c.nonce), AAD: counted(0, c.aad), Tag: len(c.tag) / 2}
		seal, unseal := k.EncryptBlocks, k.DecryptBlocks
		if how.Tag < 8 {
			seal, unseal = k.SealCCM, k.OpenCCM
			if _, _, err := k.EncryptBlocks(how, nil); !errors.Is(err, primitive.ErrCCMTag) {
				t.Errorf("a tag of %d bytes: %v", how.Tag, err)
			}
		}
		got, tag, err := seal(how, counted(0x20, c.plain))
		if err != nil || !bytes.Equal(got, fromHex(t, c.want)) || !bytes.Equal(tag, fromHex(t, c.tag)) {
			t.Fatalf("nonce of %d bytes: got %x and %x, %v", c.nonce, got, tag, err)
		}
		plain, err := unseal(how, got, tag)
		if err != nil || !bytes.Equal(plain, counted(0x20, c.plain)) {
			t.Errorf("nonce of %d bytes: opens as %x, %v", c.nonce, plain, err)
		}
		for name, bad := range map[string]func(h *primitive.Cipher, text, tag *[]byte){
			"text":          func(_ *primitive.Cipher, text, _ *[]byte) { (*text)[1] ^= 1 },
			"longer text":   func(_ *primitive.Cipher, text, _ *[]byte) { *text = append(*text, 0) },
			"tag":           func(_ *primitive.Cipher, _, tag *[]byte) { (*tag)[len(*tag)-1] ^= 1 },
			"tag too short": func(_ *primitive.Cipher, _, tag *[]byte) { *tag = (*tag)[:len(*tag)-1] },
			"aad":           func(h *primitive.Cipher, _, _ *[]byte) { h.AAD[len(h.AAD)-1] ^= 1 },
			"no aad":        func(h *primitive.Cipher, _, _ *[]byte) { h.AAD = nil },
			"nonce":         func(h *primitive.Cipher, _, _ *[]byte) { h.IV[6] ^= 1 },
		} {
			h := primitive.Cipher{Mode: primitive.CCM, IV: bytes.Clone(how.IV), AAD: bytes.Clone(how.AAD), Tag: how.Tag}
			text, mark := bytes.Clone(got), bytes.Clone(tag)
			bad(&h, &text, &mark)
			if _, err := unseal(h, text, mark); err == nil {
				t.Errorf("nonce of %d bytes: opens with another %s", c.nonce, name)
			} else {
				wantRefusal(t, err, "the ciphertext does not open with this key")
			}
		}
	}
}

func TestCCMHasBoundsOnNoncesTagsAndLengths(t *testing.T) {
	k := aes(t, nistKey256)
	for n := range 18 {
		how := primitive.Cipher{Mode: primitive.CCM, IV: make([]byte, n)}
		_, _, err := k.EncryptBlocks(how, []byte("text"))
		if fits := n >= 7 && n <= 13; (err == nil) != fits || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("a nonce of %d bytes: %v", n, err)
		}
		how.IV, how.Tag = make([]byte, 13), n
		_, tag, err := k.EncryptBlocks(how, []byte("text"))
		want := n
		if n == 0 {
			want = 16
		}
		if fits := n == 0 || n >= 8 && n <= 16 && n%2 == 0; (err == nil) != fits || err == nil && len(tag) != want || err != nil && !errors.Is(err, primitive.ErrCCMTag) {
			t.Errorf("a tag of %d bytes: %d, %v", n, len(tag), err)
		}
	}
	for n, iv := range map[int]int{1<<16 - 1: 13, 1 << 16: 13, 1<<16 + 1: 12} {
		how := primitive.Cipher{Mode: primitive.CCM, IV: make([]byte, iv)}
		sealed, tag, err := k.EncryptBlocks(how, make([]byte, n))
		if iv == 13 && n == 1<<16 {
			if !errors.Is(err, fault.TooLarge) {
				t.Errorf("%d bytes under a nonce of %d: %v", n, iv, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, err := k.DecryptBlocks(how, sealed, tag); err != nil || !bytes.Equal(got, make([]byte, n)) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
