package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/quorate/quorate/e2e/chaos/fabric"
	"github.com/quorate/quorate/e2e/kit"
)

// binaryEnv names the binary; the outer process builds it, unless it is named one.
const binaryEnv = "QUORATE_CHAOS_BINARY"

// unable says why chaos cannot be made here; "": it can.
var unable string

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

// runAll builds outside, where the Go tools have what they need, and tests inside namespaces that end with it. All files of the run lie in
// one folder, which goes with it.
func runAll(m *testing.M) int {
	if fabric.Inside() {
		if err := fabric.Settle(); err != nil {
			unable = err.Error()
		}
		return m.Run()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer stop()
	dir, leave, err := room()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	defer leave()
	if binary := os.Getenv(binaryEnv); binary != "" { // there is one
		return inside(ctx, m, binary, dir)
	}
	var tags []string
	if plant := os.Getenv("CHAOS_PLANT"); plant != "" {
		tags = append(tags, "plant_"+plant)
	}
	binary, err := kit.Build("../..", dir, tags...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		return 1
	}
	return inside(ctx, m, binary, dir)
}

func inside(ctx context.Context, m *testing.M, binary, dir string) int {
	code, err := fabric.Again(ctx, binaryEnv+"="+binary, "TMPDIR="+dir)
	if err != nil {
		unable = err.Error()
		return m.Run()
	}
	return code
}

// room makes the folder of this run, and removes those of runs that were killed: nobody holds their lock any more.
func room() (dir string, leave func(), err error) {
	const prefix = "quorate-chaos-"
	old, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return "", nil, err
	}
	for _, o := range old {
		if lock, err := hold(o); err == nil {
			fmt.Fprintln(os.Stderr, "chaos: removing what an earlier run left:", o)
			err = errors.Join(os.RemoveAll(o), lock.Close())
			if err != nil {
				return "", nil, err
			}
		}
	}
	if dir, err = os.MkdirTemp("", prefix); err != nil {
		return "", nil, err
	}
	lock, err := hold(dir)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(dir))
	}
	return dir, func() {
		if err := errors.Join(os.RemoveAll(dir), lock.Close()); err != nil {
			fmt.Fprintln(os.Stderr, "chaos: left behind:", err)
		}
	}, nil
}

// hold locks a folder, unless somebody does; the lock ends with the process, and no child has it.
func hold(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
