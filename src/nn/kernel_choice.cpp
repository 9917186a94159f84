// What is computed by the fused kernels, and why not the rest.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "danas/core/error.h"
#include "danas/kernels/level.h"
#include "danas/nn/fused_layer.h"

namespace danas {
namespace {

const ConvolutionStep& DepthwiseOf(const BlockGraph& graph, const Chain& chain) {
  return std::get<ConvolutionStep>(graph.steps[chain.depthwise.convolution].operation);
}

// One after the other in memory, in the order in which the kernels read them.
bool IsDense(const at::Tensor& weight) {
  return weight.is_contiguous() || weight.is_contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

std::vector<ConvNorm*> FusedCandidate::Steps() const {
  std::vector<ConvNorm*> steps;
  for (ConvNorm* step : {expand, depthwise, project}) {
    if (step) steps.push_back(step);
  }
  return steps;
}

bool FitsKernels(int64_t kernel, int64_t stride, const std::optional<Activation>& activation) {
  const bool clips = !activation || activation == Activation::kRelu || activation == Activation::kRelu6;
  return clips && (kernel == 3 || kernel == 5 || kernel == 7) && stride <= 2;
}

bool FitsKernels(const BlockGraph& graph, const Chain& chain) {
  const ConvolutionStep& depthwise = DepthwiseOf(graph, chain);
  return std::ranges::all_of(chain.Links(), [&](const Link& link) {
    std::optional<Activation> activation;
    if (link.activation) activation = std::get<ActivationStep>(graph.steps[*link.activation].operation).activation;
    return FitsKernels(depthwise.kernel, depthwise.stride, activation);
  });
}

bool IsFusible(const BlockGraph& graph, int stride) {
  if (graph.steps.empty()) return stride == 1;
  const std::optional<Chain> chain = GraphChains(graph).ChainAt(0);
  if (!chain || !FitsKernels(graph, *chain) || DepthwiseOf(graph, *chain).stride != stride) return false;
  if (chain->project.activation) return false;  // a layer sums its candidates; this would have to come before
  const size_t others = graph.steps.size() - chain->Steps().size();
  const MapId y = chain->project.output;
  if (others == 0) return graph.result == y;
  const Step& last = graph.steps.back();
  const bool adds = std::holds_alternative<AddStep>(last.operation) &&
                    std::ranges::is_permutation(last.inputs, std::array<MapId, 2>{0, y});
  return others == 1 && adds && stride == 1 && graph.result == graph.steps.size();
}

bool IsFusibleInParts(const BlockGraph& graph, int stride) {
  if (IsFusible(graph, stride)) return false;
  const GraphChains chains(graph);
  for (size_t i = 0; i < graph.steps.size(); ++i) {
    const std::optional<Chain> chain = chains.ChainAt(i);
    if (chain && FitsKernels(graph, *chain)) return true;
  }
  return false;
}

bool IsFusible(const BlockSpec& block, const LayerShape& shape) {
  return IsFusible(GraphOf(block, shape), shape.stride);
}

bool IsFusibleInParts(const BlockSpec& block, const LayerShape& shape) {
  return IsFusibleInParts(GraphOf(block, shape), shape.stride);
}

bool HasFusedKernels(KernelChoice choice, at::Device device) {
  return choice != KernelChoice::kAten && device.is_cpu() && !kernels::Level().empty();
}

std::string DescribeKernels(KernelChoice choice, at::Device device) {
  const bool able = HasFusedKernels(KernelChoice::kAuto, device);
  if (choice == KernelChoice::kFused && !able) {
    throw ConfigError(
        "nn.kernels: 'fused' needs the CPU and a processor with AVX2, AVX-512 or NEON; use 'auto' or 'aten'");
  }
  if (choice == KernelChoice::kAten) return "ATen's (nn.kernels: aten)";
  if (!able) return device.is_cpu() ? "ATen's (no AVX2, AVX-512 or NEON here)" : "ATen's (fused ones are for the CPU)";
  return "fused where they fit (" + kernels::Level() + ")";
}

bool TakesFused(KernelChoice choice, const at::Tensor& x_nchw, const std::vector<FusedCandidate>& candidates,
                const at::Tensor& probability_c) {
  const at::ScalarType type = x_nchw.scalar_type();
  if (choice == KernelChoice::kAten || !x_nchw.is_cpu() || x_nchw.dim() != 4 || x_nchw.numel() == 0) return false;
  // Offsets within a tile are 32 bits wide. Double layers are for exactness: they stay with ATen unless asked for.
  if (x_nchw.numel() > std::numeric_limits<int32_t>::max()) return false;
  if (type == at::kDouble ? choice != KernelChoice::kFused : type != at::kFloat || kernels::Level().empty())
    return false;
  std::optional<NormMode> mode;
  bool wants_gradient = x_nchw.requires_grad() || (probability_c.defined() && probability_c.requires_grad());
  for (const FusedCandidate& candidate : candidates) {
    for (const ConvNorm* step : candidate.Steps()) {
      const at::Tensor& weight = step->conv().weight;
      if (weight.scalar_type() != type || !IsDense(weight) || step->norm().running_mean.scalar_type() != type)
        return false;
      if (mode.value_or(step->norm().mode()) != step->norm().mode()) return false;
      if (step->norm().shares() && step->norm().mode() != NormMode::kRunning) return false;
      mode = step->norm().mode();
      wants_gradient |=
          weight.requires_grad() || (step->norm().weight.defined() && step->norm().weight.requires_grad());
    }
  }
  return mode != NormMode::kRunning || !wants_gradient || !at::GradMode::is_enabled();
}

}  // namespace danas
