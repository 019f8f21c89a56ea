package main

import (
	"slices"
	"strings"
	"testing"
)

// TestOnlyOnePortFitsAConfiguration: of several ports the second would be lost, and its node never be asked.
func TestOnlyOnePortFitsAConfiguration(t *testing.T) {
	hosts, port, err := onePort([]string{"kms1:5696", "[fd00::2]:5696"})
	if err != nil || port != "5696" || !slices.Equal(hosts, []string{"kms1", "fd00::2"}) {
		t.Errorf("one port: %v at %s, %v", hosts, port, err)
	}
	if _, _, err := onePort([]string{"a:1", "b:2"}); err == nil || !strings.Contains(err.Error(), "different ports, 1 and 2") {
		t.Errorf("two ports: %v", err)
	}
}
