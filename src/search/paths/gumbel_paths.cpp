#include "gumbel_paths.h"

namespace danas {

WeightDraw GumbelPaths::Draw(const DrawNumber& number, const ArchParameters& alpha, const RelaxationConfig& relaxation,
                             at::Device device) const {
  return {.forwards = {DrawChoices(alpha, relaxation, Pass::kWeights, number, device).choices}};
}

}  // namespace danas
