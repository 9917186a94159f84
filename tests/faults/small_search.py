"""A search of a second or two, its runs in processes that meet faults (fault.h), and whether two runs found the
same."""

import hashlib
import json
import os
import pathlib
import struct
import subprocess

SPACE = {
    "format_version": 1, "name": "tiny", "input": {"channels": 3, "height": 16, "width": 16}, "classes": 3,
    "candidates": {"mobile": [{"block": "inverted_residual", "expand": [1, 3],
                               "operator": {"kind": "depthwise", "kernel": [3, 5]}}]},
    "norm": {"momentum": 0.1, "epsilon": 0.001},
    "stem": {"channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
    "stages": [{"channels": 8, "repeat": 2, "stride": 1, "candidates": "mobile"},
               {"channels": 16, "repeat": 1, "stride": 2, "candidates": "mobile"}],
    "head": {"channels": 0, "activation": "relu6", "dropout": 0, "bias": True},
}
CONFIG = {
    "space": "space.json",
    "runtime": {"device": "cpu", "threads": 1},
    "data": {"root": "data", "format": "idx", "image_size": 16, "test_resize": 16, "validation_fraction": 0.4,
             "workers": 1,
             "augment": {"crop": "none", "flip": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}},
    "schedule": {"ranking": "listed", "classes": [2, 2, 3, 3], "warmup_epochs": 8, "epochs_per_step": 8},
    "search": {"budget": "120k"},
    "train": {"batch": 6, "lr": 0.05},
    # Every 6 ms: some in each α pass, by which a test knows where a run was killed.
    "checkpoint": {"every": 0.0001, "min_seconds": 0},
}
COMMAND = ["search", "--config", "config.json", "--no-probe", "--run", "run", "--resume", "auto"]

# What two runs that found the same do not share, and why.
LEFT_OUT = {
    "log.jsonl, alpha.jsonl: `time`, `timing`": "when it happened, how long it took, how much memory its process had",
    "run.log": "messages with their times; a resumed run says that it was",
    "report.html": "a page made of the logs, with their times",
    "progress.json": "written every ten seconds, removed at the end",
    "lock": "names the process",
    "tensorboard/": "what the logs say, with times; a file for each process",
    "checkpoints: numbers, regular ones": "written by the clock; a milestone's tensors and values are compared",
    "checkpoints: `logs`, `hash`, `values` named `seconds...`":
        "bytes of logs that hold times; of the whole; time spent",
}


def write_bars(folder, prefix, images):
    """Three classes of 16 x 16 images in MNIST's layout: grey, with a bright bar whose place is the class."""
    pixels = bytearray(struct.pack(">4I", 0x803, images, 16, 16))
    labels = bytearray(struct.pack(">2I", 0x801, images))
    for i in range(images):
        label = i % 3
        labels.append(label)
        pixels.extend((180 if p // 80 == label else 60) + (i * 7 + p * 13) % 50 for p in range(256))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(pixels)
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)


def write_project(folder, config=CONFIG, images=150):
    """data/, space.json and config.json."""
    write_bars(folder / "data", "train", images)
    write_bars(folder / "data", "t10k", 60)
    (folder / "space.json").write_text(json.dumps(SPACE, indent=1) + "\n")
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


class Programs:
    """The built danas and the library of faults beside it."""

    def __init__(self, binaries):
        self.danas = pathlib.Path(binaries).resolve() / "danas"
        self.faults = self.danas.parent / "libdanas_fault.so"
        for file in (self.danas, self.faults):
            if not file.exists():
                raise SystemExit(f"error: {file} is missing. Build it first: cmake --build --preset dev")

    def fingerprint(self):
        digest = hashlib.sha256()
        for name in ("danas", "danas-engine"):
            digest.update((self.danas.parent / name).read_bytes())
        return digest.hexdigest()

    def start(self, folder, words, plan="", **more):
        environment = dict(os.environ, OMP_NUM_THREADS="1", NO_COLOR="1")
        if plan:
            environment.update(LD_PRELOAD=str(self.faults), DANAS_FAULT=plan)
        return subprocess.Popen([str(self.danas), *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **more)

    def run(self, folder, words, plan=""):
        """Exit code (negative: the signal that ended it) and what it said."""
        process = self.start(folder, words, plan)
        _, said = process.communicate()
        return process.returncode, said


def events(log):
    """Without what times change."""
    found = []
    for line in log.read_text().splitlines():
        event = json.loads(line)
        event.pop("time"), event.pop("timing", None)
        found.append(event)
    return found


def manifests(run):
    """Of all checkpoints, the oldest first; those of killed writes have none."""
    return [json.loads(path.read_text()) | {"stem": path.stem} for path in sorted((run / "checkpoints").glob("*.json"))]


def milestones(run):
    """Tensors and values of each."""
    found = []
    for manifest in manifests(run):
        if manifest["milestone"]:
            values = {key: value for key, value in manifest["values"].items()
                      if not key.split(".")[-1].startswith("seconds")}
            tensors = (run / "checkpoints" / (manifest["stem"] + ".safetensors")).read_bytes()
            found.append((hashlib.sha256(tensors).hexdigest(), values))
    return found


def plain_files(run):
    """Those that are compared byte by byte."""
    left_out, begins = ("lock", "progress.json", "report.html"), ("checkpoints/", "run.log", "tensorboard/")
    return {name: path.read_bytes() for path in run.rglob("*") if path.is_file()
            for name in [str(path.relative_to(run))]
            if name not in left_out and not name.startswith(begins) and not name.endswith(".jsonl")}


def left_over(run):
    """What no finished run should hold."""
    found = [str(path.relative_to(run)) for path in run.rglob("*.tmp-*")]
    for tensors in (run / "checkpoints").glob("*.safetensors"):
        if not tensors.with_suffix(".json").exists():
            found.append(f"{tensors.relative_to(run)} without its manifest")
    regular = [manifest for manifest in manifests(run) if not manifest["milestone"]]
    if len(regular) > 2:
        found.append(f"{len(regular)} regular checkpoints; checkpoint.keep is 2")
    return found


def differences(whole, run):
    """What differs between two finished runs, but for LEFT_OUT; empty where nothing does."""
    found = left_over(run)
    a, b = plain_files(whole), plain_files(run)
    found += [f"{name} is in one run only" for name in sorted(a.keys() ^ b.keys())]
    found += [f"{name} differs" for name in sorted(a.keys() & b.keys()) if a[name] != b[name]]
    for log in ("log.jsonl", "alpha.jsonl"):
        x, y = events(whole / log), events(run / log)
        if len(x) != len(y):
            found.append(f"{log} has {len(y)} lines, expected {len(x)}")
        found += [f"{log}, line {i + 1}: {q}, expected {p}" for i, (p, q) in enumerate(zip(x, y)) if p != q]
    x, y = milestones(whole), milestones(run)
    if len(x) != len(y):
        found.append(f"{len(y)} milestones, expected {len(x)}")
    found += [f"milestone {i} differs" for i, (p, q) in enumerate(zip(x, y)) if p != q]
    return found
