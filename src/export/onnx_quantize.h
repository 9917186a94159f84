// A finished float32 graph with int8 weights and uint8 activations, in the QDQ form: QuantizeLinear and
// DequantizeLinear around the operators, which a runtime fuses into integer ones (ONNX Runtime's documentation, "Quantize
// ONNX models"; Jacob et al., "Quantization and training of neural networks for efficient integer-arithmetic-only
// inference", CVPR 2018).
#pragma once

#include <set>
#include <string>

#include "danas/export/plain_graph.h"
#include "onnx/onnx.pb.h"

namespace danas {

// Inputs and results of convolutions and fully connected layers, and sums of such values; where only a Relu or Clip
// follows, its result in place of theirs. The network's own result is not among them.
std::set<std::string> QuantizedValues(const onnx::GraphProto& graph);

// Values uint8, which more of ONNX Runtime's kernels take than int8, with one scale and zero point; weights int8,
// symmetric, with a scale each output channel (one a tensor for grouped transposed convolutions); biases int32 of scale
// (input's x weight's). std::logic_error where `ranges` lacks one of QuantizedValues().
void Quantize(onnx::GraphProto& graph, const ValueRanges& ranges);

}  // namespace danas
