// Package kit is what the stories of e2e and of e2e/chaos share: building the binary, running it as a process that can
// be paused and killed, asking it once over HTTPS, and waiting for a state with a deadline. It knows the native API's
// error document and nothing of clusters. It is for tests; it takes no *testing.T, so that a harness which is no test
// of one story can use it.
package kit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Build makes the quorate binary of the module at top in dir, with build tags if any, and returns its path.
func Build(top, dir string, tags ...string) (string, error) {
	binary := filepath.Join(dir, "quorate")
	args := []string{"build", "-trimpath", "-o", binary}
	for _, t := range tags {
		args = append(args, "-tags", t)
	}
	cmd := exec.Command("go", append(args, "./cmd/quorate")...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the binary does not build: %w\n%s", err, out)
	}
	return binary, nil
}

// Attempt asks until ok answers nil or time is up, and returns the last answer.
func Attempt(within time.Duration, ok func() error) error {
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ok()
		if err == nil {
			return nil
		}
		select {
		case <-deadline:
			return err
		case <-tick.C:
		}
	}
}
