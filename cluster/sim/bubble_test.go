package sim_test

import (
	"testing"

	"github.com/quorate/quorate/cluster/sim"
)

func TestAWorldIsRefusedOutsideOfABubble(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a world was made where sleeping costs time")
		}
	}()
	sim.New(sim.Options{})
}
