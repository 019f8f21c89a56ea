package e2e_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/quorate/quorate/e2e/kit"
)

// binary is the quorate binary that every story runs.
var binary string

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "quorate-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: no folder for the binary:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	if binary, err = kit.Build("..", dir); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	// Two stories at a time, unless somebody says otherwise: each has three nodes and more, whatever the number of cores.
	if err := flag.Set("test.parallel", "2"); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return m.Run()
}
