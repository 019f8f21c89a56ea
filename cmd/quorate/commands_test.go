package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
)

// desk runs command lines in this process against a node of the test's.
type desk struct {
	t    *testing.T
	node *clienttest.Server
	dir  string
	ran  map[string]bool // commands, by path
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, node: clienttest.New(t), dir: t.TempDir(), ran: map[string]bool{}}
	d.file("ca", string(d.node.PEM()))
	t.Setenv("QUORATE_TOKEN", clienttest.RootToken)
	t.Setenv("XDG_CONFIG_HOME", d.dir)
	return d
}

func (d *desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.t.Fatal(err)
	}
	return path
}

// run gives standard output of a command line that has to succeed. FILE/x stands for the file x of the desk.
func (d *desk) run(line, input string) string {
	d.t.Helper()
	args := strings.Fields(strings.ReplaceAll(line, "FILE", d.dir))
	var out, talk bytes.Buffer
	code := run(d.t.Context(), append(args, "--addr", d.node.URL, "--ca", filepath.Join(d.dir, "ca")), &app{in: strings.NewReader(input), out: &out, talk: &talk})
	if code != 0 {
		d.t.Errorf("quorate %s: exit code %d: %s", line, code, &talk)
	}
	c, _, err := newRoot(&app{in: strings.NewReader(""), out: io.Discard, talk: io.Discard}).Find(args)
	if err != nil {
		d.t.Fatal(err)
	}
	d.ran[c.CommandPath()] = true
	return out.String()
}

// ofKeys lists the commands that do something with keys: those of the group, and those on top that use one.
func ofKeys() map[string]*cobra.Command {
	all := map[string]*cobra.Command{}
	var visit func(*cobra.Command)
	visit = func(c *cobra.Command) {
		if !c.HasSubCommands() {
			all[c.CommandPath()] = c
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	for _, c := range newRoot(&app{in: strings.NewReader(""), out: io.Discard, talk: io.Discard}).Commands() {
		switch c.Name() {
		case "key", "encrypt", "decrypt", "sign", "verify", "mac", "verify-mac", "derive", "wrap", "unwrap", "encapsulate", "decapsulate", "datakey", "hash", "batch", "random":
			visit(c)
		}
	}
	return all
}

// operations of the API on keys, by id: method and the path's pattern, from the document that the server serves.
func keyOperations(t *testing.T) map[string]*regexp.Regexp {
	t.Helper()
	w := httptest.NewRecorder()
	h := rest.New(nil, rest.Config{})
	serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string]*regexp.Regexp{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			if id := o.OperationID; strings.HasPrefix(id, "key.") || id == "wrapping-key" || id == "hash" || id == "random" {
				all[id] = regexp.MustCompile("^" + strings.ToUpper(method) + " " + strings.ReplaceAll(regexp.QuoteMeta(path), `\{k\}`, "[^/]+") + "$")
			}
		}
	}
	if len(all) < 40 {
		t.Fatalf("the document has only %d operations on keys", len(all))
	}
	return all
}

