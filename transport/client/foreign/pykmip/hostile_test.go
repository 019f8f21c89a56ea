package pykmip_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/transport/client/foreign/pykmip"
	"github.com/quorate/quorate/vault/fault"
)

// The tables of PyKMIP's server, as far as they are read.
const pykmipTables = `
	CREATE TABLE managed_objects (uid INTEGER PRIMARY KEY, object_type INTEGER, value BLOB);
	CREATE TABLE crypto_objects (uid INTEGER PRIMARY KEY, cryptographic_usage_mask INTEGER, state INTEGER);
	CREATE TABLE keys (uid INTEGER PRIMARY KEY, cryptographic_algorithm INTEGER, cryptographic_length INTEGER, _kdw_wrapping_method INTEGER);
	CREATE TABLE managed_object_names (mo_uid INTEGER, name TEXT, name_index INTEGER);
	INSERT INTO managed_objects VALUES (1, 2, x'000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f'), (2, 8, x'00');
	INSERT INTO crypto_objects VALUES (1, 12, 2), (2, 0, NULL);
	INSERT INTO keys VALUES (1, 3, 256, -1);
	INSERT INTO managed_object_names VALUES (1, 'first', 0), (1, 'other', 1);`

// database makes one from statements.
func database(t testing.TB, statements string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(t.Context(), "PRAGMA page_size = 1024; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"+pykmipTables+statements, args...); err != nil {
		t.Fatal(err)
	}
	return path
}

// sound checks what may be relied on whatever the database holds.
func sound(t *testing.T, keys []foreign.Key, err error) {
	t.Helper()
	if err != nil && (!errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) || keys != nil) {
		t.Errorf("%d keys and %v", len(keys), err)
	}
	states := []string{foreign.Active, foreign.Suspended, foreign.Deactivated, foreign.Compromised}
	for _, k := range keys {
		switch {
		case k.Left != "" && (len(k.Versions) > 0 || k.Algorithm != ""):
			t.Errorf("%s is left out because %s, and has %d versions of %q", k.ID, k.Left, len(k.Versions), k.Algorithm)
		case k.Left == "" && (len(k.Versions) != 1 || k.Algorithm == "" || !slices.Contains(states, k.State)):
			t.Errorf("%s of %q is %q and has %d versions", k.ID, k.Algorithm, k.State, len(k.Versions))
		}
		for _, v := range k.Versions {
			if len(v.Material) == 0 || len(v.Material) > 64<<10 {
				t.Errorf("%s has %d bytes", k.ID, len(v.Material))
			}
		}
	}
	foreign.Clear(keys)
}

