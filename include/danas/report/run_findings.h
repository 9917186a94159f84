// What follows from the record of a search: how sure it is, intervals of accuracies, and section 5.5's observations as
// numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "danas/core/bootstrap.h"
#include "danas/events/task_words.h"
#include "danas/report/run_record.h"

namespace danas {

// Wilson's 95 % interval of a share of `count` images. NaN, and no interval, where one is not known.
Estimate ShareInterval(double share, int64_t count);

// One sentence or two: cuts that are toss-ups, and the lead of the network found over the next.
std::string SurenessText(const BudgetRecord& budget, const events::TaskWords& words = {});

// Whether a block scales channels by their means.
bool SqueezesAndExcites(const BlockSpec& block, const LayerShape& shape);

// Section 5.5: squeeze and excite tends to sit where channels grow or resolution drops, and looser budgets buy more
// inverted residuals. A user's block counts as what it does; as an inverted residual only the shipped kind.
struct BlockShares {
  int64_t layers = 0, inverted_residuals = 0;
  int64_t changing = 0, squeeze_changing = 0;  // layers where channels grow or resolution drops
  int64_t staying = 0, squeeze_staying = 0;    // the others
};
BlockShares SharesOf(const SearchSpace& network);

// Layers in which all of several networks of one length have the same candidate.
std::vector<bool> AgreeingLayers(const std::vector<std::vector<std::string>>& networks);

}  // namespace danas
