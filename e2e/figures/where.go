package figures

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// Commit names the code that is measured, as git describes the folder in which a test or tool runs; "unknown" where git does not
// tell. A tree with changes says so ("-dirty").
func Commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// Machine tells on what it is measured: cores, and how busy they are with this and whatever else (load average of five minutes).
// Figures in time are worth as much.
func Machine() string {
	busy := "load average unknown"
	if all, err := os.ReadFile("/proc/loadavg"); err == nil {
		if load := strings.Fields(string(all)); len(load) > 1 {
			busy = "load average " + load[1]
		}
	}
	return fmt.Sprintf("%d cores, %s", runtime.NumCPU(), busy)
}
