#!/usr/bin/env python3
"""Stands for danas where scripts/truth-table is tested: answers the commands that the script gives, for a space of
three layers (2 · 3 · 2 networks), and "trains" a network in about $SECONDS_EACH by drawing its accuracy from its
candidates and the seed. $RECIPE changes the learning rate, $FAIL_AT names a training (0-2-1@0) that fails."""

import json
import os
import pathlib
import random
import sys
import time

NAMES = [["identity", "ir_e2_k3"], ["ir_e2_k3", "residual_n3", "shuffle_a_k5"], ["identity", "ir_e4_k5"]]
COSTS = [[0, 100], [300, 500, 300], [0, 90]]
CLASSES = 10


def layer(names):
    candidates = [{"block": name} for name in names]
    return {"in": 16, "out": 16, "stride": 1, "height": 4, "width": 4, "candidates": candidates}


def answer(words):
    if words[:2] == ["config", "show"]:
        rate = float(os.environ.get("RECIPE", "0.1"))
        return {"space": "three", "runtime": {"device": "cpu", "threads": 0}, "nn": {"kernels": "auto"},
                "data": {"image_size": 4, "root": "/somewhere"}, "finetune": {"epochs": 1, "train": {"lr": rate}}}
    if words[:2] == ["space", "show"]:
        return {"name": words[2], "layers": [layer(names) for names in NAMES]}
    if words[0] == "cost":
        layers = [{"candidates": [{"name": name, "cost": cost, "parameters": cost // 10}
                                  for name, cost in zip(names, costs)]} for names, costs in zip(NAMES, COSTS)]
        return {"stem_and_head": 1000, "fixed_part": 1000, "layers": layers, "least_parameters": 7 + 30}
    if words[0] == "version":
        return {"danas": "1", "torch": "2", "build_type": "made up"}
    return None


def train(words):
    option = lambda name: words[words.index(name) + 1]
    network = json.loads(pathlib.Path(option("--arch")).read_text())["network"]
    blocks = [layer["candidates"][0]["block"] for layer in network["layers"]]
    seed, run = int(option("--seed")), pathlib.Path(option("--run"))
    name = "-".join(str(names.index(block)) for names, block in zip(NAMES, blocks)) + f"@{seed}"
    if os.environ.get("FAIL_AT") == name:
        sys.exit("error: made to fail")
    run.mkdir()
    (run / "half").write_text("left behind by a training that is killed")
    # Different times, so that two at once end in another order than they began.
    time.sleep(float(os.environ.get("SECONDS_EACH", "0")) * random.Random(name).uniform(0.2, 1.8))
    draws = random.Random(name)
    share = 0.5 + sum(map(len, blocks)) / 200 + draws.gauss(0, 0.01)
    ids = [str(k) for k in range(CLASSES)]
    (run / "network.json").write_text(json.dumps({"class_ids": ids}))
    # By name, in another order than the dataset's.
    per_class = {name: {"images": 4, "correct": int(name) % 5} for name in reversed(ids)}
    (run / "result.json").write_text(json.dumps(
        {"test_last_epoch": {"loss": 1 - share, "top1": share, "per_class": per_class}, "seconds": 3.6}))


answered = answer(sys.argv[1:])
if answered is not None:
    print(json.dumps(answered))
else:
    train(sys.argv[1:])
