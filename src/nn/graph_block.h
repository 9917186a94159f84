// A block as its graph says: the interpreter of arch/block_graph.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "danas/arch/block_graph.h"
#include "danas/nn/block.h"

namespace danas {

class GraphBlock : public Block {
 public:
  using Maps = std::vector<at::Tensor>;  // [map]; undefined before it is computed, and after it was last read

  // One step, or several that go together.
  struct Computation {
    std::function<void(Maps& maps)> run;
    std::vector<MapId> done = {};  // maps that nothing reads after it
  };

  // `parts`: the kernels of chains within the block. `whole`: the block is one chain, which FusedForward() computes
  // with the layer's other candidates.
  GraphBlock(const BlockGraph& graph, const NormSpec& norm, bool affine, KernelChoice parts, bool whole);

  at::Tensor forward(const at::Tensor& x_nchw) override;
  std::optional<FusedCandidate> Fused() const override { return fused_; }

 private:
  void Register(const std::string& name, const std::shared_ptr<torch::nn::Module>& module);

  size_t maps_;  // how many the graph has
  MapId result_;
  std::vector<Computation> computations_;
  std::optional<FusedCandidate> fused_;
};

}  // namespace danas
