package folder_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/client/folder"
	"github.com/quorate/quorate/vault/fault"
)

func archive(t testing.TB, all ...tar.Header) []byte {
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

// sparse is an archive of a file with a hole of a MiB, as others write it; ours are without holes.
func sparse(t testing.TB) []byte {
	t.Helper()
	b := archive(t, tar.Header{Typeflag: tar.TypeReg, Name: "x", Mode: 0o600, Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNU_sparse.map": "0,4", "GNU_sparse.numblocks": "1", "GNU_sparse.size": "1048576",
	}})
	return bytes.ReplaceAll(b, []byte("GNU_sparse"), []byte("GNU.sparse"))
}

// archives are sound ones and hostile ones, to be changed.
func archives(t testing.TB) [][]byte {
	file := tar.Header{Typeflag: tar.TypeReg, Mode: 0o6777}
	named := func(h tar.Header, name string) tar.Header { h.Name = name; return h }
	all := [][]byte{
		archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "d/", Mode: 0o500}, named(file, "d/x")),
		archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "./", Mode: 0o700}, tar.Header{Typeflag: tar.TypeSymlink, Name: "l", Linkname: "d/x"}, named(file, "y")),
		archive(t, tar.Header{Typeflag: tar.TypeSymlink, Name: "l", Linkname: "../.."}, named(file, "l/x")),
		archive(t, named(file, "a/../../x")), archive(t, named(file, "/x")), archive(t, named(file, "x"), named(file, "x")),
		archive(t, tar.Header{Typeflag: tar.TypeLink, Name: "x", Linkname: "y"}), archive(t, tar.Header{Typeflag: tar.TypeChar, Name: "x"}),
		archive(t, tar.Header{Typeflag: tar.TypeReg, Name: "long/" + string(bytes.Repeat([]byte("n"), 200)), Format: tar.FormatPAX, ModTime: time.Unix(1, 5)}),
		archive(t, tar.Header{Typeflag: tar.TypeReg, Name: "gnu/" + string(bytes.Repeat([]byte("n"), 200)), Format: tar.FormatGNU}),
	}
	return append(all, sparse(t), all[0][:600], append(slices.Clone(all[0]), "what is behind"...))
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	at := time.Unix(1_700_000_000, 123_000_000)
	if err := errors.Join(os.Mkdir(filepath.Join(from, "d"), 0o750), os.WriteFile(filepath.Join(from, "d/x"), []byte("text"), 0o640), os.Symlink("../nowhere", filepath.Join(from, "l")),
		os.Chtimes(filepath.Join(from, "d/x"), at, at), os.Chmod(filepath.Join(from, "d"), 0o550)); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(filepath.Join(from, "d"), 0o700) // so that it can be removed
	defer os.Chmod(filepath.Join(to, "d"), 0o700)
	source, err := os.OpenRoot(from)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	target, err := os.OpenRoot(to)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	var b bytes.Buffer
	size, err := folder.Packable(t.Context(), source)
	if err := errors.Join(err, folder.Pack(t.Context(), source, &b)); err != nil || size < int64(b.Len())/4 || size > 4*int64(b.Len()) {
		t.Fatalf("%d bytes of about %d: %v", b.Len(), size, err)
	}
	if err := folder.Unpack(target, &b); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(to, "d/x"))
	info, errInfo := os.Stat(filepath.Join(to, "d/x"))
	above, errAbove := os.Stat(filepath.Join(to, "d"))
	link, errLink := os.Readlink(filepath.Join(to, "l"))
	if err := errors.Join(err, errInfo, errAbove, errLink); err != nil {
		t.Fatal(err)
	}
	if string(text) != "text" || info.Mode() != 0o640 || !info.ModTime().Equal(at) || above.Mode().Perm() != 0o550 || link != "../nowhere" {
		t.Errorf("%q of mode %v and %v in a folder of %v, and a link to %q", text, info.Mode(), info.ModTime(), above.Mode(), link)
	}
}

