package main

import (
	"bytes"
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

// TestAFlippedBitOfTheConfigurationIsNamedOrAnotherValue: the file has no checksum, since people write it. A bit of every fifth byte is flipped: the reader
// names the file, or there is a configuration that says what stands there; it never falls over, nor takes a key that it does not know.
func TestAFlippedBitOfTheConfigurationIsNamedOrAnotherValue(t *testing.T) {
	clean, err := os.ReadFile(filepath.Join("..", "..", "deployments", "config", "node1.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "c.yaml")
	named, read := 0, 0
	for at := 0; at < len(clean); at += 5 {
		dirty := bytes.Clone(clean)
		dirty[at] ^= 1 << (at % 8)
		if err := os.WriteFile(file, dirty, 0o600); err != nil {
			t.Fatal(err)
		}
		switch _, err := readConfig(file); {
		case err == nil:
			read++
		case strings.Contains(err.Error(), file):
			named++
		default:
			t.Errorf("byte %d (%q): %v does not name the file", at, clean[at], err)
		}
	}
	t.Logf("of %d flips %d are refused by name, %d read as another value or a comment", named+read, named, read)
	if named == 0 {
		t.Error("no flip was refused: this test shows nothing")
	}
}
