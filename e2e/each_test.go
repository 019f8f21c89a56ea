package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whenever `encrypt --each` is ended, what lies under a final name is whole; the next run leaves that out and does the rest.
func TestEncryptingAFolderGoesOnWhereItWasEnded(t *testing.T) {
	c := open(t)
	c.ok("key", "create", "files")
	from := filepath.Join(c.dir, "from")
	if err := os.Mkdir(from, 0o700); err != nil {
		t.Fatal(err)
	}
	const files = 24
	want := map[string][32]byte{}
	for i := range files {
		name := fmt.Sprintf("file-%02d", i)
		want[name] = bigFile(t, filepath.Join(from, name), 4<<20+int64(i))
	}
	to := filepath.Join(c.dir, "to")
	there := func() (names []string) {
		all, _ := os.ReadDir(to) // not there yet
		for _, e := range all {
			names = append(names, e.Name())
		}
		return names
	}
	var report struct {
		Done, Failed int
		Before       int `json:"done_before"`
	}
	for round, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		before := len(there())
		x, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := c.command(x, c.nodes, "encrypt", "--key", "files", "--each", "-i", from, "-o", to)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, 30*time.Second, "some files are done", func() error {
			if len(there()) < before+2 {
				return errors.New("too few")
			}
			return nil
		})
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Logf("round %d: all was done before %v came", round, s)
		}
		for _, name := range there() {
			if !strings.HasSuffix(name, ".qrt") || strings.HasPrefix(name, ".") {
				t.Errorf("after %v there is %s", s, name)
			}
		}
		back := filepath.Join(c.dir, fmt.Sprint("back-", round))
		r := c.cli(nil, "decrypt", "--each", "-i", to, "-o", back, "--format", "json")
		if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != 0 || report.Done != len(there()) {
			t.Fatalf("after %v: %v", s, r)
		}
		for _, name := range there() {
			name = strings.TrimSuffix(name, ".qrt")
			if hashOf(t, filepath.Join(back, name)) != want[name] {
				t.Errorf("after %v %s is not whole", s, name)
			}
		}
	}
	before := len(there())
	r := c.cli(nil, "encrypt", "--key", "files", "--each", "-i", from, "-o", to, "--format", "json")
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != 0 || report.Before < before-1 || report.Done+report.Before != files || len(there()) != files {
		t.Errorf("the rest, after %d were done: %v", before, r)
	}
	if report.Before == files {
		t.Error("nothing was left for the last run: the others were ended too late")
	}
}
