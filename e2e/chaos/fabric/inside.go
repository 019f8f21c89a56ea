package fabric

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// insideEnv marks the process that runs in namespaces of its own.
const insideEnv = "QUORATE_FABRIC_INSIDE"

// Inside tells whether this process has network and mounts of its own, so that nothing it does reaches the machine's.
func Inside() bool { return os.Getenv(insideEnv) != "" }

// Settle prepares the process that is inside: it brings up its loopback, and keeps its mounts to itself.
func Settle() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keeping mounts private: %w", err)
	}
	return up("lo")
}

// Again runs this program anew with the same arguments, inside: with network and mounts that end with it. Who is not
// root becomes so in a user namespace, if the kernel lets him. It returns the program's exit code; an error means that it
// could not be run so.
func Again(env ...string) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), insideEnv+"=1"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("namespaces of its own: %w", err)
	}
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode(), nil
}
