package e2e_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// keasKMI runs the stand-in for keas.kmi's server and clients.
func keasKMI(t *testing.T, args ...string) []byte {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import cryptography").Run() != nil {
			continue
		}
		out, err := exec.CommandContext(t.Context(), python, append([]string{"testdata/keas_kmi.py"}, args...)...).Output()
		if err != nil {
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				t.Fatalf("%v: %s", err, exit.Stderr)
			}
			t.Fatal(err)
		}
		return out
	}
	t.Skip("there is no python3 with the package cryptography (Debian: python3-cryptography)")
	return nil
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type kmiReport struct {
	Keys             []struct{ Name, Result, Error string }
	Imported, Failed int
	Before           int `json:"there_before"`
}

// A storage directory of keas.kmi moves in: its clients, unchanged, get at every node the data keys that they had; what
// they encrypted opens, and is taken to a form that is authenticated.
func TestAKeasKMIDirectoryMovesIn(t *testing.T) {
	t.Parallel()
	c := open(t)
	old := filepath.Join(c.dir, "keas")
	keasKMI(t, "make", old)
	var deks map[string]string
	if err := json.Unmarshal(readFile(t, filepath.Join(old, "deks.json")), &deks); err != nil || len(deks) != 3 {
		t.Fatal(deks, err)
	}
	storage := filepath.Join(old, "storage")
	bad := filepath.Join(storage, strings.Repeat("ab", 16)+".dek")
	if err := os.WriteFile(bad, []byte("cut short"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(code int, args ...string) (r kmiReport) {
		t.Helper()
		out := c.cli(nil, append([]string{"kmi", "import", storage, "--format", "json"}, args...)...)
		if err := json.Unmarshal([]byte(out.stdout), &r); err != nil || out.code != code {
			t.Fatalf("import %v: %v, %v", args, out, err)
		}
		return r
	}
	if r := run(2, "--dry-run"); r.Imported != 3 || r.Failed != 1 {
		t.Errorf("a dry run: %+v", r)
	}
	if r := run(2, "--dry-run"); r.Before != 0 {
		t.Errorf("a dry run imported something: %+v", r)
	}
	if r := run(2); r.Imported != 3 || r.Failed != 1 {
		t.Errorf("importing: %+v", r)
	}
	if err := os.Remove(bad); err != nil {
		t.Fatal(err)
	}
	if r := run(0); r.Imported != 0 || r.Before != 3 {
		t.Errorf("importing again: %+v", r)
	}
	for i, n := range c.nodes {
		var got struct {
			Status string
			Codes  []int
			Same   bool
			DEKs   map[string]string
		}
		if err := json.Unmarshal(keasKMI(t, "use", "https://"+n.keas, c.caFile, old), &got); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(got.DEKs, deks) || !got.Same || slices.ContainsFunc(got.Codes, func(code int) bool { return code != 200 }) {
			t.Errorf("%s gives keas.kmi's clients other keys: %v", n.name, got.Codes)
		}
		if want := "KMS server holding " + string(rune('3'+i)) + " keys"; got.Status != want {
			t.Errorf("%s says %q, want %q", n.name, got.Status, want)
		}
	}
	c.ok("key", "create", "billing")
	door := []string{"--kmi-addr", "https://" + c.nodes[1].keas}
	kmi := func(code int, args ...string) ran {
		t.Helper()
		r := c.cli(nil, append(append([]string{"kmi"}, args...), door...)...)
		if r.code != code {
			t.Fatalf("kmi %v: %v", args, r)
		}
		return r
	}
	kek, other := filepath.Join(old, "keks", "0"), filepath.Join(old, "keks", "1")
	if got := kmi(0, "get", kek, "-o", filepath.Join(old, "dek")); hex.EncodeToString(readFile(t, filepath.Join(old, "dek"))) != deks["0"] {
		t.Errorf("kmi get: %v", got)
	}
	same := func(name, path string) {
		t.Helper()
		if !bytes.Equal(readFile(t, path), readFile(t, filepath.Join(old, "plain", name))) {
			t.Errorf("%s is not what was encrypted", path)
		}
	}
	for _, form := range []string{"data", "file"} {
		name := filepath.Join("0", form)
		in, out := filepath.Join(old, "old", name), filepath.Join(old, form)
		kmi(0, "decrypt", kek, "-i", in, "-o", out+".plain")
		same(name, out+".plain")
		kmi(0, "reencrypt", kek, "-i", in, "-o", out+".held")
		kmi(0, "decrypt", kek, "-i", out+".held", "-o", out+".again")
		same(name, out+".again")
		kmi(0, "reencrypt", kek, "-i", in, "-o", out+".qrt", "--key", "billing")
		c.ok("decrypt", "-i", out+".qrt", "-o", out+".qrt.plain")
		same(name, out+".qrt.plain")
		flip(t, out+".held", 50000)
		if kmi(2, "decrypt", kek, "-i", out+".held", "-o", out+".flipped"); exists(out + ".flipped") {
			t.Errorf("a changed %s left an output", name)
		}
	}
	// A folder: what is no ciphertext is told, the rest is done; the second time nothing is left to do.
	from, to := filepath.Join(old, "old", "1"), filepath.Join(old, "new")
	if err := os.WriteFile(filepath.Join(from, "notes.txt"), []byte("no ciphertext"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"done": 2`, `"done_before": 2`} {
		if got := kmi(2, "reencrypt", other, "-i", from, "-o", to, "--format", "json"); !strings.Contains(got.stdout, want) || !strings.Contains(got.stdout, `"failed": 1`) {
			t.Errorf("a folder: %v, want %s", got, want)
		}
	}
	for _, form := range []string{"data", "file"} {
		back := filepath.Join(old, "back."+form)
		kmi(0, "decrypt", other, "-i", filepath.Join(to, form), "-o", back)
		same(filepath.Join("1", form), back)
	}
	if exists(filepath.Join(to, "notes.txt")) {
		t.Error("what was no ciphertext was encrypted")
	}
}

// keasKMIsOwn are keas.kmi's own client and test client, as they come; false if they are not installed here.
func keasKMIsOwn(t *testing.T) (run func(c *cluster, n *node, args ...string) []byte, installed bool) {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import keas.kmi.testclient").Run() != nil {
			continue
		}
		return func(c *cluster, n *node, args ...string) []byte {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), python, append([]string{"-c", "from keas.kmi.testclient import main; main()", "https://" + n.keas}, args...)...)
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+c.caFile)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("testclient %v: %v: %s", args, err, errs.String())
			}
			return out
		}, true
	}
	return nil, false
}

// keas.kmi's own test client, unmodified, at three nodes: what it makes at one opens at the others, what it encrypts it decrypts, and the command
// line reads it. No package of Debian's has it; where it is not installed, the requests that it sends come from a stand-in (see use in
// testdata/keas_kmi.py).
func TestKeasKMIsOwnClientIsServed(t *testing.T) {
	t.Parallel()
	testclient, installed := keasKMIsOwn(t)
	if !installed {
		t.Skip("keas.kmi is not installed here (python3 -c 'import keas.kmi.testclient')")
	}
	c := open(t)
	n := c.nodes
	if got := string(testclient(c, n[0])); !strings.Contains(got, "200 OK") || !strings.Contains(got, "KMS server holding 0 keys") {
		t.Errorf("without an action it says %q", got)
	}
	kek := c.write("kek.dat", string(testclient(c, n[0], "-n")))
	dek := testclient(c, n[1], "-g", kek)
	if again := testclient(c, n[2], "-g", kek); len(dek) != 128 || !bytes.Equal(again, dek) {
		t.Errorf("-g gives %d bytes, at another node the same: %v", len(dek), bytes.Equal(again, dek))
	}
	plain := strings.Repeat("Stephan, and more than a block. ", 1000)
	data := c.write("data", plain)
	encrypted := c.write("encrypted", string(testclient(c, n[1], "-e", kek, data)))
	if got := string(testclient(c, n[2], "-d", kek, encrypted)); got != plain {
		t.Errorf("-d gives %d bytes, want %d", len(got), len(plain))
	}
	read := filepath.Join(c.dir, "read")
	if r := c.cli(nil, "kmi", "decrypt", kek, "-i", encrypted, "-o", read, "--kmi-addr", "https://"+n[2].keas); r.code != 0 || string(readFile(t, read)) != plain {
		t.Errorf("the command line reads it otherwise: %v", r)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
