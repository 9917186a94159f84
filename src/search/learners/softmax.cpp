#include "softmax.h"

#include <ATen/ATen.h>

namespace danas {

Draw SoftmaxLearner::DrawFor(const ArchParameters& alpha, const DrawNumber& /*number*/, double temperature,
                             at::Device device) const {
  Draw draw;
  for (const at::Tensor& alpha_c : alpha.all()) {
    const at::Tensor p = at::softmax(alpha_c / temperature, 0);
    draw.choices.push_back({.probability_c = p.to(device)});
    draw.cost_probability_lc.push_back(cost_ == ExpectedCostOf::kSampled ? p : at::softmax(alpha_c, 0));
  }
  return draw;
}

}  // namespace danas
