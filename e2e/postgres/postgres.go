// Package postgres runs a real PostgreSQL server (Debian's) for tests. It knows nothing of Quorate.
package postgres

import (
	"database/sql"
	"errors"
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
)

// account is the user that PostgreSQL runs as: it refuses to be root.
func account(t testing.TB) *syscall.Credential {
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

// Start runs a server with a directory of its own, without a network, until the test ends. It gives a connection, the directory
// (log and socket are in it too), and the address that connects.
func Start(t testing.TB) (db *sql.DB, files, address string) {
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
	address = "host=" + top + " user=app dbname=postgres sslmode=disable"
	if db, err = sql.Open("postgres", address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for end := time.Now().Add(time.Minute); db.Ping() != nil; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			out, _ := os.ReadFile(log.Name())
			t.Fatalf("PostgreSQL does not serve: %s", out)
		}
	}
	return db, top, address
}
