#include "danas/cost/parameter_range.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cost_steps.h"

namespace danas {
namespace {

constexpr double kSteps = 32768;

// Where they are not whole, steps of what the band leaves above the cheapest network, since the space may reach far
// beyond it.
CostSteps StepsBelow(const CostTable& costs, const CostBand& band) {
  CostSteps steps = MakeCostSteps(costs, band);
  const double reach = std::min(band.high, costs.Most()) - costs.Least();
  if (steps.exact || reach <= 0) return steps;
  steps.size = reach / kSteps;
  for (size_t l = 0; l < steps.layers(); ++l) {
    const std::vector<double>& cost_c = costs.candidates_lc[l];
    const double least = *std::ranges::min_element(cost_c);
    for (size_t c = 0; c < cost_c.size(); ++c) {
      steps.above_least_lc[l][c] = static_cast<size_t>((cost_c[c] - least) / steps.size);
    }
  }
  return steps;
}

// The extreme sum of `parameter_lc` over the networks of the range: `better(a, b)` chooses, `nothing` loses to all.
template <typename Better>
double Extreme(const CostSteps& steps, const StepRange& range, const CostTable& parameters, double nothing,
               const Better& better) {
  const StepTable best_ls =
      FoldCompletions(steps, range, 0.0, nothing, [&](double so_far, double after, size_t layer, size_t candidate) {
        return std::isfinite(after) ? better(so_far, after + parameters.candidates_lc[layer][candidate]) : so_far;
      });
  return parameters.fixed + best_ls.front().front();
}

}  // namespace

std::optional<CostBand> ParametersWithin(const CostTable& costs, const CostBand& band, const CostTable& parameters) {
  const CostSteps steps = StepsBelow(costs, band);
  const StepRange range = StepsWithin(costs, steps, band, StepEdges::kInside);
  if (range.empty()) return std::nullopt;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double least = Extreme(steps, range, parameters, kInfinity, [](double a, double b) { return std::min(a, b); });
  if (!std::isfinite(least)) return std::nullopt;
  const double most = Extreme(steps, range, parameters, -kInfinity, [](double a, double b) { return std::max(a, b); });
  return CostBand{.low = least, .high = most};
}

}  // namespace danas
