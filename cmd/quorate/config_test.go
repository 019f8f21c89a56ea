package main

import (
	"os"
	"path/filepath"
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
