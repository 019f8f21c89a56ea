package cluster_test

import (
	"testing"
	"time"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/clustertest"
)

// TestAProcessIsAloneOnlyWhenNoOtherOfItsNameReports tells a member that was started again from one that runs twice.
func TestAProcessIsAloneOnlyWhenNoOtherOfItsNameReports(t *testing.T) {
	boot := func(i int) [16]byte { return [16]byte{byte(i + 1)} }
	c := clustertest.New(t, 3, func(i int, cfg *cluster.Config) { cfg.Process = boot(i) })
	i, other := c.Follower(), [16]byte{99}
	alone := func(boot [16]byte) bool { return c.Node(c.Leader()).Elsewhere(c.Name(i), boot) == 0 }
	c.Until("the member's own process is alone", func() bool { return alone(boot(i)) })
	if alone(other) {
		t.Error("a second process is alone while the first reports")
	}
	lead := c.Leader()
	if c.Node(lead).Elsewhere(c.Name(lead), other) == 0 || c.Leader() == lead && c.Node(lead).Elsewhere(c.Name(lead), boot(lead)) != 0 {
		t.Error("the leader takes another process for itself")
	}
	if c.Leader() != i && c.Node(i).Elsewhere(c.Name(i), boot(i)) == 0 {
		t.Error("a follower says that it can tell")
	}
	c.Kill(i)
	begin := time.Now()
	c.Until("another process is alone, after the first was killed", func() bool { return alone(other) })
	if took := time.Since(begin); took < 100*time.Millisecond {
		t.Errorf("it was alone %v after the other was killed", took)
	}
}
