package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// What "quorate key export" wrote without --raw is imported as what it wrote with it.
func TestWrappedKeysAreReadAsBytesAndAsBase64(t *testing.T) {
	raw := bytes.Repeat([]byte{0, 'a', 0xff}, 20)
	for _, in := range [][]byte{raw, []byte(base64Of(raw)), []byte(base64Of(raw) + "\n")} {
		if got := wrappedBytes(in); !bytes.Equal(got, raw) {
			t.Errorf("%q is read as %q", in, got)
		}
	}
}

// A key comes in under the parent that is named, which goes with nothing else.
func TestAnImportIsPutUnderItsParent(t *testing.T) {
	d := newDesk(t)
	d.file("raw", "0123456789abcdef0123456789abcdeF")
	d.run("key create tenant", "")
	var tenant, k struct{ ID, Parent string }
	for name, r := range map[string]any{"tenant": &tenant, "k": &k} {
		if name == "k" {
			d.run("key import k --algorithm aes-256-gcm --in FILE/raw --parent tenant", "")
		}
		if err := json.Unmarshal([]byte(d.run("key show "+name+" --format json", "")), r); err != nil {
			t.Fatal(err)
		}
	}
	if k.Parent != tenant.ID || tenant.ID == "" {
		t.Errorf("k is under %q, want %q", k.Parent, tenant.ID)
	}
	for _, other := range []string{"k --in " + d.dir + "/raw --new-version", "--transit " + d.dir + "/raw", "--pykmip " + d.dir + "/raw"} {
		if code, _, talk := typed(t, d.node.URL, d.node.PEM(), strings.NewReader(""), "key import", append(strings.Fields(other), "--parent", "tenant")...); code != 2 || !strings.Contains(talk, "parent") {
			t.Errorf("key import %s --parent tenant: exit code %d, %s", other, code, talk)
		}
	}
}

// What fails after an import is told as that: the key is there.
func TestAnImportThatCannotBeComparedIsToldAsAnImport(t *testing.T) {
	for name, c := range map[string]struct {
		again fault.Kind // what the second question meets; Internal: another check value
		code  int
		says  []string
		no    string // it must not say
	}{
		"unreachable":   {fault.NoLeader, 6, []string{"the key app/k was imported, but could not be asked for", "the test asked for no_leader", "quorate key show app/k"}, "destroy"},
		"sealed":        {fault.Sealed, 6, []string{"the key app/k was imported, but could not be asked for", "quorate key show app/k"}, "destroy"},
		"denied":        {fault.Denied, 0, []string{"Imported and compared by the answer to the import: version 1 has the check value"}, "could not"},
		"another value": {fault.Internal, 5, []string{"the key app/k is not what was sent", "Destroy the key app/k and import it again"}, "imported and compared"},
	} {
		for _, version := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				d := newDesk(t)
				raw, other := d.file("raw", "0123456789abcdef0123456789abcdeF"), d.file("other", "0123456789abcdef0123456789abcdeE")
				args := []string{"-a", "aes-256-gcm", "--in", raw, "--timeout", "1s"}
				if version {
					d.run("key import app/k -a aes-256-gcm --in "+other, "")
					args = append(args, "--new-version")
				}
				imported := false
				d.node.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/import") {
						imported = true
						if c.again == fault.Internal { // the node keeps something else
							b, err := io.ReadAll(r.Body)
							if err != nil {
								t.Error(err)
							}
							b = regexp.MustCompile(`"check_value":"[0-9a-f]+"`).ReplaceAll(b, []byte(`"check_value":"000000"`))
							r.Body = io.NopCloser(bytes.NewReader(b))
						}
						return false
					}
					if !imported || c.again == fault.Internal {
						return false
					}
					clienttest.Refuse(w, fault.New(c.again, "the test asked for %v", c.again))
					return true
				})
				code, out, talk := typed(t, d.node.URL, d.node.PEM(), strings.NewReader(""), "key import app/k", args...)
				if code != c.code || !imported {
					t.Errorf("version: %v: exit code %d, want %d: %s%s", version, code, c.code, out, talk)
				}
				for _, want := range c.says {
					if version {
						want = strings.NewReplacer("the key app/k ", "version 2 of the key app/k ", "version 1", "version 2",
							"Destroy the key app/k and import it again", "Import it again with --new-version; then destroy version 2 alone: quorate key destroy app/k --version 2").Replace(want)
					}
					if !strings.Contains(talk, want) {
						t.Errorf("version: %v: it says %q, want %q", version, talk, want)
					}
				}
				if strings.Contains(strings.ToLower(talk), strings.ToLower(c.no)) {
					t.Errorf("version: %v: it says %q", version, talk)
				}
			})
		}
	}
}
