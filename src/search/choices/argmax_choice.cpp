#include "danas/search/choices/argmax_choice.h"

#include "choice.h"
#include "danas/cost/budgeted_choice.h"
#include "danas/search/arch_parameters.h"
#include "danas/search/budget_band.h"

namespace danas {
namespace {

class ArgmaxChoice : public Choice {
 public:
  explicit ArgmaxChoice(const TrainedBranch& trained) : trained_(trained) {}

  FinalChoice Choose() override {
    return ChosenByFirst(trained_.inputs.ranks, [&] {
      const Branch& branch = trained_.branch();
      return ChooseNetwork(branch.alpha.Values(), branch.costs, LargestCost(trained_.inputs.config.search));
    });
  }

 private:
  TrainedBranch trained_;
};

}  // namespace

FinalChoice ChooseNetwork(const std::vector<std::vector<double>>& alpha_lc, const CostTable& costs,
                          double largest_cost) {
  FinalChoice result;
  for (const std::vector<double>& alpha_c : alpha_lc) result.argmax.push_back(ArgMax(alpha_c));
  result.argmax_cost = costs.OfNetwork(result.argmax);
  result.bounded_by_budget = result.argmax_cost > largest_cost;
  result.choice =
      result.bounded_by_budget ? BestWithin(costs, LogProbabilities(alpha_lc), largest_cost) : result.argmax;
  result.cost = costs.OfNetwork(result.choice);
  return result;
}

std::unique_ptr<Choice> MakeArgmaxChoice(const TrainedBranch& trained) {
  return std::make_unique<ArgmaxChoice>(trained);
}

}  // namespace danas
