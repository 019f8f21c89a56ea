package pykmip_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/transport/client/foreign/pykmip"
	"github.com/quorate/quorate/vault/fault"
)

// said is what the script says of an object.
type said struct{ UID, Value, Name, Algorithm, State, Left string }

// script runs the script of testdata under a Python that has PyKMIP, and returns what it prints.
func script(t *testing.T, args ...string) []byte {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import kmip, cryptography").Run() != nil {
			continue
		}
		out, err := exec.CommandContext(t.Context(), python, append([]string{"testdata/pykmip.py"}, args...)...).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Skipf("there is no python3 with kmip and cryptography (Debian: python3-pykmip): `make clients` installs it")
	return nil
}

// made is a database with PyKMIP's own classes.
func made(t *testing.T) (path string, all []said) {
	t.Helper()
	made := filepath.Join(t.TempDir(), "pykmip.database")
	if err := json.Unmarshal(script(t, made), &all); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "pykmip ?#.database") // what is a name here, and not in an address
	if err := os.Rename(made, path); err != nil {
		t.Fatal(err)
	}
	return path, all
}

func TestADatabaseOfPyKMIPIsRead(t *testing.T) {
	path, want := made(t)
	got, err := pykmip.Read(t.Context(), path)
	if err != nil || len(got) != len(want) || len(want) != 15 {
		t.Fatalf("%d of %d objects, %v", len(got), len(want), err)
	}
	for i, k := range got {
		w := want[i]
		if k.ID != w.UID || k.Name != w.Name || k.Algorithm != w.Algorithm || !strings.Contains(k.Left, w.Left) || (k.Left == "") != (w.Left == "") {
			t.Errorf("got %q %q of %s (%s), want %+v", k.ID, k.Name, k.Algorithm, k.Left, w)
			continue
		}
		if w.Left != "" {
			if len(k.Versions) > 0 {
				t.Errorf("%s is left out and has material", k.Name)
			}
			continue
		}
		if k.State != w.State || len(k.Versions) != 1 || hex.EncodeToString(k.Versions[0].Material) != w.Value {
			t.Errorf("%s: state %s, %d versions, or other material", k.Name, k.State, len(k.Versions))
		}
	}
	foreign.Clear(got)
	for _, k := range got {
		for _, v := range k.Versions {
			if strings.Trim(string(v.Material), "\x00") != "" {
				t.Errorf("%s was not cleared", k.Name)
			}
		}
	}
}

func TestWhatIsNoDatabaseOfPyKMIPIsRefused(t *testing.T) {
	path, _ := made(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"nothing": nil, "text": []byte("not a database, but long enough to be taken for the header of one: " + strings.Repeat("x", 200)),
		"a cut one": whole[:len(whole)/2], "another database": nil,
	} {
		file := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if keys, err := pykmip.Read(t.Context(), file); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
		if after, err := os.ReadFile(file); err != nil || len(after) != len(content) {
			t.Errorf("%s: the file was changed: %d bytes, %v", name, len(after), err)
		}
	}
	if _, err := pykmip.Read(t.Context(), filepath.Join(t.TempDir(), "missing")); !errors.Is(err, fault.Invalid) {
		t.Errorf("a file that is not there: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(whole) {
		t.Errorf("reading changed the database: %v", err)
	}
}
