#!/usr/bin/env python3
"""Multiply-accumulates and parameters of every network of the zoo, counted by running PyTorch modules.

Independent of danas: networks are written down as their papers, or torchvision where it has them, give them; a hook on
every convolution and fully connected layer counts weight elements times output positions.

    python3 tests/golden/zoo.py > tests/golden/zoo.json      (needs torch; made with 2.14.1)
    python3 tests/golden/zoo.py --check                      (needs torchvision too: compares its networks with ours)
"""

import json
import sys

import torch
from torch import nn


def conv(cin, cout, kernel, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)]
    return nn.Sequential(*layers, *([nn.ReLU()] if act else []))


class Add(nn.Module):
    def __init__(self, branch, shortcut):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x):
        return self.shortcut(x) + self.branch(x)


def head(channels, classes, bias=True):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes, bias=bias)]


def resnet(repeats, bottleneck, small, classes):
    layers = [conv(3, 64, 3)] if small else [conv(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    cin = 64
    for stage, repeat in enumerate(repeats):
        width = 64 << stage
        for i in range(repeat):
            stride = 2 if stage > 0 and i == 0 else 1
            if bottleneck:
                cout = 4 * width
                branch = [conv(cin, width, 1), conv(width, width, 3, stride), conv(width, cout, 1, act=False)]
            else:
                cout = width
                branch = [conv(cin, width, 3, stride), conv(width, width, 3, act=False)]
            same = stride == 1 and cin == cout
            layers.append(Add(nn.Sequential(*branch), nn.Identity() if same else conv(cin, cout, 1, stride, act=False)))
            cin = cout
    return nn.Sequential(*layers, *head(cin, classes))


def vgg16(small, classes):
    layers, cin = [], 3
    for cout, repeat in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(repeat):
            layers += [nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU()]
            cin = cout
        layers.append(nn.MaxPool2d(2))
    pool, hidden = (1, 512) if small else (7, 4096)
    layers += [nn.AdaptiveAvgPool2d(pool), nn.Flatten()]
    for features in (512 * pool * pool, hidden):
        layers += [nn.Linear(features, hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(hidden, classes))


def eights(channels):
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def mobilenetv1(width, small, classes):
    cin = eights(32 * width)
    layers = [conv(3, cin, 3, 1 if small else 2)]
    plan = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *((512, 1),) * 5, (1024, 2), (1024, 1))
    for channels, stride in plan:
        cout = eights(channels * width)
        layers += [conv(cin, cin, 3, stride, cin), conv(cin, cout, 1)]
        cin = cout
    return nn.Sequential(*layers, *head(cin, classes))


def mobilenetv2(width, small, classes):
    cin = eights(32 * width)
    layers = [conv(3, cin, 3, 1 if small else 2)]
    plan = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expand, channels, repeat, first in plan:
        cout = eights(channels * width)
        for i in range(repeat):
            stride, mid = first if i == 0 else 1, cin * expand
            branch = ([] if expand == 1 else [conv(cin, mid, 1)]) + [conv(mid, mid, 3, stride, mid)]
            branch = nn.Sequential(*branch, conv(mid, cout, 1, act=False))
            layers.append(Add(branch, nn.Identity()) if stride == 1 and cin == cout else branch)
            cin = cout
    last = eights(1280 * max(1.0, width))
    return nn.Sequential(*layers, conv(cin, last, 1), *head(last, classes))


class ShuffleV1(nn.Module):
    def __init__(self, cin, cout, stride, groups, first):
        super().__init__()
        mid, last = cout // 4, cout - cin if stride == 2 else cout
        entry = conv(cin, mid, 1, groups=1 if first else groups)
        self.stride = stride
        self.branch = nn.Sequential(
            entry, nn.ChannelShuffle(groups), conv(mid, mid, 3, stride, mid, act=False),
            conv(mid, last, 1, groups=groups, act=False),
        )

    def forward(self, x):
        if self.stride == 1:
            return torch.relu(x + self.branch(x))
        return torch.relu(torch.cat((nn.functional.avg_pool2d(x, 3, 2, 1), self.branch(x)), 1))


class ShuffleV2(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        half = cout // 2
        self.pass_on = None
        if stride == 2:
            self.pass_on = nn.Sequential(conv(cin, cin, 3, 2, cin, act=False), conv(cin, half, 1))
        entering = cin if stride == 2 else half
        self.branch = nn.Sequential(
            conv(entering, half, 1), conv(half, half, 3, stride, half, act=False), conv(half, half, 1)
        )

    def forward(self, x):
        left, right = x.chunk(2, 1) if self.pass_on is None else (self.pass_on(x), x)
        return nn.functional.channel_shuffle(torch.cat((left, self.branch(right)), 1), 2)


def shufflenet(stem, stages, block, small, end):
    layers = [conv(3, stem, 3)] if small else [conv(3, stem, 3, 2), nn.MaxPool2d(3, 2, 1)]
    cin = stem
    for stage, (cout, repeat) in enumerate(zip(stages, (4, 8, 4), strict=True)):
        for i in range(repeat):
            layers.append(block(cin, cout, 2 if i == 0 else 1, stage == 0 and i == 0))
            cin = cout
    return nn.Sequential(*layers, *end)


SHUFFLE_V1 = {  # (width, groups): stem, channels of the first stage
    (1, 3): (24, 240), (0.5, 3): (12, 120), (1.5, 3): (24, 360), (2, 3): (24, 480), (1, 1): (24, 144),
    (1, 2): (24, 200), (1, 4): (24, 272), (0.5, 8): (16, 192), (1, 8): (24, 384), (1.5, 8): (24, 576),
    (2, 8): (24, 768),
}
SHUFFLE_V2 = {
    1: ((116, 232, 464), 1024), 0.5: ((48, 96, 192), 1024), 1.5: ((176, 352, 704), 1024), 2: ((244, 488, 976), 2048),
}


def shufflenetv1(width, groups, small, classes):
    stem, first = SHUFFLE_V1[width, groups]
    stages = [first << stage for stage in range(3)]
    return shufflenet(stem, stages, lambda i, o, s, is_first: ShuffleV1(i, o, s, groups, is_first), small,
                      head(stages[-1], classes, bias=False))


def shufflenetv2(width, small, classes):
    stages, last = SHUFFLE_V2[width]
    return shufflenet(24, stages, lambda i, o, s, _: ShuffleV2(i, o, s), small,
                      [conv(stages[-1], last, 1), *head(last, classes)])


def networks():
    """name -> (small, classes) -> module"""
    makers = {
        "resnet18": lambda s, c: resnet((2, 2, 2, 2), False, s, c),
        "resnet34": lambda s, c: resnet((3, 4, 6, 3), False, s, c),
        "resnet50": lambda s, c: resnet((3, 4, 6, 3), True, s, c),
        "vgg16": vgg16,
    }
    for width in (1, 0.25, 0.35, 0.5, 0.75, 1.3, 1.4):
        end = "" if width == 1 else f"_{width}"
        makers[f"mobilenetv1{end}"] = lambda s, c, w=width: mobilenetv1(w, s, c)
        makers[f"mobilenetv2{end}"] = lambda s, c, w=width: mobilenetv2(w, s, c)
    for width, groups in SHUFFLE_V1:
        end = f"_{float(width)}_g{groups}" if groups != 3 else "" if width == 1 else f"_{float(width)}"
        makers[f"shufflenetv1{end}"] = lambda s, c, w=width, g=groups: shufflenetv1(w, g, s, c)
    for width in SHUFFLE_V2:
        end = "" if width == 1 else f"_{float(width)}"
        makers[f"shufflenetv2{end}"] = lambda s, c, w=width: shufflenetv2(w, s, c)
    return makers


def count(module, size):
    macs = 0

    def hook(layer, _, output):
        nonlocal macs
        macs += layer.weight.numel() * (output.numel() // layer.weight.shape[0])

    module = module.to("meta").eval()
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.register_forward_hook(hook)
    with torch.no_grad():
        module(torch.empty(1, 3, size, size, device="meta"))
    return {"macs": macs, "parameters": sum(p.numel() for p in module.parameters())}


def check():
    from torchvision import models

    theirs = {
        "resnet18": models.resnet18, "resnet34": models.resnet34, "resnet50": models.resnet50, "vgg16": models.vgg16,
        "mobilenetv2": models.mobilenet_v2, "shufflenetv2_0.5": models.shufflenet_v2_x0_5,
        "shufflenetv2": models.shufflenet_v2_x1_0, "shufflenetv2_1.5": models.shufflenet_v2_x1_5,
        "shufflenetv2_2.0": models.shufflenet_v2_x2_0,
    }
    for name, make in theirs.items():
        assert count(make(), 224) == count(networks()[name](False, 1000), 224), name
    for width in (0.25, 0.35, 0.5, 0.75, 1.3, 1.4):
        ours = networks()[f"mobilenetv2_{width}"](False, 1000)
        assert count(models.mobilenet_v2(width_mult=width), 224) == count(ours, 224), width


def main():
    rows = []
    for name, make in networks().items():
        for variant, size, classes in (("full", 224, 1000), ("small", 32, 10)):
            costs = count(make(variant == "small", classes), size)
            rows.append(json.dumps({"name": name, "variant": variant, "size": size, "classes": classes} | costs))
    print("[\n " + ",\n ".join(rows) + "\n]")


if __name__ == "__main__":
    check() if sys.argv[1:] == ["--check"] else main()
