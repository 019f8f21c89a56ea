package main

import (
	"bytes"
	"testing"
)

// What "quorate key export" wrote without --raw is imported as what it wrote with it.
func TestWrappedKeysAreReadAsBytesAndAsBase64(t *testing.T) {
	raw := bytes.Repeat([]byte{0, 'a', 0xff}, 20)
	for _, in := range [][]byte{raw, []byte(base64Of(raw)), []byte(base64Of(raw) + "\n")} {
		if got := wrappedBytes(in); !bytes.Equal(got, raw) {
			t.Errorf("%q is read as %q", in, got)
		}
	}
}
