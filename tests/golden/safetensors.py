#!/usr/bin/env python3
"""Makes tests/golden/nn/written_by_python.safetensors: one small tensor of every kind that danas writes, as Python's
library writes them. Run with safetensors 0.8.0, torch 2.14.1, numpy.

Usage: safetensors.py           (writes beside itself)
       safetensors.py --read F  (opens F with the library and compares every tensor)
"""

import pathlib
import sys

# This file has the library's name.
sys.path.pop(0)
import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parent / "nn" / "written_by_python.safetensors"
METADATA = {"format": "pt", "note": 'a "quoted" word, ü'}


def tensors() -> "dict[str, torch.Tensor]":
    steps = torch.arange(12, dtype=torch.float64)
    return {
        "f64": (steps / 7).reshape(3, 4),
        "i64": torch.tensor([-(2**62), 0, 2**62 + 1]),
        "f32": (steps / 7).to(torch.float32).reshape(1, 3, 2, 2),
        "scalar": torch.tensor(0.25, dtype=torch.float32),
        "bf16": (steps / 3).to(torch.bfloat16),
        "f16": (steps / 3).to(torch.float16),
        "bool": steps > 5,
        "empty": torch.zeros(0, 4, dtype=torch.uint8),
        "u8": (steps * 23).to(torch.uint8),
    }


def main() -> None:
    if len(sys.argv) == 1:
        OUT.parent.mkdir(exist_ok=True)
        save_file(tensors(), OUT, METADATA)
        return
    with safe_open(sys.argv[2], "pt") as file:
        assert file.metadata() == METADATA, file.metadata()
        assert sorted(file.keys()) == sorted(tensors()), file.keys()
        for name, tensor in tensors().items():
            found = file.get_tensor(name)
            assert found.dtype == tensor.dtype and found.shape == tensor.shape and torch.equal(found, tensor), name
    print("all equal")


if __name__ == "__main__":
    main()
