package runbook_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	top     string // of the repository
	binary  string // the quorate that the machines have
	scratch string // folder that is removed at the end
	tools   string // folder of age and age-keygen, where they are not installed
)

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// fastDisk is where the machines live: in memory, where that is given, on a disk that is as fast as doctor wants it, however busy this machine's own is.
func fastDisk() string {
	const memory = "/dev/shm"
	if unix.Access(memory, unix.W_OK) != nil {
		return ""
	}
	return memory
}

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp(fastDisk(), "quorate-runbook-")
	if err == nil {
		defer os.RemoveAll(dir)
		top, err = filepath.Abs("../..")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "runbook:", err)
		return 1
	}
	scratch = dir
	binary = filepath.Join(dir, "quorate")
	tools = filepath.Join(dir, "tools")
	for out, pkg := range map[string]string{binary: "./cmd/quorate", filepath.Join(tools, "age"): "./e2e/runbook/testdata/age"} {
		build := exec.Command("go", "build", "-trimpath", "-o", out, pkg)
		build.Dir, build.Env = top, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "runbook: %s does not build: %v\n%s", pkg, err, out)
			return 1
		}
	}
	if err := os.Symlink("age", filepath.Join(tools, "age-keygen")); err != nil {
		fmt.Fprintln(os.Stderr, "runbook:", err)
		return 1
	}
	return m.Run()
}
