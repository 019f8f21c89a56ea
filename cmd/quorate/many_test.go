package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// typed runs a command line against the node at url and gives how it ended.
func typed(t *testing.T, url string, certificate []byte, input io.Reader, line string, args ...string) (code int, out, talk string) {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca")
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CONFIG_HOME", filepath.Dir(ca))
	var o, e bytes.Buffer
	code = run(t.Context(), append(append(strings.Fields(line), args...), "--addr", url, "--ca", ca), &app{in: input, out: &o, talk: &e})
	return code, o.String(), e.String()
}

// TestAnItemThatFailsHoldsUpNoOther gives a real vault behind its real API good items among lines that it would refuse a request for, as a whole.
func TestAnItemThatFailsHoldsUpNoOther(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	h := rest.New(f.Vault(0), rest.Config{Version: "test"})
	s := httptest.NewTLSServer(serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h))
	t.Cleanup(s.Close)
	t.Setenv("QUORATE_TOKEN", string(f.RootToken()))
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	const good, digest = `{"input":"YWJj"}`, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
	nested := func(n int) string {
		return `{"input":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
	}
	many := func(line string, n int) string { return strings.TrimSuffix(strings.Repeat(line+"\n", n), "\n") }
	for name, c := range map[string]struct {
		op, bad string // lines, none of which is an item
		detail  string // what is said of each
	}{
		"a request without an item that can be read": {"hash", many(`{"input":7}`, api.MaxBatch), `the field \"input\" must be a string of standard base64 with padding`},
		"a field that there is not":                  {"hash", many(`{"inputs":""}`, 3), `unknown field \"inputs\"`},
		"a request without an item that can be done": {"encrypt --key k", many(`{"aad":"YWJj"}`, 3), "there is no plaintext to encrypt"},
		"a name given twice":                         {"hash", `{"input":"YWJj","input":"YWJj"}`, "names a field twice"},
		"a name given twice, once written otherwise": {"hash", `{"input":"YWJj","\u0069nput":"YWJj"}`, "names a field twice"},
		"a name given twice further in":              {"hash", `{"input":[{"a":1,"a":2}]}`, "names a field twice"},
		"bytes that are no text":                     {"hash", "{\"input\":\"\xff\"}", "goes wrong at byte 1"},
		"half a character":                           {"hash", `{"input":"\ud800"}`, "goes wrong at byte 1"},
		"what is deeper than the server looks":       {"hash", nested(15), "nested deeper than 14"},
		"what is much deeper":                        {"hash", nested(100000), "nested deeper than 14"},
		"what is as deep as the server looks":        {"hash", nested(14), `the field \"input\" must be`},
		"no JSON":                                    {"hash", "input: YWJj", "is no JSON object"},
		"half an object":                             {"hash", `{"input":"YWJj"`, "is no JSON object"},
		"more than an object":                        {"hash", `{"input":"YWJj"} {"input":"YWJj"}`, "goes on after its object"},
		"the end of the request that it is sent in":  {"hash", `{"input":"YWJj"}]}`, "goes on after its object"},
		"a list":                          {"hash", `[{"input":"YWJj"}]`, "is no JSON object"},
		"nothing":                         {"hash", "null", "is no JSON object"},
		"a batch":                         {"hash", `{"batch":[{"input":"YWJj"}]}`, `unknown field \"batch\"`},
		"a line that is too long":         {"hash", `{"input":"` + strings.Repeat("A", maxItem) + `"}`, "has more than 1048576 bytes\",\"hint\":\"Encrypt files with `quorate encrypt`.\""},
		"a data key that would be stored": {"datakey --key k", `{"store":true}`, "asks for a data key that the cluster keeps"},
		"a data key that would be stored, in disguise": {"datakey --key k", `{"st\u006fre":true}`, "asks for a data key that the cluster keeps"},
	} {
		t.Run(name, func(t *testing.T) {
			item, done := good, digest
			switch c.op {
			case "encrypt --key k":
				item, done = `{"plaintext":"YWJj"}`, `"ciphertext":"qk:v1:`
			case "datakey --key k":
				item, done = `{"store":false}`, `"ciphertext":"qk:v1:`
			}
			for _, input := range []string{c.bad, item + "\n\n" + c.bad + "\n" + item + "\n", many(item, api.MaxBatch) + "\n" + c.bad + "\n" + item} {
				code, out, talk := typed(t, s.URL, certificate, strings.NewReader(input), "batch "+c.op)
				if code != 5 {
					t.Fatalf("exit code %d: %s", code, talk)
				}
				results := bufio.NewScanner(strings.NewReader(out))
				bad := map[string]bool{}
				for _, line := range strings.Split(c.bad, "\n") {
					bad[line] = true
				}
				items := 0
				for _, line := range strings.Split(strings.TrimSuffix(input, "\n"), "\n") {
					if line == "" {
						continue
					}
					if items++; !results.Scan() {
						t.Fatalf("item %d has no result: %s", items, talk)
					}
					got := results.Text()
					if want := map[bool]string{true: `{"error":{"kind":"`, false: done}[bad[line]]; !json.Valid(results.Bytes()) || !strings.Contains(got, want) {
						t.Fatalf("item %d (bad: %v) became %s, want %s", items, bad[line], got, want)
					}
					if bad[line] && (!strings.Contains(got, c.detail) || strings.Contains(got, "batch.0")) {
						t.Fatalf("item %d became %s, want %s", items, got, c.detail)
					}
				}
				if results.Scan() {
					t.Errorf("one result more than there are items: %s", results.Text())
				}
				if want := fmt.Sprintf("Items: %d, not done: %d.", items, strings.Count(c.bad, "\n")+1); !strings.Contains(talk, want) {
					t.Errorf("it says %q, want %q", talk, want)
				}
			}
		})
	}
}

