#include "danas/search/choices/sampled_choice.h"

#include <utility>

#include "choice.h"
#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/softmax.h"
#include "danas/cost/band_sampler.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"
#include "danas/search/choices/argmax_choice.h"

namespace danas {
namespace {

class SampledChoice : public Choice {
 public:
  explicit SampledChoice(const TrainedBranch& trained) : trained_(trained) {}

  FinalChoice Choose() override {
    const Config& config = trained_.inputs.config;
    return ChosenByFirst(trained_.inputs.ranks, [&] {
      const Branch& branch = trained_.branch();
      RandomStream stream(static_cast<uint64_t>(config.seed), "final", {static_cast<uint64_t>(trained_.number)});
      return SampleNetwork(branch.alpha.Values(), branch.costs, LargestCost(config.search), stream);
    });
  }

 private:
  TrainedBranch trained_;
};

}  // namespace

FinalChoice SampleNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs, double largest_cost,
                          RandomStream& stream) {
  FinalChoice result = ChooseNetwork(alpha_lc, costs, largest_cost);
  std::vector<std::vector<double>> weight_lc = LogProbabilities(alpha_lc);
  for (std::vector<double>& weight_c : weight_lc) weight_c = ProbabilitiesOf(std::move(weight_c));
  try {
    result.choice = BandSampler(costs, {costs.Least(), largest_cost}, std::move(weight_lc)).Draw(stream);
  } catch (const ConfigError&) {
    // A whole search is behind this: where α is so sharp that what costs less has a probability of 0, it still has a
    // most probable network within the budget.
    log::warn("softmax(α) leaves no network within search.budget_max to draw; taking the most probable one within it");
    return result;
  }
  result.cost = costs.OfNetwork(result.choice);
  result.bounded_by_budget = false;
  result.sampled = true;
  return result;
}

std::unique_ptr<Choice> MakeSampledChoice(const TrainedBranch& trained) {
  return std::make_unique<SampledChoice>(trained);
}

}  // namespace danas
