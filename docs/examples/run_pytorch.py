#!/usr/bin/env python3
"""Classifies pictures with a module that `danas export --to pytorch` wrote.

Usage: run_pytorch.py FOLDER PICTURE...
Needs torch, torchvision, safetensors and Pillow.
"""

import json
import pathlib
import sys

import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_model
from torchvision.transforms import v2


def preprocessing(folder):
    """torchvision's transforms for what danas does to a test image."""
    how = json.loads((folder / "preprocess.json").read_text())
    if "heat_map_size" in how:
        sys.exit(f"{folder} finds key-points of persons: use docs/examples/run_keypoints.py")
    grey = [v2.Grayscale()] if how["color"] == "grey" else []
    return v2.Compose([*grey, v2.Resize(how["resize_shorter_side"], antialias=how["antialias"]),
                       v2.CenterCrop(how["input_size"][1:]), v2.ToImage(), v2.ToDtype(torch.float32, scale=True),
                       v2.Normalize(how["mean"], how["std"])])


def load_network(folder):
    sys.path.insert(0, str(folder))
    import model as exported

    # The network is the file's last class.
    network = [kind for kind in vars(exported).values() if hasattr(kind, "forward_features")][-1]().eval()
    load_model(network, folder / "model.safetensors")
    return network


def main():
    folder = pathlib.Path(sys.argv[1])
    prepare = preprocessing(folder)
    network = load_network(folder)
    with safe_open(folder / "model.safetensors", "pt") as file:
        classes = json.loads((file.metadata() or {}).get("class_order", "[]"))
    for path in sys.argv[2:]:
        with torch.inference_mode():
            best = network(prepare(Image.open(path).convert("RGB"))[None])[0].argmax().item()
        print(f"{path}: {classes[best] if classes else best}")


if __name__ == "__main__":
    main()
