package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The keys of a transit engine come in with all their versions, and are compared; brought in again they are compared only, also at
// another node, and a dry run writes nothing.
func TestKeysOfATransitEngineMoveIn(t *testing.T) {
	c := open(t)
	first, second := "an AES key of thirty-two bytes:1", "an AES key of thirty-two bytes:2"
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	file := filepath.Join(t.TempDir(), "orders.json")
	text := fmt.Sprintf(`{"data":{"name":"orders","type":"aes256-gcm96","keys":{"1":%q,"2":%q}}}`, b64(first), b64(second))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	type report struct {
		Imported int `json:"imported"`
		Before   int `json:"there_before"`
		Failed   int `json:"failed"`
	}
	bring := func(n *node, more ...string) (r report) {
		t.Helper()
		ran := c.cli([]*node{n}, append([]string{"key", "import", "--transit", file, "--prefix", "vault/", "--format", "json"}, more...)...)
		if err := json.Unmarshal([]byte(ran.stdout), &r); err != nil || ran.code != 0 {
			t.Fatalf("%v: %v", err, ran)
		}
		return r
	}
	bring(c.nodes[0], "--dry-run")
	if got := c.cli(nil, "key", "show", "vault/orders"); got.code == 0 {
		t.Errorf("a dry run made the key: %v", got)
	}
	if r := bring(c.nodes[1]); r != (report{Imported: 1}) {
		t.Errorf("the first time: %+v", r)
	}
	if r := bring(c.nodes[2]); r != (report{Before: 1}) {
		t.Errorf("the second time: %+v", r)
	}
	for version, want := range map[string]string{"1": first, "2": second} {
		var got struct{ Material []byte }
		if err := json.Unmarshal([]byte(c.ok("key", "material", "vault/orders", "--version", version, "--format", "json")), &got); err != nil || string(got.Material) != want {
			t.Errorf("version %s is %q, %v", version, got.Material, err)
		}
	}
	text = strings.Replace(text, b64(second), b64("an AES key of thirty-two bytes:3"), 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.cli(nil, "key", "import", "--transit", file, "--prefix", "vault/"); got.code != 2 || !strings.Contains(got.stdout, "failed") {
		t.Errorf("another key of that name: %v", got)
	}
}
