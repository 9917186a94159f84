#!/bin/bash
# The table "Loader" of docs/benchmarks.md: loader_table.sh PYTHON PHOTOGRAPHS [NAME=SCRIPT...]
#   PYTHON       a Python with torch, torchvision and Pillow, which makes the images and runs the scripts
#   PHOTOGRAPHS  a folder of JPEGs, of which the images are crops
#   NAME=SCRIPT  another loader: a script, with options, that takes --root FOLDER --workers N --batch N --passes N, does
#                what loader_bench does and prints its JSON lines with images_per_s
# Images per second from a folder and from packed sets, for 1 and 2 workers, all in turn. From the environment: ROUNDS
# (7), PASSES (2), IMAGES (1000), LONGER (500: pixels of an image's longer side), WORK (runs/loader: the images are made
# once and stay there), BIN (build/release/bin: the programs; builds nothing).
set -euo pipefail
if (($# < 2)); then
  sed -n '2,10s/^# \?//p' "$0" >&2
  exit 2
fi
python=$1 photographs=$2
shift 2
here=$(dirname "$0")
bin=${BIN:-build/release/bin}
images=${IMAGES:-1000} longer=${LONGER:-500}
work=${WORK:-runs/loader}/$images-of-$longer
folder=$work/images/test

if [[ ! -d $work/images ]]; then
  rm -rf "$work/images.new"
  "$python" "$here/score_images.py" make "$work/images.new" "$photographs" --images "$images" --longer "$longer"
  mv "$work/images.new" "$work/images"
fi
"$bin/danas" data pack "$folder" "$work/packed-256" --resize-short 256 --quality 90 >&2
"$bin/danas" data pack "$folder" "$work/packed-kept" --keep-bytes >&2
echo "$images images, $(du -skL "$folder" | cut -f1) KiB; packed at 256 $(du -sk "$work/packed-256" | cut -f1) KiB"

for workers in 1 2; do
  options="--workers $workers --batch 32 --passes ${PASSES:-2}"
  danas="$bin/danas_loader_bench $options"
  commands=("folder=$danas --root $folder" "folder_reduced=$danas --root $folder --decode reduced"
    "packed_256=$danas --root $work/packed-256" "packed_kept=$danas --root $work/packed-kept")
  for peer in "$@"; do
    commands+=("${peer%%=*}=$python ${peer#*=} $options --root $folder")
  done
  echo "## $workers workers"
  "$here/interleave.py" --rounds "${ROUNDS:-7}" --key images_per_s "${commands[@]}"
done
