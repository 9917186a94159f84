#include "graph_builder.h"

namespace danas {

MapId GraphBuilder::Append(Step step) {
  graph_.steps.push_back(std::move(step));
  return graph_.steps.size();
}

MapId GraphBuilder::Convolve(MapId x, const std::string& name, const ConvolutionStep& step,
                             std::optional<Activation> activation) {
  const MapShape output{step.out, Downsampled(graph_.shape(x).size, step.stride)};
  const MapId y = Append({.name = name, .operation = step, .inputs = {x}, .output = output});
  return activation ? Activate(y, *activation) : y;
}

MapId GraphBuilder::Pointwise(MapId x, const std::string& name, int out, std::optional<Activation> activation,
                              int stride) {
  return Convolve(x, name, {.out = out, .stride = stride}, activation);
}

MapId GraphBuilder::Operator(MapId x, const std::string& name, const OperatorSpec& op, int stride,
                             std::optional<Activation> activation) {
  const int channels = graph_.shape(x).channels, groups = op.kind == OperatorKind::kDepthwise ? channels : 1;
  return Convolve(x, name, {.out = channels, .kernel = op.kernel, .stride = stride, .groups = groups}, activation);
}

MapId GraphBuilder::Deconvolve(MapId x, const std::string& name, const DeconvolutionStep& step,
                               std::optional<Activation> activation) {
  const Size size = graph_.shape(x).size;
  const MapShape output{step.out, {size.height * step.stride, size.width * step.stride}};
  const MapId y = Append({.name = name, .operation = step, .inputs = {x}, .output = output});
  return activation ? Activate(y, *activation) : y;
}

MapId GraphBuilder::Norm(MapId x, const std::string& name, const NormStep& step) {
  return Append({.name = name, .operation = step, .inputs = {x}, .output = graph_.shape(x)});
}

MapId GraphBuilder::Scale(MapId x, const std::string& name, const ScaleStep& step) {
  return Append({.name = name, .operation = step, .inputs = {x}, .output = graph_.shape(x)});
}

MapId GraphBuilder::SqueezeExcite(MapId x, const std::string& name, int squeezed, Activation activation,
                                  Activation gate) {
  const auto dense = [](int out) { return ConvolutionStep{.out = out, .norm = false, .bias = true}; };
  MapId y = GlobalAverage(x);
  y = Convolve(y, name + ".reduce", dense(squeezed), activation);
  y = Convolve(y, name + ".expand", dense(graph_.shape(x).channels), gate);
  return Multiply(x, y);
}

MapId GraphBuilder::Activate(MapId x, Activation activation) {
  return Append({.name = "", .operation = ActivationStep{activation}, .inputs = {x}, .output = graph_.shape(x)});
}

MapId GraphBuilder::Take(MapId x, const TakeStep& step) {
  MapShape output = graph_.shape(x);
  output.channels = step.which == Channels::kListed ? static_cast<int>(step.places.size()) : output.channels / 2;
  return Append({.name = "", .operation = step, .inputs = {x}, .output = output});
}

MapId GraphBuilder::Put(MapId x, MapId branch, std::vector<int64_t> places) {
  return Append(
      {.name = "", .operation = PutStep{std::move(places)}, .inputs = {x, branch}, .output = graph_.shape(x)});
}

MapId GraphBuilder::Join(std::vector<MapId> maps, bool in_turn) {
  MapShape output = graph_.shape(maps.front());
  output.channels = 0;
  for (const MapId map : maps) output.channels += graph_.shape(map).channels;
  return Append({.name = "", .operation = JoinStep{in_turn}, .inputs = std::move(maps), .output = output});
}

MapId GraphBuilder::Mix(MapId x, int groups) {
  return Append({.name = "", .operation = MixStep{groups}, .inputs = {x}, .output = graph_.shape(x)});
}

MapId GraphBuilder::Add(MapId a, MapId b) {
  return Append({.name = "", .operation = AddStep{}, .inputs = {a, b}, .output = graph_.shape(a)});
}

MapId GraphBuilder::Multiply(MapId x, MapId factor) {
  return Append({.name = "", .operation = MultiplyStep{}, .inputs = {x, factor}, .output = graph_.shape(x)});
}

MapId GraphBuilder::Pooled(MapId x, const PoolStep& step) {
  MapShape output = graph_.shape(x);
  output.size = Downsampled(output.size, step.stride);
  return Append({.name = "", .operation = step, .inputs = {x}, .output = output});
}

MapId GraphBuilder::GlobalAverage(MapId x) {
  MapShape output = graph_.shape(x);
  output.size = {1, 1};
  return Append({.name = "", .operation = GlobalAverageStep{}, .inputs = {x}, .output = output});
}

}  // namespace danas