// TestEveryOperationOfKeysHasACommand runs every command of keys with --format json: what it prints is JSON, and together they ask for
// every operation that the API has on keys.
func TestEveryOperationOfKeysHasACommand(t *testing.T) {
	d := newDesk(t)
	d.file("doc", "a document")
	d.file("raw", "0123456789abcdef0123456789abcdeF")
	d.file("other.raw", "0123456789abcdef0123456789abcdeE")
	d.file("items", `{"input":"aGk="}`)
	for _, line := range []string{
		"key create k --exportable --usage-limit 100", "key create app/ec --algorithm ecdsa-p256", "key create m --algorithm hmac-sha256", "key create kem --algorithm ml-kem-768",
		"key create parent", "key create child --parent parent", "key create shared", "key create waits --pre-active",
		"key show k", "key list", "key list --parent parent", "key due", "key tree", "key tree parent", "key states", "key update k --tag a=b", "key watch --count 1",
		"key rotate k", "key suspend k", "key resume k", "key activate waits", "key archive k", "key recover k", "key reserve k 1",
		"key import in --algorithm aes-256-gcm --in FILE/raw --parent parent", "key list --parent parent", "key import in --algorithm aes-256-gcm --in FILE/other.raw --new-version", "key wrapping-key",
		"key public app/ec", "key material k", "key backup k --wrapping-key shared",
		"key move child --top", "key rewrapping parent", "key derive made --from m --info a --algorithm secret",
		"key split k k/1 k/2 k/3 --threshold 2", "key join again k/1 k/3", "key issue root --by app/ec --of app/ec", "key issue --by app/ec --replace root",
		"hash -i FILE/doc", "random 16", "datakey k", "datakey parent --store", "sign -k app/ec -i FILE/doc -o FILE/sig", "mac -k m -i FILE/doc -o FILE/mac", "derive m --info a",
		"wrap -k parent -i FILE/raw", "encapsulate kem", "batch sign -k app/ec -i FILE/items", "encrypt -k parent --text -i FILE/doc",
	} {
		d.json(line, d.run(line+" --format json", ""))
	}
	// What undoes something is given it as text.
	for name, line := range map[string]string{
		"wrapped": "wrap -k parent -i FILE/raw", "sealed": "encrypt -k parent --text -i FILE/doc", "sig.text": "sign -k app/ec -i FILE/doc", "mac.text": "mac -k m -i FILE/doc",
		"recipient": "key wrapping-key",
	} {
		d.file(name, d.run(line, ""))
	}
	d.run("encapsulate kem --ciphertext FILE/shared", "")
	d.run("key backup k --wrapping-key shared -o FILE/backup", "")
	d.run("key deactivate k", "")
	d.run("key destroy k --force --after 0s --yes", "")
	d.run("key purge k --yes", "")
	d.run("key create leaving --exportable", "")
	sealed := strings.TrimSpace(d.run("encrypt -k parent --text -i FILE/doc", ""))
	for _, line := range []string{
		"unwrap -k parent -i FILE/wrapped", "decrypt -k parent -i FILE/sealed", "verify -k app/ec -s FILE/sig.text -i FILE/doc", "verify-mac -k m -m FILE/mac.text -i FILE/doc",
		"decapsulate -k kem -i FILE/shared", "key rewrap parent " + sealed, "key restore FILE/backup --wrapping-key shared", "key export leaving --recipient FILE/recipient",
		"key create end", "key compromise end --reason test", "key destroy end", "key cancel-destroy end --reason test", "key deactivate leaving", "key destroy end --force --after 0s --yes", "key purge end --yes",
	} {
		d.json(line, d.run(line+" --format json", ""))
	}
	for path := range ofKeys() {
		if !d.ran[path] {
			t.Errorf("%s is not run here: add it", path)
		}
	}
	asked := d.node.Requests()
	for id, route := range keyOperations(t) {
		if id == "key.children" {
			continue // the command line has the same keys by `key list --parent`, in the order of names
		}
		if !slices.ContainsFunc(asked, route.MatchString) {
			t.Errorf("no command asks for %s (%s)", id, route)
		}
	}
	t.Logf("%d commands: %v", len(d.ran), slices.Sorted(maps.Keys(d.ran)))
}

// TestIfMatchHoldsForEveryChangeOfAKey: where the API takes If-Match, the command has the flag, and it is sent.
func TestIfMatchHoldsForEveryChangeOfAKey(t *testing.T) {
	d := newDesk(t)
	d.file("raw", "0123456789abcdef0123456789abcdeF")
	d.run("key import k --algorithm aes-256-gcm --in FILE/raw", "")
	d.run("key create parent", "")
	d.run("key create ca --algorithm ed25519", "")
	d.run("key issue cert --by ca --of ca", "")
	for _, line := range []string{
		"activate k", "suspend k", "resume k", "deactivate k", "compromise k --reason test", "rotate k", "update k --tag a=b", "move k --parent parent", "archive k", "recover k",
		"destroy k", "cancel-destroy k", "purge k --yes", "import k --new-version --in FILE/raw", "issue --by ca --replace cert",
	} {
		args := strings.Fields("key " + strings.ReplaceAll(line, "FILE", d.dir) + " --if-match 77 --addr " + d.node.URL + " --ca " + filepath.Join(d.dir, "ca"))
		var out, talk bytes.Buffer
		if code := run(t.Context(), args, &app{in: strings.NewReader(""), out: &out, talk: &talk}); code != 5 {
			t.Errorf("quorate key %s --if-match 77: exit code %d, want 5 (conflict): %s", line, code, &talk)
		}
	}
	d.run("key suspend k --if-match 1", "")
	d.run("key issue --by ca --replace cert --if-match 1", "")
}

// TestAADIsBoundByEveryCommandThatBinds: what is made with --aad opens, and is rewrapped, with the same alone.
func TestAADIsBoundByEveryCommandThatBinds(t *testing.T) {
	d := newDesk(t)
	d.run("key create k", "")
	var made struct{ Ciphertext string }
	if err := json.Unmarshal([]byte(d.run("datakey k --aad a --format json", "")), &made); err != nil {
		t.Fatal(err)
	}
	again := strings.TrimSpace(d.run("key rewrap k --aad a "+made.Ciphertext, ""))
	d.file("line", again)
	if b := d.run("decrypt -k k --aad a -i FILE/line", ""); len(b) != 32 {
		t.Errorf("the data key has %d bytes", len(b))
	}
	var out, talk bytes.Buffer
	args := []string{"key", "rewrap", "k", again, "--aad", "b", "--addr", d.node.URL, "--ca", filepath.Join(d.dir, "ca")}
	if code := run(t.Context(), args, &app{in: strings.NewReader(""), out: &out, talk: &talk}); code == 0 {
		t.Error("rewrapped with another --aad")
	}
}

