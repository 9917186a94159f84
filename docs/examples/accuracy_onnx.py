#!/usr/bin/env python3
"""Measures top-1 of ONNX models that `danas export --to onnx` wrote, on a test set.

Usage: accuracy_onnx.py --data DATA MODEL.onnx...
DATA: class folders of pictures, or a folder with them in val or test; or CIFAR's binary or Fashion-MNIST's IDX files.
Needs onnxruntime, numpy and Pillow.
"""

import argparse
import gzip
import json
import pathlib

import numpy
import onnxruntime
from PIL import Image

from run_onnx import prepare


def read_folder(root, ids):
    root = next((root / name for name in ("val", "test") if (root / name).is_dir()), root)
    # Without class ids in the model, classes are in the order of the folders' names.
    ids = ids or sorted(path.name for path in root.iterdir() if path.is_dir())
    for number, name in enumerate(ids):
        for path in sorted((root / name).iterdir()):
            yield path, number


def read_cifar(path, label_bytes):
    records = numpy.fromfile(path, numpy.uint8).reshape(-1, label_bytes + 3072)
    for record in records:
        yield Image.fromarray(record[label_bytes:].reshape(3, 32, 32).transpose(1, 2, 0)), record[label_bytes - 1]


def read_idx(path):
    labels = path.with_name(path.name.replace("images-idx3", "labels-idx1"))
    content, numbers = [(gzip.open if file.suffix == ".gz" else open)(file, "rb").read() for file in (path, labels)]
    height, width = (int.from_bytes(content[at:at + 4], "big") for at in (8, 12))
    pictures = numpy.frombuffer(content, numpy.uint8, offset=16).reshape(-1, height, width)
    yield from zip(map(Image.fromarray, pictures), numbers[8:])


def read(root, ids):
    """(picture or its path, number of its class) of each test image."""
    for name, label_bytes in (("test_batch.bin", 1), ("test.bin", 2)):
        for path in root.rglob(name):
            return read_cifar(path, label_bytes)
    for path in root.rglob("t10k-images-idx3-ubyte*"):
        return read_idx(path)
    return read_folder(root, ids)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("models", nargs="+")
    arguments = parser.parse_args()
    for model in arguments.models:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        right = []
        for picture, number in read(arguments.data, json.loads(metadata.get("class_ids", "[]"))):
            answer = session.run(None, {"image": prepare(picture, metadata)[None]})[0][0]
            right.append(answer.argmax() == number)
        print(f"{model}: top-1 {100 * numpy.mean(right):.2f} % of {len(right)} images")


if __name__ == "__main__":
    main()
