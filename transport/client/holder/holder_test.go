package holder_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	for name, c := range map[string]struct {
		from func() (*holder.Holder, error)
		kind fault.Kind
		text string
	}{
		"not there":     {func() (*holder.Holder, error) { return holder.File(filepath.Join(dir, "none")) }, fault.NotFound, "none"},
		"empty":         {func() (*holder.Holder, error) { return holder.File(in("empty", "\n", 0o600)) }, fault.Invalid, "empty"},
		"too large":     {func() (*holder.Holder, error) { return holder.File(in("large", strings.Repeat(canary, 9999), 0o600)) }, fault.Invalid, "larger"},
		"others write":  {func() (*holder.Holder, error) { return holder.File(in("open", canary, 0o620)) }, fault.Denied, "0620"},
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
