#include "graph_plan.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <stdexcept>

#include "channel_moves.h"
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

bool IsPointwise(const ConvNorm& module) {
  const ConvolutionShape& shape = module.conv().shape();
  return shape.kernel == 1 && shape.stride == 1 && shape.groups == 1;
}

bool IsDepthwise(const ConvNorm& module) {
  const ConvolutionShape& shape = module.conv().shape();
  return shape.groups == shape.in && shape.groups == shape.out;
}

// What the kernels compute behind a norm.
bool ClipsOrNothing(const ConvNorm& module) {
  const std::optional<Activation>& activation = module.activation();
  return !activation || activation == Activation::kRelu || activation == Activation::kRelu6;
}

bool FitsTheKernels(const FusedCandidate& chain) {
  const ConvolutionShape& depthwise = chain.depthwise->conv().shape();
  const bool kernel = depthwise.kernel == 3 || depthwise.kernel == 5 || depthwise.kernel == 7;
  return kernel && depthwise.stride <= 2 &&
         std::ranges::all_of(chain.Steps(), [](const ConvNorm* step) { return ClipsOrNothing(*step); });
}

}  // namespace

GraphPlan::GraphPlan(const BlockGraph& graph, const NormSpec& norm, bool affine)
    : graph_(graph),
      readers_(graph.steps.size() + 1),
      normed_(graph.steps.size()),
      convolutions_(graph.steps.size()),
      planned_(graph.steps.size(), false) {
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    for (const MapId input : graph.steps[i].inputs) readers_[input].push_back(i);
  }
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    const auto* step = std::get_if<ConvolutionStep>(&graph.steps[i].operation);
    if (!step) continue;
    const ConvolutionShape shape{.in = graph.shape(graph.steps[i].inputs[0]).channels,
                                 .out = step->out,
                                 .kernel = step->kernel,
                                 .stride = step->stride,
                                 .groups = step->groups};
    if (!step->norm) {
      convolutions_[i] = std::make_shared<Convolution>(shape, step->bias);
      continue;
    }
    std::optional<Activation> activation;
    if (const std::optional<size_t> behind = ActivationOf(MapOf(i))) {
      activation = std::get<ActivationStep>(graph.steps[*behind].operation).activation;
    }
    normed_[i] = std::make_shared<ConvNorm>(shape, norm, affine, activation);
  }
}

