// Several budgets in one search (search.budgets): one supernet's weights are trained, and each budget has a branch of
// its own: the candidates that it keeps, its α where α is used, its prunings and its network. After a pruning the
// supernet is the union of what the branches keep.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "danas/config/config.h"
#include "danas/cost/budget_name.h"
#include "danas/cost/cost_model.h"
#include "danas/nn/supernet.h"
#include "danas/search/pruner.h"
#include "danas/search/search_state.h"

namespace danas {

// The budgets that the config has: search.budgets, or search.budget alone.
std::vector<double> TargetsOf(const SearchConfig& config);

// As a search for that budget alone would have it; with budgets in the config its band is [0.95 T, 1.02 T].
SearchConfig WithBudget(const SearchConfig& config, double target);

// One a budget, in their order. One that the config has no other beside gets no name.
std::vector<std::string> BranchNames(const SearchConfig& config);

// "best-323M.json" of a branch, "best.json" of one without a name.
std::string WithBranchName(const std::string& stem, const std::string& budget, const std::string& extension);

// Whether α is trained: something looks at it (the weights' draws, the prunings or the final choice), and there is a
// learner.
bool UsesAlpha(const SearchConfig& config);

// Throws ConfigError where search.learner is one that the config would train α with and nothing looks at α.
void CheckAlphaIsRead(const SearchConfig& config);

// The passes over validation in an epoch of a searching phase: one a budget where UsesAlpha(), else none.
int64_t AlphaPasses(const SearchConfig& config);

// One that keeps the whole supernet, with α at its start. `costs`: of the supernet's space.
Branch WholeBranch(const std::string& budget, const std::shared_ptr<Supernet>& supernet, const CostTable& costs,
                   at::ScalarType type);

// One that keeps these places of the supernet, with α at its start; of a layer one at least. Throws CheckpointError for
// places that the supernet does not have.
Branch PartBranch(const std::string& budget, const std::vector<std::vector<size_t>>& kept_lc, const SearchState& state,
                  at::ScalarType type);

// Takes from each branch what it drops (of its own candidates), and from the supernet what no branch keeps any more.
// Survivors keep weights, statistics, momentum, α and Adam's state to the bit.
void DropCandidates(SearchState& state, const std::vector<LayerCandidates>& dropped_of_branch);

// The branch's candidates of a supernet that has those of the run's: modules of it, or all of it.
std::shared_ptr<Supernet> PartOf(const std::shared_ptr<Supernet>& supernet, const Branch& branch);

// A network of the branch as one of the run's supernet.
std::vector<size_t> InSupernet(const Branch& branch, const std::vector<size_t>& network);

}  // namespace danas
