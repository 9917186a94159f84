#!/usr/bin/env python3
"""timm.create_model on each FOLDER answers with danas's logits.

Usage: check_timm.py FOLDER...
"""

import pathlib
import sys

import timm
import torch
from check_pytorch import load_module
from safetensors.torch import load_file


def check(folder):
    load_module(folder / "model.py")  # registers it
    model = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    examples = load_file(folder / "examples.safetensors")
    largest = max(1.0, examples["logits"].abs().max().item())
    difference = (model(examples["image"]) - examples["logits"]).abs().max().item()
    assert difference <= 1e-5 * largest, f"{folder}: logits differ by {difference} of {largest}"
    grey = model.pretrained_cfg["input_size"][0] == 1
    assert grey or model.pretrained_cfg["mean"] == [0.485, 0.456, 0.406], model.pretrained_cfg
    assert model.pretrained_cfg["label_names"][1] == "label of 1"
    features = model.forward_features(examples["image"])
    assert model.forward_head(features, pre_logits=True).shape[1] == model.num_features
    model.reset_classifier(3)
    assert model(examples["image"]).shape == (3, 3)
    other = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=5)
    assert other(examples["image"]).shape == (3, 5)


torch.set_grad_enabled(False)
for name in sys.argv[1:]:
    check(pathlib.Path(name))
