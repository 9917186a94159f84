#!/bin/bash
# The measures behind the check in docs/scaling.md:
#   ranks_rounds.sh [ROUNDS] > FILE.jsonl; then scripts/scaling-model --check FILE.jsonl
# BIN (default build/release/bin) holds danas_ranks_bench; STEPS (4) is the timed steps of a run; NETWORKS says what is
# timed: skeleton:input:batches of each rank. In turn, one thread a rank, 1 and 2 ranks; a quarter of an hour. Needs two
# free cores.
set -euo pipefail
rounds=${1:-7} steps=${STEPS:-4} networks=${NETWORKS:-small:32x32:8,16,32 shuffle:64x64:4,8,16}
bench=${BIN:-build/release/bin}/danas_ranks_bench

runs=("--ranks 2 --what messages --warmup 3 --steps $((5 * steps))")
for network in $networks; do
  IFS=: read -r skeleton input batches <<<"$network"
  for batch in ${batches//,/ }; do
    options="--skeleton $skeleton --input $input --batch $batch --warmup 1 --steps $steps"
    runs+=("--ranks 1 $options" "--ranks 2 $options" "--ranks 2 --what apart $options")
  done
done
for ((round = 0; round < rounds; ++round)); do
  for ((i = 0; i < ${#runs[@]}; ++i)); do
    # shellcheck disable=SC2086  # the words of a run are options
    "$bench" --seed "$round" ${runs[(i + round) % ${#runs[@]}]}
  done
  echo "round $((round + 1)) of $rounds" >&2
done
