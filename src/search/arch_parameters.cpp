#include "danas/search/arch_parameters.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "danas/core/error.h"
#include "danas/core/softmax.h"

namespace danas {
namespace {

std::vector<double> ToVector(const at::Tensor& tensor) {
  const at::Tensor wide = tensor.detach().to(at::kDouble).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

// Zeros where an α has none.
std::vector<std::vector<double>> GradientValues(const std::vector<at::Tensor>& alpha_lc) {
  std::vector<std::vector<double>> values;
  for (const at::Tensor& alpha : alpha_lc) {
    values.push_back(alpha.grad().defined() ? ToVector(alpha.grad())
                                            : std::vector<double>(static_cast<size_t>(alpha.numel()), 0.0));
  }
  return values;
}

// Adam's step `steps`, from 1, of an α or of a view into one.
void MoveByAdam(const SearchConfig& config, int64_t steps, const at::Tensor& alpha, const at::Tensor& slope,
                const at::Tensor& first, const at::Tensor& second) {
  constexpr double kEpsilon = 1e-8;
  const double first_correction = 1 - std::pow(config.alpha_beta1, static_cast<double>(steps));
  const double second_correction = 1 - std::pow(config.alpha_beta2, static_cast<double>(steps));
  const at::Tensor gradient = slope + config.alpha_weight_decay * alpha;
  first.mul_(config.alpha_beta1).add_(gradient, 1 - config.alpha_beta1);
  second.mul_(config.alpha_beta2).addcmul_(gradient, gradient, 1 - config.alpha_beta2);
  const at::Tensor scale = second.sqrt() / std::sqrt(second_correction) + kEpsilon;
  alpha.addcdiv_(first, scale, -config.alpha_lr / first_correction);
}

void RequireShape(const std::vector<std::vector<int64_t>>& steps_lc, const std::vector<at::Tensor>& alpha_lc) {
  const auto fits = [](const std::vector<int64_t>& steps_c, const at::Tensor& alpha_c) {
    return std::ssize(steps_c) == alpha_c.numel();
  };
  if (!std::ranges::equal(steps_lc, alpha_lc, fits)) {
    throw CheckpointError("the checkpoint's steps of candidates (candidate_steps) are not of the run's candidates");
  }
}

at::Tensor Survivors(int64_t count, const std::set<size_t>& dropped) {
  std::vector<int64_t> kept;
  for (int64_t c = 0; c < count; ++c) {
    if (!dropped.contains(static_cast<size_t>(c))) kept.push_back(c);
  }
  return at::tensor(kept, at::kLong);
}

}  // namespace

ArchParameters::ArchParameters(const SearchSpace& space, at::ScalarType type) {
  for (const LayerSpec& layer : space.layers()) {
    alpha_lc_.push_back(at::zeros({static_cast<int64_t>(layer.candidates.size())}, type));
    moments_.first_lc.push_back(at::zeros_like(alpha_lc_.back()));
    moments_.second_lc.push_back(at::zeros_like(alpha_lc_.back()));
  }
}

void ArchParameters::RequireGradient(bool required) {
  for (at::Tensor& alpha : alpha_lc_) alpha.set_requires_grad(required);
}

bool ArchParameters::HasGradient() const {
  return std::ranges::any_of(alpha_lc_, [](const at::Tensor& alpha) { return alpha.grad().defined(); });
}

void ArchParameters::ClearGradient() {
  for (at::Tensor& alpha : alpha_lc_) alpha.mutable_grad().reset();
}

std::vector<at::Tensor> ArchParameters::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& alpha : alpha_lc_) {
    if (alpha.grad().defined()) gradients.push_back(alpha.grad());
  }
  return gradients;
}

at::Tensor ArchParameters::GradientNorm() const {
  at::Tensor squares = at::zeros({}, at::kDouble);
  for (const at::Tensor& alpha : alpha_lc_) {
    if (alpha.grad().defined()) squares += alpha.grad().to(at::kDouble).square().sum();
  }
  return squares.sqrt();
}

std::vector<std::vector<double>> ArchParameters::Values() const {
  std::vector<std::vector<double>> values;
  for (const at::Tensor& alpha : alpha_lc_) values.push_back(ToVector(alpha));
  return values;
}

std::vector<std::vector<double>> ArchParameters::Probabilities() const {
  std::vector<std::vector<double>> probability_lc = Values();
  for (std::vector<double>& layer : probability_lc) layer = ProbabilitiesOf(LogSoftmax(layer));
  return probability_lc;
}

