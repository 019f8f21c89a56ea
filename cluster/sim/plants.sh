#!/usr/bin/env bash
# plants.sh [NAME...]: build each deliberate bug (package vault/plant) and demand that the test which has to catch it is red,
# with the complaint that fits; then the same tests without any bug, which have to be green. From the top: make plants
set -uo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
sim="./cluster/sim ^TestSimulation\$ -sim.hours=2"
# name | package, test, arguments | complaint
table="
nosync|$sim|served the past after its start: revision|an acknowledged (write|revocation) is lost
nogate|$sim|served the past after its start: revision
wallclock|./cluster/sim ^TestAWallClockThatIsSetBackDoesNotLengthenALease\$|serves on [0-9.a-z]+ after it was cut off
timenow|$sim|the nodes' states differ at the end
nowatchdog|$sim|\"frozen disk at the leader\" left a majority, and nothing can be written
skipterm|$sim|no order explains what the clients saw
nooutlast|$sim|after its revocation was acknowledged
nomac|./cluster ^TestFlippedByteOfALogEntryIsDetectedAndNamed\$|the node served a changed entry|want a DamageError naming
inflight|./cluster/peer ^TestRequestsAndAnswersCross\$|pipeline: <nil>
stalecache|./vault ^TestARevokedKeyIsNeverServedFromACache\$|decrypt gives <nil>, want bad_state
"
bad=0
while IFS='|' read -r name what pattern; do
  [ -n "$name" ] || continue
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  read -r pkg run args <<<"$what"
  out=$($GO test -count=1 -timeout 10m -tags "plant_$name" -run "$run" "$pkg" ${args:+-args $args} 2>&1)
  if [ $? -eq 0 ]; then
    echo "plants: $name is NOT caught by $pkg $run"; bad=1
  elif ! grep -qE -- "$pattern" <<<"$out"; then
    echo "plants: $name turns $pkg $run red, but nothing says $pattern:"; tail -20 <<<"$out"; bad=1
  else
    echo "plants: $name is caught: $(grep -m1 -E -- "$pattern" <<<"$out" | sed 's/^ *//' | cut -c1-140)"
  fi
  $GO test -count=1 -timeout 10m -run "$run" "$pkg" ${args:+-args $args} >/dev/null 2>&1 || { echo "plants: without $name $pkg $run is red, too"; bad=1; }
done <<<"$table"
exit $bad
