#!/usr/bin/env python3
"""Each FOLDER/model.onnx passes ONNX's checker, and ONNX Runtime answers with danas's logits.

Usage: check_onnx.py [--batch-norms] [--softmax] FOLDER...
"""

import json
import pathlib
import sys

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file


def check(folder, batch_norms, softmax):
    path = folder / "model.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path)
    kinds = {node.op_type for node in model.graph.node}
    if batch_norms != ("BatchNormalization" in kinds):
        # What stands behind no convolution stays in any case.
        alone = folder.name.startswith("every_step") and not batch_norms
        assert alone and [n.op_type for n in model.graph.node].count("BatchNormalization") == 1, f"{folder}: {kinds}"
    examples = load_file(folder / "examples.safetensors")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    answer = "heat_maps" if "heat_maps" in examples else "logits"
    classes = examples[answer].shape[1]
    if answer == "logits":
        assert json.loads(metadata["class_labels"])[1] == "label of 1"
        assert len(json.loads(metadata["class_ids"])) == classes
        assert metadata["resize_shorter_side"] == "48", metadata
    else:
        assert json.loads(metadata["keypoints"])[1] == "label of 1" and len(json.loads(metadata["keypoints"])) == classes
        assert json.loads(metadata["heat_map_size"]) == list(examples[answer].shape[2:]), metadata
        # Made names: which of them change places in a mirror image is not known.
        assert (metadata["flip_test"], metadata["flip_pairs"]) == ("false", "[]") and "skeleton" not in metadata, metadata
        assert metadata["box_scale"] == "1.25" and metadata["crop"] == "box" and "class_ids" not in metadata, metadata
    grey = json.loads(metadata["input_size"])[0] == 1
    assert (len(json.loads(metadata["mean"])) == 1 if grey else metadata["mean"] == "[0.485,0.456,0.406]"), metadata
    expected = examples[answer]
    if softmax:
        expected = numpy.exp(expected - expected.max(1, keepdims=True))
        expected /= expected.sum(1, keepdims=True)
    (output,) = session.get_outputs()
    assert output.name == ("probabilities" if softmax else answer)
    assert output.shape == ["batch", *expected.shape[1:]], output.shape
    for count in (1, 3):  # the batch is dynamic
        found = session.run(None, {"image": examples["image"][:count]})[0]
        difference = numpy.abs(found - expected[:count]).max()
        largest = max(1.0, numpy.abs(expected).max())
        assert difference <= 1e-4 * largest, f"{folder}: logits differ by {difference} of {largest}"
    assert expected.std() > 1e-3, f"{folder}: all answers are alike"


arguments = sys.argv[1:]
for name in [word for word in arguments if not word.startswith("--")]:
    check(pathlib.Path(name), "--batch-norms" in arguments, "--softmax" in arguments)
