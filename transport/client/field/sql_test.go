package field_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/quorate/quorate/e2e/postgres"
	"github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/vault/fault"
)

// A table with encrypted columns on a real server: values come back, rows can be found by what is searchable and joined by what is plain,
// no file of the server holds a plaintext, and what was moved between rows does not open.
func TestColumnsOfARealDatabase(t *testing.T) {
	db, files, _ := postgres.Start(t)
	b, ctx := newBox(t), t.Context()
	index := newIndex(t, b)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec(`CREATE TABLE customers (id int PRIMARY KEY, town text, email text, home bytea, phone text UNIQUE)`)
	for id, email := range map[int]string{1: canary + "@one", 2: canary + "@two"} {
		where := strconv.Itoa(id)
		e, err := field.Seal(ctx, b, email, "customers.email "+where)
		if err != nil {
			t.Fatal(err)
		}
		home, err := field.Seal(ctx, b, address{canary, "Ulm"}, "customers.home "+where)
		if err != nil {
			t.Fatal(err)
		}
		phone, err := index.Seal(ctx, "customers.phone", canary+where)
		if err != nil {
			t.Fatal(err)
		}
		exec(`INSERT INTO customers VALUES ($1, 'readable', $2, $3, $4)`, id, e, home, phone)
	}
	exec(`INSERT INTO customers (id, email) VALUES (3, $1)`, field.Encrypted[string]{})

	var got customer
	phone, err := index.Seal(ctx, "customers.phone", canary+"2")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(ctx, `SELECT id, email, home FROM customers WHERE phone = $1 AND town = 'readable'`, phone).Scan(&got.ID, &got.Email, &got.Home); err != nil {
		t.Fatal(err)
	}
	if email, err := got.Email.Open(ctx, b, "customers.email 2"); got.ID != 2 || err != nil || email != canary+"@two" {
		t.Errorf("row %d has %q, %v", got.ID, email, err)
	}
	if home, err := got.Home.Open(ctx, b, "customers.home 2"); err != nil || home == nil || *home != (address{canary, "Ulm"}) {
		t.Errorf("its binary column has %v, %v", home, err)
	}
	var null bool
	if err := db.QueryRowContext(ctx, `SELECT email, email IS NULL FROM customers WHERE id = 3`).Scan(&got.Email, &null); err != nil || !null || !got.Email.IsZero() {
		t.Errorf("no value came back as %v, null %v, %v", got.Email, null, err)
	}

	exec(`UPDATE customers SET email = (SELECT email FROM customers WHERE id = 2) WHERE id = 1`)
	if err := db.QueryRowContext(ctx, `SELECT email FROM customers WHERE id = 1`).Scan(&got.Email); err != nil {
		t.Fatal(err)
	}
	if v, err := got.Email.Open(ctx, b, "customers.email 1"); !errors.Is(err, fault.Invalid) {
		t.Errorf("another row's value opens as %q, %v", v, err)
	}

	exec(`CHECKPOINT`)
	seen := 0
	err = filepath.WalkDir(files, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s holds a plaintext", path)
		}
		if bytes.Contains(text, []byte("readable")) {
			seen++
		}
		return err
	})
	if err != nil || seen == 0 {
		t.Errorf("the files of the server were not seen: %v", err)
	}
}