func TestHostileDatabasesOfPyKMIPAreRefusedOrLeftOutByObject(t *testing.T) {
	endless := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT `
	for name, c := range map[string]struct {
		statements string
		kind       error  // nil: it is read
		left       string // of the first object
	}{
		"as it should be":   {"", nil, ""},
		"a huge value":      {"UPDATE managed_objects SET value = zeroblob(20000000)", nil, "too many"},
		"a value of text":   {"UPDATE managed_objects SET value = 'an AES key of thirty-two letters'", nil, "no bytes"},
		"no value":          {"UPDATE managed_objects SET value = NULL", nil, "no bytes"},
		"a type of text":    {"UPDATE managed_objects SET object_type = 'key'", fault.Invalid, ""},
		"no type":           {"UPDATE managed_objects SET object_type = NULL", fault.Invalid, ""},
		"a type unheard of": {"UPDATE managed_objects SET object_type = -9223372036854775808", nil, "not kept"},
		"a state of text":   {"UPDATE crypto_objects SET state = 'active'", fault.Invalid, ""},
		"a state of 1.5":    {"UPDATE crypto_objects SET state = 1.5", fault.Invalid, ""},
		"a state unheard":   {"UPDATE crypto_objects SET state = 77", nil, "destroyed"},
		"a length of text":  {"UPDATE keys SET cryptographic_length = '256 bits'", fault.Invalid, ""},
		"wrapped":           {"UPDATE keys SET _kdw_wrapping_method = 1", nil, "wrapped"},
		"a name of 10 MB":   {"UPDATE managed_object_names SET name = CAST(zeroblob(10000000) AS TEXT)", nil, ""},
		"a name of bytes":   {"UPDATE managed_object_names SET name = x'ff00'", nil, ""},
		"an object twice": {"DROP TABLE crypto_objects; CREATE TABLE crypto_objects (uid, cryptographic_usage_mask, state);" +
			"INSERT INTO crypto_objects VALUES (1, 0, 2), (1, 0, 5)", fault.Invalid, ""},
		"many objects": {"INSERT INTO managed_objects WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n LIMIT 100001) SELECT i, 8, x'00' FROM n", fault.TooLarge, ""},
		"no table":     {"DROP TABLE managed_object_names", fault.Invalid, ""},
		"an endless view": {
			"DROP TABLE keys; CREATE VIEW keys AS " + endless + "i AS uid, 3 AS cryptographic_algorithm, 256 AS cryptographic_length FROM n",
			fault.Invalid, "",
		},
		"endless names": {"DROP TABLE managed_object_names; CREATE VIEW managed_object_names AS " + endless + "1 AS mo_uid, 'n' AS name, i AS name_index FROM n", fault.Invalid, ""},
		"a computed column": {"DROP TABLE managed_objects; CREATE TABLE managed_objects (uid INTEGER PRIMARY KEY, object_type INTEGER, value BLOB AS (zeroblob(900000000)));" +
			"INSERT INTO managed_objects VALUES (1, 2)", fault.Invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			keys, err := pykmip.Read(x, database(t, c.statements))
			if c.kind != nil && !errors.Is(err, c.kind) || c.kind == nil && err != nil {
				t.Errorf("%d keys, %v; want %v", len(keys), err, c.kind)
			}
			if c.kind == nil && (len(keys) != 2 || c.left == "" && keys[0].Left != "" || !strings.Contains(keys[0].Left, c.left)) {
				t.Errorf("%+v, want one left out for %q", keys, c.left)
			}
			sound(t, keys, err)
		})
	}
}

func TestADatabaseThatIsNoRegularFileIsRefusedAtOnce(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{fifo, t.TempDir(), os.DevNull} {
		done := make(chan error, 1)
		go func() { _, err := pykmip.Read(t.Context(), path); done <- err }()
		select {
		case err := <-done:
			if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no regular file") {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: reading it does not end", path)
		}
	}
}

// A database with bytes changed, cut off or exchanged is read or refused, and never changed. Fuzzing does the same, much slower: all of
// SQLite is then watched at work.
func TestADamagedDatabaseOfPyKMIPIsReadOrRefused(t *testing.T) {
	whole, err := os.ReadFile(database(t, "INSERT INTO managed_objects WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n LIMIT 50) SELECT i, 8, zeroblob(i) FROM n"))
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	path := filepath.Join(t.TempDir(), "db")
	read, refused := 0, 0
	for i := range 400 {
		b := slices.Clone(whole)
		switch i % 4 {
		case 0:
			b = b[:r.IntN(len(b))]
		case 1:
			from := r.IntN(len(b))
			copy(b[r.IntN(len(b)):], b[from:min(len(b), from+r.IntN(64))])
		}
		for range r.IntN(8) {
			if len(b) > 0 {
				b[r.IntN(len(b))] ^= byte(1 << r.IntN(8))
			}
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := pykmip.Read(t.Context(), path)
		if err != nil {
			refused++
		} else {
			read++
		}
		sound(t, keys, err)
		if after, err := os.ReadFile(path); err != nil || string(after) != string(b) {
			t.Fatalf("reading changed the file: %v", err)
		}
		if t.Failed() {
			t.Fatalf("seed %d, round %d", seed, i)
		}
	}
	if read == 0 || refused < 100 {
		t.Errorf("seed %d: %d were read, %d refused: the damage is too small, or too great", seed, read, refused)
	}
}

// FuzzFile changes bytes of a database.
func FuzzFile(f *testing.F) {
	whole, err := os.ReadFile(database(f, ""))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, uint16(0), []byte{})
	f.Add(whole[:len(whole)/2], uint16(100), []byte{0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte, at uint16, over []byte) {
		if len(b) > 1<<20 {
			return
		}
		b = slices.Clone(b)
		copy(b[min(int(at), len(b)):], over)
		path := filepath.Join(t.TempDir(), "db")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := pykmip.Read(t.Context(), path)
		sound(t, keys, err)
		if after, err := os.ReadFile(path); err != nil || string(after) != string(b) {
			t.Errorf("reading changed the file: %v", err)
		}
	})
}
