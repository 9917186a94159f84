// The architecture weights α: one vector a layer, one number a candidate (Eq. 7), with their Adam state.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "danas/arch/space.h"
#include "danas/config/search_config.h"
#include "danas/run/run_state.h"
#include "danas/search/gradient_trace.h"

namespace danas {

class ArchParameters {
 public:
  // Zeros, in float32 on the CPU whatever the device of the weights: they are small, and every device agrees on them.
  explicit ArchParameters(const SearchSpace& space, at::ScalarType type = at::kFloat);

  size_t layers() const { return alpha_lc_.size(); }
  const at::Tensor& alpha(size_t layer) const { return alpha_lc_[layer]; }  // [candidates], a leaf
  const std::vector<at::Tensor>& all() const { return alpha_lc_; }
  void RequireGradient(bool required);

  // A defined gradient anywhere: an architecture pass left one, or a weight pass made one.
  bool HasGradient() const;
  void ClearGradient();
  std::vector<at::Tensor> Gradients() const;  // the defined ones
  // L2 norm of all gradients together, a scalar on the CPU; 0 without gradients.
  at::Tensor GradientNorm() const;

  std::vector<std::vector<double>> Values() const;         // [layer][candidate]
  std::vector<std::vector<double>> Probabilities() const;  // softmax of each layer

  // One Adam step (PyTorch's form, ε 1e-8) from the gradients, which go into the evidence and are cleared. An α without
  // one stays, with its state.
  void Step(const SearchConfig& config);

  // The same of these candidates alone, [layer][...]: α and moments of the others stay to the bit. Once such a step was
  // taken, each candidate's moments are corrected for the steps that it took itself.
  void StepOf(const SearchConfig& config, const std::vector<std::vector<size_t>>& moved_lc);

  void Describe(StateFields& fields);

  // Survivors keep α and their Adam state to the bit. Gradients are cleared; evidence starts again.
  void Drop(const std::map<size_t, std::set<size_t>>& dropped);

  struct Moments {
    std::vector<at::Tensor> first_lc, second_lc;  // as alpha
    int64_t steps = 0;
    std::vector<std::vector<int64_t>> steps_lc = {};  // of each candidate; empty: all of them took all
  };
  const Moments& moments() const { return moments_; }

  // The steps since the candidates were last dropped: those of a phase.
  const GradientTrace& evidence() const { return evidence_; }
  GradientTrace& evidence() { return evidence_; }

 private:
  std::vector<std::vector<size_t>> AllCandidates() const;

  std::vector<at::Tensor> alpha_lc_;
  Moments moments_;
  GradientTrace evidence_;
};

// ln softmax(alpha) of every layer.
std::vector<std::vector<double>> LogProbabilities(const std::vector<std::vector<double>>& alpha_lc);

// Mean over the layers with a choice of -Σ p ln p / ln n: 1 where all candidates are alike, 0 where all is decided; 0
// where there is no such layer.
double RelativeEntropy(const std::vector<std::vector<double>>& probability_lc);

}  // namespace danas
