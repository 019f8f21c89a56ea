package kit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Process is a program that is started, killed and started again. One goroutine at a time changes it; the others may ask
// Ended, Err and Paused only between such changes.
type Process struct {
	Name string
	Log  string                    // file that its output is appended to
	Run  func(*exec.Cmd) error     // begins the command; nil: (*exec.Cmd).Start
	Make func() (*exec.Cmd, error) // the command to run, anew for each start

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	err    error         // of cmd; read after exited
	paused bool
}

// Spawn begins the process in a group of its own that ends with this one.
func (p *Process) Spawn() error {
	if p.Running() {
		return fmt.Errorf("%s runs already", p.Name)
	}
	cmd, err := p.Make()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close() // the process has its own
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	run := p.Run
	if run == nil {
		run = (*exec.Cmd).Start
	}
	if err := run(cmd); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited, p.paused = cmd, exited, false
	go func() {
		p.err = cmd.Wait()
		close(exited)
	}()
	return nil
}

// Started tells whether it was ever started.
func (p *Process) Started() bool { return p.cmd != nil }

// Running tells whether it was started and has not ended.
func (p *Process) Running() bool { return p.cmd != nil && !p.Ended() }

// Ended tells whether the process that was started last has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.Exited():
		return true
	default:
		return false
	}
}

// Exited is closed once the process that was started last has ended; nil if none was.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Err is how it ended, once it has.
func (p *Process) Err() error { return p.err }

// Paused tells whether it was paused and not resumed.
func (p *Process) Paused() bool { return p.paused }

// PID is the process's id, also once it has ended.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal to the process's group. A process that has ended, or never began, takes none and that is no error.
func (p *Process) Signal(s syscall.Signal) error {
	if !p.Running() {
		return nil
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signalling %s: %w", p.Name, err)
	}
	return nil
}

// Kill is kill -9, and waits for the end.
func (p *Process) Kill() error {
	err := p.Signal(syscall.SIGKILL)
	if p.exited != nil {
		<-p.exited
	}
	return err
}

// Pause stops the process without its noticing (SIGSTOP).
func (p *Process) Pause() error { p.paused = true; return p.Signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (p *Process) Resume() error { p.paused = false; return p.Signal(syscall.SIGCONT) }

// WaitExit waits until the process has ended by itself.
func (p *Process) WaitExit(within time.Duration) error {
	select {
	case <-p.exited:
		return nil
	case <-time.After(within):
		return fmt.Errorf("%s still runs after %v", p.Name, within)
	}
}

// Tail is the end of the process's log.
func (p *Process) Tail(lines int) string {
	b, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Logged tells whether the log has text in it.
func (p *Process) Logged(text string) bool {
	b, err := os.ReadFile(p.Log)
	return err == nil && bytes.Contains(b, []byte(text))
}
