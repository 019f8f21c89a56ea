package runbook_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

const desk = "desk" // the operator's machine

var machines = []string{desk, "node1", "node2", "node3", "node4"}

// world is a private network of machines; it ends with its test.
type world struct {
	t      *testing.T
	dir    string
	pid    int // of the namespaces' first process
	env    []string
	shells map[string]*shell
	blocks int // that were run
}

// namespaces are the flags of unshare: without root a user namespace gives the right to the others.
func namespaces() []string {
	if os.Geteuid() == 0 {
		return []string{"--net", "--mount", "--pid"}
	}
	return []string{"--user", "--map-root-user", "--net", "--mount", "--pid"}
}

// needWorld skips where no namespaces can be made, or a program that the documents use is not there.
func needWorld(t *testing.T) {
	t.Helper()
	for _, p := range []string{"unshare", "nsenter", "ip", "curl", "jq", "wget", "openssl", "xxd"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("the documents are not executed: %v", err)
		}
	}
	if out, err := exec.Command("unshare", append(namespaces(), "--fork", "true")...).CombinedOutput(); err != nil {
		t.Skipf("the documents are not executed: namespaces cannot be made here: %v: %s", err, out)
	}
}

// newWorld makes the machines, blank, with systemctl and the repository's files at hand.
func newWorld(t *testing.T) *world {
	t.Helper()
	needWorld(t)
	dir, err := os.MkdirTemp(scratch, "world-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, dir: dir, shells: map[string]*shell{}}
	args := append(namespaces(), "--fork", "--kill-child", "bash", filepath.Join(top, "e2e/runbook/testdata/world.sh"), w.dir)
	cmd := exec.Command("unshare", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range w.shells {
			s.in.Close()
		}
		_ = cmd.Process.Kill() // --kill-child: everything in the world ends
		_ = cmd.Wait()
	})
	if _, err := fmt.Fscan(out, &w.pid); err != nil {
		t.Fatalf("the world says no process id: %v", err)
	}
	for _, m := range machines {
		for _, tool := range []string{"systemctl", "journalctl"} {
			w.copy(filepath.Join(top, "e2e/runbook/testdata", tool), m, "bin", tool)
		}
	}
	return w
}

// path is where a machine's file lies for the test: lib is /var/lib/quorate, etc is /etc/quorate, home its user's.
func (w *world) path(machine string, parts ...string) string {
	return filepath.Join(append([]string{w.dir, machine}, parts...)...)
}

// copy puts a file of ours onto a machine.
func (w *world) copy(from, machine string, parts ...string) {
	w.t.Helper()
	w.host("cp", "-a", from, w.path(machine, parts...))
}

// host runs a program outside of the world.
func (w *world) host(name string, args ...string) {
	w.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		w.t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// shell is a terminal on a machine.
type shell struct {
	in  *os.File
	out *bufio.Reader
}

func (w *world) shell(machine string) *shell {
	w.t.Helper()
	if s := w.shells[machine]; s != nil {
		return s
	}
	blocksR, blocksW, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	failedR, failedW, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	defer blocksR.Close()
	defer failedW.Close()
	args := []string{"--target", fmt.Sprint(w.pid), "--net", "--mount", "--pid"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--preserve-credentials")
	}
	args = append(args, "unshare", "--mount", "bash", filepath.Join(top, "e2e/runbook/testdata/machine.sh"), w.dir, machine)
	cmd := exec.Command("nsenter", args...)
	cmd.ExtraFiles = []*os.File{blocksR, failedW}
	cmd.Env = append([]string{"PATH=/usr/local/bin:" + os.Getenv("PATH") + ":" + tools, "LANG=C.UTF-8", "TERM=dumb"}, w.env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); failedR.Close() })
	s := &shell{in: blocksW, out: bufio.NewReader(failedR)}
	w.shells[machine] = s
	return s
}

// failure is a command of a block that did not succeed.
type failure struct{ status, command string }

// run types text into the machine's shell, with typed waiting at the terminal, and returns what was printed and what failed.
func (w *world) run(machine, text, typed string) (printed string, failed []failure) {
	w.t.Helper()
	s := w.shell(machine)
	w.blocks++
	file := filepath.Join(w.dir, fmt.Sprintf("block-%03d", w.blocks))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	stdin := os.DevNull
	if typed != "" {
		var close func()
		stdin, close = w.terminal(typed)
		defer close()
	}
	fmt.Fprintln(s.in, file, stdin)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for {
			line, err := s.out.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSuffix(line, "\n"); line == "done" {
				return
			}
			lines <- line
		}
	}()
	deadline := time.After(5 * time.Minute)
	for open := true; open; {
		var line string
		select {
		case line, open = <-lines:
			if open {
				status, command, _ := strings.Cut(line, ":")
				failed = append(failed, failure{status, command})
			}
		case <-deadline:
			out, _ := os.ReadFile(file + ".out") // for the message
			w.t.Fatalf("on %s: does not end in five minutes:\n%s\nprinted:\n%s", machine, text, out)
		}
	}
	out, err := os.ReadFile(file + ".out")
	if err != nil {
		w.t.Fatal(err)
	}
	return string(out), failed
}

