#include "softmax_paths.h"

#include <ATen/ATen.h>

#include <utility>

namespace danas {

WeightDraw SoftmaxPaths::Draw(const DrawNumber& /*number*/, const ArchParameters& alpha,
                              const RelaxationConfig& relaxation, at::Device device) const {
  const at::NoGradGuard no_gradient;
  std::vector<LayerChoice> choices;
  for (const at::Tensor& alpha_c : alpha.all()) {
    choices.push_back({.probability_c = at::softmax(alpha_c / relaxation.temperature, 0).to(device)});
  }
  WeightDraw draw;
  draw.forwards.push_back(std::move(choices));
  return draw;
}

}  // namespace danas
