#!/usr/bin/env python3
"""Classifies pictures with a folder that `danas export --to timm` wrote.

Usage: run_timm.py FOLDER PICTURE...
Needs timm and Pillow.
"""

import pathlib
import sys

import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(folder))
    import model as registered  # noqa: F401

    network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    labels = network.pretrained_cfg.get("label_names")
    prepare = create_transform(**resolve_data_config({}, model=network))
    mode = "L" if network.pretrained_cfg["input_size"][0] == 1 else "RGB"
    for path in sys.argv[2:]:
        with torch.inference_mode():
            best = network(prepare(Image.open(path).convert(mode))[None])[0].argmax().item()
        print(f"{path}: {labels[best] if labels else best}")


if __name__ == "__main__":
    main()