// TestWhatWasDoneBeforeAnErrorIsKept stops the cluster after two requests.
func TestWhatWasDoneBeforeAnErrorIsKept(t *testing.T) {
	n := clienttest.New(t)
	t.Setenv("QUORATE_TOKEN", clienttest.RootToken)
	asked, works := 0, 0
	n.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if asked++; asked > works {
			clienttest.Refuse(w, fault.New(fault.Denied, "the test said so"))
			return true
		}
		return false
	})
	// Line 1 is empty; after two requests, of 1000 items each, line 2002 is next, and it is one that is not sent.
	const good = `{"input":"YWJj"}` + "\n"
	input := "\n" + strings.Repeat(good, 2*api.MaxBatch) + "no JSON\n" + strings.Repeat(good, 7)
	for _, file := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "out")
		line, args := "batch hash", []string(nil)
		if file {
			args = []string{"-o", path}
		}
		asked, works = 0, 2
		code, out, talk := typed(t, n.URL, n.PEM(), strings.NewReader(input), line, args...)
		if file {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			out = string(b)
		}
		lines := strings.Split(out, "\n")
		if len(lines) != 2*api.MaxBatch+2 || lines[2*api.MaxBatch+1] != "" || !strings.Contains(lines[2*api.MaxBatch], `"error"`) || strings.Contains(strings.Join(lines[:2*api.MaxBatch], ""), "error") {
			t.Errorf("to a file: %v: there are %d lines, the last ones %q", file, len(lines), lines[max(0, len(lines)-3):])
		}
		if code != 3 || !strings.Contains(talk, "Items: 2001, not done: 1.\n") || !strings.Contains(talk, "Go on from line 2003 of the input.") || !strings.Contains(talk, "the test said so") {
			t.Errorf("to a file: %v: exit code %d: %s", file, code, talk)
		}

		asked, works = 0, 0 // nothing is done, so there is nothing to keep
		code, out, talk = typed(t, n.URL, n.PEM(), strings.NewReader(good), line, "-o", path+"2")
		if _, err := os.Stat(path + "2"); err == nil || code != 3 || out != "" || strings.Contains(talk, "Items:") || strings.Contains(talk, "Go on") {
			t.Errorf("where nothing was done: exit code %d, %q, file: %v, %s", code, out, err == nil, talk)
		}
	}
	// An input that breaks off.
	asked, works = 0, 9
	code, out, talk := typed(t, n.URL, n.PEM(), io.MultiReader(strings.NewReader(strings.Repeat(good, api.MaxBatch+3)), broken{}), "batch hash")
	if strings.Count(out, "\n") != api.MaxBatch || code != 2 || !strings.Contains(talk, "Items: 1000, not done: 0.") || !strings.Contains(talk, "Go on from line 1001 of the input.") {
		t.Errorf("where the input broke off: exit code %d, %d lines, %s", code, strings.Count(out, "\n"), talk)
	}
	// A node that leaves while items are sent one by one.
	for _, kind := range []fault.Kind{fault.Invalid, fault.TooLarge} {
		asked = 0
		n.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			asked++
			switch {
			case asked == 1: // all together
				clienttest.Refuse(w, fault.New(kind, "batch.0: no"))
			case asked == 3:
				clienttest.Refuse(w, fault.New(fault.Denied, "the test said so"))
			default:
				return false
			}
			return true
		})
		code, out, talk = typed(t, n.URL, n.PEM(), strings.NewReader(strings.Repeat(good, 3)), "batch hash")
		if strings.Count(out, "\n") != 1 || !strings.Contains(out, "digest") || code != 3 || !strings.Contains(talk, "Go on from line 2 of the input.") {
			t.Errorf("in the middle of a request: exit code %d, %q, %s", code, out, talk)
		}
	}
}

// broken is an input that cannot be read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// A peer's key that is a private one does not leave this machine, by whatever command it is named.
func TestAPrivateKeyIsNeverSentAsAPeers(t *testing.T) {
	d := newDesk(t)
	d.run("key create m --algorithm hmac-sha256", "")
	private, err := os.ReadFile("testdata/script/carry.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(private), "-- ec.pem --\n")
	text, _, _ := strings.Cut(after, "\n-- ")
	if !strings.Contains(text, "PRIVATE KEY") {
		t.Fatalf("the script has no private key any more: %q", text)
	}
	item, err := json.Marshal(api.DeriveRequest{PeerPublicKey: text})
	if err != nil {
		t.Fatal(err)
	}
	input := `{"info":"YQ=="}` + "\n" + string(item) + "\n" + strings.Replace(string(item), "peer_", `p\u0065er_`, 1) + "\n"
	var sent bytes.Buffer
	d.node.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		b, _ := io.ReadAll(r.Body)
		sent.Write(b)
		r.Body = io.NopCloser(bytes.NewReader(b))
		return false
	})
	code, out, talk := typed(t, d.node.URL, d.node.PEM(), strings.NewReader(input), "batch derive --key m")
	if lines := strings.Split(out, "\n"); code != 5 || len(lines) != 4 || !strings.Contains(lines[0], "derived") || !strings.Contains(lines[1], "line 2 holds a private key") || !strings.Contains(lines[2], "line 3 holds a private key") {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	if sent.Len() == 0 || strings.Contains(sent.String(), "PRIVATE") || strings.Contains(out+talk, "BEGIN") {
		t.Errorf("it was sent: %s", &sent)
	}
}
