#!/usr/bin/env bash
# plants.sh [NAME...]: build each deliberate bug (package vault/plant) and demand that the test which has to catch it is red,
# with the complaint that fits; the same tests have to be green without any bug. What came out is appended to
# bin/results/plants.jsonl (format: e2e/figures). From the top: make plants
set -uo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
# name | what it is | package | test | complaint
table="
nosync|the log is not synced|./cluster/sim|TestAPowerCutOfAllLosesNothing|an acknowledged write is lost to a power cut
verifyleader|leadership is confirmed by VerifyLeader alone|./cluster/sim|TestALeaderThatWasDeposedWhileItStoodStillServesNoNewestRead|a deposed leader served revision [0-9]+ as the newest
nogate|no readiness gate|./cluster/sim|TestANodeThatStartsAloneServesNothing|has reached nobody since its start serves revision
inflight|2 RPCs in flight|./cluster/peer|TestRequestsAndAnswersCross|pipeline: <nil>
nomac|MAC off|./cluster|TestFlippedByteOfALogEntryIsDetectedAndNamed|the node served a changed entry|want a DamageError naming
wallclock|leases on the wall clock|./cluster/sim|TestAWallClockThatIsSetBackDoesNotLengthenALease|serves on [0-9.a-z]+ after it was cut off
timenow|time.Now in Apply|./cluster/sim|TestNodesThatAppliedTheSameHoldTheSame|the states of .* differ
nowatchdog|watchdog off|./cluster/sim|TestALeaderWithAFrozenDiskIsReplaced|nothing can be written 10 s after the leader's disk froze
skipterm|term check skipped|./cluster/sim|TestALeaderThatWasDeposedWhileItStoodStillServesNoNewestRead|a deposed leader served revision [0-9]+ as the newest
stalecache|stale cache after revoke|./vault|TestARevokedKeyIsNeverServedFromACache|decrypt gives <nil>, want bad_state
nooutlast|revoked without waiting for leases|./cluster/sim|TestARepeatedRevocationWaitsForTheLeasesThatTheFirstWaitedFor|a node that is away may serve the key
"
for name in "$@"; do
  grep -q "^$name|" <<<"$table" || { echo "plants: there is no deliberate bug called $name; there are: $(sed -n 's/^\([a-z]*\)|.*/\1/p' <<<"$table" | tr '\n' ' ')" >&2; exit 1; }
done
bad=0 caught=0 all=0
declare -A tests=()
while IFS='|' read -r name what pkg test pattern; do
  [ -n "$name" ] || continue
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  all=$((all + 1))
  tests[$pkg]+="${tests[$pkg]:+|}$test"
  if out=$($GO test -vet=off -count=1 -timeout 10m -tags "plant_$name" -run "^$test\$" "$pkg" 2>&1); then
    echo "plants: $name ($what) is NOT caught by $pkg $test"; bad=1
  elif ! grep -qE -- "$pattern" <<<"$out"; then
    echo "plants: $name ($what) turns $pkg $test red, but nothing says $pattern:"; tail -20 <<<"$out"; bad=1
  else
    caught=$((caught + 1))
    echo "plants: $name ($what) is caught: $(grep -m1 -E -- "$pattern" <<<"$out" | sed 's/^ *//' | cut -c1-140)"
  fi
done <<<"$table"
for pkg in "${!tests[@]}"; do
  if out=$($GO test -vet=off -count=1 -timeout 10m -run "^(${tests[$pkg]})\$" "$pkg" 2>&1); then
    echo "plants: without a bug $pkg is green"
  else
    echo "plants: without a bug $pkg is red, too:"; tail -20 <<<"$out"; bad=1
  fi
done
if [ $# -eq 0 ]; then
  if [ $bad -eq 0 ]; then green="green without"; else green="not all as it has to be: see the output"; fi
  mkdir -p bin/results
  printf '{"figure":"deliberate bugs (build tags plant_*) caught with the complaint that fits","target":"all","measured":"%d of %d; %s","how":"make plants","commit":"%s"}\n' \
    "$caught" "$all" "$green" "$(git describe --always --dirty 2>/dev/null || echo unknown)" >>bin/results/plants.jsonl
fi
exit $bad