// must runs what the test itself needs done.
func (w *world) must(machine, text string) string {
	w.t.Helper()
	out, failed := w.run(machine, text, "")
	if len(failed) > 0 {
		w.t.Fatalf("on %s:\n%s\nfailed: %v\n%s%s", machine, text, failed, out, w.logs())
	}
	return out
}

// until repeats it until nothing fails.
func (w *world) until(machine, text string) {
	w.t.Helper()
	w.repeat(machine, text, func(_ string, failed []failure) bool { return len(failed) == 0 })
}

func (w *world) repeat(machine, text string, ok func(string, []failure) bool) {
	w.t.Helper()
	var out string
	var failed []failure
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if out, failed = w.run(machine, text, ""); ok(out, failed) {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	w.t.Fatalf("on %s, not within two minutes:\n%s\nfailed: %v\n%s%s", machine, text, failed, out, w.logs())
}

// complaint is a line of doctor's that is not ok.
var complaint = regexp.MustCompile(`(?m)^(?:attention|act now) +(\S.*?)  `)

// healthyBut repeats text until doctor, in it, complains of nothing but what is named.
func (w *world) healthyBut(machine, text string, but []string) {
	w.t.Helper()
	w.repeat(machine, text, func(out string, failed []failure) bool {
		for _, c := range complaint.FindAllStringSubmatch(out, -1) {
			if !slices.Contains(but, c[1]) {
				return false
			}
		}
		return strings.Contains(out, "verdict: ") && (len(failed) == 0 || len(failed) == 1 && failed[0].status == "5")
	})
}

// terminal is a pseudo-terminal at which text was typed ahead.
func (w *world) terminal(text string) (path string, done func()) {
	w.t.Helper()
	term, err := kit.NewTerminal(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return term.Path, term.Close
}

// logs are the ends of the nodes' logs, for what a failed test prints.
func (w *world) logs() string {
	var b strings.Builder
	for _, m := range machines[1:] {
		raw, err := os.ReadFile(w.path(m, "run", "quorate.log"))
		if err != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
		fmt.Fprintf(&b, "\nthe end of %s's log:\n%s\n", m, strings.Join(lines[max(0, len(lines)-15):], "\n"))
	}
	return b.String()
}

// execute runs a document's blocks in order.
func (w *world) execute(d document) {
	w.t.Helper()
	ran := 0
	for _, b := range d.blocks {
		if b.language != "sh" {
			continue
		}
		ran++
		shares := []string{""}
		if len(b.typed) > 0 {
			shares = nil
			for _, seat := range b.typed {
				lines := ""
				for _, n := range seat {
					lines += w.share(n) + "\n"
				}
				shares = append(shares, lines+"\n") // the empty line says: no more from here
			}
		}
		for _, machine := range b.on {
			for _, typed := range shares {
				w.executeBlock(d, b, machine, typed)
			}
		}
	}
	if ran == 0 {
		w.t.Errorf("%s: no block was run", d.file)
	}
}

func (w *world) executeBlock(d document, b block, machine, typed string) {
	w.t.Helper()
	text := b.text
	for _, word := range b.with {
		if !strings.Contains(text, word) {
			w.t.Fatalf("%s:%d: the word %s is not in the block", d.file, b.line, word)
		}
		text = strings.ReplaceAll(text, word, w.fill(word, machine))
	}
	for _, f := range b.carry {
		from, name, elsewhere := strings.Cut(f, ":")
		if !elsewhere {
			from, name = desk, f
		}
		w.copy(w.path(from, "home", filepath.FromSlash(name)), machine, "home", filepath.Base(name))
	}
	if b.until {
		w.until(machine, text)
		return
	}
	if b.but != nil {
		w.healthyBut(machine, text, b.but)
		return
	}
	out, failed := w.run(machine, text, typed)
	var statuses []string
	for _, f := range failed {
		statuses = append(statuses, f.status)
	}
	var want []string
	if b.exit != 0 {
		want = []string{fmt.Sprint(b.exit)}
	}
	if !slices.Equal(statuses, want) {
		w.t.Fatalf("%s:%d on %s: failed %v, want exit statuses %v:\n%s\nprinted:\n%s%s", d.file, b.line, machine, failed, want, text, out, w.logs())
	}
	if !strings.Contains(out, b.says) {
		w.t.Fatalf("%s:%d on %s: it ends as it shall, and does not say %q:\n%s\nprinted:\n%s%s", d.file, b.line, machine, b.says, text, out, w.logs())
	}
	if testing.Verbose() {
		w.t.Logf("%s:%d on %s:\n%s", d.file, b.line, machine, out)
	}
}

// goEnvironment lets a build find the modules and objects that are there already.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GOFLAGS", "GOTOOLCHAIN"}
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for i, value := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		env = append(env, names[i]+"="+value)
	}
	return env
}
