package figures_test

import (
	"testing"

	"github.com/quorate/quorate/e2e/figures"
)

// The texts are those of the tools that measure, met and missed.
func TestTargetsAreComparedWithWhatWasMeasured(t *testing.T) {
	for _, c := range []struct{ target, measured, want string }{
		{"reported", "p50 1s, p99 9s of 3", figures.Reported},
		{"p50 ≤ 0.7 s, p99 ≤ 1.2 s", "p50 651ms, p99 1.2s, longest 3.1s of 200", figures.Met},
		{"p50 ≤ 0.7 s, p99 ≤ 1.2 s", "p50 701ms, p99 1.1s, longest 1.1s of 200", figures.Missed},
		{"p50 ≤ 0.7 s, p99 ≤ 1.2 s", "p50 1.529s, p99 2.841s of 5", figures.Missed},
		{"p99 ≤ 50 ms", "p50 9ms · p99 49.5ms · longest 80ms", figures.Met},
		{"p99 ≤ 50 ms", "p50 9ms · p99 51ms · longest 80ms", figures.Missed},
		{"p99 ≤ 2.5 s", "p50 1.728s, p99 2.031s, longest 2.031s of 4", figures.Met},
		{"p99 ≤ 2.5 s (L + 0.5 s)", "p50 1.728s, p99 2.631s, longest 2.931s of 4", figures.Missed},
		{"≤ 1 s", "p50 68ms, p99 1.028s of 11", figures.Missed},
		{"≤ 5 s", "p50 3.021s, p99 3.025s of 11", figures.Met},
		{"≤ 5 s after each", "p50 301ms, p99 4.9s, longest 5.1s of 900", figures.Missed},
		{"≤ 60 s", "9.074s, 144018 keys, 144578 versions opened (saving the snapshot took 1.6s)", figures.Met},
		{"≤ 60 s", "1m0.5s, 144018 keys", figures.Missed},
		{"≤ 10 s", "3.153s (its state after 3.124s)", figures.Met},
		{"≤ 2.5 GiB", "2277 MiB as filled, 2600 MiB after a restart (1410 MiB without mapped files)", figures.Missed},
		{"≤ 64 MiB", "0.9 MiB", figures.Met},
		{"≤ 2 ×", "1.26 × (11.11 ms, 8.80 ms)", figures.Met},
		{"≤ 2 ×", "2.06 × (11.11 ms, 8.80 ms)", figures.Missed},
		{"≥ 45 %", "67 % (15565/s)", figures.Met},
		{"≥ 35 %", "34 % (2347/s)", figures.Missed},
		{"≥ 80 %", "88 % (3031 ns)", figures.Met},
		{"median ≤ 1.0 s, worst ≤ 2.5 s", "median 735ms, worst 1.429s in 20 kills", figures.Met},
		{"median ≤ 1.0 s, worst ≤ 2.5 s", "735ms, 1.429s in 20 kills", figures.Uncompared},
		{"worst ≤ 300 ms, no failed request", "31ms (median), 44ms (worst) in 20; failed requests seen by a retrying client: 0", figures.Met},
		{"worst ≤ 300 ms, no failed request", "31ms (median), 344ms (worst) in 20; failed requests seen by a retrying client: 0", figures.Missed},
		{"+ ≤ 5 ms", "+0.42 ms (7.1ms before, 8.2ms from the kill until the node is back)", figures.Met},
		{"+ ≤ 5 ms", "+5.42 ms (7.1ms before, 8.2ms from the kill until the node is back)", figures.Missed},
		{"+ ≤ 5 ms", "-0.42 ms (7.1ms before, 6.2ms from the kill until the node is back)", figures.Met},
		{
			"0 elections, p99 of the admitted ≤ 250 ms, memory ≤ + 256 MiB, back ≤ 5 s",
			"0 elections, p99 41ms of 3000 admitted (17 told to come back), memory +12 MiB, back after 120ms", figures.Met,
		},
		{
			"0 elections, p99 of the admitted ≤ 250 ms, memory ≤ + 256 MiB, back ≤ 5 s",
			"1 elections, p99 41ms of 3000 admitted (17 told to come back), memory +12 MiB, back after 120ms", figures.Missed,
		},
		{
			"0 elections, p99 of the admitted ≤ 250 ms, memory ≤ + 256 MiB, back ≤ 5 s",
			"0 elections, p99 41ms of 3000 admitted (17 told to come back), memory +300 MiB, back after 120ms", figures.Missed,
		},
		{"restored ≤ 60 s, digests equal, 100 % of known ciphertexts open", "restored in 18.2s, digests of 3 nodes equal, 9 of 9 ciphertexts open at each node", figures.Met},
		{"restored ≤ 60 s, digests equal, 100 % of known ciphertexts open", "restored in 1m18.2s, digests of 3 nodes equal", figures.Missed},
		{
			"≥ 200 faults, ≥ 200,000 operations, ≥ 100 answered a second, ≥ 25 acknowledged writes a second, all digests equal",
			"200 faults of 37 kinds, 271128 operations, 209 answered a second by the newest state, 61 acknowledged writes a second, nothing lost, all digests equal", figures.Met,
		},
		{
			"≥ 200 faults, ≥ 200,000 operations, ≥ 100 answered a second, ≥ 25 acknowledged writes a second, all digests equal",
			"200 faults of 37 kinds, 199999 operations, 209 answered a second by the newest state, 61 acknowledged writes a second, nothing lost, all digests equal", figures.Missed,
		},
		{"≥ 500 cluster-hours, no complaint", "500.2 cluster-hours, 23000 faults of 9 kinds, no complaint", figures.Met},
		{"≥ 12 targets, ≥ 600,000,000 executions", "13 targets, 59,999,999 executions, 0 findings", figures.Missed},
		{"0", "0 (37.836s, 2536 keys came, every other went)", figures.Met},
		{"0", "2 of 41, in 5 cuts", figures.Missed},
		{"0, X = 0 ms", "0 of 203484 uses, 3985 revocations", figures.Met},
		{"0, X = 0 ms", "1 of 203484 uses, 3985 revocations", figures.Missed},
		{"0 in 200 restarts", "0 of 67 in 6 restarts", figures.Met},
		{"0 lost, gap ≤ failover, digests equal", "0 lost of 9 keys and 7 writes, none failed", figures.Met},
		{"100 %", "all of 31337", figures.Met},
		{"100 %", "99.9 %", figures.Missed},
		{"all", "11 of 11; green without", figures.Met},
		{"all", "10 of 11; green without", figures.Missed},
		{"all", "all of 41, also of all nodes at once", figures.Met},
		{"loses an acknowledged write", "it does: x", figures.Words},
		{"≤ 5 s", "soon", figures.Uncompared},
		{"p50 ≤ 1 s, p77 ≤ 1 s", "p50 2s", figures.Missed},
	} {
		r := figures.Result{Target: c.target, Measured: c.measured}
		if got := r.Verdict(); got != c.want {
			t.Errorf("to reach %q, measured %q: got %s, want %s", c.target, c.measured, got, c.want)
		}
	}
}
