#include "gumbel.h"

namespace danas {

Draw GumbelLearner::DrawFor(const ArchParameters& alpha, const DrawNumber& number, double temperature,
                            at::Device device) const {
  RelaxationConfig now = relaxation_;
  now.temperature = temperature;
  return DrawChoices(alpha, now, Pass::kArchitecture, number, device);
}

double GumbelLearner::Computes(double candidates) const {
  return relaxation_.hard && relaxation_.hard_alpha == HardAlpha::kOne ? 1 : candidates;
}

}  // namespace danas
