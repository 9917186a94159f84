// Costs in whole steps, for dynamic programmes over the cost of a network's layers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// Of costs that are summed: those above each layer's least, in whole steps (rounded down where `exact` is false). Of
// those whose greatest counts: 0 below the band, 1 in it and 2 above it, so that a network is in the band where its
// greatest step is 1; exact, whatever the costs.
struct CostSteps {
  double size = 1;
  bool exact = false;
  CostFold fold = CostFold::kSum;
  std::vector<std::vector<size_t>> above_least_lc;

  size_t layers() const { return above_least_lc.size(); }
};

// Of sums whatever the band: the greatest step that divides all differences where 2^15 such steps span the space, else
// 2^-15 of the span.
CostSteps MakeCostSteps(const CostTable& costs, const CostBand& band);

// Steps that a network has spent after a candidate of `taken`.
inline size_t StepsAfter(CostFold fold, size_t spent, size_t taken) {
  return fold == CostFold::kSum ? spent + taken : std::max(spent, taken);
}

// Calls visit(spent, StepsAfter(fold, spent, taken)) wherever the latter is at most `last`.
template <typename Visit>
void ForEachSpent(CostFold fold, size_t taken, size_t last, const Visit& visit) {
  if (fold == CostFold::kSum) {
    for (size_t s = 0; s + taken <= last; ++s) visit(s, s + taken);
  } else if (taken <= last) {
    for (size_t s = 0; s <= last; ++s) visit(s, std::max(s, taken));
  }
}

// What the steps of a network come to, both ends included; empty where first > last.
struct StepRange {
  size_t first = 1;
  size_t last = 0;

  bool empty() const { return first > last; }
};

// kOutside: the sums that some network of the band may have. kInside: those that only networks of the band have. Alike
// where steps are exact.
enum class StepEdges { kOutside, kInside };
StepRange StepsWithin(const CostTable& costs, const CostSteps& steps, const CostBand& band, StepEdges edges);

// "<found> costs between ...; this space reaches from ... to ...; the nearest ... ; widen the band".
[[noreturn]] void FailNothingWithin(const CostTable& costs, const CostBand& band, const std::string& found);

// [layer][steps spent before it], layer up to the number of layers.
using StepTable = std::vector<std::vector<double>>;

// Backward over the layers: `end` after the last one where the sum lies in the range, elsewhere `nothing`, and before
// layer l the fold over its candidates c of fold(so far, entry of layer l + 1 after c, l, c), begun with `nothing`.
template <typename Fold>
StepTable FoldCompletions(const CostSteps& steps, const StepRange& range, double end, double nothing,
                          const Fold& fold) {
  StepTable table(steps.layers() + 1, std::vector<double>(range.last + 1, nothing));
  std::fill(table.back().begin() + static_cast<std::ptrdiff_t>(range.first), table.back().end(), end);
  for (size_t l = steps.layers(); l > 0; --l) {
    const std::vector<double>& after_s = table[l];
    std::vector<double>& before_s = table[l - 1];
    for (size_t c = 0; c < steps.above_least_lc[l - 1].size(); ++c) {
      const size_t taken = steps.above_least_lc[l - 1][c];
      ForEachSpent(steps.fold, taken, range.last, [&](size_t spent, size_t next) {
        before_s[spent] = fold(before_s[spent], after_s[next], l - 1, c);
      });
    }
  }
  return table;
}

}  // namespace danas
