package legacy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/quorate/quorate/transport/keas/legacy"
	"github.com/quorate/quorate/vault/fault"
)

func TestOnlyWhatAKeasServerCanHaveWrittenIsReadFromItsDirectory(t *testing.T) {
	dir, good := t.TempDir(), strings.Repeat("ab", 16)
	at := func(name string) string { return filepath.Join(dir, name+legacy.DEKSuffix) }
	outside := filepath.Join(t.TempDir(), "secret")
	for path, size := range map[string]int{at(good): 256, at(strings.Repeat("cd", 16)): 127, at(strings.Repeat("ef", 16)): 1 << 20, at("short"): 256, outside: 256} {
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pipe, folder, link := strings.Repeat("01", 16), strings.Repeat("02", 16), strings.Repeat("03", 16)
	if err := errors.Join(syscall.Mkfifo(at(pipe), 0o600), os.Mkdir(at(folder), 0o700), os.Symlink(outside, at(link))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if b, err := legacy.ReadDEK(root.FS(), good); err != nil || len(b) != 256 {
		t.Errorf("a good one: %d bytes, %v", len(b), err)
	}
	for name, what := range map[string]string{
		"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd": "no data key", "efefefefefefefefefefefefefefefef": "larger", "short": "no data key",
		pipe: "no regular file", folder: "no regular file", link: "cannot be opened", "00000000000000000000000000000000": "cannot be opened",
	} {
		if _, err := legacy.ReadDEK(root.FS(), name); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v, want %q", name, err, what)
		}
	}
}

// FuzzDEK reads from files in memory: on disk, the making of them would be most of the work.
func FuzzDEK(f *testing.F) {
	f.Add(strings.Repeat("ab", 16), make([]byte, 256))
	f.Add("ABCDEF", []byte{})
	f.Add("..", make([]byte, 128))
	f.Add("ab/"+strings.Repeat("cd", 16), make([]byte, 8192))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		got, err := legacy.ReadDEK(fstest.MapFS{name + legacy.DEKSuffix: {Data: content}}, name)
		switch {
		case err != nil && !errors.Is(err, fault.Invalid):
			t.Errorf("%q: %v is of no kind", name, err)
		case err == nil && (len(name) != 32 || string(got) != string(content) || len(got) < 128 || len(got) > 1024):
			t.Errorf("%q with %d bytes was taken", name, len(got))
		}
	})
}
