package fabric

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideEnv marks the process that runs in namespaces of its own.
const insideEnv = "QUORATE_FABRIC_INSIDE"

// Inside tells whether this process has network, mounts and process ids of its own, so that nothing it does reaches the machine's.
func Inside() bool { return os.Getenv(insideEnv) != "" }

// Settle prepares the process that is inside: it brings up its loopback, and keeps its mounts to itself.
func Settle() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts private: %w", err)
	}
	return up("lo")
}

// Again runs this program anew with the same arguments, inside: with network, mounts and process ids that end with it, so that
// nothing which it began outlives it, however it ends. Who is not root becomes so in a user namespace, if the kernel lets him. It returns
// the program's exit code; an error means that it could not be run so. When the context ends, the program is killed.
func Again(ctx context.Context, env ...string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), insideEnv+"=1"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	runtime.LockOSThread() // Pdeathsig means the thread that begins the program
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("namespaces of its own: %w", err)
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), nil
}
