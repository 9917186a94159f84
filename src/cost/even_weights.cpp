#include "danas/cost/even_weights.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "danas/cost/band_sampler.h"

namespace danas {
namespace {

constexpr int kMostRounds = 200;
constexpr double kTolerance = 0.01;  // of a share
constexpr double kLeastWeight = 1e-9;
constexpr double kMostExactNetworks = 1 << 20;
constexpr double kRoundedSteps = 1 << 12;
constexpr int kBisections = 100;

using Table = std::vector<std::vector<double>>;

// One layer's shares 1 / (n (offset + tilt * cost)), with the offset that makes their sum 1. Costs are in [0, 1].
std::vector<double> TiltedShares(const std::vector<double>& cost_c, const std::vector<bool>& usable_c, double tilt) {
  double least = 1, most = 0, count = 0;
  for (size_t c = 0; c < cost_c.size(); ++c) {
    if (!usable_c[c]) continue;
    least = std::min(least, cost_c[c]), most = std::max(most, cost_c[c]);
    ++count;
  }
  const auto sum_at = [&](double offset) {
    double sum = 0;
    for (size_t c = 0; c < cost_c.size(); ++c) {
      if (usable_c[c]) sum += 1 / (count * (offset + tilt * cost_c[c]));
    }
    return sum;
  };
  // Where the smallest term alone is 1 the sum is above 1, where all terms are at most 1 / n it is below.
  const double smallest = tilt > 0 ? tilt * least : tilt * most;
  double low = 1 / count - smallest, high = 1 - smallest;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (sum_at(middle) > 1 ? low : high) = middle;
  }
  std::vector<double> share_c;
  for (size_t c = 0; c < cost_c.size(); ++c) {
    share_c.push_back(usable_c[c] ? 1 / (count * (high + tilt * cost_c[c])) : 0);
  }
  return share_c;
}

double Sum(const Table& share_lc, const Table& cost_lc) {
  double sum = 0;
  for (size_t l = 0; l < share_lc.size(); ++l) {
    for (size_t c = 0; c < share_lc[l].size(); ++c) sum += share_lc[l][c] * cost_lc[l][c];
  }
  return sum;
}

double NetworksOf(const CostTable& costs) {
  double networks = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) networks *= static_cast<double>(cost_c.size());
  return networks;
}

// The same costs in whole steps of `size`, which the sampler counts exactly.
std::pair<CostTable, CostBand> Rounded(const CostTable& costs, const CostBand& band, double size) {
  CostTable rounded{costs.unit, 0, {}};
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    std::vector<double>& steps_c = rounded.candidates_lc.emplace_back();
    for (const double cost : cost_c) steps_c.push_back(std::round(cost / size));
  }
  return {rounded, {std::floor((band.low - costs.fixed) / size), std::ceil((band.high - costs.fixed) / size)}};
}

// Moves each weight by the square root of what its candidate's share lacks. Returns the largest lack.
double MoveWeights(const Table& share_lc, const Table& target_lc, Table& weight_lc) {
  double furthest = 0;
  for (size_t l = 0; l < weight_lc.size(); ++l) {
    std::vector<double>& weight_c = weight_lc[l];
    for (size_t c = 0; c < weight_c.size(); ++c) {
      if (!(share_lc[l][c] > 0) || !(target_lc[l][c] > 0)) continue;
      const double ratio = target_lc[l][c] / share_lc[l][c];
      furthest = std::max(furthest, std::abs(ratio - 1));
      weight_c[c] *= std::sqrt(ratio);
    }
    const double most = *std::max_element(weight_c.begin(), weight_c.end());
    for (double& weight : weight_c) weight = std::max(weight / most, kLeastWeight);
  }
  return furthest;
}

std::vector<std::vector<bool>> Usable(const Table& share_lc) {
  std::vector<std::vector<bool>> usable_lc;
  for (const std::vector<double>& share_c : share_lc) {
    std::vector<bool>& usable_c = usable_lc.emplace_back();
    for (const double share : share_c) usable_c.push_back(share > 0);
  }
  return usable_lc;
}

double EvenCost(const CostTable& costs, const std::vector<std::vector<bool>>& usable_lc) {
  double sum = costs.fixed;
  for (size_t l = 0; l < usable_lc.size(); ++l) {
    double of_layer = 0, count = 0;
    for (size_t c = 0; c < usable_lc[l].size(); ++c) {
      if (usable_lc[l][c]) of_layer += costs.candidates_lc[l][c], ++count;
    }
    sum += of_layer / count;
  }
  return sum;
}

