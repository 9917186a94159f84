#!/usr/bin/env python3
"""What score_bench measures, in plain PyTorch: random networks of the space mobile_small, each scored by itself with a
supernet's weights, on batches that are normalised by their own statistics.

    plain_scores.py [--networks N] [--images N] [--batch N] [--input HxW] [--threads N] [--steps N] [--warmup N]

channels_last, inference mode; memory is kept by the C library as danas keeps it. Needs Python's torch alone. One JSON
line.
"""

import argparse
import ctypes
import json
import random
import statistics
import time

assert ctypes.CDLL(None).mallopt(-3, 1 << 30) == 1  # M_MMAP_THRESHOLD
assert ctypes.CDLL(None).mallopt(-1, 2**31 - 1) == 1  # M_TRIM_THRESHOLD

import torch
from torch import nn
from torch.nn import functional

LAYERS = [(16, 24, 1), (24, 24, 1), (24, 40, 2), (40, 40, 1), (40, 80, 2), (80, 80, 1), (80, 96, 1), (96, 96, 1)]
CANDIDATES = [(expand, kernel) for expand in (1, 3, 6) for kernel in (3, 5)]


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1, activation=True):
    steps = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
             nn.BatchNorm2d(outputs, affine=False, track_running_stats=False)]
    return nn.Sequential(*steps, *([nn.ReLU6(inplace=True)] if activation else []))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expand, kernel):
        super().__init__()
        middle = inputs * expand
        steps = [conv_norm(inputs, middle)] if expand > 1 else []
        steps += [conv_norm(middle, middle, kernel, stride, middle), conv_norm(middle, outputs, activation=False)]
        self.steps = nn.Sequential(*steps)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.steps(x) if self.adds else self.steps(x)


class Supernet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_norm(3, 16, 3)
        self.layers = nn.ModuleList(
            nn.ModuleList(InvertedResidual(inputs, outputs, stride, expand, kernel) for expand, kernel in CANDIDATES)
            for inputs, outputs, stride in LAYERS)
        self.classifier = nn.Linear(96, 10)

    def forward(self, x, network):
        x = self.stem(x)
        for layer, candidate in zip(self.layers, network):
            x = layer[candidate](x)
        return self.classifier(x.mean((2, 3)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", default="32x32")
    for name, default in [("networks", 16), ("images", 250), ("batch", 125), ("threads", 2), ("steps", 1),
                          ("warmup", 1)]:
        parser.add_argument("--" + name, type=int, default=default)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    height, width = map(int, arguments.input.split("x"))
    draw = random.Random(0)
    networks = [[draw.randrange(len(CANDIDATES)) for _ in LAYERS] for _ in range(arguments.networks)]
    supernet = Supernet().to(memory_format=torch.channels_last)
    batch = torch.randn(arguments.batch, 3, height, width).contiguous(memory_format=torch.channels_last)
    targets = torch.randint(10, (arguments.batch,))
    times = []
    for i in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        loss = 0.0
        with torch.inference_mode():
            for _ in range(0, arguments.images, arguments.batch):
                for network in networks:
                    loss += functional.cross_entropy(supernet(batch, network), targets).item()
        if i >= arguments.warmup:
            times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"program": "plain", "measure": "scores", "batch": arguments.batch,
                      "threads": torch.get_num_threads(), "median_ms": statistics.median(times),
                      "min_ms": min(times)}), flush=True)


if __name__ == "__main__":
    main()
