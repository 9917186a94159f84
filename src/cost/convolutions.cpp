#include "convolutions.h"

namespace danas {
namespace {

Convolution Pointwise(int in, int out, Size output) { return {.in = in, .out = out, .output = output}; }

Convolution FullyConnected(int in, int out, bool bias) {
  return {.in = in, .out = out, .output = {1, 1}, .norm = false, .bias = bias};
}

}  // namespace

double Convolution::weights() const { return double{1} * out * (in / groups) * kernel * kernel; }

double Convolution::macs() const { return weights() * output.height * output.width; }

double Convolution::parameters() const { return weights() + (bias ? out : 0) + (norm ? 2.0 * out : 0); }

std::vector<Convolution> ConvolutionsOf(const BlockGraph& graph) {
  std::vector<Convolution> list;
  for (const Step& step : graph.steps) {
    const auto* convolution = std::get_if<ConvolutionStep>(&step.operation);
    if (!convolution) continue;
    list.push_back({.in = graph.shape(step.inputs[0]).channels,
                    .out = convolution->out,
                    .kernel = convolution->kernel,
                    .groups = convolution->groups,
                    .output = step.output.size,
                    .norm = convolution->norm,
                    .bias = convolution->bias});
  }
  return list;
}

std::vector<Convolution> StemConvolutions(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  if (stem.channels == 0) return {};
  return {{.in = space.input_channels(),
           .out = stem.channels,
           .kernel = stem.kernel,
           .output = Downsampled(space.input(), stem.stride)}};
}

std::vector<Convolution> HeadConvolutions(const SearchSpace& space) {
  const HeadSpec& head = space.head();
  std::vector<Convolution> list;
  if (head.channels > 0) list.push_back(Pointwise(space.feature_channels(), head.channels, space.feature_size()));
  int features = space.pooled_features();
  for (const int width : head.hidden) {
    list.push_back(FullyConnected(features, width, true));
    features = width;
  }
  list.push_back(FullyConnected(features, space.classes(), head.bias));
  return list;
}

}  // namespace danas
