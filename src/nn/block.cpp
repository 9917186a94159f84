#include "danas/nn/block.h"

#include "danas/core/error.h"
#include "graph_block.h"

namespace danas {

std::shared_ptr<Block> MakeBlock(const BlockSpec& spec, const LayerShape& shape, const NormSpec& norm, bool affine,
                                 KernelChoice kernels, std::optional<int> stage_place) {
  if (const std::string why = WhyInvalid(spec, shape); !why.empty()) {
    throw ConfigError(CandidateName(spec) + " cannot be used between " + std::to_string(shape.in) + " and " +
                      std::to_string(shape.out) + " channels at " + ScaleText(shape) + ": " + why);
  }
  const BlockGraph graph = GraphOf(spec, shape, stage_place);
  const KernelChoice parts = IsFusibleInParts(spec, shape) ? kernels : KernelChoice::kAten;
  return std::make_shared<GraphBlock>(graph, norm, affine, parts, IsFusible(spec, shape));
}

}  // namespace danas
