package figures

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

// Note appends a figure to the file NAME.jsonl of the folder that the environment names in RESULTS, with commit and machine; it does nothing
// where none is named, as in make test.
func Note(name string, r Result) error {
	dir := os.Getenv("RESULTS")
	if dir == "" {
		return nil
	}
	r.How, r.Commit = r.How+", "+Machine(), Commit()
	return Append(filepath.Join(dir, name+".jsonl"), r)
}
