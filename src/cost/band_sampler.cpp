#include "danas/cost/band_sampler.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "cost_steps.h"

namespace danas {
namespace {

constexpr int kMostDraws = 1'000'000;

std::vector<std::vector<double>> EqualWeights(const CostTable& costs) {
  std::vector<std::vector<double>> weight_lc;
  for (const std::vector<double>& cost_c : costs.candidates_lc) weight_lc.emplace_back(cost_c.size(), 1.0);
  return weight_lc;
}

void CheckWeights(const CostTable& costs, const std::vector<std::vector<double>>& weight_lc) {
  bool right = weight_lc.size() == costs.candidates_lc.size();
  for (size_t l = 0; right && l < weight_lc.size(); ++l) {
    right = weight_lc[l].size() == costs.candidates_lc[l].size();
    for (const double weight : weight_lc[l]) right = right && std::isfinite(weight) && weight >= 0;
  }
  if (!right) throw std::invalid_argument("candidates' weights must be finite, not negative and one for each cost");
}

}  // namespace

BandSampler::BandSampler(const CostTable& costs, const CostBand& band, std::vector<std::vector<double>> weight_lc)
    : costs_(costs), band_(band), weight_lc_(weight_lc.empty() ? EqualWeights(costs) : std::move(weight_lc)) {
  CheckWeights(costs_, weight_lc_);
  CostSteps steps = MakeCostSteps(costs_, band_);
  const StepRange range = StepsWithin(costs_, steps, band_, StepEdges::kOutside);
  if (range.empty()) FailNothingWithin(costs_, band_, "no network");
  // Without weights whole numbers up to 2^53; beyond, each is right to one part in 10^14.
  completions_ls_ = FoldCompletions(steps, range, 1, 0, [this](double sum, double rest, size_t l, size_t c) {
    return sum + weight_lc_[l][c] * rest;
  });
  if (!(completions_ls_[0][0] > 0)) FailNothingWithin(costs_, band_, "no network");
  if (!std::isfinite(completions_ls_[0][0])) throw std::invalid_argument("candidates' weights are too large");
  steps_lc_ = std::move(steps.above_least_lc);
}

std::vector<size_t> BandSampler::Draw(RandomStream& stream) const {
  for (int draw = 0; draw < kMostDraws; ++draw) {
    std::vector<size_t> choice;
    size_t spent = 0;
    for (size_t l = 0; l < steps_lc_.size(); ++l) {
      const std::vector<double>& after_s = completions_ls_[l + 1];
      double left = stream.Uniform() * completions_ls_[l][spent];
      size_t chosen = steps_lc_[l].size();
      for (size_t c = 0; c < steps_lc_[l].size(); ++c) {
        const size_t next = StepsAfter(costs_.fold, spent, steps_lc_[l][c]);
        if (next >= after_s.size() || !(weight_lc_[l][c] * after_s[next] > 0)) continue;
        chosen = c;  // the last one that can be continued, should rounding leave a rest
        left -= weight_lc_[l][c] * after_s[next];
        if (left < 0) break;
      }
      choice.push_back(chosen);
      spent = StepsAfter(costs_.fold, spent, steps_lc_[l][chosen]);
    }
    if (band_.Holds(costs_.OfNetwork(choice))) return choice;
  }
  FailNothingWithin(costs_, band_, "none of " + std::to_string(kMostDraws) + " random networks near this band");
}

std::vector<std::vector<double>> BandSampler::Probabilities() const {
  std::vector<std::vector<double>> probability_lc;
  std::vector<double> before_s(completions_ls_[0].size(), 0.0);  // weight of all beginnings that spent s
  before_s[0] = 1;
  for (size_t l = 0; l < steps_lc_.size(); ++l) {
    std::vector<double> next_s(before_s.size(), 0.0);
    std::vector<double>& probability_c = probability_lc.emplace_back();
    for (size_t c = 0; c < steps_lc_[l].size(); ++c) {
      double sum = 0;
      ForEachSpent(costs_.fold, steps_lc_[l][c], before_s.size() - 1, [&](size_t spent, size_t next) {
        const double weight = before_s[spent] * weight_lc_[l][c];
        sum += weight * completions_ls_[l + 1][next];
        next_s[next] += weight;
      });
      probability_c.push_back(sum / completions_ls_[0][0]);
    }
    before_s = std::move(next_s);
  }
  return probability_lc;
}

std::vector<size_t> SampleNetworkWithin(const CostTable& costs, double low, double high, RandomStream& stream) {
  return BandSampler(costs, {low, high}).Draw(stream);
}

}  // namespace danas
