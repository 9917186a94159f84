#!/usr/bin/env python3
"""FOLDER/model-int8.onnx passes ONNX's checker, holds int8 weights, and answers as FOLDER/model.onnx does.

Usage: check_int8.py [--fused] [--agree SHARE] --error SHARE FOLDER PICTURE...
--error: the root mean square of the logits' differences over that of the logits' deviations, at most.
--agree: the share of pictures of which both models say the same, at least.
--fused: ONNX Runtime computes every convolution, fully connected layer and sum in integers, and int8 takes little more
than a quarter of the bytes.
"""

import argparse
import pathlib
import sys

import numpy
import onnx
import onnxruntime

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "docs/examples"))
from run_onnx import prepare  # noqa: E402

WEIGHTED = ("Conv", "ConvTranspose", "Gemm")


def weight_bytes(model):
    return sum(len(tensor.raw_data) for tensor in model.graph.initializer)


def check_file(folder):
    path = folder / "model-int8.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    model, whole = onnx.load(path), onnx.load(folder / "model.onnx")
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    by_result = {node.output[0]: node for node in model.graph.node}
    for node in model.graph.node:
        if node.op_type not in WEIGHTED:
            continue
        assert all(by_result[name].op_type == "DequantizeLinear" for name in node.input), node
        kinds = [constants[by_result[name].input[0]].data_type for name in node.input[1:]]
        assert kinds == [onnx.TensorProto.INT8, onnx.TensorProto.INT32][:len(kinds)], node
    biggest = max(whole.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    assert len(constants[f"{biggest.name}.quantized"].raw_data) * 4 == len(biggest.raw_data)
    return weight_bytes(model) / weight_bytes(whole)


def session_of(path, **settings):
    options = onnxruntime.SessionOptions()
    for key, value in settings.items():
        setattr(options, key, value)
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def check_fused(folder):
    path = folder / "optimised.onnx"
    session_of(folder / "model-int8.onnx", optimized_model_filepath=str(path), log_severity_level=3)
    kinds = [node.op_type for node in onnx.load(path).graph.node]
    assert not set(kinds) & {"Conv", "FusedConv", "Gemm", "Add"} and {"QLinearConv", "QGemm"} <= set(kinds), kinds


def check_answers(arguments):
    sessions = [session_of(arguments.folder / name) for name in ("model.onnx", "model-int8.onnx")]
    metadata = sessions[1].get_modelmeta().custom_metadata_map
    assert metadata == sessions[0].get_modelmeta().custom_metadata_map
    images = numpy.stack([prepare(path, metadata) for path in arguments.pictures])
    expected, found = [session.run(None, {"image": images})[0] for session in sessions]
    error = numpy.sqrt(((found - expected) ** 2).mean()) / expected.std()
    agree = (found.argmax(1) == expected.argmax(1)).mean()
    print(f"{arguments.folder.name}: error {error:.4f}, agree {agree:.3f}")
    assert 0 < error <= arguments.error, f"{arguments.folder}: logits differ by {error} of their deviation"
    assert agree >= arguments.agree, f"{arguments.folder}: {agree} of the answers agree"


parser = argparse.ArgumentParser()
parser.add_argument("--fused", action="store_true")
parser.add_argument("--agree", type=float, default=0)
parser.add_argument("--error", type=float, required=True)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("pictures", nargs="+")
given = parser.parse_args()
share = check_file(given.folder)
if given.fused:
    assert 0.25 < share < 0.28, f"int8 takes {share} of float32's bytes"
    check_fused(given.folder)
check_answers(given)