// json refuses output that is not JSON, or lines of it, all the way.
func (d *desk) json(line, out string) {
	d.t.Helper()
	dec := json.NewDecoder(strings.NewReader(out))
	n := 0
	for ; ; n++ {
		var v any
		if err := dec.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			d.t.Errorf("quorate %s --format json prints %q: %v", line, out, err)
			return
		}
	}
	if n == 0 && !strings.Contains(line, " -o ") {
		d.t.Errorf("quorate %s --format json prints nothing", line)
	}
}

// TestInputsAreFilesOrStandardInput: every command of keys that reads an input reads it from either, and does the same with it.
func TestInputsAreFilesOrStandardInput(t *testing.T) {
	d := newDesk(t)
	for _, line := range []string{"key create k --exportable", "key create ec --algorithm ecdsa-p256", "key create m --algorithm hmac-sha256", "key create kem --algorithm ml-kem-768", "key create shared"} {
		d.run(line, "")
	}
	files := map[string]string{"doc": "a document", "raw": "0123456789abcdef0123456789abcdeF", "items": `{"input":"aGk="}`}
	for name, text := range files {
		d.file(name, text)
	}
	for name, line := range map[string]string{
		"sealed": "encrypt -k k -i FILE/doc", "wrapped": "wrap -k k -i FILE/raw", "signature": "sign -k ec -i FILE/doc", "mac": "mac -k m -i FILE/doc", "backup": "key backup k --wrapping-key shared",
	} {
		files[name] = d.run(line, "")
		d.file(name, files[name])
	}
	d.run("encapsulate kem --ciphertext FILE/shared", "")
	b, err := os.ReadFile(filepath.Join(d.dir, "shared"))
	if err != nil {
		t.Fatal(err)
	}
	files["shared"] = string(b)
	verified := d.run("verify -k ec -s FILE/signature -i FILE/doc", "")
	tried := map[string]bool{}
	for _, c := range []struct {
		line, flag, file string
		back, gives      string // of what gives another result each time, FILE/result: what undoes it or tries it, and what that gives
	}{
		{"encrypt -k shared", "-i", "doc", "decrypt -i FILE/result", files["doc"]},
		{"decrypt", "-i", "sealed", "", ""},
		{"sign -k ec", "-i", "doc", "verify -k ec -s FILE/result -i FILE/doc", verified},
		{"verify -k ec -s FILE/signature", "-i", "doc", "", ""},
		{"mac -k m", "-i", "doc", "", ""},
		{"verify-mac -k m -m FILE/mac", "-i", "doc", "", ""},
		{"wrap -k shared", "-i", "raw", "unwrap -k shared -i FILE/result --encoding raw", files["raw"]},
		{"unwrap -k k", "-i", "wrapped", "", ""},
		{"decapsulate -k kem", "-i", "shared", "", ""},
		{"hash", "-i", "doc", "", ""},
		{"batch mac -k m", "-i", "items", "", ""},
		{"key import NEW --algorithm aes-256-gcm --exportable", "--in", "raw", "key material NEW --encoding raw", files["raw"]},
	} {
		var outs []string
		for i, from := range []string{c.flag + " FILE/" + c.file, c.flag + " -", ""} {
			if from == "" && strings.HasPrefix(c.line, "key import") {
				continue // which may have its key from elsewhere
			}
			input := files[c.file]
			if i == 0 {
				input = "something else"
			}
			out := d.run(strings.Replace(c.line, "NEW", "new"+string(rune('a'+i)), 1)+" "+from, input)
			if outs = append(outs, out); c.back == "" {
				continue
			}
			d.file("result", out)
			if got := d.run(strings.Replace(c.back, "NEW", "new"+string(rune('a'+i)), 1), ""); got != c.gives {
				t.Errorf("quorate %s %s: %s gives %q, want %q", c.line, from, c.back, got, c.gives)
			}
		}
		for _, out := range outs[1:] {
			if out == "" || c.back == "" && out != outs[0] {
				t.Errorf("quorate %s: a file gives %q, standard input %q", c.line, outs[0], out)
			}
		}
		found, _, err := newRoot(&app{in: strings.NewReader(""), out: io.Discard, talk: io.Discard}).Find(strings.Fields(c.line))
		if err != nil {
			t.Fatal(err)
		}
		tried[found.CommandPath()] = true
	}
	for path, c := range ofKeys() {
		if c.Flags().Lookup("in") != nil && !tried[path] {
			t.Errorf("%s reads an input and is not tried here", path)
		}
	}
}
