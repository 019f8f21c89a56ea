package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func tarOf(t testing.TB, all ...tar.Header) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range all {
		if h.Typeflag == tar.TypeReg {
			h.Size = 4
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := io.WriteString(w, "evil"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// The archive comes out of authenticated data, but whoever may encrypt may not therefore write to any place of this machine.
func TestNoArchiveWritesOutsideOfItsFolder(t *testing.T) {
	file := tar.Header{Typeflag: tar.TypeReg, Mode: 0o6777}
	named := func(h tar.Header, name string) tar.Header { h.Name = name; return h }
	for name, in := range map[string][]byte{
		"above":            tarOf(t, named(file, "../x")),
		"from the top":     tarOf(t, named(file, "/x")),
		"above, later":     tarOf(t, named(file, "a/../../x")),
		"through a link":   tarOf(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "l", Linkname: ".."}, named(file, "l/x")),
		"a device":         tarOf(t, tar.Header{Typeflag: tar.TypeChar, Name: "x"}),
		"a hard link":      tarOf(t, tar.Header{Typeflag: tar.TypeLink, Name: "x", Linkname: "/etc/passwd"}),
		"the same twice":   tarOf(t, named(file, "x"), named(file, "x")),
		"over a link":      tarOf(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "x", Linkname: "../x"}, named(file, "x")),
		"nothing of a tar": []byte("nothing of a tar"),
	} {
		top := t.TempDir()
		err := unpackInto(filepath.Join(top, "new"), func(w io.Writer) error {
			_, err := w.Write(in)
			return err
		})
		if err == nil {
			t.Errorf("%s: it was unpacked", name)
		}
		left, _ := os.ReadDir(top)
		for _, l := range left {
			t.Errorf("%s: %s is left", name, l.Name())
		}
	}
	top := t.TempDir()
	if err := unpackInto(filepath.Join(top, "new"), func(w io.Writer) error {
		_, err := w.Write(tarOf(t, named(file, "x")))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(top, "new", "x")); err != nil || info.Mode() != 0o777 {
		t.Errorf("a file with setuid came out as %v, %v", info.Mode(), err)
	}
}

func TestAFailureAtTheVeryEndLeavesNoFolder(t *testing.T) {
	top, last := t.TempDir(), errors.New("the last segment does not open")
	err := unpackInto(filepath.Join(top, "new"), func(w io.Writer) error {
		if _, err := w.Write(tarOf(t, tar.Header{Typeflag: tar.TypeReg, Name: "x", Mode: 0o600})); err != nil {
			return err
		}
		return last
	})
	if !errors.Is(err, last) {
		t.Errorf("got %v, want %v", err, last)
	}
	if left, _ := os.ReadDir(top); len(left) != 0 {
		t.Errorf("%s is left", left[0].Name())
	}
}
