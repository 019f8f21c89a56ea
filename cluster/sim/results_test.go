package sim_test

import (
	"fmt"
	"time"

	"github.com/quorate/quorate/cluster/sim"
	"github.com/quorate/quorate/e2e/figures"
)

// results are the figures that the README takes (`make figures`) of a run without complaints. worlds is how many clusters there were.
func results(r *sim.Record, first uint64, worlds int, cpu time.Duration) []figures.Result {
	how := fmt.Sprintf("make sim SIM_HOURS=%.3g, %d worlds of 3 or 5 nodes, %.1f s of processor time an hour", r.Simulated.Hours(), worlds, cpu.Seconds()/r.Simulated.Hours())
	var all []figures.Result
	add := func(figure, target, measured string, args ...any) {
		all = append(all, figures.Result{
			Figure: figure, Target: target, Measured: fmt.Sprintf(measured, args...), How: how, Commit: figures.Commit(), Seed: first,
		})
	}
	times := func(took []time.Duration) string {
		return fmt.Sprintf("p50 %v, p99 %v, longest %v of %d", sim.Quantile(took, .5).Round(time.Millisecond), sim.Quantile(took, .99).Round(time.Millisecond),
			sim.Quantile(took, 1).Round(time.Millisecond), len(took))
	}
	add("simulated time under faults: nothing lost, linearizable, all states equal", "≥ 500 cluster-hours, no complaint",
		"%.1f cluster-hours, %d faults of %d kinds, %d writes, %d operations judged by porcupine, no complaint",
		r.Simulated.Hours(), r.FaultCount(), len(r.Faults), r.Writes, r.Checked)
	add("simulated time: a leader after the end of a fault", "≤ 5 s after each", "%s", times(r.LeaderAfterHeal))
	retired := 0
	for _, n := range r.Retired {
		retired += n
	}
	add("simulated time: uses of what was revoked, after the acknowledgement", "0, X = 0 ms", "%d of %d uses of keys, %d revocations of keys", r.Uses, r.KeyUses, retired)
	add("simulated time: acknowledgement of a revocation, all in touch", "p99 ≤ 50 ms", "%s", times(r.RevokeCalm))
	add("simulated time: the same at the leader, while a fault strikes one other node", "p99 ≤ 2.5 s (L + 0.5 s)", "%s", times(r.RevokeAside))
	return all
}
