// The network that a search ends with.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "danas/search/choices/scored_field.h"

namespace danas {

struct FinalChoice {
  std::vector<size_t> argmax;  // a candidate for each layer
  std::vector<size_t> choice;  // argmax, or the highest sum of ln softmax(α) within the budget; or drawn
  double argmax_cost = 0;
  double cost = 0;
  bool bounded_by_budget = false;
  bool sampled = false;
  std::optional<ScoredField> scored = {};  // with search.final scored: where `choice` is the best of
};

}  // namespace danas
