package legacy_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
	"testing/iotest"

	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/vault/fault"
)

func decrypt(cipher, dek []byte, f legacy.Form) ([]byte, error) {
	var out bytes.Buffer
	err := legacy.Decrypt(&out, bytes.NewReader(cipher), dek, f)
	return out.Bytes(), err
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatPythonMadeByTheDocumentedAlgorithmOpens(t *testing.T) {
	var out []byte
	err := errors.New("no python3 with the package cryptography (Debian: python3-cryptography)")
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import cryptography").Run() == nil {
			out, err = exec.CommandContext(t.Context(), python, "testdata/vectors.py").Output()
			break
		}
	}
	if err != nil && out == nil {
		t.Skip(err)
	}
	var all []struct{ Form, DEK, Plain, Cipher string }
	if err := json.Unmarshal(out, &all); err != nil || len(all) != 24 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	for _, v := range all {
		dek, plain, cipher := unhex(t, v.DEK), unhex(t, v.Plain), unhex(t, v.Cipher)
		f, err := legacy.ParseForm(v.Form)
		if err != nil {
			t.Fatal(err)
		}
		if got := legacy.Detect(cipher, int64(len(cipher))); got != f {
			t.Errorf("%s of %d bytes is taken for %s", f, len(plain), got)
		}
		if got, err := decrypt(cipher, dek, f); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s of %d bytes: %v, the same: %v", f, len(plain), err, bytes.Equal(got, plain))
		}
		var slow bytes.Buffer
		if err := legacy.Decrypt(&slow, iotest.HalfReader(bytes.NewReader(cipher)), dek, f); err != nil || !bytes.Equal(slow.Bytes(), plain) {
			t.Errorf("%s of %d bytes, read in parts: %v", f, len(plain), err)
		}
		for _, cut := range []int{1, 8, 15, 16, 24} {
			if cut > len(cipher) || f == legacy.Data && cut == 16 && len(cipher) > 16 {
				continue // a value that lost whole blocks fails by its padding, nearly always
			}
			if _, err := decrypt(cipher[:len(cipher)-cut], dek, f); !errors.Is(err, fault.Invalid) {
				t.Errorf("%s of %d bytes, cut by %d: %v", f, len(plain), cut, err)
			}
		}
		if _, err := decrypt(append(bytes.Clone(cipher), 0), dek, f); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s of %d bytes, added to: %v", f, len(plain), err)
		}
	}
}

// Recorded from the same script, so that the form is held without Python too.
var recorded = []struct{ form, dek, plain, cipher string }{
	{"data", "0708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526", "Stephan", "24ce3dab49df9cee7281d204d73392a7"},
	{"data", "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f", "sixteen letters.", "35d68f7ad192eab93d4e42d3a2ede67de55eb7e0ccb71f74b49f2f27d9a86ae8"},
	{"file", "1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c", "a file of more than one block", "1d000000000000007a27cffb13eba9cfa8f980256425bc39f5fef352ad57da3b8057e8a4e6d9ff8944bd26e4ac384aaefd9b6a2c1b154da3"},
}

func TestRecordedCiphertextOpens(t *testing.T) {
	for _, v := range recorded {
		f, err := legacy.ParseForm(v.form)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decrypt(unhex(t, v.cipher), unhex(t, v.dek), f); err != nil || string(got) != v.plain {
			t.Errorf("%s: %q, %v", v.form, got, err)
		}
		other := unhex(t, v.dek)
		other[0] ^= 1
		if got, err := decrypt(unhex(t, v.cipher), other, f); !errors.Is(err, fault.Invalid) || string(got) == v.plain {
			t.Errorf("%s under another key: %q, %v", v.form, got, err)
		}
	}
}

func TestFormsHaveNames(t *testing.T) {
	for _, f := range []legacy.Form{legacy.Auto, legacy.Data, legacy.File} {
		if got, err := legacy.ParseForm(f.String()); err != nil || got != f {
			t.Errorf("%s: %v, %v", f, got, err)
		}
	}
	if _, err := legacy.ParseForm("tar"); !errors.Is(err, fault.Invalid) {
		t.Error(err)
	}
	if _, err := decrypt(make([]byte, 32), []byte("k"), legacy.Auto); !errors.Is(err, fault.Invalid) {
		t.Error("a form that is not said:", err)
	}
}

func FuzzDecrypt(f *testing.F) {
	for _, v := range recorded {
		f.Add(unhex(f, v.cipher), v.form == "file")
	}
	f.Fuzz(func(t *testing.T, b []byte, file bool) {
		form := legacy.Data
		if file {
			form = legacy.File
		}
		out, err := decrypt(b, []byte("a data key"), form)
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v is of no kind", err)
		}
		if len(out) > len(b) {
			t.Errorf("%d bytes became %d", len(b), len(out))
		}
		legacy.Detect(b, int64(len(b)))
	})
}
