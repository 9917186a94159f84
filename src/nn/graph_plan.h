// How a graph is computed: its modules, and which of its steps go together.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "danas/arch/graph_chains.h"
#include "danas/nn/convolution.h"
#include "graph_block.h"

namespace danas {

class GraphPlan {
 public:
  GraphPlan(const BlockGraph& graph, const NormSpec& norm, bool affine);

  // In the order of their parameters.
  std::vector<std::pair<std::string, std::shared_ptr<torch::nn::Module>>> NamedModules() const;

  // The graph's steps; chains of convolutions by these kernels, where they can.
  std::vector<GraphBlock::Computation> Computations(KernelChoice kernels);

  // The whole graph as one chain, to which the input may be added, or as nothing; std::logic_error for another.
  FusedCandidate WholeChain() const;

 private:
  using Run = std::function<void(GraphBlock::Maps& maps)>;
  using Forward = std::function<at::Tensor(const at::Tensor& x_nchw)>;

  // The module of a step with weights.
  void MakeModule(size_t step, const NormSpec& norm, bool affine);
  template <typename Module>
  void SetModule(size_t step, std::shared_ptr<Module> module);

  MapId MapOf(size_t step) const { return step + 1; }
  // The chain at the step as the kernels take it, where they can compute it.
  std::optional<FusedCandidate> Fused(const Chain& chain) const;
  // Nobody misses what the map holds: neither a later step nor a gradient.
  bool IsWritable(MapId map) const;
  bool GoesThroughConvolution(MapId map) const;

  Run PlanStep(size_t step, KernelChoice kernels);
  Run PlanModule(size_t step) const;
  Run PlanConvolution(size_t step, KernelChoice kernels);
  Run PlanActivation(size_t step) const;
  Run PlanTake(size_t step);
  Run PlanPut(size_t step) const;
  Run PlanJoin(size_t step) const;
  Run PlanAdd(size_t step);

  const BlockGraph& graph_;
  GraphChains chains_;
  std::vector<std::shared_ptr<torch::nn::Module>> modules_;  // [step]; null where it has no weights
  std::vector<Forward> forwards_;                            // [step]; of these
  std::vector<ConvNorm*> normed_;                            // [step]; where it is one
  std::vector<bool> planned_;                                // [step]
};

}  // namespace danas
