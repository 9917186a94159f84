#!/usr/bin/env python3
"""What network_bench measures, in plain PyTorch: MobileNetV2's training step, and its evaluation with batch norm
folded.

    plain_network.py [--input HxW] [--batch N] [--steps N] [--warmup N] [--threads N]

channels_last, SGD with Nesterov momentum (foreach), label smoothing 0.1; memory is kept by the C library as danas keeps
it. Needs Python's torch alone. One JSON line a measure.
"""

import argparse
import ctypes
import json
import statistics
import time

assert ctypes.CDLL(None).mallopt(-3, 1 << 30) == 1  # M_MMAP_THRESHOLD
assert ctypes.CDLL(None).mallopt(-1, 2**31 - 1) == 1  # M_TRIM_THRESHOLD

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1, activation=True):
    steps = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
             nn.BatchNorm2d(outputs)]
    return nn.Sequential(*steps, *([nn.ReLU6(inplace=True)] if activation else []))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expand):
        super().__init__()
        middle = inputs * expand
        steps = [conv_norm(inputs, middle)] if expand > 1 else []
        steps += [conv_norm(middle, middle, 3, stride, middle), conv_norm(middle, outputs, activation=False)]
        self.steps = nn.Sequential(*steps)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.steps(x) if self.adds else self.steps(x)


def mobilenetv2():
    layers, channels = [conv_norm(3, 32, 3, 2)], 32
    for expand, outputs, repeat, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                            (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(repeat):
            layers.append(InvertedResidual(channels, outputs, stride if i == 0 else 1, expand))
            channels = outputs
    return nn.Sequential(*layers, conv_norm(320, 1280), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))


def fold(module):
    """Every convolution followed by a batch norm becomes one convolution."""
    for name, child in module.named_children():
        if isinstance(child, nn.Sequential) and len(child) > 1 and isinstance(child[1], nn.BatchNorm2d):
            setattr(module, name, nn.Sequential(fuse_conv_bn_eval(child[0], child[1]), *list(child)[2:]))
        else:
            fold(child)


def status_mib(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(key))


def measure(name, arguments, base, step):
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as peak:
        peak.write("5")
    times = []
    for i in range(arguments.warmup + arguments.steps):
        start = time.perf_counter()
        step()
        if i >= arguments.warmup:
            times.append(1000 * (time.perf_counter() - start))
    peak = status_mib("VmHWM:")
    print(json.dumps({"program": "plain", "measure": name, "batch": arguments.batch, "threads": torch.get_num_threads(),
                      "median_ms": statistics.median(times), "min_ms": min(times), "peak_rss_mib": peak,
                      "base_rss_mib": base, "growth_mib": peak - base}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--input", default="64x64")
    for name, default in [("batch", 16), ("steps", 10), ("warmup", 2), ("threads", 2)]:
        parser.add_argument("--" + name, type=int, default=default)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    height, width = map(int, arguments.input.split("x"))
    base = status_mib("VmRSS:")

    network = mobilenetv2().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9, weight_decay=4e-5, nesterov=True, foreach=True)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    images = torch.randn(arguments.batch, 3, height, width).contiguous(memory_format=torch.channels_last)
    targets = torch.randint(1000, (arguments.batch,))

    def train_step():
        loss_of(network(images), targets).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    measure("train_step", arguments, base, train_step)

    network.eval()
    fold(network)
    network.to(memory_format=torch.channels_last)

    def evaluate():
        with torch.inference_mode():
            network(images)

    measure("evaluate", arguments, base, evaluate)


if __name__ == "__main__":
    main()
