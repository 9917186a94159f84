#!/usr/bin/env python3
"""Writes torchvision_logits.json: what torchvision's networks answer with weights that follow from a formula, so that
danas can build the same ones without Python. Run with torchvision 0.29.2, torch 2.14.1, numpy.

Usage: torchvision_logits.py > torchvision_logits.json
       torchvision_logits.py --save FOLDER   (the weights instead, FOLDER/NAME.pth each: 0.8 GB)
"""

import json
import pathlib
import sys

import numpy
import torch
import torchvision

IMAGES = 8
EVERY = 100  # of a thousand logits, which ones are written down

# danas's name: torchvision's, side of the images, gain of the convolutions. The gain keeps logits near 1.
NETWORKS = {
    "resnet18": ("resnet18", 128, 0.6),
    "resnet34": ("resnet34", 128, 0.5),
    "resnet50": ("resnet50", 128, 0.7),
    "vgg16": ("vgg16", 64, 1.0),
    "mobilenetv2": ("mobilenet_v2", 224, 1.0),
    "shufflenetv2_0.5": ("shufflenet_v2_x0_5", 224, 0.85),
    "shufflenetv2": ("shufflenet_v2_x1_0", 224, 0.85),
    "shufflenetv2_1.5": ("shufflenet_v2_x1_5", 224, 0.85),
    "shufflenetv2_2.0": ("shufflenet_v2_x2_0", 224, 0.85),
}


def uniform(name: str, shape: "tuple[int, ...]") -> "numpy.ndarray":
    """In [-1, 1), float64: element i of the tensor `name` is SplitMix64 of i added to the name's FNV-1a."""
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = (key ^ byte) * 0x100000001B3 % 2**64
    with numpy.errstate(over="ignore"):
        x = numpy.arange(1, numpy.prod(shape, dtype=int) + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        x += numpy.uint64(key)
        x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        x ^= x >> numpy.uint64(31)
    return ((x >> numpy.uint64(40)).astype(numpy.float64) / 2**23 - 1).reshape(shape)


def weight(name: str, shape: "tuple[int, ...]", gain: float) -> torch.Tensor:
    values = uniform(name, shape)
    if len(shape) == 4:
        values *= gain * (6 / numpy.prod(shape[1:])) ** 0.5
    elif len(shape) == 2:
        values *= (3 / shape[1]) ** 0.5
    elif name.endswith("running_var"):
        values = 1 + 0.5 * values
    elif name.endswith("weight"):
        values = 1 + 0.3 * values
    else:
        values *= 0.2
    return torch.from_numpy(values.astype(numpy.float32))


def build(name: str) -> torch.nn.Module:
    factory, _, gain = NETWORKS[name]
    network = getattr(torchvision.models, factory)(weights=None).eval()
    state = {key: tensor if key.endswith("num_batches_tracked") else weight(key, tuple(tensor.shape), gain)
             for key, tensor in network.state_dict().items()}
    network.load_state_dict(state)
    return network


def images_nchw(side: int) -> torch.Tensor:
    """Noise around a colour of its own for each image."""
    values = uniform("noise", (IMAGES, 3, side, side)) + 2 * uniform("colour", (IMAGES, 3, 1, 1))
    return torch.from_numpy(values.astype(numpy.float32))


def main() -> None:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        for name in NETWORKS:
            torch.save(build(name).state_dict(), pathlib.Path(sys.argv[2]) / f"{name}.pth")
        return
    entries = []
    for name, (factory, side, gain) in NETWORKS.items():
        images = images_nchw(side)
        with torch.no_grad():
            logits = build(name)(images)
        print(f"{name}: logits deviate by {logits.std(1).mean():.3f}, over images {logits.std(0).mean():.3f}",
              file=sys.stderr)
        rows = [[float(f"{value:.7g}") for value in row] for row in logits[:, ::EVERY].tolist()]
        entries.append({"network": name, "torchvision": factory, "side": side, "gain": gain, "logits": rows})
    print(json.dumps({"every": EVERY, "networks": entries}, indent=1).replace("\n     ", " ").replace("\n    ]", " ]"))


if __name__ == "__main__":
    main()
