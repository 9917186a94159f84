#include "cost_steps.h"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <sstream>

#include "danas/core/error.h"

namespace danas {
namespace {

constexpr double kMostSteps = 32768;
constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53

bool IsExactInteger(double value) { return value == std::floor(value) && std::abs(value) < kLargestExactInteger; }

CostSteps AgainstBand(const CostTable& costs, const CostBand& band) {
  CostSteps steps{.exact = true, .fold = CostFold::kMax, .above_least_lc = {}};
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    std::vector<size_t>& steps_c = steps.above_least_lc.emplace_back();
    for (const double cost : cost_c) steps_c.push_back(cost > band.high ? 2 : cost >= band.low ? 1 : 0);
  }
  return steps;
}

}  // namespace

CostSteps MakeCostSteps(const CostTable& costs, const CostBand& band) {
  if (costs.fold == CostFold::kMax) return AgainstBand(costs, band);
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
  CostSteps steps;
  if (span > 0) {
    steps.exact = integers && span / static_cast<double>(divisor) <= kMostSteps;
    steps.size = steps.exact ? static_cast<double>(divisor) : span / kMostSteps;
  } else {
    steps.exact = integers;
  }
  for (const std::vector<double>& above_c : above_lc) {
    std::vector<size_t>& steps_c = steps.above_least_lc.emplace_back();
    for (const double above : above_c) steps_c.push_back(static_cast<size_t>(above / steps.size));
  }
  return steps;
}

StepRange StepsWithin(const CostTable& costs, const CostSteps& steps, const CostBand& band, StepEdges edges) {
  const double least = costs.Least();
  if (!(band.low <= band.high) || band.high < least || band.low > costs.Most()) return {};
  // Where the fixed part is in the band by itself, every network without a candidate above it is.
  if (costs.fold == CostFold::kMax) return {.first = costs.fixed >= band.low ? size_t{0} : size_t{1}, .last = 1};
  // Rounding down loses less than a step in each layer; one more covers the division's own rounding.
  const double loss = steps.exact ? 0 : static_cast<double>(steps.layers()) + 1;
  double first = std::ceil((std::max(band.low, least) - least) / steps.size);
  double last = std::floor((std::min(band.high, costs.Most()) - least) / steps.size);
  if (edges == StepEdges::kOutside) {
    first -= loss;
    last += steps.exact ? 0 : 1;
  } else if (!steps.exact) {
    if (band.low > least) ++first;
    if (band.high < costs.Most()) last -= loss;
  }
  if (last < 0) return {};
  return {static_cast<size_t>(std::max(first, 0.0)), static_cast<size_t>(last)};
}

void FailNothingWithin(const CostTable& costs, const CostBand& band, const std::string& found) {
  std::ostringstream text;
  text.precision(12);
  text << found << " costs between " << band.low << " and " << band.high << " " << costs.unit
       << "; the networks of this space cost " << costs.Least() << " to " << costs.Most()
       << NearestLevelsText(costs, band.low, band.high) << "; widen the band";
  throw ConfigError(text.str());
}

}  // namespace danas
