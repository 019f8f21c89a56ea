package e2e_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var goBlock = regexp.MustCompile("(?s)```go\n(package main\n.*?)```")

// The README's Go program, copied into an empty module, runs against what `quorate demo --keep` leaves.
func TestTheReadmesProgramRunsAgainstTheDemo(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := goBlock.FindAllSubmatch(readme, -1)
	if len(found) != 1 {
		t.Fatalf("the README has %d Go programs, want one", len(found))
	}
	module := emptyModule(t, found[0][1])
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	program := filepath.Join(module, "program")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-mod=mod", "-o", program, ".") // as the release is built: what it needs is compiled already
	build.Dir, build.Env = module, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building it: %v\n%s", err, out)
	}

	dir := filepath.Join(t.TempDir(), "demo")
	t.Cleanup(func() { endAll(t, dir) })
	demo := exec.CommandContext(ctx, binary, "demo", "--keep", "--dir", dir)
	demo.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	var talk bytes.Buffer
	demo.Stderr = &talk
	told, err := demo.Output()
	if err != nil {
		t.Fatalf("demo: %v\n%s%s", err, told, talk.String())
	}
	var exports []string
	for line := range strings.SplitSeq(string(told), "\n") {
		if strings.HasPrefix(line, "export ") {
			exports = append(exports, line)
		}
	}
	for range 2 { // the key is there already
		run := exec.CommandContext(ctx, "sh", "-c", strings.Join(append(exports, program), "\n"))
		run.Env = []string{"PATH=" + os.Getenv("PATH")}
		out, err := run.CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), " bytes to store\nhello, world\n") {
			t.Errorf("the program with %q: %v\n%s", exports, err, out)
		}
	}
}

// emptyModule is a module with the program and nothing else, which finds ours where it lies, and what ours needs where it was built.
func emptyModule(t *testing.T, program []byte) string {
	t.Helper()
	dir := t.TempDir()
	ours, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module app\n\ngo 1.26.0\n\nrequire github.com/quorate/quorate v0.0.0\n\nreplace github.com/quorate/quorate => " + ours + "\n"
	for name, text := range map[string][]byte{"main.go": program, "go.mod": []byte(mod), "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// endAll ends the processes that name a folder on their command line: the demo's nodes, which outlive it.
func endAll(t *testing.T, dir string) {
	t.Helper()
	eventually(t, 20*time.Second, "the demo's nodes end", func() error {
		all, err := filepath.Glob("/proc/[0-9]*/cmdline")
		if err != nil {
			return err
		}
		for _, path := range all {
			line, err := os.ReadFile(path)
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			if err != nil || pid == os.Getpid() || !bytes.Contains(line, []byte(dir)) {
				continue
			}
			_ = syscall.Kill(pid, syscall.SIGKILL) // if it is there no more, well
			return os.ErrProcessDone
		}
		return nil
	})
}
