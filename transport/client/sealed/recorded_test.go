package sealed_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/vault/fault"
)

// What another implementation wrote, which knows nothing but the tables of DESIGN.md: some lines of Python over the package cryptography, recorded
// on 2026-11-29. So the form is held to its description, and what is stored today opens for ever.
const (
	otherText    = "written by another implementation"
	otherMessage = "51525431020200112233445546778899aabbccddeeff00000003000000000056716b3a76333a41414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141" +
		"41414141414141414141414141414141414141414141414141414141000102030405060708090a0bb73979dfd0c1c7e72ebb5aefebddf6d4a94f194dcc7f5dd29cc3f848d155bfccb14131b642ca4e51485b0f94155376571b"
	otherStream = "51525431020100112233445546778899aabbccddeeff00000003000100000056716b3a76333a41414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141" +
		"4141414141414141414141414141414141414141414141414141414128000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00010203040506cd0be858f6d6bcd1059a0f6d34d3ab6af85d2e18c00f" +
		"669fb117de508f7b796493ccf0102f9572938491c2ac57a1e9366d"
	otherHeld = "514b4d310201bd7093b298b94641cdc63d63c0bade83000000000001000028000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0001020304050626465cdecfb5041b8915d335262c272056463a64" +
		"c3cd4947739eedba28e16bed16d049a42635a847f1582ab49774d4f4ed"
)

func recorded(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatAnotherImplementationWroteByTheDesignOpens(t *testing.T) {
	message := recorded(t, otherMessage)
	h, raw, body, err := sealed.ParseMessage(message)
	if err != nil || h.Format != 2 || h.KeyID != header(0).KeyID || h.KeyVersion != 3 || h.Wrapped != header(0).Wrapped {
		t.Fatalf("the header of the message is %+v, %v", h, err)
	}
	c, err := sealed.MessageCipher(dataKey, raw)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sealed.OpenMessage(c, nil, body, []byte("row 1")); err != nil || string(got) != otherText {
		t.Errorf("the message is %q, %v", got, err)
	}
	if _, err := sealed.OpenMessage(c, nil, body, []byte("row 2")); !errors.Is(err, fault.Invalid) {
		t.Errorf("the message in another row: %v", err)
	}
	if got, err := decrypt(t, recorded(t, otherStream), []byte("row 1")); err != nil || string(got) != otherText {
		t.Errorf("the stream is %q, %v", got, err)
	}
	var out bytes.Buffer
	if err := sealed.DecryptHeld(t.Context(), &out, bytes.NewReader(recorded(t, otherHeld)), bytes.Repeat([]byte{7}, 128), nil); err != nil || out.String() != otherText {
		t.Errorf("the stream under a key of the keas.kmi door is %q, %v", out.String(), err)
	}
}
