package field_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver

	"github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/vault/fault"
)

// account is the user that PostgreSQL runs as: it refuses to be root.
func account(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Skipf("PostgreSQL does not run as root, and there is no user postgres: %v", err)
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// postgres starts a server of its own, without a network, and tells where its data lies.
func postgres(t *testing.T) (*sql.DB, string) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is fixed
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed: `make clients` installs it")
	}
	slices.Sort(found)
	bin := filepath.Dir(found[len(found)-1])
	as := account(t)
	top := t.TempDir()
	if as != nil {
		for _, dir := range []string{top, filepath.Dir(top)} {
			if err := os.Chmod(dir, 0o711); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chown(top, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(top, "data")
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = top, &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	if out, err := command("initdb", "-D", data, "-U", "app", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := command("postgres", "-D", data, "-k", top, "-c", "listen_addresses=", "-F", "-c", "log_statement=all")
	log, err := os.Create(filepath.Join(top, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt) // ends at once, in order
		_ = server.Wait()
	})
	db, err := sql.Open("postgres", "host="+top+" user=app dbname=postgres sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for end := time.Now().Add(time.Minute); db.Ping() != nil; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			out, _ := os.ReadFile(log.Name())
			t.Fatalf("PostgreSQL does not serve: %s", out)
		}
	}
	return db, top
}

// A table with encrypted columns on a real server: values come back, rows can be found by what is searchable and joined by what is plain,
// no file of the server holds a plaintext, and what was moved between rows does not open.
func TestColumnsOfARealDatabase(t *testing.T) {
	db, files := postgres(t)
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