std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> GraphPlan::NamedModules() const {
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> modules;
  for (size_t i = 0; i < graph_.steps.size(); ++i) {
    if (normed_[i]) modules.emplace_back(graph_.steps[i].name, normed_[i]);
    if (convolutions_[i]) modules.emplace_back(graph_.steps[i].name, convolutions_[i]);
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
  for (MapId map = 0; map < readers_.size(); ++map) {
    if (map == graph_.result || readers_[map].empty()) continue;
    size_t last = 0;
    for (const size_t reader : readers_[map]) last = std::max(last, computed_by[reader]);
    computations[last].done.push_back(map);
  }
  return computations;
}

FusedCandidate GraphPlan::WholeChain() const {
  if (graph_.steps.empty()) return {.adds_input = true};
  std::optional<Chain> chain = ChainAt(0);
  if (!chain) throw std::logic_error("a graph that is no chain of convolutions");
  chain->modules.adds_input = chain->output != graph_.result;
  return chain->modules;
}

std::optional<size_t> GraphPlan::OnlyReader(MapId map) const {
  if (map == graph_.result || readers_[map].size() != 1) return std::nullopt;
  return readers_[map].front();
}

std::optional<size_t> GraphPlan::ActivationOf(MapId map) const {
  const std::optional<size_t> reader = OnlyReader(map);
  const bool activates = reader && std::holds_alternative<ActivationStep>(graph_.steps[*reader].operation);
  return activates ? reader : std::nullopt;
}

std::optional<GraphPlan::Link> GraphPlan::LinkOf(size_t step) const {
  if (!normed_[step]) return std::nullopt;
  Link link{.module = normed_[step].get(), .steps = {step}, .output = MapOf(step)};
  if (const std::optional<size_t> activation = ActivationOf(link.output)) {
    link.steps.push_back(*activation);
    link.output = MapOf(*activation);
  }
  return link;
}

std::optional<GraphPlan::Link> GraphPlan::LinkAfter(const Link& link) const {
  const std::optional<size_t> reader = OnlyReader(link.output);
  return reader ? LinkOf(*reader) : std::nullopt;
}

std::optional<GraphPlan::Chain> GraphPlan::ChainAt(size_t step) const {
  std::vector<Link> links;
  for (std::optional<Link> link = LinkOf(step); link && links.size() < 3; link = LinkAfter(links.back())) {
    links.push_back(*link);
  }
  const auto chain_of = [&](size_t first) -> std::optional<Chain> {  // the place of the depthwise
    if (links.size() < first + 2 || !IsDepthwise(*links[first].module) || !IsPointwise(*links[first + 1].module)) {
      return std::nullopt;
    }
    if (first > 0 && !IsPointwise(*links[0].module)) return std::nullopt;
    Chain chain{.modules = {.expand = first > 0 ? links[0].module : nullptr,
                            .depthwise = links[first].module,
                            .project = links[first + 1].module},
                .steps = {},
                .output = links[first + 1].output};
    for (size_t i = 0; i < first + 2; ++i) {
      chain.steps.insert(chain.steps.end(), links[i].steps.begin(), links[i].steps.end());
    }
    return FitsTheKernels(chain.modules) ? std::optional(chain) : std::nullopt;
  };
  const std::optional<Chain> whole = chain_of(1);
  return whole ? whole : chain_of(0);
}

bool GraphPlan::IsWritable(MapId map) const {
  // A convolution's gradient, and a norm's, do not need its result.
  return map > 0 && OnlyReader(map) && std::holds_alternative<ConvolutionStep>(graph_.steps[map - 1].operation);
}

GraphPlan::Run GraphPlan::PlanStep(size_t i, KernelChoice kernels) {
  planned_[i] = true;
  const Step& step = graph_.steps[i];
  const MapId x = step.inputs[0], y = MapOf(i);
  return std::visit(
      [&](const auto& operation) -> Run {
        using S = std::decay_t<decltype(operation)>;
        if constexpr (std::is_same_v<S, ConvolutionStep>) return PlanConvolution(i, kernels);
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

GraphPlan::Run GraphPlan::PlanConvolution(size_t i, KernelChoice kernels) {
  const MapId x = graph_.steps[i].inputs[0];
  if (convolutions_[i]) {
    return [x, y = MapOf(i), module = convolutions_[i].get()](Maps& maps) { maps[y] = module->forward(maps[x]); };
  }
  if (const std::optional<Chain> chain = ChainAt(i)) {
    for (const size_t step : chain->steps) planned_[step] = true;
    return [x, y = chain->output, kernels, modules = chain->modules](Maps& maps) {
      maps[y] = ForwardUnit(kernels, maps[x], modules);
    };
  }
  const Link link = *LinkOf(i);
  for (const size_t step : link.steps) planned_[step] = true;
  return [x, y = link.output, module = link.module](Maps& maps) { maps[y] = module->forward(maps[x]); };
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
    return [x, y, places = BranchPlaces(step.places)](Maps& maps) mutable { maps[y] = places.Take(maps[x]); };
  }
  const bool in_turn = step.which == Channels::kEven || step.which == Channels::kOdd;
  const bool is_second = step.which == Channels::kOdd || step.which == Channels::kSecondHalf;
  const auto is_other = [&](size_t reader) {
    const auto* take = std::get_if<TakeStep>(&graph_.steps[reader].operation);
    const Channels other = in_turn ? (is_second ? Channels::kEven : Channels::kOdd)
                                   : (is_second ? Channels::kFirstHalf : Channels::kSecondHalf);
    return take && take->which == other && !planned_[reader];
  };
  const auto other = std::ranges::find_if(readers_[x], is_other);
  const std::optional<size_t> pair = other == readers_[x].end() ? std::nullopt : std::optional(*other);
  if (pair) planned_[*pair] = true;
  const auto goes_through_convolution = [&](size_t take) {
    return std::ranges::any_of(readers_[MapOf(take)], [&](size_t reader) {
      return std::holds_alternative<ConvolutionStep>(graph_.steps[reader].operation);
    });
  };
  const auto put = [](at::Tensor& to, const at::Tensor& half, const at::Tensor& whole, bool contiguous) {
    to = contiguous ? half.contiguous(whole.suggest_memory_format()) : half;
  };
  return [=, here = goes_through_convolution(i), there = pair && goes_through_convolution(*pair)](Maps& maps) {
    const at::Tensor whole = maps[x];
    auto [first, second] = in_turn ? EvenAndOddChannels(whole) : HalvesOfChannels(whole);
    if (is_second) std::swap(first, second);
    put(maps[y], first, whole, here);
    if (pair) put(maps[*pair + 1], second, whole, there);
  };
}

GraphPlan::Run GraphPlan::PlanPut(size_t i) const {
  const std::vector<MapId>& inputs = graph_.steps[i].inputs;
  const auto& step = std::get<PutStep>(graph_.steps[i].operation);
  return [x = inputs[0], branch = inputs[1], y = MapOf(i), places = BranchPlaces(step.places)](Maps& maps) mutable {
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
  const std::optional<size_t> activated = over ? ActivationOf(y) : std::nullopt;
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
