"""Runs ONNX models for danas: one JSON object a line in, one a line out.

First says {"runtime", "folder"}, or {"missing"} where onnxruntime cannot be imported. Then, for each
    {"model", "shape", "threads", "seed", "passes", "runs", "nodes"}
{"passes": [{"ms", "nodes": [[name, ms], ...]}, ...]} or {"error"}; and for each
    {"model", "shape", "threads", "images", "answers"}
{}: "images" is a file of float32 numbers, and "answers" the one that the model's first result is written to. A pass is the mean of some runs after an untimed
one. Its "ms" is of a session without a profile; the nodes, in the order of execution and empty unless asked for, are
of a second session with one. The folder, which goes with this process, is for models.
"""

import functools
import json
import os
import pathlib
import sys
import tempfile
import time


def open_session(asked, profile):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = asked["threads"]
    options.inter_op_num_threads = 1
    options.enable_profiling = profile
    options.profile_file_prefix = asked["model"]
    return onnxruntime.InferenceSession(asked["model"], options, providers=["CPUExecutionProvider"])


def timed_runs(session, image, runs):
    """The mean of the runs in milliseconds."""
    name = session.get_inputs()[0].name
    session.run(None, {name: image})
    begin = time.perf_counter()
    for _ in range(runs):
        session.run(None, {name: image})
    return (time.perf_counter() - begin) * 1000 / runs


def profiled_nodes(session, passes, runs):
    """[pass][node] of a session whose runs were all by timed_runs(): name and mean milliseconds."""
    profile = pathlib.Path(session.end_profiling())
    events = json.loads(profile.read_text())
    profile.unlink()
    nodes = [event for event in events if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")]
    each = len(nodes) // (passes * (runs + 1))
    names = [node["name"].removesuffix("_kernel_time") for node in nodes[:each]]
    for n, node in enumerate(nodes):
        if node["name"].removesuffix("_kernel_time") != names[n % each]:
            raise RuntimeError(f"runs of one model differ: {node['name']} at the place of {names[n % each]}")
    means = []
    for begin in range(0, len(nodes), each * (runs + 1)):
        of_pass = nodes[begin + each:begin + each * (runs + 1)]
        means.append([[name, sum(node["dur"] for node in of_pass[n::each]) / 1000 / runs]
                      for n, name in enumerate(names)])
    return means


@functools.lru_cache(maxsize=4)
def plain_session(model, threads):
    return open_session({"model": model, "threads": threads}, profile=False)


def answer_images(asked):
    session = plain_session(asked["model"], asked["threads"])
    images = numpy.fromfile(asked["images"], dtype=numpy.float32).reshape(asked["shape"])
    results = session.run(None, {session.get_inputs()[0].name: images})
    results[0].astype(numpy.float32).tofile(asked["answers"])
    return {}


def answer(asked):
    if "images" in asked:
        return answer_images(asked)
    image = numpy.random.default_rng(asked["seed"]).standard_normal(asked["shape"], dtype=numpy.float32)
    plain = open_session(asked, profile=False)
    profiled = open_session(asked, profile=True) if asked["nodes"] else None
    passes = []
    for _ in range(asked["passes"]):
        passes.append({"ms": timed_runs(plain, image, asked["runs"]), "nodes": []})
        if profiled:
            timed_runs(profiled, image, asked["runs"])
    if profiled:
        for of_pass, nodes in zip(passes, profiled_nodes(profiled, asked["passes"], asked["runs"])):
            of_pass["nodes"] = nodes
    return {"passes": passes}


def say(what):
    print(json.dumps(what), flush=True)


with tempfile.TemporaryDirectory(prefix="danas-onnx-") as folder:
    os.environ["TMPDIR"] = folder  # some builds of ONNX Runtime leave a file there as soon as they are imported
    try:
        import numpy
        import onnxruntime
    except ImportError as error:
        say({"missing": str(error)})
        sys.exit()
    onnxruntime.disable_telemetry_events()
    say({"runtime": f"ONNX Runtime {onnxruntime.__version__} (CPU)", "folder": folder})
    for line in sys.stdin:
        try:
            say(answer(json.loads(line)))
        except Exception as error:
            say({"error": f"{type(error).__name__}: {error}"})
