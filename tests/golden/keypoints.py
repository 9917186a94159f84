#!/usr/bin/env python3
"""Multiply-accumulates and parameters of key-point networks, counted by running PyTorch modules.

Independent of danas: a backbone of zoo.py without its classifier, three nn.ConvTranspose2d as SimpleBaseline has them
(github microsoft/human-pose-estimation.pytorch, pose_resnet.py) and a 1x1 convolution. A hook counts weight elements
times output positions of convolutions; of transposed ones times input positions, and in a second count output positions.

    python3 tests/golden/keypoints.py > tests/golden/keypoints.json      (needs torch; made with 2.14.1)
"""

import json

import torch
from torch import nn
from zoo import mobilenetv2, resnet

KEY_POINTS, CHANNELS = 17, 256


def deconvolutions(cin, groups):
    layers = []
    for g in groups:
        layers += [nn.ConvTranspose2d(cin, CHANNELS, 4, 2, 1, groups=g, bias=False), nn.BatchNorm2d(CHANNELS), nn.ReLU()]
        cin = CHANNELS
    return nn.Sequential(*layers, nn.Conv2d(cin, KEY_POINTS, 1))


def count(module, height, width):
    macs, at_output = [], []

    def hook(layer, inputs, output):
        weights = layer.weight.numel()
        transposed = isinstance(layer, nn.ConvTranspose2d)
        macs.append(weights * (inputs[0] if transposed else output)[0, 0].numel())
        at_output.append(weights * output[0, 0].numel())

    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            layer.register_forward_hook(hook)
    output = module(torch.zeros(1, 3, height, width, device="meta"))
    return {"macs": sum(macs), "macs_at_output": sum(at_output),
            "parameters": sum(parameter.numel() for parameter in module.parameters()),
            "heat_maps": list(output.shape[1:])}


def network(backbone, groups):
    with torch.device("meta"):
        if backbone == "resnet50":
            layers, features = resnet((3, 4, 6, 3), True, False, 1000)[:-3], 2048
        else:
            layers, features = mobilenetv2(1, False, 1000)[:-4], 320  # nor the 1x1 before the pooling
        return nn.Sequential(layers, deconvolutions(features, groups)).eval()


def main():
    rows = []
    for backbone in ("resnet50", "mobilenetv2"):
        for groups in ((1, 1, 1), (2, 4, 8), (8, 8, 8)):
            for height, width in ((256, 192), (384, 288), (128, 96)):
                rows.append({"backbone": backbone, "groups": groups, "input": (height, width),
                             **count(network(backbone, groups), height, width)})
    print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")


main()
