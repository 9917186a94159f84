#include "danas/arch/graph_chains.h"

namespace danas {
namespace {

// Padded by kernel / 2 at each side: `same` is that, too, for an odd kernel at stride 1.
bool IsSymmetric(const ConvolutionStep& step) {
  return step.kernel % 2 == 1 && (step.stride == 1 || step.padding == Padding::kSymmetric);
}

}  // namespace

std::vector<Link> Chain::Links() const {
  if (!expand) return {depthwise, project};
  return {*expand, depthwise, project};
}

std::vector<size_t> Chain::Steps() const {
  std::vector<size_t> steps;
  for (const Link& link : Links()) {
    steps.push_back(link.convolution);
    if (link.activation) steps.push_back(*link.activation);
  }
  return steps;
}

GraphChains::GraphChains(const BlockGraph& graph) : graph_(graph), readers_(graph.steps.size() + 1) {
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    for (const MapId input : graph.steps[i].inputs) readers_[input].push_back(i);
  }
}

std::optional<size_t> GraphChains::OnlyReader(MapId map) const {
  if (map == graph_.result || readers_[map].size() != 1) return std::nullopt;
  return readers_[map].front();
}

std::optional<size_t> GraphChains::ActivationOf(MapId map) const {
  const std::optional<size_t> reader = OnlyReader(map);
  const bool activates = reader && std::holds_alternative<ActivationStep>(graph_.steps[*reader].operation);
  return activates ? reader : std::nullopt;
}

std::optional<Link> GraphChains::LinkAt(size_t step) const {
  const auto* convolution = std::get_if<ConvolutionStep>(&graph_.steps[step].operation);
  if (!convolution || !convolution->norm) return std::nullopt;
  Link link{.convolution = step, .activation = ActivationOf(step + 1), .output = step + 1};
  if (link.activation) link.output = *link.activation + 1;
  return link;
}

std::optional<Chain> GraphChains::ChainAt(size_t step) const {
  const std::optional<Link> first = LinkAt(step);
  const std::optional<Link> second = first ? LinkAfter(*first) : std::nullopt;
  if (!second) return std::nullopt;
  const std::optional<Link> third = LinkAfter(*second);
  if (third && IsPointwise(*first) && IsDepthwise(*second) && IsPointwise(*third)) return Chain{first, *second, *third};
  if (IsDepthwise(*first) && IsPointwise(*second)) return Chain{std::nullopt, *first, *second};
  return std::nullopt;
}

const ConvolutionStep& GraphChains::ConvolutionOf(const Link& link) const {
  return std::get<ConvolutionStep>(graph_.steps[link.convolution].operation);
}

bool GraphChains::IsPointwise(const Link& link) const {
  const ConvolutionStep& step = ConvolutionOf(link);
  return step.kernel == 1 && step.stride == 1 && step.groups == 1 && !step.bias;
}

bool GraphChains::IsDepthwise(const Link& link) const {
  const ConvolutionStep& step = ConvolutionOf(link);
  const int in = graph_.shape(graph_.steps[link.convolution].inputs[0]).channels;
  return step.groups == in && step.out == in && !step.bias && IsSymmetric(step);
}

std::optional<Link> GraphChains::LinkAfter(const Link& link) const {
  const std::optional<size_t> reader = OnlyReader(link.output);
  return reader ? LinkAt(*reader) : std::nullopt;
}

}  // namespace danas
