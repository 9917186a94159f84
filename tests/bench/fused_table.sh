#!/bin/bash
# The table "Fused layers" of docs/benchmarks.md: fused_table.sh PYTHON PLAIN [ROUNDS]
#   PYTHON  a Python with torch
#   PLAIN   a script that times the same search steps in plain PyTorch: same options as supernet_bench, JSON lines with
#           measure, median_ms and growth_mib. Rows without it (training, evaluation, shuffle) need nothing of the kind.
# Builds nothing: BIN (default build/release/bin) holds the timing programs. About a quarter of an hour.
set -euo pipefail
python=$1 plain=$2 rounds=${3:-7}
here=$(dirname "$0")
bin=${BIN:-build/release/bin}
danas="env GOMP_SPINCOUNT=1000 $bin"  # as danas starts its engine

compare() {  # NAME COMMAND=... ...
  echo "## $1"
  shift
  "$here/interleave.py" --rounds "$rounds" "$@" 2>/dev/null
}

search() {  # NAME STEPS OPTIONS...
  local name=$1 options="--warmup 1 --steps $2 ${*:3}"
  compare "$name" "fused=$danas/danas_supernet_bench --kernels fused $options" \
    "aten=$danas/danas_supernet_bench --kernels aten $options" "plain=$python $plain $options --malloc keep"
}

search "small, 2 threads" 3 --skeleton small --input 32x32 --batch 32 --threads 2
search "proxyless, 64x64, batch 8" 4 --skeleton proxyless --input 64x64 --batch 8 --threads 2
search "proxyless, 224x224, batch 4" 1 --skeleton proxyless --input 224x224 --batch 4 --threads 2
search "small, 1 thread" 2 --skeleton small --input 32x32 --batch 32 --threads 1
search "small, pruned to 2" 5 --skeleton small --input 32x32 --batch 32 --threads 2 --prune-to 2
search "small, one path (its w step)" 8 --skeleton small --input 32x32 --batch 64 --threads 2 --prune-to 1
scores="--threads 2"
compare "16 networks of small, scored on 250 images each" "fused=$danas/danas_score_bench --kernels fused $scores" \
  "aten=$danas/danas_score_bench --kernels aten $scores" "plain=$python $here/plain_scores.py $scores"
network="--input 64x64 --batch 16 --threads 2 --steps 5 --warmup 1"
compare "MobileNetV2: training step, evaluation" \
  "fused=$danas/danas_network_bench --arch $here/mobilenetv2.json --kernels fused $network" \
  "aten=$danas/danas_network_bench --arch $here/mobilenetv2.json --kernels aten $network" \
  "plain=$python $here/plain_network.py $network"
shuffle="--skeleton shuffle --input 64x64 --batch 8 --threads 2 --steps 4 --warmup 1"
compare "shuffle, 64x64, batch 8" "fused=$danas/danas_supernet_bench --kernels fused $shuffle" \
  "aten=$danas/danas_supernet_bench --kernels aten $shuffle"
