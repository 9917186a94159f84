// A block's graph as nodes of ONNX.
#pragma once

#include <string>

#include "danas/arch/block_graph.h"
#include "onnx_graph.h"

namespace danas {

// What each block of a network is folded with.
struct OnnxFold {
  OnnxGraph& graph;
  const ExportedNetwork& exported;
  bool keep_batch_norm = false;
};

// The nodes of `block`, whose weights' names begin with `prefix` and a point, on the map `x`; gives the result.
Value AppendBlock(const OnnxFold& fold, const BlockGraph& block, const std::string& prefix, const Value& x);

// A convolution of these weights; then its norm, where it has one.
Value AppendConvolution(const OnnxFold& fold, const ConvolutionStep& step, const MapShape& input,
                        const std::string& name, const Value& x);

Value AppendActivation(OnnxGraph& graph, Activation activation, const std::string& name, const Value& x);

}  // namespace danas