// Some bytes of an archive must not become more than the disk holds.
func TestAFileWithHolesIsRefused(t *testing.T) {
	err := folder.Read(bytes.NewReader(sparse(t)), func(e folder.Entry, content io.Reader) error {
		n, err := io.Copy(io.Discard, content)
		t.Errorf("%s came with %d bytes, %v", e.Name, n, err)
		return nil
	})
	if !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v, want %v", err, fault.Invalid)
	}
}

// Whatever becomes of an archive, nothing is made outside of the folder that it is unpacked to, and nothing in that is more than a file, a
// folder or a symbolic link. FuzzRead does the same without a file system, and so much more often.
func TestADamagedArchiveStaysInItsFolder(t *testing.T) {
	const rounds = 120
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	all, taken := archives(t), 0
	for i := range rounds {
		b := slices.Clone(all[i%len(all)])
		for range r.IntN(4) {
			b[r.IntN(min(len(b), 1100))] ^= byte(1 << r.IntN(8))
		}
		b = sound(b)
		top := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(top, "in"), 0o700), os.WriteFile(filepath.Join(top, "x"), []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(filepath.Join(top, "in"))
		if err != nil {
			t.Fatal(err)
		}
		if folder.Unpack(root, bytes.NewReader(b)) == nil {
			taken++
		}
		_ = root.Close() // what is in it is looked at from outside
		mine, err := os.ReadFile(filepath.Join(top, "x"))
		beside, _ := os.ReadDir(top)
		if string(mine) != "mine" || err != nil || len(beside) != 2 {
			t.Fatalf("seed %d, round %d: %q, %v, %d beside", seed, i, mine, err, len(beside))
		}
		if err := filepath.WalkDir(filepath.Join(top, "in"), func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				err = os.Chmod(name, 0o700) // it can be looked at and removed
			}
			if m := d.Type(); err == nil && m != 0 && m != fs.ModeDir && m != fs.ModeSymlink {
				t.Errorf("seed %d, round %d: %s is %v", seed, i, name, m)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if taken == 0 || taken == rounds {
		t.Errorf("seed %d: %d of %d were unpacked: the damage is too small, or too great", seed, taken, rounds)
	}
}

// sound gives the first header the checksum that it should have: otherwise nothing that was changed in it is looked at.
func sound(b []byte) []byte {
	if len(b) < 512 {
		return b
	}
	b = slices.Clone(b)
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	for i := range 6 {
		b[153-i] = '0' + byte(sum>>(3*i)&7)
	}
	b[154], b[155] = 0, ' '
	return b
}

// FuzzRead: whatever an archive holds, only entries inside the folder come out, of three kinds and with no more than nine permissions,
// and what is wrong with it is its own.
func FuzzRead(f *testing.F) {
	for _, b := range archives(f) {
		f.Add(b, true)
	}
	f.Add([]byte("no archive"), false)
	stop := errors.New("no more")
	f.Fuzz(func(t *testing.T, in []byte, mend bool) {
		if len(in) > 64<<10 {
			return
		}
		if mend {
			in = sound(in)
		}
		got, bytesRead := 0, int64(0)
		err := folder.Read(bytes.NewReader(in), func(e folder.Entry, content io.Reader) error {
			if !filepath.IsLocal(e.Name) || path.Clean(e.Name) != e.Name || e.Mode&^(fs.ModePerm|fs.ModeDir|fs.ModeSymlink) != 0 || e.Mode.Type() == fs.ModeDir|fs.ModeSymlink ||
				e.Target != "" && e.Mode&fs.ModeSymlink == 0 {
				t.Errorf("an entry %+v", e)
			}
			n, err := io.Copy(io.Discard, content)
			if bytesRead += n; err != nil || n > 0 && !e.Mode.IsRegular() {
				if !errors.Is(err, fault.Invalid) {
					t.Errorf("%d bytes of %+v, %v", n, e, err)
				}
				return err
			}
			if got++; got > 100 {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, stop) {
			t.Errorf("%v is of no kind", err)
		}
	})
}
