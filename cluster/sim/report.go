package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Markdown is the record as a page: what was done, what was checked, how long anything took. cpu is what it cost.
func (r *Record) Markdown(first uint64, worlds int, took, cpu time.Duration) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Simulation: %.1f cluster-hours", r.Simulated.Hours())
	line("")
	line("Seeds %d to %d, one world each (`make sim SIM_SEED=%d SIM_HOURS=%.0f` does the same to the clusters again; the interleaving is", first, first+uint64(worlds)-1, first, r.Simulated.Hours())
	line("the scheduler's). Took %v, %.1f s of processor time an hour.", took.Round(time.Second), cpu.Seconds()/max(r.Simulated.Hours(), 0.001))
	line("")
	line("| what | how much |")
	line("|---|---|")
	line("| faults injected | %d |", r.FaultCount())
	line("| writes whose outcome is known / stayed unknown | %d / %d |", r.Writes, r.Unknown)
	line("| linearizable reads · reads at an index · local reads | %d · %d · %d |", r.Newest, r.AtIndex, r.Local)
	line("| local reads refused (of them while nothing was wrong) | %d (%d) |", r.LocalShut, r.LocalShutCalm)
	line("| operations judged by porcupine | %d |", r.Checked)
	line("| messages (lost or cut off) | %d (%d) |", r.Messages, r.Lost)
	line("| a leader after the end of a fault: p50 · p99 · longest | %v · %v · %v |", Quantile(r.LeaderAfterHeal, .5), Quantile(r.LeaderAfterHeal, .99), Quantile(r.LeaderAfterHeal, 1))
	line("| a leader in spite of a fault that leaves a majority: p50 · p99 · longest | %v · %v · %v |", Quantile(r.LeaderDespite, .5), Quantile(r.LeaderDespite, .99), Quantile(r.LeaderDespite, 1))
	line("| every node answers after the end of a fault: p50 · p99 · longest | %v · %v · %v |", Quantile(r.Whole, .5), Quantile(r.Whole, .99), Quantile(r.Whole, 1))
	line("| revocations acknowledged, all in touch: number, p50 · p99 · longest | %d, %v · %v · %v |", len(r.RevokeCalm), Quantile(r.RevokeCalm, .5), Quantile(r.RevokeCalm, .99), Quantile(r.RevokeCalm, 1))
	line("| the same at the leader, while a fault strikes one other node (lease: 2 s) | %d, %v · %v · %v |", len(r.RevokeAside), Quantile(r.RevokeAside, .5), Quantile(r.RevokeAside, .99), Quantile(r.RevokeAside, 1))
	line("| the same for a client, under any fault or soon after one, election and retries included: number, p50 · p99 · longest | %d, %v · %v · %v |", len(r.RevokeTroubled), Quantile(r.RevokeTroubled, .5), Quantile(r.RevokeTroubled, .99), Quantile(r.RevokeTroubled, 1))
	line("| uses of keys judged | %d |", r.KeyUses)
	line("| X, uses after the acknowledgement of a revocation | %d |", r.Uses)
	line("| complaints | %d |", len(r.Complaints))
	line("")
	line("| fault | times |")
	line("|---|---|")
	for _, k := range slices.Sorted(maps.Keys(r.Faults)) {
		line("| %s | %d |", k, r.Faults[k])
	}
	line("")
	line("| a key taken out of use, acknowledged | times |")
	line("|---|---|")
	for _, k := range slices.Sorted(maps.Keys(r.Retired)) {
		line("| %s | %d |", k, r.Retired[k])
	}
	line("")
	line("| a process ended by itself | times |")
	line("|---|---|")
	for _, k := range slices.Sorted(maps.Keys(r.Restarts)) {
		line("| %s | %d |", k, r.Restarts[k])
	}
	if len(r.Complaints) > 0 {
		line("")
		line("## Complaints")
		line("")
		for _, c := range r.Complaints {
			line("- %s", c)
		}
	}
	return b.String()
}