// What the draws shall come to, from the shares that they have without weights.
Table TargetShares(const CostTable& costs, const CostBand& band, const Table& share_lc) {
  const std::vector<std::vector<bool>> usable_lc = Usable(share_lc);
  if (costs.fold == CostFold::kSum) {
    const double low = std::max(band.low, costs.Least()), high = std::min(band.high, costs.Most());
    const double margin = std::max(0.0, high - low) / 4;
    const double mean_cost = std::min(std::max(EvenCost(costs, usable_lc), low + margin), high - margin);
    return FairShares(costs, usable_lc, mean_cost);
  }
  // 1 for a candidate that reaches the band's lower end: any shares in which these have 1 in sum can be had.
  CostTable reaching{costs.unit, 0, {}};
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    std::vector<double>& reaching_c = reaching.candidates_lc.emplace_back();
    for (const double cost : cost_c) reaching_c.push_back(cost >= band.low ? 1 : 0);
  }
  const double even = EvenCost(reaching, usable_lc);
  if (costs.fixed >= band.low) return FairShares(reaching, usable_lc, even);
  // All but one in each network would be below the lower end at 1 itself.
  return FairShares(reaching, usable_lc, std::max(even, (1 + Sum(share_lc, reaching.candidates_lc)) / 2));
}

Table FitWeights(const CostTable& costs, const CostBand& band) {
  Table weight_lc;
  for (const std::vector<double>& cost_c : costs.candidates_lc) weight_lc.emplace_back(cost_c.size(), 1.0);
  Table share_lc = BandSampler(costs, band, weight_lc).Probabilities();
  const Table target_lc = TargetShares(costs, band, share_lc);

  Table best_lc = weight_lc;
  double best = Evenness(share_lc);
  for (int round = 0; round < kMostRounds; ++round) {
    if (MoveWeights(share_lc, target_lc, weight_lc) < kTolerance) break;
    share_lc = BandSampler(costs, band, weight_lc).Probabilities();
    const double evenness = Evenness(share_lc);
    if (evenness > best) best = evenness, best_lc = weight_lc;
  }
  return best_lc;
}

}  // namespace

double Evenness(const std::vector<std::vector<double>>& share_lc) {
  double sum = 0;
  for (const std::vector<double>& share_c : share_lc) {
    const auto used = static_cast<double>(std::ranges::count_if(share_c, [](double share) { return share > 0; }));
    for (const double share : share_c) {
      if (share > 0) sum += std::log(share * used) / used;
    }
  }
  return sum / static_cast<double>(share_lc.size());
}

std::vector<std::vector<double>> FairShares(const CostTable& costs, const std::vector<std::vector<bool>>& usable_lc,
                                            double mean_cost) {
  if (costs.fold != CostFold::kSum) throw std::invalid_argument("fair shares of costs that are not summed");
  double span = 0;
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    const auto [least, most] = std::ranges::minmax(cost_c);
    span = std::max(span, most - least);
  }
  Table scaled_lc;  // above each layer's least, the widest layer's span being 1
  double wanted = mean_cost - costs.fixed;
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    const double least = *std::min_element(cost_c.begin(), cost_c.end());
    std::vector<double>& scaled_c = scaled_lc.emplace_back();
    for (const double cost : cost_c) scaled_c.push_back(span > 0 ? (cost - least) / span : 0);
    wanted -= least;
  }
  if (span > 0) wanted /= span;
  const auto shares_at = [&](double tilt) {
    Table share_lc;
    for (size_t l = 0; l < scaled_lc.size(); ++l) {
      share_lc.push_back(TiltedShares(scaled_lc[l], usable_lc[l], tilt));
    }
    return share_lc;
  };
  const Table even_lc = shares_at(0);
  const double even_cost = Sum(even_lc, scaled_lc);
  const double slack = 1e-12 * static_cast<double>(costs.candidates_lc.size());
  if (std::abs(even_cost - wanted) <= slack) return even_lc;
  // A tilt above 0 favours cheap candidates; beyond 2^20 the rest have no share to speak of.
  const double sign = even_cost > wanted ? 1 : -1;
  double near = 0, far = 1;
  while (far < 0x1p20 && sign * (Sum(shares_at(sign * far), scaled_lc) - wanted) > 0) far *= 2;
  for (int i = 0; i < kBisections / 2; ++i) {
    const double middle = (near + far) / 2;
    (sign * (Sum(shares_at(sign * middle), scaled_lc) - wanted) > 0 ? near : far) = middle;
  }
  return shares_at(sign * far);
}

std::vector<std::vector<double>> EvenWeights(const CostTable& costs, const CostBand& band) {
  if (costs.fold == CostFold::kMax) return FitWeights(costs, band);  // exact in whatever space
  const double span = costs.Most() - costs.Least();
  if (NetworksOf(costs) <= kMostExactNetworks || !(span > 0)) return FitWeights(costs, band);
  const auto [rounded, rounded_band] = Rounded(costs, band, span / kRoundedSteps);
  return FitWeights(rounded, rounded_band);
}

}  // namespace danas
