#include "danas/search/budgets.h"

#include <algorithm>
#include <set>
#include <utility>

#include "danas/core/error.h"
#include "danas/cost/budget_name.h"
#include "danas/search/paths/paths.h"

namespace danas {
namespace {

using Places = std::vector<std::vector<size_t>>;

CostTable CostsOf(const CostTable& costs, const Places& kept_lc) {
  CostTable of_kept{.unit = costs.unit, .fixed = costs.fixed, .candidates_lc = {}, .fold = costs.fold};
  for (size_t l = 0; l < kept_lc.size(); ++l) {
    std::vector<double>& cost_c = of_kept.candidates_lc.emplace_back();
    for (const size_t place : kept_lc[l]) cost_c.push_back(costs.candidates_lc[l].at(place));
  }
  return of_kept;
}

// What of `space` none of the places is.
LayerCandidates OthersOf(const SearchSpace& space, const Places& kept_lc) {
  LayerCandidates others;
  for (size_t l = 0; l < kept_lc.size(); ++l) {
    for (size_t c = 0; c < space.layers()[l].candidates.size(); ++c) {
      if (!std::ranges::binary_search(kept_lc[l], c)) others[l].insert(c);
    }
  }
  return others;
}

// The whole supernet itself where nothing is left out.
std::shared_ptr<Supernet> PartOf(const std::shared_ptr<Supernet>& supernet, const Places& kept_lc) {
  const LayerCandidates others = OthersOf(supernet->space(), kept_lc);
  return others.empty() ? supernet : supernet->Without(others);
}

void RequirePlaces(const SearchSpace& space, const Places& kept_lc, const std::string& budget) {
  const auto fits = [&](size_t l) {
    const std::vector<size_t>& kept_c = kept_lc[l];
    return !kept_c.empty() && std::ranges::is_sorted(kept_c) && std::ranges::adjacent_find(kept_c) == kept_c.end() &&
           kept_c.back() < space.layers()[l].candidates.size();
  };
  bool all = kept_lc.size() == space.layers().size();
  for (size_t l = 0; all && l < kept_lc.size(); ++l) all = fits(l);
  if (!all) throw CheckpointError("the candidates that budget " + budget + " keeps are not those of the supernet");
}

Places WithoutDropped(const Places& kept_lc, const LayerCandidates& dropped) {
  Places left_lc = kept_lc;
  for (const auto& [layer, candidates] : dropped) {
    std::vector<size_t>& left_c = left_lc.at(layer);
    for (auto c = candidates.rbegin(); c != candidates.rend(); ++c) {
      left_c.erase(left_c.begin() + static_cast<std::ptrdiff_t>(*c));
    }
  }
  return left_lc;
}

// The places after the supernet has lost some.
Places MovedUp(const Places& kept_lc, const LayerCandidates& lost) {
  Places moved_lc = kept_lc;
  for (const auto& [layer, candidates] : lost) {
    for (size_t& place : moved_lc.at(layer)) {
      place -= static_cast<size_t>(std::ranges::distance(candidates.begin(), candidates.lower_bound(place)));
    }
  }
  return moved_lc;
}

Places AllPlaces(const SearchSpace& space) {
  Places kept_lc;
  for (const LayerSpec& layer : space.layers()) {
    std::vector<size_t>& kept_c = kept_lc.emplace_back(layer.candidates.size());
    for (size_t c = 0; c < kept_c.size(); ++c) kept_c[c] = c;
  }
  return kept_lc;
}

}  // namespace

std::vector<double> TargetsOf(const SearchConfig& config) {
  if (config.budgets.empty()) return {config.budget.value};
  std::vector<double> targets;
  for (const Count& budget : config.budgets) targets.push_back(budget.value);
  return targets;
}

SearchConfig WithBudget(const SearchConfig& config, double target) {
  SearchConfig alone = config;
  alone.budget.value = target;
  alone.budgets.clear();
  return alone;
}

std::vector<std::string> BranchNames(const SearchConfig& config) {
  const std::vector<double> targets = TargetsOf(config);
  if (targets.size() == 1) return {""};
  std::vector<std::string> names;
  for (const double target : targets) names.push_back(BudgetName(target));
  return names;
}

std::string WithBranchName(const std::string& stem, const std::string& budget, const std::string& extension) {
  return stem + (budget.empty() ? "" : "-" + budget) + extension;
}

bool UsesAlpha(const SearchConfig& config) {
  if (config.learner == LearnerKind::kNone) return false;
  return PathsReadAlpha(config) || config.pruning.score != PruningScore::kPaths ||
         config.final != FinalChoiceKind::kScored || config.final_source == FinalSource::kBest;
}

// The default, gumbel, is not a choice that anyone made.
void CheckAlphaIsRead(const SearchConfig& config) {
  if (config.learner == LearnerKind::kGumbel || config.learner == LearnerKind::kNone || UsesAlpha(config)) return;
  throw ConfigError(std::string("search.learner: '") + NameOf(config.learner) +
                    "' trains α, which nothing reads: neither search.paths '" + NameOf(config.paths) +
                    "', nor search.pruning.score 'paths', nor search.final 'scored'. Set one that reads it "
                    "(docs/learners.md), or search.learner: none");
}

int64_t AlphaPasses(const SearchConfig& config) { return UsesAlpha(config) ? std::ssize(TargetsOf(config)) : 0; }

Branch WholeBranch(const std::string& budget, const std::shared_ptr<Supernet>& supernet, const CostTable& costs,
                   at::ScalarType type) {
  return {.budget = budget,
          .kept_lc = AllPlaces(supernet->space()),
          .supernet = supernet,
          .costs = costs,
          .alpha = ArchParameters(supernet->space(), type)};
}

Branch PartBranch(const std::string& budget, const std::vector<std::vector<size_t>>& kept_lc, const SearchState& state,
                  at::ScalarType type) {
  RequirePlaces(state.space(), kept_lc, budget);
  const std::shared_ptr<Supernet> part = PartOf(state.supernet, kept_lc);
  return {.budget = budget,
          .kept_lc = kept_lc,
          .supernet = part,
          .costs = CostsOf(state.costs, kept_lc),
          .alpha = ArchParameters(part->space(), type)};
}

void DropCandidates(SearchState& state, const std::vector<LayerCandidates>& dropped_of_branch) {
  std::vector<std::set<size_t>> in_use(state.space().layers().size());
  for (size_t b = 0; b < state.branches.size(); ++b) {
    Branch& branch = state.branches[b];
    branch.kept_lc = WithoutDropped(branch.kept_lc, dropped_of_branch.at(b));
    branch.alpha.Drop(dropped_of_branch[b]);
    for (size_t l = 0; l < in_use.size(); ++l) in_use[l].insert(branch.kept_lc[l].begin(), branch.kept_lc[l].end());
  }
  Places used_lc;
  for (const std::set<size_t>& used : in_use) used_lc.emplace_back(used.begin(), used.end());
  const LayerCandidates lost = OthersOf(state.space(), used_lc);
  state.supernet = state.supernet->Without(lost);
  state.costs = CostsOf(state.costs, used_lc);
  state.training.Bind(*state.supernet);
  for (Branch& branch : state.branches) {
    branch.kept_lc = MovedUp(branch.kept_lc, lost);
    branch.supernet = PartOf(state.supernet, branch.kept_lc);
    branch.costs = CostsOf(state.costs, branch.kept_lc);
  }
}

std::shared_ptr<Supernet> PartOf(const std::shared_ptr<Supernet>& supernet, const Branch& branch) {
  return PartOf(supernet, branch.kept_lc);
}

std::vector<size_t> InSupernet(const Branch& branch, const std::vector<size_t>& network) {
  std::vector<size_t> there;
  for (size_t l = 0; l < network.size(); ++l) there.push_back(branch.kept_lc.at(l).at(network[l]));
  return there;
}

}  // namespace danas
