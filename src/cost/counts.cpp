#include "counts.h"

#include <type_traits>

namespace danas {
namespace {

// A fully connected layer is a 1x1 convolution of a 1x1 map.
struct Convolution {
  int in = 0;
  int out = 0;
  int kernel = 1;
  int groups = 1;
  // Each weight is used once at every pixel of a map of this size: the output's; where the convolution is transposed
  // the input's, as fvcore counts.
  Size used_at;
  Size output;
  bool norm = true;  // followed by an affine batch norm
  bool bias = false;
};

double NormParameters(int channels) { return 2.0 * channels; }

Counts CountsOf(const Convolution& convolution) {
  const auto& [in, out, kernel, groups, used_at, output, norm, bias] = convolution;
  const double weights = double{1} * out * (in / groups) * kernel * kernel;
  return {.macs = weights * used_at.height * used_at.width,
          .macs_at_output = weights * output.height * output.width,
          .parameters = weights + (bias ? out : 0) + (norm ? NormParameters(out) : 0)};
}

// `Convolving`: ConvolutionStep or DeconvolutionStep.
template <typename Convolving>
Counts CountsOf(const Convolving& step, int in, Size used_at, Size output) {
  return CountsOf(Convolution{.in = in,
                              .out = step.out,
                              .kernel = step.kernel,
                              .groups = step.groups,
                              .used_at = used_at,
                              .output = output,
                              .norm = step.norm,
                              .bias = step.bias});
}

Counts CountsOf(const Step& step, const MapShape& input) {
  return std::visit(
      [&](const auto& operation) -> Counts {
        using S = std::decay_t<decltype(operation)>;
        const Size output = step.output.size;
        if constexpr (std::is_same_v<S, ConvolutionStep>) return CountsOf(operation, input.channels, output, output);
        if constexpr (std::is_same_v<S, DeconvolutionStep>) {
          return CountsOf(operation, input.channels, input.size, output);
        }
        if constexpr (std::is_same_v<S, NormStep>) return {.parameters = NormParameters(input.channels)};
        if constexpr (std::is_same_v<S, ScaleStep>) return {.parameters = double{1} * input.channels};
        return {};
      },
      step.operation);
}

Counts FullyConnected(int in, int out, bool bias) {
  return CountsOf(Convolution{.in = in, .out = out, .used_at = {1, 1}, .output = {1, 1}, .norm = false, .bias = bias});
}

Counts HeatMapCounts(const SearchSpace& space) {
  return CountsOf(Convolution{.in = space.feature_channels(),
                              .out = space.classes(),
                              .used_at = space.feature_size(),
                              .output = space.feature_size(),
                              .norm = false,
                              .bias = true});
}

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  macs += other.macs;
  macs_at_output += other.macs_at_output;
  parameters += other.parameters;
  return *this;
}

Counts CountsOf(const BlockGraph& graph) {
  Counts sum;
  for (const Step& step : graph.steps) sum += CountsOf(step, graph.shape(step.inputs[0]));
  return sum;
}

Counts StemCounts(const SearchSpace& space) {
  const StemSpec& stem = space.stem();
  if (stem.channels == 0) return {};
  const Size output = Downsampled(space.input(), stem.stride);
  return CountsOf(Convolution{
      .in = space.input_channels(), .out = stem.channels, .kernel = stem.kernel, .used_at = output, .output = output});
}

Counts HeadCounts(const SearchSpace& space) {
  if (space.has_heat_maps()) return HeatMapCounts(space);
  const HeadSpec& head = space.head();
  Counts sum;
  if (head.channels > 0) {
    sum += CountsOf(Convolution{.in = space.feature_channels(),
                                .out = head.channels,
                                .used_at = space.feature_size(),
                                .output = space.feature_size()});
  }
  int features = space.pooled_features();
  for (const int width : head.hidden) {
    sum += FullyConnected(features, width, true);
    features = width;
  }
  sum += FullyConnected(features, space.classes(), head.bias);
  return sum;
}

}  // namespace danas
