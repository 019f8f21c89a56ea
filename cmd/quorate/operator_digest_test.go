package main

import (
	"errors"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func TestStatesThatDifferAtOneIndexAreNamed(t *testing.T) {
	a, b := api.Digest{Node: "n1", Index: 7, Digest: "aa"}, api.Digest{Node: "n2", Index: 7, Digest: "bb"}
	if err := differ([]api.Digest{a, b}); !errors.Is(err, fault.BadState) {
		t.Errorf("two states at one index: %v", err)
	}
	b.Index = 8
	if err := differ([]api.Digest{a, b, a}); err != nil {
		t.Errorf("two states at two indexes: %v", err)
	}
}
