#!/usr/bin/env bash
# plants.sh [NAME...]: run chaos on a binary with a deliberate bug (package vault/plant), under the fault that brings it out, and demand that
# the run is red with the complaint that fits; then the same run without the bug, which has to be green. What came out is appended to
# bin/results/chaos-plants.jsonl (format: e2e/figures). From the top: make chaos-plants
set -uo pipefail
cd "$(dirname "$0")/../.."
GO=${GO:-go}
SEED=${SEED:-1}
# name | fault | cycles | complaint
table="
nosync|power cut of all at once|2|no order of the operations|a read is .* old|damaged|does not serve
nowatchdog|the leader's disk freezes|1|still answers .* after its disk froze|the others do not go on
stalecache|leadership handed over|1|was used .* after the acknowledgement that it is out of use
nooutlast|the leader cut off|4|was used .* after the acknowledgement that it is out of use
"
for name in "$@"; do
  grep -q "^$name|" <<<"$table" || { echo "chaos: there is no deliberate bug called $name; there are: $(sed -n 's/^\([a-z]*\)|.*/\1/p' <<<"$table" | tr '\n' ' ')" >&2; exit 1; }
done
run() { # plant, fault, cycles
  CHAOS_PLANT=$1 CHAOS_ONLY=$2 CHAOS_CYCLES=$3 CHAOS_SEED=$SEED $GO test -vet=off -count=1 -timeout 15m -v -run '^TestChaos$' ./e2e/chaos 2>&1
}
bad=0 caught=0 all=0
while IFS='|' read -r name fault cycles pattern; do
  [ -n "$name" ] || continue
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  all=$((all + 1))
  out=$(run "$name" "$fault" "$cycles")
  if [ $? -eq 0 ]; then
    echo "chaos: $name is NOT caught under \"$fault\" (SEED=$SEED)"; bad=1
  elif ! grep -E -- "SEED=[0-9]+: " <<<"$out" | grep -qE -- "$pattern"; then
    echo "chaos: $name makes \"$fault\" red (SEED=$SEED), but nothing says $pattern:"; grep -E "SEED=[0-9]+: " <<<"$out" | cut -c1-300 | head; bad=1
  else
    caught=$((caught + 1))
    echo "chaos: $name is caught: $(grep -E -- "SEED=[0-9]+: " <<<"$out" | grep -m1 -E -- "$pattern" | sed 's/^ *[a-z_.]*go:[0-9]*: //' | cut -c1-200)"
  fi
  out=$(run "" "$fault" "$cycles") || { echo "chaos: without $name \"$fault\" is red, too:"; grep -E "SEED=[0-9]+: |SKIP" <<<"$out" | cut -c1-300 | head -5; bad=1; }
  ! grep -q -- "--- SKIP" <<<"$out" || { echo "chaos: it cannot be made here"; bad=1; }
done <<<"$table"
if [ $# -eq 0 ]; then
  if [ $bad -eq 0 ]; then green="green without"; else green="not all as it has to be: see the output"; fi
  mkdir -p bin/results
  printf '{"figure":"deliberate bugs in real processes under faults, caught with the complaint that fits","target":"all","measured":"%d of %d; %s","how":"make chaos-plants","commit":"%s","seed":%d}\n' \
    "$caught" "$all" "$green" "$(git describe --always --dirty 2>/dev/null || echo unknown)" "$SEED" >>bin/results/chaos-plants.jsonl
fi
exit $bad
