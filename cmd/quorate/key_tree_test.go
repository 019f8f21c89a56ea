package main

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestATreeTellsDerivedFromWrapped: what was derived is drawn below its base, and is none of the children that are counted.
func TestATreeTellsDerivedFromWrapped(t *testing.T) {
	var out strings.Builder
	err := drawTree(&out, &api.Tree{Nodes: []api.TreeNode{
		{Name: "master", Children: 2},
		{Name: "app", Depth: 1, Wrapped: true},
		{Name: "volume", Depth: 1, Derived: true},
		{Name: "sector", Depth: 2, Derived: true, Wrapped: true, Children: 0},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"2 (1 not shown)", "├─ app ", "└─ volume (derived) ", "   └─ sector (derived, wrapped) "} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
}
