package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTheDestroyGuardIsReadAsDurationsAre(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"keys:\n  destroy_guard: 30d\n": 30 * 24 * time.Hour, "keys:\n  destroy_guard: \"1d12h\"\n": 36 * time.Hour,
		"keys:\n  destroy_guard: 0s\n": -1, "name: n1\n": 0, "keys: {}\n": 0,
	} {
		file := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := readConfig(file)
		if got := c.Keys.guard(); err != nil || got != want {
			t.Errorf("%q gives %v, %v, want %v", text, got, err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("keys:\n  destroy_guard: soon\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readConfig(file); err == nil {
		t.Error("a guard of \"soon\" was accepted")
	}
}

// TestEveryListenerHasAFlag: an address by a flag reaches the configuration, which says what is wrong with it.
func TestEveryListenerHasAFlag(t *testing.T) {
	for _, name := range []string{"api", "peer", "gossip", "keas", "kmip"} {
		cmd := newServerCmd(&app{in: strings.NewReader(""), out: io.Discard, talk: io.Discard})
		cmd.SetArgs([]string{"--dir", t.TempDir(), "--name", "a", "--" + name, "nowhere"})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		want := fmt.Sprintf("the %s address %q is not host:port", name, "nowhere")
		if err := cmd.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--%s nowhere: %v, want %q", name, err, want)
		}
	}
}
