#!/usr/bin/env bash
# Usage: install_test.sh BUILD_FOLDER LIBTORCH_ROOT COMPILER COMPILER_FLAGS
set -euo pipefail
build=$1 libtorch_root=$2 compiler=$3 flags=$4
here=$(cd "$(dirname "$0")" && pwd)
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT

fail() {
  echo "install_test: $*" >&2
  exit 1
}

cmake --install "$build" --prefix "$prefix/danas" >"$prefix/install.log" || { cat "$prefix/install.log"; exit 1; }

echo "== the programs"
cd "$prefix"
export PATH=$prefix/danas/bin:$PATH
[[ $(danas --help) == *search* ]] || fail "danas --help does not name search"
[[ $(ldd danas/bin/danas) != *libtorch* ]] || fail "the thin danas links libtorch"
[[ $(ldd danas/lib*/danas/danas-data) != *libtorch* ]] || fail "danas-data links libtorch"
[[ $(danas data info --data "$here/no-data" 2>&1) == *no-data* ]] || fail "danas data info does not reach danas-data"
[[ $(danas version) == *torch* ]] || fail "danas version does not name torch"
[[ $(danas version --full) == *PyTorch* ]] || fail "danas version --full does not reach torch itself, in danas-engine"
[[ $(danas space list) == *shuffle_mobile* ]] || fail "danas space list does not name shuffle_mobile"
[[ -s danas/share/danas/configs/imagenet_shuffle_mobile.json ]] || fail "no configs"
grep -q '^\.TH' danas/share/man/man1/danas.1 || fail "no man page"
bash -c 'source danas/share/bash-completion/completions/danas && complete -p danas' || fail "no bash completion"
grep -q '^#compdef danas' danas/share/zsh/site-functions/_danas || fail "no zsh completion"

echo "== find_package(danas)"
cmake -S "$here/consumer" -B consumer -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_PREFIX_PATH="$prefix/danas" -DLibTorch_ROOT="$libtorch_root"
cmake --build consumer
DANAS_CONFIG_PATH=$prefix/danas/share/danas/configs consumer/consumer | tee consumer.out
grep -qx "mobile: 79033984 to 526208768 MACs" consumer.out || fail "the consumer's costs differ"
grep -qx "logits: 2 x 1000" consumer.out || fail "the consumer's network differs"
