package keep_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quorate/quorate/seal/keep"
	"github.com/quorate/quorate/vault/fault"
)

var share = []byte("a share that nobody else may see")

func open(t testing.TB, path, keyFile string) *keep.Dir {
	t.Helper()
	d, err := keep.Open(path, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func keyFile(t testing.TB, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFilesAreReplacedWholeAndRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shares")
	for _, d := range []*keep.Dir{open(t, path, ""), open(t, path, keyFile(t, "0123456789abcdef0123456789abcdef"))} {
		if _, err := d.Read("share-1"); !errors.Is(err, fault.NotFound) {
			t.Errorf("before: %v", err)
		}
		for _, data := range [][]byte{[]byte("another"), share} {
			if err := d.Write("share-1", data); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(path, "share-2.new"), []byte("half"), 0o600); err != nil { // a crash in the middle
			t.Fatal(err)
		}
		if got, err := d.Read("share-1"); err != nil || !bytes.Equal(got, share) {
			t.Errorf("%q, %v", got, err)
		}
		if names, err := d.Names(); err != nil || !slices.Equal(names, []string{"share-1"}) {
			t.Errorf("%v, %v", names, err)
		}
		info, err := os.Stat(filepath.Join(path, "share-1"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		for range 2 {
			if err := d.Write("share-1", nil); err != nil {
				t.Errorf("removing: %v", err)
			}
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if names, err := d.Names(); err != nil || len(names) != 0 {
			t.Errorf("left: %v, %v", names, err)
		}
		if err := errors.Join(d.Write("share-1", share), d.Write("share-1", nil)); err != nil {
			t.Errorf("after the directory was removed: %v", err)
		}
	}
}

func TestAKeyEncryptsWhatIsKept(t *testing.T) {
	path := t.TempDir()
	plain := open(t, path, "")
	key := keyFile(t, "0123456789abcdef0123456789abcdef")
	sealed, other := open(t, path, key), open(t, path, keyFile(t, "another key, of 32 bytes or more"))
	if err := plain.Write("old", share); err != nil {
		t.Fatal(err)
	}
	if got, err := sealed.Read("old"); err != nil || !bytes.Equal(got, share) {
		t.Errorf("from before there was a key: %q, %v", got, err)
	}
	if err := sealed.Write("share", share); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(path, "share"))
	if err != nil || bytes.Contains(raw, share[:8]) {
		t.Errorf("on the disk: %q, %v", raw, err)
	}
	if got, err := open(t, path, key).Read("share"); err != nil || !bytes.Equal(got, share) {
		t.Errorf("%q, %v", got, err)
	}
	for name, d := range map[string]*keep.Dir{"no key": plain, "another key": other} {
		if _, err := d.Read("share"); !errors.Is(err, fault.BadState) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(path, "moved"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.Read("moved"); !errors.Is(err, fault.BadState) {
		t.Errorf("under another name: %v", err)
	}
	for at := range raw {
		edited := bytes.Clone(raw)
		edited[at] ^= 1
		if err := os.WriteFile(filepath.Join(path, "share"), edited, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := sealed.Read("share"); err == nil && at > 0 {
			t.Fatalf("byte %d: %q", at, got)
		}
	}
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	d := open(t, t.TempDir(), "")
	for _, name := range []string{"", ".", "..", "../x", "a/b", "A", "a.new", string(make([]byte, 200))} {
		if err := d.Write(name, share); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := d.Read(name); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := d.Write("long", make([]byte, 5000)); !errors.Is(err, fault.TooLarge) {
		t.Errorf("too long: %v", err)
	}
	for name, file := range map[string]string{"missing": "/nowhere/key", "short": keyFile(t, "short"), "long": keyFile(t, string(make([]byte, 70<<10)))} {
		if _, err := keep.Open(t.TempDir(), file); !errors.Is(err, fault.Invalid) {
			t.Errorf("a key that is %s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 1, 2})
	f.Add([]byte{1, 1, 2})
	f.Add([]byte{})
	path := f.TempDir()
	d := open(f, path, keyFile(f, "0123456789abcdef0123456789abcdef"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(filepath.Join(path, "share"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := d.Read("share")
		if err == nil && (b[0] != 0 || !bytes.Equal(got, b[1:])) {
			t.Fatalf("%x gives %x", b, got)
		}
	})
}