void ArchParameters::Step(const SearchConfig& config) {
  if (!moments_.steps_lc.empty()) return StepOf(config, AllCandidates());
  const at::NoGradGuard no_grad;
  evidence_.Record(GradientValues(alpha_lc_));
  ++moments_.steps;
  for (size_t l = 0; l < layers(); ++l) {
    const at::Tensor& alpha = alpha_lc_[l];
    if (!alpha.grad().defined()) continue;
    MoveByAdam(config, moments_.steps, alpha, alpha.grad(), moments_.first_lc[l], moments_.second_lc[l]);
  }
  ClearGradient();
}

void ArchParameters::StepOf(const SearchConfig& config, const std::vector<std::vector<size_t>>& moved_lc) {
  const at::NoGradGuard no_grad;
  evidence_.Record(GradientValues(alpha_lc_));
  std::vector<std::vector<int64_t>>& steps_lc = moments_.steps_lc;
  if (steps_lc.empty()) {
    for (const at::Tensor& alpha : alpha_lc_) {
      steps_lc.emplace_back(static_cast<size_t>(alpha.numel()), moments_.steps);
    }
  }
  ++moments_.steps;
  for (size_t l = 0; l < layers(); ++l) {
    const at::Tensor& alpha = alpha_lc_[l];
    if (!alpha.grad().defined()) continue;
    for (const size_t c : moved_lc.at(l)) {
      const auto of_candidate = [c](const at::Tensor& tensor) { return tensor.narrow(0, static_cast<int64_t>(c), 1); };
      MoveByAdam(config, ++steps_lc[l].at(c), of_candidate(alpha), of_candidate(alpha.grad()),
                 of_candidate(moments_.first_lc[l]), of_candidate(moments_.second_lc[l]));
    }
  }
  ClearGradient();
}

std::vector<std::vector<size_t>> ArchParameters::AllCandidates() const {
  std::vector<std::vector<size_t>> places_lc;
  for (const at::Tensor& alpha : alpha_lc_) {
    std::vector<size_t>& places_c = places_lc.emplace_back(static_cast<size_t>(alpha.numel()));
    std::iota(places_c.begin(), places_c.end(), size_t{0});
  }
  return places_lc;
}

void ArchParameters::Describe(StateFields& fields) {
  fields.Value("steps", moments_.steps);
  if (fields.restoring()) moments_.steps_lc.clear();
  const bool apart = fields.restoring() ? fields.HasValue("candidate_steps") : !moments_.steps_lc.empty();
  if (apart) {
    fields.Value("candidate_steps", moments_.steps_lc);
    RequireShape(moments_.steps_lc, alpha_lc_);
  }
  if (fields.version() >= 2) fields.Within("evidence", [&](StateFields& f) { evidence_.Describe(f); });
  for (size_t l = 0; l < layers(); ++l) {
    const std::string layer = std::to_string(l);
    fields.Contents("alpha." + layer, alpha_lc_[l]);
    fields.Contents("first." + layer, moments_.first_lc[l]);
    fields.Contents("second." + layer, moments_.second_lc[l]);
  }
}

void ArchParameters::Drop(const std::map<size_t, std::set<size_t>>& dropped) {
  const at::NoGradGuard no_grad;
  for (const auto& [layer, candidates] : dropped) {
    const bool required = alpha_lc_.at(layer).requires_grad();
    const at::Tensor kept = Survivors(alpha_lc_[layer].numel(), candidates);
    for (at::Tensor* tensor : {&alpha_lc_[layer], &moments_.first_lc[layer], &moments_.second_lc[layer]}) {
      *tensor = tensor->index_select(0, kept);
    }
    alpha_lc_[layer].set_requires_grad(required);
    if (moments_.steps_lc.empty()) continue;
    std::vector<int64_t>& steps_c = moments_.steps_lc[layer];
    for (auto c = candidates.rbegin(); c != candidates.rend(); ++c) {
      if (*c < steps_c.size()) steps_c.erase(steps_c.begin() + static_cast<std::ptrdiff_t>(*c));
    }
  }
  evidence_ = {};
  ClearGradient();
}

std::vector<std::vector<double>> LogProbabilities(const std::vector<std::vector<double>>& alpha_lc) {
  std::vector<std::vector<double>> result;
  for (const std::vector<double>& alpha_c : alpha_lc) result.push_back(LogSoftmax(alpha_c));
  return result;
}

double RelativeEntropy(const std::vector<std::vector<double>>& probability_lc) {
  double sum = 0;
  int layers = 0;
  for (const std::vector<double>& layer : probability_lc) {
    if (layer.size() < 2) continue;
    double entropy = 0;
    for (const double p : layer) entropy -= p > 0 ? p * std::log(p) : 0;
    sum += entropy / std::log(static_cast<double>(layer.size()));
    ++layers;
  }
  return layers > 0 ? sum / layers : 0;
}

}  // namespace danas
