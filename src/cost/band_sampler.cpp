#include "danas/cost/band_sampler.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <sstream>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr int64_t kMostSteps = int64_t{1} << 15;
constexpr int kMostDraws = 1'000'000;
constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53

// The costs above each layer's least, in whole steps (rounded down where `exact` is false).
struct Steps {
  double size = 1;
  bool exact = false;
  std::vector<std::vector<int64_t>> above_least_lc;
};

bool IsExactInteger(double value) { return value == std::floor(value) && std::abs(value) < kLargestExactInteger; }

Steps MakeSteps(const CostTable& costs) {
  std::vector<std::vector<double>> above_lc = costs.candidates_lc;
  int64_t divisor = 0;
  bool integers = IsExactInteger(costs.fixed);
  for (std::vector<double>& above_c : above_lc) {
    const double least = *std::min_element(above_c.begin(), above_c.end());
    integers = integers && IsExactInteger(least);
    for (double& above : above_c) {
      above -= least;
      integers = integers && IsExactInteger(above);
      if (integers) divisor = std::gcd(divisor, static_cast<int64_t>(above));
    }
  }
  const double span = costs.Most() - costs.Least();
  Steps steps;
  if (span > 0) {
    steps.exact = integers && span / static_cast<double>(divisor) <= static_cast<double>(kMostSteps);
    steps.size = steps.exact ? static_cast<double>(divisor) : span / static_cast<double>(kMostSteps);
  } else {
    steps.exact = integers;
  }
  for (const std::vector<double>& above_c : above_lc) {
    std::vector<int64_t>& steps_c = steps.above_least_lc.emplace_back();
    for (const double above : above_c) steps_c.push_back(static_cast<int64_t>(above / steps.size));
  }
  return steps;
}

// Ways to go on: count[l][s] networks have spent s steps in the layers before l and end between `first` and `last`
// steps. Whole numbers up to 2^53; beyond, each is right to one part in 10^14.
std::vector<std::vector<double>> CountCompletions(const Steps& steps, int64_t first, int64_t last) {
  const size_t layers = steps.above_least_lc.size();
  std::vector<std::vector<double>> count(layers + 1, std::vector<double>(static_cast<size_t>(last) + 1));
  std::fill(count[layers].begin() + first, count[layers].end(), 1.0);
  for (size_t l = layers; l > 0; --l) {
    for (const int64_t taken : steps.above_least_lc[l - 1]) {
      for (int64_t s = 0; s + taken <= last; ++s) {
        count[l - 1][static_cast<size_t>(s)] += count[l][static_cast<size_t>(s + taken)];
      }
    }
  }
  return count;
}

// Each network among those counted with the same probability.
std::vector<size_t> Draw(const Steps& steps, const std::vector<std::vector<double>>& count, RandomStream& stream) {
  std::vector<size_t> choice;
  size_t spent = 0;
  for (size_t l = 0; l < steps.above_least_lc.size(); ++l) {
    const std::vector<int64_t>& taken_c = steps.above_least_lc[l];
    double left = stream.Uniform() * count[l][spent];
    size_t chosen = taken_c.size();
    for (size_t c = 0; c < taken_c.size(); ++c) {
      const size_t next = spent + static_cast<size_t>(taken_c[c]);
      if (next >= count[l + 1].size() || count[l + 1][next] == 0) continue;
      chosen = c;  // the last one that can go on, should rounding leave a rest
      left -= count[l + 1][next];
      if (left < 0) break;
    }
    choice.push_back(chosen);
    spent += static_cast<size_t>(taken_c[chosen]);
  }
  return choice;
}

[[noreturn]] void FailEmpty(const CostTable& costs, double low, double high, const std::string& found) {
  std::ostringstream text;
  text.precision(12);
  text << found << " costs between " << low << " and " << high << " " << costs.unit << "; this space reaches from "
       << costs.Least() << " to " << costs.Most() << "; widen the band";
  throw ConfigError(text.str());
}

}  // namespace

std::vector<size_t> SampleNetworkWithin(const CostTable& costs, double low, double high, RandomStream& stream) {
  const double least = costs.Least();
  if (!(low <= high) || high < least || low > costs.Most()) FailEmpty(costs, low, high, "no network");
  const Steps steps = MakeSteps(costs);
  // Rounding down loses less than a step in each layer; one more covers the division's own rounding.
  const double loss = steps.exact ? 0 : static_cast<double>(steps.above_least_lc.size()) + 1;
  const double from = std::ceil((std::max(low, least) - least) / steps.size) - loss;
  const double to = std::floor((std::min(high, costs.Most()) - least) / steps.size) + (steps.exact ? 0 : 1);
  const auto first = static_cast<int64_t>(std::max(from, 0.0));
  const auto last = static_cast<int64_t>(to);
  if (first > last) FailEmpty(costs, low, high, "no network");
  const std::vector<std::vector<double>> count = CountCompletions(steps, first, last);
  if (count[0][0] == 0) FailEmpty(costs, low, high, "no network");
  for (int draw = 0; draw < kMostDraws; ++draw) {
    std::vector<size_t> choice = Draw(steps, count, stream);
    const double cost = costs.OfNetwork(choice);
    if (cost >= low && cost <= high) return choice;
  }
  FailEmpty(costs, low, high, "none of " + std::to_string(kMostDraws) + " random networks near there");
}

}  // namespace danas
