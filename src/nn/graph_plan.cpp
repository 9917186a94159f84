#include "graph_plan.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "channel_moves.h"
#include "danas/nn/graph_modules.h"
#include "danas/nn/norm.h"
#include "danas/nn/pool.h"

namespace danas {
namespace {

using Maps = GraphBlock::Maps;

// activation(y + other); y may be overwritten.
at::Tensor AddAndActivate(at::Tensor y, const at::Tensor& other, Activation activation) {
  // One pass over memory instead of two; autograd does not know this operator.
  if (c10::InferenceMode::is_enabled() && activation == Activation::kRelu && y.is_cpu()) {
    return at::_add_relu_(y, other);
  }
  return Activate(y.add_(other), activation);
}

at::Tensor Pooled(const at::Tensor& x_nchw, const PoolStep& step) {
  const bool even = step.kernel % 2 == 0;
  const int64_t k = step.kernel, stride = step.stride, padding = even ? 0 : k / 2;
  if (step.pool == Pool::kAverage) {
    return at::avg_pool2d(x_nchw, {k, k}, {stride, stride}, {padding, padding}, /*ceil_mode=*/even);
  }
  return at::max_pool2d(x_nchw, {k, k}, {stride, stride}, {padding, padding}, {1, 1}, /*ceil_mode=*/even);
}

}  // namespace

GraphPlan::GraphPlan(const BlockGraph& graph, const NormSpec& norm, bool affine)
    : graph_(graph),
      chains_(graph),
      modules_(graph.steps.size()),
      forwards_(graph.steps.size()),
      normed_(graph.steps.size()),
      planned_(graph.steps.size(), false) {
  for (size_t i = 0; i < graph.steps.size(); ++i) MakeModule(i, norm, affine);
}

template <typename Module>
void GraphPlan::SetModule(size_t i, std::shared_ptr<Module> module) {
  forwards_[i] = [forward = module.get()](const at::Tensor& x_nchw) { return forward->forward(x_nchw); };
  modules_[i] = std::move(module);
}

void GraphPlan::MakeModule(size_t i, const NormSpec& norm, bool affine) {
  const Operation& operation = graph_.steps[i].operation;
  const int channels = graph_.shape(graph_.steps[i].inputs[0]).channels;
  if (const auto* step = std::get_if<ConvolutionStep>(&operation)) {
    const ConvolutionShape shape{.in = channels,
                                 .out = step->out,
                                 .kernel = step->kernel,
                                 .stride = step->stride,
                                 .groups = step->groups,
                                 .padding = step->padding};
    if (!step->norm) return SetModule(i, std::make_shared<Convolution>(shape, step->bias));
    std::optional<Activation> activation;
    if (const std::optional<size_t> behind = chains_.ActivationOf(MapOf(i))) {
      activation = std::get<ActivationStep>(graph_.steps[*behind].operation).activation;
    }
    const auto module = std::make_shared<ConvNorm>(shape, norm, affine, activation, step->bias);
    normed_[i] = module.get();
    SetModule(i, module);
  } else if (const auto* deconvolution = std::get_if<DeconvolutionStep>(&operation)) {
    if (deconvolution->norm) return SetModule(i, std::make_shared<DeconvNorm>(channels, *deconvolution, norm, affine));
    SetModule(i, std::make_shared<Deconvolution>(channels, *deconvolution, deconvolution->bias));
  } else if (const auto* kind = std::get_if<NormStep>(&operation)) {
    if (kind->norm == NormKind::kBatch) return SetModule(i, std::make_shared<BatchNorm>(channels, norm, affine));
    SetModule(i, std::make_shared<LayerNorm>(channels, kind->epsilon, affine));
  } else if (const auto* scale = std::get_if<ScaleStep>(&operation)) {
    SetModule(i, std::make_shared<ChannelScale>(channels, scale->initial));
  }
}

std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> GraphPlan::NamedModules() const {
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> modules;
  for (size_t i = 0; i < graph_.steps.size(); ++i) {
    if (modules_[i]) modules.emplace_back(graph_.steps[i].name, modules_[i]);
  }
  std::ranges::stable_partition(modules, [&](const auto& named) {
    return !graph_.weights_first.empty() && named.first.starts_with(graph_.weights_first + ".");
  });
  return modules;
}

std::vector<GraphBlock::Computation> GraphPlan::Computations(KernelChoice kernels) {
  std::vector<GraphBlock::Computation> computations;
  std::vector<size_t> computed_by(graph_.steps.size());  // [step]
  for (size_t i = 0; i < graph_.steps.size(); ++i) {
    if (planned_[i]) continue;
    const std::vector<bool> before = planned_;
    computations.push_back({.run = PlanStep(i, kernels)});
    for (size_t j = 0; j < planned_.size(); ++j) {
      if (planned_[j] && !before[j]) computed_by[j] = computations.size() - 1;
    }
  }
  for (MapId map = 0; map <= graph_.steps.size(); ++map) {
    if (map == graph_.result || chains_.Readers(map).empty()) continue;
    size_t last = 0;
    for (const size_t reader : chains_.Readers(map)) last = std::max(last, computed_by[reader]);
    computations[last].done.push_back(map);
  }
  return computations;
}

FusedCandidate GraphPlan::WholeChain() const {
  if (graph_.steps.empty()) return {.adds_input = true};
  const std::optional<Chain> chain = chains_.ChainAt(0);
  std::optional<FusedCandidate> fused = chain ? Fused(*chain) : std::nullopt;
  if (!fused) throw std::logic_error("a graph that is no chain for the fused kernels");
  fused->adds_input = chain->project.output != graph_.result;
  return *fused;
}

std::optional<FusedCandidate> GraphPlan::Fused(const Chain& chain) const {
  if (!FitsKernels(graph_, chain)) return std::nullopt;
  return FusedCandidate{.expand = chain.expand ? normed_[chain.expand->convolution] : nullptr,
                        .depthwise = normed_[chain.depthwise.convolution],
                        .project = normed_[chain.project.convolution]};
}

bool GraphPlan::IsWritable(MapId map) const {
  if (map == 0 || !chains_.OnlyReader(map)) return false;
  // A convolution's gradient, and a norm's, do not need its result.
  const Operation& operation = graph_.steps[map - 1].operation;
  return std::holds_alternative<ConvolutionStep>(operation) || std::holds_alternative<DeconvolutionStep>(operation);
}

bool GraphPlan::GoesThroughConvolution(MapId map) const {
  return std::ranges::any_of(chains_.Readers(map), [&](size_t reader) {
    return std::holds_alternative<ConvolutionStep>(graph_.steps[reader].operation);
  });
}

GraphPlan::Run GraphPlan::PlanStep(size_t i, KernelChoice kernels) {
  planned_[i] = true;
  const Step& step = graph_.steps[i];
  const MapId x = step.inputs[0], y = MapOf(i);
  return std::visit(
      [&](const auto& operation) -> Run {
        using S = std::decay_t<decltype(operation)>;
        if constexpr (std::is_same_v<S, ConvolutionStep>) return PlanConvolution(i, kernels);
        if constexpr (std::is_same_v<S, DeconvolutionStep> || std::is_same_v<S, NormStep> ||
                      std::is_same_v<S, ScaleStep>) {
          return PlanModule(i);
        }
        if constexpr (std::is_same_v<S, ActivationStep>) return PlanActivation(i);
        if constexpr (std::is_same_v<S, TakeStep>) return PlanTake(i);
        if constexpr (std::is_same_v<S, PutStep>) return PlanPut(i);
        if constexpr (std::is_same_v<S, JoinStep>) return PlanJoin(i);
        if constexpr (std::is_same_v<S, AddStep>) return PlanAdd(i);
        if constexpr (std::is_same_v<S, MultiplyStep>) {
          return [x, factor = step.inputs[1], y](Maps& maps) { maps[y] = maps[x] * maps[factor]; };
        }
        if constexpr (std::is_same_v<S, MixStep>) {
          return [x, y, groups = operation.groups](Maps& maps) { maps[y] = MixGroups(maps[x], groups); };
        }
        if constexpr (std::is_same_v<S, PoolStep>) {
          return [x, y, operation](Maps& maps) { maps[y] = Pooled(maps[x], operation); };
        }
        if constexpr (std::is_same_v<S, GlobalAverageStep>) {
          return [x, y](Maps& maps) { maps[y] = GlobalAverage(maps[x]); };
        }
      },
      step.operation);
}

GraphPlan::Run GraphPlan::PlanModule(size_t i) const {
  return
      [x = graph_.steps[i].inputs[0], y = MapOf(i), forward = forwards_[i]](Maps& maps) { maps[y] = forward(maps[x]); };
}

GraphPlan::Run GraphPlan::PlanConvolution(size_t i, KernelChoice kernels) {
  if (!normed_[i]) return PlanModule(i);
  const MapId x = graph_.steps[i].inputs[0];
  const std::optional<Chain> chain = chains_.ChainAt(i);
  if (const std::optional<FusedCandidate> fused = chain ? Fused(*chain) : std::nullopt) {
    for (const size_t step : chain->Steps()) planned_[step] = true;
    return [x, y = chain->project.output, kernels, unit = *fused](Maps& maps) {
      maps[y] = ForwardUnit(kernels, maps[x], unit);
    };
  }
  const Link link = *chains_.LinkAt(i);
  if (link.activation) planned_[*link.activation] = true;
  return [x, y = link.output, forward = forwards_[i]](Maps& maps) { maps[y] = forward(maps[x]); };
}

GraphPlan::Run GraphPlan::PlanActivation(size_t i) const {
  const MapId x = graph_.steps[i].inputs[0], y = MapOf(i);
  const Activation activation = std::get<ActivationStep>(graph_.steps[i].operation).activation;
  if (activation == Activation::kRelu && IsWritable(x)) {
    return [x, y](Maps& maps) { maps[y] = ActivationWatch::Seen(at::relu_(maps[x])); };
  }
  return [x, y, activation](Maps& maps) { maps[y] = Activate(maps[x], activation); };
}

// Two halves of one map are taken together, as views. Convolutions want theirs in one piece.
GraphPlan::Run GraphPlan::PlanTake(size_t i) {
  const auto& step = std::get<TakeStep>(graph_.steps[i].operation);
  const MapId x = graph_.steps[i].inputs[0], y = MapOf(i);
  if (step.which == Channels::kListed) {
    return [x, y, places = ListedChannels(step.places)](Maps& maps) mutable { maps[y] = places.Take(maps[x]); };
  }
  const bool in_turn = step.which == Channels::kEven || step.which == Channels::kOdd;
  const Channels first = in_turn ? Channels::kEven : Channels::kFirstHalf;
  std::array<std::optional<MapId>, 2> halves;  // where the first and the second go
  for (const size_t reader : chains_.Readers(x)) {
    const auto* take = std::get_if<TakeStep>(&graph_.steps[reader].operation);
    if (!take || planned_[reader] != (reader == i)) continue;
    const bool is_first = take->which == first;
    if (!is_first && take->which != (in_turn ? Channels::kOdd : Channels::kSecondHalf)) continue;
    if (halves[is_first ? 0 : 1]) continue;
    halves[is_first ? 0 : 1] = MapOf(reader);
    planned_[reader] = true;
  }
  std::array<bool, 2> whole_piece{};
  for (size_t half = 0; half < 2; ++half) whole_piece[half] = halves[half] && GoesThroughConvolution(*halves[half]);
  return [x, in_turn, halves, whole_piece](Maps& maps) {
    const at::Tensor whole = maps[x];
    const auto [a, b] = in_turn ? EvenAndOddChannels(whole) : HalvesOfChannels(whole);
    for (size_t half = 0; half < 2; ++half) {
      if (!halves[half]) continue;
      const at::Tensor& part = half == 0 ? a : b;
      maps[*halves[half]] = whole_piece[half] ? part.contiguous(whole.suggest_memory_format()) : part;
    }
  };
}

GraphPlan::Run GraphPlan::PlanPut(size_t i) const {
  const std::vector<MapId>& inputs = graph_.steps[i].inputs;
  const auto& step = std::get<PutStep>(graph_.steps[i].operation);
  return [x = inputs[0], branch = inputs[1], y = MapOf(i), places = ListedChannels(step.places)](Maps& maps) mutable {
    maps[y] = places.Put(maps[x], maps[branch]);
  };
}

GraphPlan::Run GraphPlan::PlanJoin(size_t i) const {
  const bool in_turn = std::get<JoinStep>(graph_.steps[i].operation).in_turn;
  return [inputs = graph_.steps[i].inputs, y = MapOf(i), in_turn](Maps& maps) {
    std::vector<at::Tensor> joined;
    for (const MapId map : inputs) joined.push_back(maps[map]);
    maps[y] = in_turn ? Interleaved(joined) : at::cat(joined, 1);
  };
}

GraphPlan::Run GraphPlan::PlanAdd(size_t i) {
  MapId a = graph_.steps[i].inputs[0], b = graph_.steps[i].inputs[1], y = MapOf(i);
  if (!IsWritable(a)) std::swap(a, b);
  const bool over = IsWritable(a);
  const std::optional<size_t> activated = over ? chains_.ActivationOf(y) : std::nullopt;
  if (activated) {
    planned_[*activated] = true;
    const Activation activation = std::get<ActivationStep>(graph_.steps[*activated].operation).activation;
    return [a, b, y = MapOf(*activated), activation](Maps& maps) {
      maps[y] = AddAndActivate(maps[a], maps[b], activation);
    };
  }
  if (over) return [a, b, y](Maps& maps) { maps[y] = maps[a].add_(maps[b]); };
  return [a, b, y](Maps& maps) { maps[y] = maps[a] + maps[b]; };
}

}  // namespace danas
