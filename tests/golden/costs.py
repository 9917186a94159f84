"""Multiply-accumulates and parameters of blocks, networks and spaces, counted by running PyTorch modules.

Independent of danas: each block is built as a torch module and run on the meta device; a hook on every convolution and
fully connected layer counts weight elements times output positions. The blocks follow the public codes of ProxylessNAS
(github mit-han-lab/proxylessnas) and Single Path One-Shot (github megvii-model/SinglePathOneShot).

    python3 tests/golden/costs.py > tests/golden/costs.json
"""

import json
import statistics

import torch
from torch import nn


def conv(cin, cout, kernel, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout)
    )


class SqueezeExcite(nn.Module):
    def __init__(self, channels, squeeze):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, squeeze, 1), nn.ReLU(), nn.Conv2d(squeeze, channels, 1),
            nn.Sigmoid()
        )

    def forward(self, x):
        return x * self.gate(x)


def inverted_residual(cin, cout, stride, expand, kernel, normal=False, se=False, fused=False):
    mid = round(cin * expand)
    if fused:
        layers = [conv(cin, mid, kernel, stride)]
    else:
        layers = [] if expand == 1 else [conv(cin, mid, 1)]
        layers.append(conv(mid, mid, kernel, stride, 1 if normal else mid))
    if se:
        layers.append(SqueezeExcite(mid, max(8, cin // 4)))
    return nn.Sequential(*layers, conv(mid, cout, 1))


class Shuffle(nn.Module):
    def __init__(self, cin, cout, stride, kind, kernel, normal=False):
        super().__init__()
        branch_in = cin if stride == 2 else cin // 2
        mid = cout // 2

        def op(channels, op_stride=1):
            return conv(channels, channels, kernel, op_stride, 1 if normal else channels)

        if kind == "a":
            layers = [conv(branch_in, mid, 1), op(mid, stride)]
        else:
            layers = [op(branch_in, stride), conv(branch_in, mid, 1), op(mid), conv(mid, mid, 1), op(mid)]
        self.branch = nn.Sequential(*layers, conv(mid, cout - branch_in, 1))
        self.projection = None
        if stride == 2:
            self.projection = nn.Sequential(conv(cin, cin, kernel, 2, cin), conv(cin, cin, 1))

    def forward(self, x):
        if self.projection is None:
            return torch.cat((x[:, ::2], self.branch(x[:, 1::2])), 1)
        return torch.cat((self.projection(x), self.branch(x)), 1)


class Residual(nn.Module):
    def __init__(self, cin, cout, stride, kernel, normal=False):
        super().__init__()
        mid = cout // 2
        self.branch = nn.Sequential(
            conv(cin, mid, 1), conv(mid, mid, kernel, stride, 1 if normal else mid), conv(mid, cout, 1)
        )
        self.shortcut = nn.Identity() if stride == 1 and cin == cout else conv(cin, cout, 1, stride)

    def forward(self, x):
        return self.shortcut(x) + self.branch(x)


def identity(cin, cout, stride):
    return nn.Identity() if stride == 1 and cin == cout else conv(cin, cout, 1, stride)


def count(module, cin, size):
    """(multiply-accumulates, parameters) of a module on one image of size x size."""
    macs = 0

    def hook(layer, _, output):
        nonlocal macs
        positions = output.numel() // layer.weight.shape[0]
        macs += layer.weight.numel() * positions

    module = module.to("meta").eval()
    handles = [
        m.register_forward_hook(hook) for m in module.modules() if isinstance(m, (nn.Conv2d, nn.Linear))
    ]
    with torch.no_grad():
        module(torch.empty(1, cin, size, size, device="meta"))
    for handle in handles:
        handle.remove()
    return macs, sum(p.numel() for p in module.parameters())


IR = {f"ir_e{e}_k{k}": (lambda i, o, s, e=e, k=k: inverted_residual(i, o, s, e, k))
      for e in (1, 3, 6) for k in (3, 5, 7)}
IR |= {f"ir_e{e}_n{k}": (lambda i, o, s, e=e, k=k: inverted_residual(i, o, s, e, k, normal=True))
       for e in (1, 3, 6) for k in (3, 5)}
IR |= {f"ir_se_e{e}_k{k}": (lambda i, o, s, e=e, k=k: inverted_residual(i, o, s, e, k, se=True))
       for e in (1, 3, 6) for k in (3, 5)}
OTHER = {f"ir_fused_e{e}_n{k}": (lambda i, o, s, e=e, k=k: inverted_residual(i, o, s, e, k, fused=True))
         for e in (1, 3) for k in (3, 5)}
OTHER |= {f"residual_{'n' if n else 'k'}{k}": (lambda i, o, s, n=n, k=k: Residual(i, o, s, k, n))
          for n in (0, 1) for k in (3, 5)}
OTHER["identity_project"] = identity
SHUFFLE = {f"shuffle_{b}_k{k}": (lambda i, o, s, b=b, k=k: Shuffle(i, o, s, b, k)) for b in "ax" for k in (3, 5, 7)}
SHUFFLE |= {f"shuffle_{b}_n{k}": (lambda i, o, s, b=b, k=k: Shuffle(i, o, s, b, k, True)) for b in "ax" for k in (3, 5)}
BLOCKS = IR | SHUFFLE | OTHER
BLOCKS["identity"] = lambda i, o, s: nn.Identity()

MOBILE = [f"ir_e{e}_k{k}" for e in (1, 3, 6) for k in (3, 5)]
SHUFFLES = [f"shuffle_{b}_k{k}" for b in "ax" for k in (3, 5, 7)]
CANDIDATES = {
    "mobile": MOBILE,
    "shuffle": SHUFFLES,
    "spos4": ["shuffle_a_k3", "shuffle_a_k5", "shuffle_a_k7", "shuffle_x_k3"],
    "mobile_plus": MOBILE + [f"ir_e{e}_n{k}" for e in (1, 3, 6) for k in (3, 5)],
    "shuffle_plus": SHUFFLES + [f"shuffle_{b}_n{k}" for b in "ax" for k in (3, 5)],
    "shuffle_mobile": MOBILE + SHUFFLES + [f"ir_se_e{e}_k{k}" for e in (1, 3, 6) for k in (3, 5)],
}


def stages(stem, size, list_of_stages):
    """(in, out, size of the input, stride) of each layer."""
    layers, cin = [], stem
    for channels, repeat, first_stride in list_of_stages:
        for i in range(repeat):
            stride = first_stride if i == 0 else 1
            layers.append((cin, channels, size, stride))
            cin, size = channels, -(-size // stride)
    return layers


PROXYLESS = ((24, 4, 2), (40, 4, 2), (80, 4, 2), (96, 4, 1), (192, 4, 2), (320, 1, 1))


def proxyless(first=24):
    layers = stages(16, 112, ((first, 4, 2), *PROXYLESS[1:]))
    head = nn.Sequential(conv(320, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))
    fixed = [(conv(3, 32, 3, 2), 3, 224), (inverted_residual(32, 16, 1, 1, 3), 32, 112), (head, 320, 7)]
    return layers, fixed


def spos(channels=(64, 160, 320, 640), last=1024):
    layers = stages(16, 112, tuple(zip(channels, (4, 4, 8, 4), (2,) * 4)))
    head = nn.Sequential(
        conv(channels[-1], last, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(last, 1000, bias=False)
    )
    return layers, [(conv(3, 16, 3, 2), 3, 224), (head, channels[-1], 7)]


SKELETONS = {
    "mobile": proxyless(), "mobile_plus": proxyless(), "shuffle_mobile": proxyless(), "shuffle": spos(),
    "shuffle_plus": spos(), "spos4": spos(), "shuffle_mobile:spos": spos(),
    "shuffle_mobile:spos_half": spos((32, 80, 160, 320), 1280),
}


def fits(name, cin, cout, stride):
    return not name.startswith("shuffle") or (cout > cin if stride == 2 else cin == cout)


CACHE = {}


def block(name, cin, cout, size, stride):
    key = (name, cin, cout, size, stride)
    if key not in CACHE:
        CACHE[key] = count(BLOCKS[name](cin, cout, stride), cin, size)
    return CACHE[key]


def network(skeleton, names):
    layers, fixed = skeleton
    parts = [count(*part) for part in fixed] + [block(n, *layer) for n, layer in zip(names, layers, strict=True)]
    return [sum(p[i] for p in parts) for i in (0, 1)]


def space(name):
    layers, fixed = SKELETONS[name]
    names = CANDIDATES[name.split(":")[0]]
    per_layer = [[block(n, *layer) for n in names if fits(n, layer[0], layer[1], layer[3])] for layer in layers]
    base = [sum(count(*part)[i] for part in fixed) for i in (0, 1)]
    result = {"candidates": [len(costs) for costs in per_layer], "fixed_macs": base[0], "fixed_parameters": base[1]}
    for i, what in enumerate(("macs", "parameters")):
        for how, of in (("least", min), ("mean", statistics.fmean), ("most", max)):
            result[f"{how}_{what}"] = base[i] + sum(of([c[i] for c in costs]) for costs in per_layer)
    return result


def block_rows():
    """Every block at each distinct layer of both skeletons, and all kinds at an odd size."""
    rows = []
    shapes = [("ir", s) for s in dict.fromkeys(proxyless()[0])] + [("shuffle", s) for s in dict.fromkeys(spos()[0])]
    for prefix, (cin, cout, size, stride) in shapes:
        for name in BLOCKS:
            if name.startswith(prefix + "_"):
                rows.append((name, cin, cout, size, stride))
    for cin, cout, size, stride in ((24, 24, 15, 1), (20, 44, 15, 2), (44, 44, 9, 1)):
        for name in BLOCKS:
            if fits(name, cin, cout, stride) and (name != "identity" or cin == cout and stride == 1):
                rows.append((name, cin, cout, size, stride))
    keys = ("block", "in", "out", "size", "stride", "macs", "parameters")
    return [dict(zip(keys, (*row, *block(*row)))) for row in dict.fromkeys(rows)]


PROXYLESS_MOBILE = (
    "e3_k5 e3_k3 id id e3_k7 e3_k3 e3_k5 e3_k5 e6_k7 e3_k5 e3_k5 e3_k5 "
    "e6_k5 e3_k5 e3_k5 e3_k5 e6_k7 e6_k7 e3_k7 e3_k7 e6_k7"
).split()
SPOS_ARCH = (2, 1, 0, 1, 2, 0, 2, 0, 2, 0, 2, 3, 0, 0, 0, 0, 3, 2, 3, 3)


def main():
    networks = {f"spos4 uniform {n}": network(spos(), [n] * 20) for n in CANDIDATES["spos4"]}
    networks["spos"] = network(spos(), [CANDIDATES["spos4"][i] for i in SPOS_ARCH])
    names = ["identity" if n == "id" else f"ir_{n}" for n in PROXYLESS_MOBILE]
    networks["proxylessnas_mobile"] = network(proxyless(32), names)
    golden = {
        "networks": {n: {"macs": m, "parameters": p} for n, (m, p) in networks.items()},
        "spaces": {n: space(n) for n in SKELETONS},
        "blocks": block_rows(),
    }
    print("{")
    for i, (key, value) in enumerate(golden.items()):
        rows = value.items() if isinstance(value, dict) else ((None, row) for row in value)
        lines = [("" if k is None else json.dumps(k) + ": ") + json.dumps(row) for k, row in rows]
        brackets = "{}" if isinstance(value, dict) else "[]"
        end = "," if i + 1 < len(golden) else ""
        print(f' "{key}": {brackets[0]}\n  ' + ",\n  ".join(lines) + f"\n {brackets[1]}{end}")
    print("}")


if __name__ == "__main__":
    main()
