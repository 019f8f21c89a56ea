package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // makes a database

	"github.com/quorate/quorate/transport/api"
)

// The keys of a transit engine come in with all their versions, and are compared; brought in again they are compared only, also at
// another node, and a dry run writes nothing. So do those of a PyKMIP server.
func TestKeysOfATransitEngineAndOfPyKMIPMoveIn(t *testing.T) {
	t.Parallel()
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
	c.pykmipMovesIn()
}

// pykmipMovesIn brings in the database of a PyKMIP server: a key comes with its material and its state, and what cannot come says why.
// That PyKMIP's own databases are read is proved where they are.
func (c *cluster) pykmipMovesIn() {
	c.t.Helper()
	file := filepath.Join(c.t.TempDir(), "pykmip.database")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		c.t.Fatal(err)
	}
	value := []byte("an AES key of thirty-two bytes:4")
	_, err = db.ExecContext(c.t.Context(), `
		CREATE TABLE managed_objects (uid INTEGER PRIMARY KEY, object_type INTEGER, value BLOB);
		CREATE TABLE crypto_objects (uid INTEGER PRIMARY KEY, cryptographic_usage_mask INTEGER, state INTEGER);
		CREATE TABLE keys (uid INTEGER PRIMARY KEY, cryptographic_algorithm INTEGER, cryptographic_length INTEGER, _kdw_wrapping_method INTEGER);
		CREATE TABLE managed_object_names (mo_uid INTEGER, name TEXT, name_index INTEGER);
		INSERT INTO managed_objects VALUES (1, 2, ?1), (2, 2, ?1), (3, 4, x'00');
		INSERT INTO crypto_objects VALUES (1, 12, 2), (2, 12, 3), (3, 1, 2);
		INSERT INTO keys VALUES (1, 3, 256, -1), (2, 3, 256, -1), (3, 6, 256, -1);
		INSERT INTO managed_object_names VALUES (1, 'disks', 0), (2, 'old disks', 0), (3, 'signer', 0);`, value)
	if err := errors.Join(err, db.Close()); err != nil {
		c.t.Fatal(err)
	}
	type report struct {
		Imported int `json:"imported"`
		Before   int `json:"there_before"`
		Left     int `json:"left_out"`
		Failed   int `json:"failed"`
	}
	for i, want := range []report{{Imported: 2, Left: 1}, {Before: 2, Left: 1}} {
		var got report
		ran := c.cli(c.nodes[i:i+1], "key", "import", "--pykmip", file, "--prefix", "kmip/", "--format", "json")
		if err := json.Unmarshal([]byte(ran.stdout), &got); err != nil || ran.code != 0 || got != want || !strings.Contains(ran.stdout, "no agreed form") {
			c.t.Errorf("run %d: %+v, %v, %v; want %+v", i+1, got, err, ran, want)
		}
	}
	for name, state := range map[string]string{"kmip/disks": "active", "kmip/object-2": "deactivated"} {
		var r api.Record
		c.must(c.nodes[2], get("/v1/keys/"+name+"?consistency=linearizable")).into(c.t, &r)
		if r.State != state {
			c.t.Errorf("%s is %s, want %s", name, r.State, state)
		}
	}
	var m struct{ Material []byte }
	if err := json.Unmarshal([]byte(c.ok("key", "material", "kmip/disks", "--format", "json")), &m); err != nil || !bytes.Equal(m.Material, value) {
		c.t.Errorf("another material, or %v", err)
	}
	if got := c.cli(nil, "key", "material", "kmip/object-2"); got.code != 5 {
		c.t.Errorf("the material of a deactivated key: %v", got)
	}
}
