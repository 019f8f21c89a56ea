package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
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

// Connections that go out get ports of their own (Linux: from 32768, others: from 49152). A node's are not among them.
func TestPortsOfNodesAreNotThoseOfConnections(t *testing.T) {
	addrs, err := freePorts(200)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range addrs {
		_, text, err := net.SplitHostPort(a)
		port, notNumber := strconv.Atoi(text)
		if err != nil || notNumber != nil || port < firstPort || port >= 32768 || seen[a] {
			t.Errorf("%s is given: %v, %v, given before: %v", a, err, notNumber, seen[a])
		}
		seen[a] = true
	}
	l, err := net.Listen("tcp", addrs[0]) // they are not held any more
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// TestANodeThatEndsWhileAllAreWaitedForIsNamed: at once, with what it said, and not the first node with a limit.
func TestANodeThatEndsWhileAllAreWaitedForIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "node"), []byte("#!/bin/sh\necho the port is taken; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	silent := make(chan struct{})
	defer close(silent)
	l := &local{exe: filepath.Join(dir, "node"), dir: dir, init: new(api.InitResponse), nodes: []*localNode{
		{name: "node1", dir: dir, api: "127.0.0.1:1", exited: silent}, {name: "node2", dir: dir},
	}}
	begin := time.Now()
	err := l.grow(t.Context())
	if err == nil || !strings.Contains(err.Error(), "node2 ended by itself") || !strings.Contains(err.Error(), "the port is taken") {
		t.Errorf("got %v", err)
	}
	if d := time.Since(begin); d > readyWithin/2 {
		t.Errorf("that took %s", d)
	}
}
