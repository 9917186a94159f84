#!/usr/bin/env python3
"""Makes small files of torch.save in tests/golden/nn: a state dict with one tensor of every kind, as a zip archive and
in the form before PyTorch 1.6, a checkpoint around one, and what holds no state dict: a whole model, programs of
TorchScript and of torch.export. Run with torch 2.14.1.

Usage: torch_file.py  (writes beside itself)
"""

import collections
import pathlib
import zipfile

import torch

OUT = pathlib.Path(__file__).resolve().parent / "nn"


def state() -> "dict[str, torch.Tensor]":
    steps = torch.arange(24, dtype=torch.float64)
    shared = (steps / 5).to(torch.float32)
    norm = torch.nn.BatchNorm2d(2)
    norm.running_mean.copy_(torch.tensor([0.25, -4.0]))
    return collections.OrderedDict(
        f32=(steps / 7).to(torch.float32).reshape(2, 3, 2, 2),
        channels_last=(steps / 7).to(torch.float32).reshape(2, 3, 2, 2).to(memory_format=torch.channels_last),
        f64=(steps / 7).reshape(4, 6),
        f16=(steps / 3).to(torch.float16),
        bf16=(steps / 3).to(torch.bfloat16),
        i64=torch.tensor([-(2**62), 0, 2**62 + 1]),
        u8=torch.arange(12, dtype=torch.uint8),
        bool=steps > 5,
        scalar=torch.tensor(0.25),
        empty=torch.zeros(0, 4),
        slice=shared[3:19:3],
        transposed=shared.reshape(4, 6).t(),
        parameter=torch.nn.Parameter(torch.tensor([1.5, -2.5])),
        **{"norm." + name: tensor for name, tensor in norm.state_dict().items()},
    )


def checkpoint() -> dict:
    """What a training writes: the weights of a DataParallel model among other things."""
    model = torch.nn.DataParallel(torch.nn.Conv2d(1, 2, 1))
    with torch.no_grad():
        model.module.weight.copy_(torch.tensor([0.5, -0.5]).reshape(2, 1, 1, 1))
        model.module.bias.copy_(torch.tensor([1.0, 2.0]))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model.module.weight.sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    return {"epoch": 3, "arch": "conv", "best": 0.75, "state_dict": model.state_dict(),
            "optimizer": optimizer.state_dict(), "history": [(1, 2.5), (2, None), (3, True)]}


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 1), torch.nn.BatchNorm2d(2)).eval()


def without_places(path: pathlib.Path) -> None:
    """The archive again, with nothing in the entries that say where on this machine the sources lie."""
    with zipfile.ZipFile(path) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in entries:
            archive.writestr(entry, b"" if entry.filename.endswith((".debug_pkl", "models/model.json")) else content)


def main() -> None:
    torch.save(network(), OUT / "whole_model.pth")
    torch.jit.save(torch.jit.script(network()), OUT / "torchscript.pt")
    torch.export.save(torch.export.export(network(), (torch.zeros(1, 1, 2, 2),)), OUT / "exported.pt2")
    for name in ("torchscript.pt", "exported.pt2"):
        without_places(OUT / name)
    torch.save(state(), OUT / "state_dict.pth")
    torch.save(state(), OUT / "state_dict_before_1_6.pth", _use_new_zipfile_serialization=False)
    torch.save(checkpoint(), OUT / "checkpoint.pth")
    torch.save(checkpoint(), OUT / "checkpoint_before_1_6.pth", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
