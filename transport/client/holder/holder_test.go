package holder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/quorate/quorate/transport/client/holder"
	"github.com/quorate/quorate/vault/fault"
)

const canary = "qt_canary-4711"

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	temp := path + ".new"
	if err := errors.Join(os.WriteFile(temp, []byte(text), mode), os.Chmod(temp, mode), os.Rename(temp, path)); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, h *holder.Holder, err error, secret string) {
	t.Helper()
	if err != nil {
		t.Error(err)
		return
	}
	if got := string(h.Token()); got != secret {
		t.Errorf("the token is %q, want %q", got, secret)
	}
	var lent []byte
	if err := h.Lend(func(b []byte) error { lent = b; return nil }); err != nil || string(lent) != strings.Repeat("\x00", len(secret)) {
		t.Errorf("after lending, %q is left, %v", lent, err)
	}
	text, _ := json.Marshal(h)
	if out := fmt.Sprintf("%v %+v %#v %s", h, h, h, text); strings.Contains(out, canary) {
		t.Errorf("it shows the secret: %s", out)
	}
}

func TestASecretComesFromEverywhere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	write(t, file, canary+"\n", 0o640)
	h, err := holder.File(file)
	want(t, h, err, canary)
	write(t, file, "qt_renewed, and longer", 0o600)
	want(t, h, nil, "qt_renewed, and longer")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	want(t, h, nil, "qt_renewed, and longer")

	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	write(t, file, canary, 0o400)
	h, err = holder.Credential("token")
	want(t, h, err, canary)

	t.Setenv("APP_TOKEN", canary)
	h, err = holder.Env("APP_TOKEN")
	want(t, h, err, canary)
	if v, set := os.LookupEnv("APP_TOKEN"); set {
		t.Errorf("the variable is still %q", v)
	}

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Dup(int(r.Fd())) // Descriptor takes it over
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString(canary + "\n") // fits into the pipe
	_, _ = w.Close(), r.Close()
	h, err = holder.Descriptor(uintptr(fd))
	want(t, h, err, canary)
	h.Close()
	if h.Token() != nil || h.Lend(func([]byte) error { return nil }) == nil {
		t.Error("a closed Holder lends")
	}
}

func TestWhatIsNoSecretIsRefusedByName(t *testing.T) {
	dir := t.TempDir()
	in := func(name, text string, mode os.FileMode) string {
		write(t, filepath.Join(dir, name), text, mode)
		return filepath.Join(dir, name)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	t.Setenv("EMPTY", " ")
	t.Setenv("LARGE", strings.Repeat(canary, 9999)[:100_000])
	for name, c := range map[string]struct {
		from func() (*holder.Holder, error)
		kind fault.Kind
		text string
	}{
		"not there":     {func() (*holder.Holder, error) { return holder.File(filepath.Join(dir, "none")) }, fault.NotFound, "none"},
		"empty":         {func() (*holder.Holder, error) { return holder.File(in("empty", "\n", 0o600)) }, fault.Invalid, "empty"},
		"too large":     {func() (*holder.Holder, error) { return holder.File(in("large", strings.Repeat(canary, 9999), 0o600)) }, fault.Invalid, "larger"},
		"others write":  {func() (*holder.Holder, error) { return holder.File(in("open", canary, 0o620)) }, fault.Denied, "0620"},
		"a device":      {func() (*holder.Holder, error) { return holder.File("/dev/zero") }, fault.Invalid, "neither a file nor a pipe"},
		"a folder":      {func() (*holder.Holder, error) { return holder.File(dir) }, fault.Invalid, "neither a file nor a pipe"},
		"a silent pipe": {func() (*holder.Holder, error) { return holder.File(fifo(t, dir)) }, fault.Invalid, "empty"},
		"a large value": {func() (*holder.Holder, error) { return holder.Env("LARGE") }, fault.Invalid, "larger"},
		"no systemd":    {func() (*holder.Holder, error) { return holder.Credential("x") }, fault.NotFound, "CREDENTIALS_DIRECTORY"},
		"no variable":   {func() (*holder.Holder, error) { return holder.Env("EMPTY") }, fault.NotFound, "EMPTY"},
		"no descriptor": {func() (*holder.Holder, error) { return holder.Descriptor(9999) }, fault.Invalid, "9999"},
	} {
		if _, err := c.from(); !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.text) || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v, want %v with %q", name, err, c.kind, c.text)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if _, err := holder.Credential("../x"); !errors.Is(err, fault.Invalid) {
		t.Errorf("a name that leads elsewhere: %v", err)
	}
}

func fifo(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("fifo-%d", time.Now().UnixNano()))
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A shell's <(command) and /dev/stdin are pipes: they give the secret once, and are not asked a second time.
func TestAPipeIsReadOnce(t *testing.T) {
	path := fifo(t, t.TempDir())
	held, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // keeps what was written
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	pour := func(text string) {
		t.Helper()
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(text); errors.Join(err, w.Close()) != nil {
			t.Fatal(err)
		}
	}
	pour(canary + "\n")
	h, err := holder.File(path)
	want(t, h, err, canary)
	pour("another secret, for somebody else")
	now := time.Now().Add(time.Hour)
	if err := os.Chtimes(path, now, now); err != nil { // as if it had changed
		t.Fatal(err)
	}
	want(t, h, nil, canary)
	if h.Warning() != "" {
		t.Errorf("it warns: %s", h.Warning())
	}
}

func TestAFileThatEverybodyMayReadIsWarnedOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, canary, 0o644)
	h, err := holder.File(file)
	want(t, h, err, canary)
	if w := h.Warning(); !strings.Contains(w, "0644") || !strings.Contains(w, file) || strings.Contains(w, canary) {
		t.Errorf("it warns: %q", w)
	}
	write(t, file, canary+"2", 0o640)
	want(t, h, nil, canary+"2")
	if w := h.Warning(); w != "" {
		t.Errorf("it still warns: %q", w)
	}
}

// FuzzFile: bytes come back as they are, text without white space around it.
func FuzzFile(f *testing.F) {
	f.Add([]byte(canary + "\n"))
	f.Add([]byte("\x00\xff key that ends in a newline\n"))
	f.Add([]byte(" \n\t"))
	f.Add([]byte("\x00"))
	file := filepath.Join(f.TempDir(), "secret")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := holder.File(file)
		trimmed := bytes.TrimSpace(b)
		if err != nil {
			if !errors.Is(err, fault.Invalid) || len(trimmed) > 0 && len(b) <= 64<<10 {
				t.Errorf("%q: %v", b, err)
			}
			return
		}
		defer h.Close()
		switch got := h.Token(); {
		case bytes.Equal(got, b):
		case !bytes.Equal(got, trimmed), bytes.ContainsFunc(b, func(r rune) bool { return r == utf8.RuneError || r < ' ' && !unicode.IsSpace(r) }):
			t.Errorf("%q came back as %q", b, got)
		}
	})
}
