#include "graph_block.h"

#include <ATen/ATen.h>

#include "graph_plan.h"

namespace danas {

GraphBlock::GraphBlock(const BlockGraph& graph, const NormSpec& norm, bool affine, KernelChoice parts, bool whole)
    : maps_(graph.steps.size() + 1), result_(graph.result) {
  GraphPlan plan(graph, norm, affine);
  for (const auto& [name, module] : plan.NamedModules()) Register(name, module);
  computations_ = plan.Computations(parts);
  if (whole) fused_ = plan.WholeChain();
}

at::Tensor GraphBlock::forward(const at::Tensor& x_nchw) {
  Maps maps(maps_);
  maps[0] = x_nchw;
  for (const Computation& computation : computations_) {
    computation.run(maps);
    for (const MapId map : computation.done) maps[map].reset();
  }
  return maps[result_];
}

// "branch.expand": `expand` within a module `branch`.
void GraphBlock::Register(const std::string& name, const std::shared_ptr<torch::nn::Module>& module) {
  torch::nn::Module* parent = this;
  std::string rest = name;
  for (size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    const std::string part = rest.substr(0, dot);
    rest = rest.substr(dot + 1);
    const auto children = parent->named_children();
    parent = children.contains(part) ? children[part].get()
                                     : parent->register_module(part, std::make_shared<torch::nn::Module>()).get();
  }
  parent->register_module(rest, module);
}

}  // namespace danas
