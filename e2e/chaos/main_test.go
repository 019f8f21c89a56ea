//go:build chaos

package chaos_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/quorate/quorate/e2e/chaos/fabric"
	"github.com/quorate/quorate/e2e/kit"
)

// binaryEnv names the binary that the outer process has built.
const binaryEnv = "QUORATE_CHAOS_BINARY"

// unable says why chaos cannot be made here; "": it can.
var unable string

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// runAll builds outside, where the Go tools have what they need, and tests inside namespaces that end with it.
func runAll(m *testing.M) int {
	if fabric.Inside() {
		if err := fabric.Settle(); err != nil {
			unable = err.Error()
		}
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "quorate-chaos-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	var tags []string
	if plant := os.Getenv("CHAOS_PLANT"); plant != "" {
		tags = append(tags, strings.Fields(plant)...)
	}
	binary, err := kit.Build("../..", dir, tags...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	code, err := fabric.Again(binaryEnv + "=" + binary)
	if err != nil {
		unable = err.Error()
		return m.Run()
	}
	return code
}
