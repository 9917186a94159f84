# Shared by the scripts in this folder, which source it after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The comment block at the top of the calling script, from its second line on.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# One compiler process per core, as long as each has 2 GB of free memory.
build_jobs() {
  local cores memory_kb
  cores=$(nproc)
  memory_kb=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
  local jobs=$((memory_kb / 2097152))
  ((jobs < cores)) || jobs=$cores
  ((jobs > 0)) || jobs=1
  echo "$jobs"
}

# build PRESET [CMAKE_OPTION...]: configures and builds the preset in build/PRESET.
build() {
  local preset=$1
  shift
  cmake -S "$root" --preset "$preset" "$@"
  cmake --build "$root/build/$preset" --parallel "$(build_jobs)"
}
