package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// startAndEnd starts a process of a local cluster and ends: what becomes of that process is what is looked at.
func startAndEnd() {
	dir := os.Args[1]
	l := &local{exe: filepath.Join(dir, "node"), dir: dir, keep: len(os.Args) > 2}
	if err := l.start(&localNode{name: "node1", dir: dir}); err != nil {
		panic(err)
	}
	waitFor(filepath.Join(dir, "pid"))
}

// waitFor returns what a file holds as soon as it is there; nothing after ten seconds.
func waitFor(file string) []byte {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); pause(context.Background(), pollEvery) {
		if b, err := os.ReadFile(file); err == nil {
			return b
		}
	}
	return nil
}

// The cluster of `quorate demo --keep` goes on when the demo has ended; any other ends with what started it.
func TestProcessesOfALocalClusterEndWithItUnlessKept(t *testing.T) {
	// The process tells its number, and goes on to answer once it is asked to.
	const node = "#!/bin/sh\ncd \"${0%/*}\"; echo $$ > new; mv new pid\nwhile [ ! -e asked ]; do sleep 0.01; done\necho > answer; exec sleep 600\n"
	for _, keep := range []bool{false, true} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "node"), []byte(node), 0o700); err != nil {
			t.Fatal(err)
		}
		args := []string{dir}
		if keep {
			args = append(args, "keep")
		}
		if out, err := exec.Command("start-and-end", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		pid, err := strconv.Atoi(string(bytes.TrimSpace(waitFor(filepath.Join(dir, "pid")))))
		if err != nil {
			t.Fatal(err)
		}
		if keep {
			if err := os.WriteFile(filepath.Join(dir, "asked"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if waitFor(filepath.Join(dir, "answer")) == nil {
				t.Error("a process that was to be kept ended with what started it")
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
			continue
		}
		if runtime.GOOS != "linux" {
			continue // nowhere else does the system end it
		}
		for deadline := time.Now().Add(10 * time.Second); !gone(pid); pause(t.Context(), pollEvery) {
			if time.Now().After(deadline) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				t.Fatal("the process goes on without what started it")
			}
		}
	}
}

// gone tells whether a process has ended, be it that nobody has asked how.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || bytes.Contains(stat, []byte(") Z "))
}
