package main

import "syscall"

// dieWithParent makes a child process end with this one, even when this one is killed.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
