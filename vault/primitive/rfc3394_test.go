package primitive_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/tink-crypto/tink-go/v2/kwp/subtle"

	"github.com/quorate/quorate/vault/primitive"
)

// TestKeyWrapGivesTheFiguresOfTheRFCs: RFC 3394, 4.1 to 4.6, and RFC 5649, 6.
func TestKeyWrapGivesTheFiguresOfTheRFCs(t *testing.T) {
	kek, data := "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F", "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F"
	for _, c := range []struct {
		kek, plain, want string
		padded           bool
	}{
		{kek[:32], data[:32], "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5", false},
		{kek[:48], data[:32], "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D", false},
		{kek, data[:32], "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7", false},
		{kek[:48], data[:48], "031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2", false},
		{kek, data[:48], "A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1", false},
		{kek, data, "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21", false},
		{"5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "c37b7e6492584340bed12207808941155068f738", "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a", true},
		{"5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f", true},
	} {
		wrap, unwrap := primitive.WrapAES, primitive.UnwrapAES
		if c.padded {
			wrap, unwrap = primitive.WrapAESPadded, primitive.UnwrapAESPadded
		}
		got, err := wrap(fromHex(t, c.kek), fromHex(t, c.plain))
		if err != nil || !bytes.Equal(got, fromHex(t, c.want)) {
			t.Errorf("%s under %s: %x, %v", c.plain, c.kek, got, err)
		}
		back, err := unwrap(fromHex(t, c.kek), got)
		if err != nil || !bytes.Equal(back, fromHex(t, c.plain)) {
			t.Errorf("%s comes back as %x, %v", c.want, back, err)
		}
		for i := range got {
			got[i] ^= 0x20
			_, err := unwrap(fromHex(t, c.kek), got)
			wantRefusal(t, err, "the ciphertext does not open with this key")
			got[i] ^= 0x20
		}
	}
}

// TestPaddedKeyWrapIsTinks: every length around a block, both directions, under the lengths of keys that Tink takes.
func TestPaddedKeyWrapIsTinks(t *testing.T) {
	for _, size := range []int{16, 32} {
		kek := make([]byte, size)
		_, _ = rand.Read(kek)
		other, err := subtle.NewKWP(kek)
		if err != nil {
			t.Fatal(err)
		}
		for n := 16; n < 90; n++ {
			plain := make([]byte, n)
			_, _ = rand.Read(plain)
			ours, err := primitive.WrapAESPadded(kek, plain)
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := other.Wrap(plain)
			if err != nil || !bytes.Equal(ours, theirs) {
				t.Fatalf("%d bytes: ours %x, theirs %x (%v)", n, ours, theirs, err)
			}
		}
	}
}

func TestKeyWrapRefusesWhatHasNoPlace(t *testing.T) {
	kek := make([]byte, 24)
	for _, n := range []int{0, 8, 17, 64<<10 + 8} {
		_, err := primitive.WrapAES(kek, make([]byte, n))
		wantRefusal(t, err, "AES key wrap takes whole blocks of 8 bytes, 2 to 8192 of them")
	}
	_, err := primitive.WrapAESPadded(kek, nil)
	wantRefusal(t, err, "AES key wrap with padding takes 1 to 65536 bytes, not 0")
	for _, n := range []int{0, 8, 15, 17} {
		_, err := primitive.UnwrapAES(kek, make([]byte, n))
		wantRefusal(t, err, "the ciphertext does not open with this key")
		_, err = primitive.UnwrapAESPadded(kek, make([]byte, n))
		wantRefusal(t, err, "the ciphertext does not open with this key")
	}
	_, err = primitive.WrapAES(kek[:23], make([]byte, 16))
	wantRefusal(t, err, "an AES key has 16, 24 or 32 bytes, not 23")
}
