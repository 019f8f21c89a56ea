package runbook_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	top     string // of the repository
	binary  string // the quorate that the machines have
	scratch string // folder that is removed at the end
	tools   string // folder of age and age-keygen, where they are not installed
)

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "quorate-runbook-")
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
