package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// A demo that cannot begin leaves nothing behind.
func TestADemoWithoutItsFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var out, talk bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--file", filepath.Join(dir, "missing")}, &app{in: strings.NewReader(""), out: &out, talk: &talk}); code != 2 {
		t.Errorf("exit code %d: %s", code, &talk)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Where a step fails and the nodes are to be kept, they go on, so it is told how to use them and how to end them.
func TestADemoThatFailsTellsOfTheNodesThatItKeeps(t *testing.T) {
	steps := demoSteps
	t.Cleanup(func() { demoSteps = steps })
	demoSteps = []demoStep{
		{"one node", func(d *demo, _ context.Context) (string, error) {
			d.init, d.nodes[1].cmd = &api.InitResponse{}, &exec.Cmd{} // as if the second ran
			return "", nil
		}},
		{"a step that fails", func(*demo, context.Context) (string, error) {
			return "", fault.New(fault.BadState, "the test said so")
		}},
	}
	for _, keep := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "demo")
		var out, talk bytes.Buffer
		args := []string{"demo", "--dir", dir}
		if keep {
			args = append(args, "--keep")
		}
		code := run(t.Context(), args, &app{in: strings.NewReader(""), out: &out, talk: &talk})
		if code != 5 || !strings.Contains(talk.String(), "the test said so") {
			t.Errorf("keep: %v: exit code %d: %s", keep, code, &talk)
		}
		told := strings.Contains(out.String(), "export QUORATE_ADDR=https://127.0.0.1:") && strings.Contains(out.String(), "export QUORATE_CACERT="+dir) && strings.Contains(talk.String(), "pkill -f \""+dir+"\"")
		if told != keep || strings.Count(out.String(), "https://") > 2 { // its API and its keas.kmi door
			t.Errorf("keep: %v: it says %s%s", keep, &out, &talk)
		}
		if _, err := os.Stat(dir); (err == nil) != keep {
			t.Errorf("keep: %v: the folder: %v", keep, err)
		}
	}
}
