// The architecture weights α: one vector a layer, one number a candidate (Eq. 7), with their Adam state.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"

namespace danas {

class ArchParameters {
 public:
  // Zeros, in float32 on the CPU whatever the device of the weights: they are small, and every device agrees on them.
  explicit ArchParameters(const SearchSpace& space, at::ScalarType type = at::kFloat);

  size_t layers() const { return alpha_lc_.size(); }
  const at::Tensor& alpha(size_t layer) const { return alpha_lc_[layer]; }  // [candidates], a leaf
  const std::vector<at::Tensor>& all() const { return alpha_lc_; }
  void RequireGradient(bool required);

  std::vector<std::vector<double>> Values() const;         // [layer][candidate]
  std::vector<std::vector<double>> Probabilities() const;  // softmax of each layer

  // One Adam step from the gradients, which are cleared.
  void Step(const SearchConfig& config);

  // Survivors keep α and their Adam state.
  void Drop(const std::map<size_t, std::set<size_t>>& dropped);

  struct Moments {
    std::vector<at::Tensor> first_lc, second_lc;
    int64_t steps = 0;
  };
  const Moments& moments() const { return moments_; }

 private:
  std::vector<at::Tensor> alpha_lc_;
  Moments moments_;
};

}  // namespace danas
