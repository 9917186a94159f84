// A block's graph as lines for a terminal, and what its drawings have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"

namespace danas {

// What a drawing shows as one: a step and, behind a convolution, the activation that nothing but reads its result.
struct DrawnStep {
  size_t step = 0;
  std::optional<Activation> activation = {};
  MapId output = 0;
  std::vector<size_t> reads = {};  // 0: the block's input; i + 1: the result of drawn step i
};

// Whether a convolution or deconvolution has one filter for each channel that it reads.
template <typename AnyConvolution>
bool IsDepthwise(const AnyConvolution& step, int channels_read) {
  return step.groups > 1 && step.groups == channels_read && step.groups == step.out;
}

// All steps, in the order in which they are computed.
std::vector<DrawnStep> DrawnSteps(const BlockGraph& graph);

// Which drawn step gives the block's result, counted as in DrawnStep::reads.
size_t DrawnResult(const BlockGraph& graph, const std::vector<DrawnStep>& steps);

// A line for the input and for each drawn step. From left to right: lines from maps to the steps further down that read
// them; the step's name, or its number where it has none and another line calls it; what it is, as in "convolution 3x3,
// stride 2, 4 groups, batch norm, relu6"; what it reads, as in "<- op, input", where that is not just the line above;
// the channels, height and width of its result, as in "96 x 16 x 16". Where the result is not the last step's, a last
// line says whose it is.
std::string GraphText(const BlockGraph& graph);

}  // namespace danas
