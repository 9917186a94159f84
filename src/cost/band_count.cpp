#include "danas/cost/band_count.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "cost_steps.h"
#include "danas/core/error.h"

namespace danas {
namespace {

constexpr double kMostWalked = 1 << 20;
// Roundings of sums in another order stay far below this share.
constexpr double kSlack = 1e-9;

// Walks over the beginnings that can still end in the band, and calls `visit` with every network that does; it goes on
// while `visit` returns true.
template <typename Visit>
class BandWalk {
 public:
  BandWalk(const CostTable& costs, const CostBand& band, const Visit& visit)
      : costs_(costs), band_(band), visit_(visit), slack_(kSlack * (1 + std::abs(costs.Most()))) {
    const size_t layers = costs.candidates_lc.size();
    least_rest_l_.assign(layers + 1, 0);
    most_rest_l_.assign(layers + 1, 0);
    for (size_t l = layers; l > 0; --l) {
      const auto [least, most] = std::ranges::minmax(costs.candidates_lc[l - 1]);
      least_rest_l_[l - 1] = costs.Join(least_rest_l_[l], least);
      most_rest_l_[l - 1] = costs.Join(most_rest_l_[l], most);
    }
    choice_.resize(layers);
  }

  void Run() { From(0, costs_.fixed); }

 private:
  bool From(size_t layer, double cost) {
    if (costs_.Join(cost, least_rest_l_[layer]) > band_.high + slack_) return true;
    if (costs_.Join(cost, most_rest_l_[layer]) < band_.low - slack_) return true;
    if (layer == choice_.size()) return !band_.Holds(costs_.OfNetwork(choice_)) || visit_(choice_);
    for (size_t c = 0; c < costs_.candidates_lc[layer].size(); ++c) {
      choice_[layer] = c;
      if (!From(layer + 1, costs_.Join(cost, costs_.candidates_lc[layer][c]))) return false;
    }
    return true;
  }

  const CostTable& costs_;
  const CostBand& band_;
  const Visit& visit_;
  double slack_;
  std::vector<double> least_rest_l_, most_rest_l_;
  std::vector<size_t> choice_;
};

double NetworksOf(const CostTable& costs) {
  double networks = 1;
  for (const std::vector<double>& cost_c : costs.candidates_lc) networks *= static_cast<double>(cost_c.size());
  return networks;
}

}  // namespace

double CountNetworks(const CostTable& costs, const CostBand& band) {
  if (NetworksOf(costs) <= kMostWalked) {
    double networks = 0;
    const auto count = [&](const std::vector<size_t>&) { return ++networks > 0; };
    BandWalk(costs, band, count).Run();
    return networks;
  }
  const CostSteps steps = MakeCostSteps(costs, band);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kInside);
  if (range.empty()) return 0;
  const auto sum = [](double so_far, double rest, size_t, size_t) { return so_far + rest; };
  return FoldCompletions(steps, range, 1, 0, sum)[0][0];
}

std::vector<std::vector<size_t>> AllNetworks(const CostTable& costs, const CostBand& band, size_t most) {
  std::vector<std::vector<size_t>> networks;
  const auto keep = [&](const std::vector<size_t>& choice) {
    networks.push_back(choice);
    return networks.size() <= most;
  };
  BandWalk(costs, band, keep).Run();
  if (networks.size() > most) {
    throw ConfigError("more than " + std::to_string(most) + " networks are in the band; narrow it, or draw a sample");
  }
  return networks;
}

}  // namespace danas
