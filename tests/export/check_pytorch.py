#!/usr/bin/env python3
"""Each FOLDER/model.py with its model.safetensors answers with danas's logits, as it is, scripted and exported.

Usage: check_pytorch.py FOLDER...
"""

import importlib.util
import pathlib
import sys

import torch
from safetensors.torch import load_file


def load_module(path):
    spec = importlib.util.spec_from_file_location(f"model_of_{path.parent.name}".replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check(folder):
    module = load_module(folder / "model.py")
    (kind,) = [value for value in vars(module).values() if hasattr(value, "forward_features")]
    model = kind().eval()
    model.load_state_dict(load_file(folder / "model.safetensors"))
    examples = load_file(folder / "examples.safetensors")
    image, expected = examples["image"], examples["heat_maps" if "heat_maps" in examples else "logits"]
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(model, (image,), dynamic_shapes=({0: batch},)).module()
    for what, forward in (("eager", model), ("torch.jit.script", torch.jit.script(model)), ("torch.export", exported)):
        for count in (3, 2):
            difference = (forward(image[:count]) - expected[:count]).abs().max().item()
            largest = max(1.0, expected.abs().max().item())
            assert difference <= 1e-5 * largest, f"{folder}, {what}: logits differ by {difference} of {largest}"


torch.set_grad_enabled(False)
for name in sys.argv[1:]:
    check(pathlib.Path(name))
