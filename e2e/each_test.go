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

	"github.com/quorate/quorate/e2e/kit"
)

const filesOfEach = 24

// each is one command with --each, from a folder into another.
type each struct {
	t    *testing.T
	c    *cluster
	args []string
	to   string
}

// eachReport is what it says in the end.
type eachReport struct {
	Done, Failed int
	Before       int `json:"done_before"`
}

func (e *each) there() (names []string) {
	all, _ := os.ReadDir(e.to) // not there yet
	for _, f := range all {
		names = append(names, f.Name())
	}
	return names
}

// end begins the command at a terminal and ends it by a signal when it did two files more. Whatever lies under a name then must be whole.
func (e *each) end(s syscall.Signal, whole func(name string) error) {
	e.t.Helper()
	before := len(e.there())
	x, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	term, err := kit.NewTerminal("")
	if err != nil {
		e.t.Fatal(err)
	}
	defer term.Close()
	cmd := e.c.command(x, e.c.nodes, e.args...)
	cmd.Stdout, cmd.Stderr = term.Side, term.Side
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	eventually(e.t, 30*time.Second, "some files are done", func() error {
		if len(e.there()) < before+2 {
			return errors.New("too few")
		}
		return nil
	})
	if err := cmd.Process.Signal(s); err != nil {
		e.t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		e.t.Logf("%s: all was done before %v came", e.args[0], s)
	} else if code := cmd.ProcessState.ExitCode(); s != syscall.SIGKILL && code != 130 {
		e.t.Errorf("%s: exit %d after %v: %s", e.args[0], code, s, term.Seen())
	}
	for _, name := range e.there() {
		if err := whole(name); err != nil {
			e.t.Errorf("%s: after %v: %s: %v", e.args[0], s, name, err)
		}
	}
}

// rest runs the command to its end.
func (e *each) rest() {
	e.t.Helper()
	before := len(e.there())
	var report eachReport
	r := e.c.cli(nil, append(e.args, "--format", "json")...)
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.code != 0 || report.Before < before-1 || report.Done+report.Before != filesOfEach || len(e.there()) != filesOfEach {
		e.t.Errorf("%s: the rest, after %d were done: %v", e.args[0], before, r)
	}
	if report.Before == filesOfEach {
		e.t.Errorf("%s: nothing was left for the last run: the others were ended too late", e.args[0])
	}
}

// Whenever `encrypt --each` or `decrypt --each` is ended, what lies under a final name is whole; the next run leaves that out and does
// the rest.
func TestAFolderThatIsDoneOneByOneGoesOnWhereItWasEnded(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "files")
	from, sealed, back := filepath.Join(c.dir, "from"), filepath.Join(c.dir, "sealed"), filepath.Join(c.dir, "back")
	if err := os.Mkdir(from, 0o700); err != nil {
		t.Fatal(err)
	}
	want := map[string][32]byte{}
	for i := range filesOfEach {
		name := fmt.Sprintf("file-%02d", i)
		want[name] = bigFile(t, filepath.Join(from, name), 4<<20+int64(i))
	}
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM}
	one := filepath.Join(c.dir, "one")
	enc := &each{t, c, []string{"encrypt", "--key", "files", "--each", "-i", from, "-o", sealed}, sealed}
	for _, s := range signals {
		enc.end(s, func(name string) error {
			if !strings.HasSuffix(name, ".qrt") {
				return errors.New("it is no result")
			}
			if r := c.cli(nil, "decrypt", "--force", "-i", filepath.Join(sealed, name), "-o", one); r.code != 0 {
				return errors.New(r.String())
			}
			return same(t, one, want[strings.TrimSuffix(name, ".qrt")])
		})
	}
	enc.rest()
	dec := &each{t, c, []string{"decrypt", "--each", "-i", sealed, "-o", back}, back}
	for _, s := range signals {
		dec.end(s, func(name string) error { return same(t, filepath.Join(back, name), want[name]) })
	}
	dec.rest()
	for name := range want {
		if err := same(t, filepath.Join(back, name), want[name]); err != nil {
			t.Errorf("in the end: %s: %v", name, err)
		}
	}
}

func same(t *testing.T, path string, want [32]byte) error {
	t.Helper()
	if hashOf(t, path) != want {
		return errors.New("it is not whole")
	}
	return nil
}
