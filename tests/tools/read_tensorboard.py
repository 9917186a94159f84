#!/usr/bin/env python3
"""Prints what TensorBoard's own library reads in a folder of event files, as JSON.

Usage: read_tensorboard.py FOLDER | --check (needs third_party/requirements-test.txt; --check: is it there?)
"scalars", "histograms" and "texts" map each tag to its points, in the order of the file; "shown" maps each plugin of
TensorBoard's server to the tags that it shows.
"""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator

EVERYTHING = {kind: 0 for kind in event_accumulator.DEFAULT_SIZE_GUIDANCE}


def histogram(point) -> dict:
    value = point.histogram_value
    return {"step": point.step, "min": value.min, "max": value.max, "count": value.num,
            "limits": list(value.bucket_limit), "buckets": list(value.bucket)}


def main() -> None:
    if sys.argv[1] == "--check":
        return
    run = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=EVERYTHING)
    run.Reload()
    tags = run.Tags()
    server = plugin_event_accumulator.EventAccumulator(sys.argv[1])
    server.Reload()
    json.dump({
        "scalars": {tag: [{"step": p.step, "wall_time": p.wall_time, "value": p.value} for p in run.Scalars(tag)]
                    for tag in tags["scalars"]},
        "histograms": {tag: [histogram(point) for point in run.Histograms(tag)] for tag in tags["histograms"]},
        "texts": {tag: [{"step": p.step, "text": p.tensor_proto.string_val[0].decode()} for p in run.Tensors(tag)]
                  for tag in tags["tensors"]},
        "shown": {plugin: sorted(server.PluginTagToContent(plugin)) for plugin in server.ActivePlugins()},
    }, sys.stdout)


if __name__ == "__main__":
    main()
