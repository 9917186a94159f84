#!/usr/bin/env python3
"""Classifies pictures with an ONNX model that `danas export --to onnx` wrote.

Usage: run_onnx.py FOLDER PICTURE...
Needs onnxruntime, numpy and Pillow.
"""

import json
import pathlib
import sys

import numpy
import onnxruntime
from PIL import Image


def prepare(picture, metadata):
    """What danas does to a test image (a picture, or its path): resize the shorter side, take the middle, normalise."""
    if "heat_map_size" in metadata:
        sys.exit("this network finds key-points of persons: use docs/examples/run_keypoints.py")
    channels, height, width = json.loads(metadata["input_size"])
    picture = picture if isinstance(picture, Image.Image) else Image.open(picture)
    picture = picture.convert("L" if channels == 1 else "RGB")
    shorter, resize = min(picture.size), int(metadata["resize_shorter_side"])
    size = [resize * side // shorter for side in picture.size]
    picture = picture.resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
    picture = picture.crop((left, top, left + width, top + height))
    pixels = numpy.asarray(picture, numpy.float32).reshape(height, width, channels) * float(metadata["scale"])
    pixels = (pixels - json.loads(metadata["mean"])) / json.loads(metadata["std"])
    return pixels.transpose(2, 0, 1).astype(numpy.float32)


def main():
    session = onnxruntime.InferenceSession(pathlib.Path(sys.argv[1]) / "model.onnx", providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    labels = json.loads(metadata.get("class_labels", "[]"))
    for path in sys.argv[2:]:
        logits = session.run(None, {"image": prepare(path, metadata)[None]})[0][0]
        best = int(logits.argmax())
        print(f"{path}: {labels[best] if labels else best}")


if __name__ == "__main__":
    main()
