// What a space or a network costs, layer by layer, for people and for programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "danas/core/json.h"
#include "danas/cost/cost_model.h"

namespace danas {

struct CostReport {
  SearchSpace space;
  CostTable costs;       // in MACs or milliseconds
  CostTable parameters;  // of the same space
  CostTable memory;      // of the same space
};

// A line for every candidate of every layer, equal neighbours taken together, then stem and head, then the least, mean
// and greatest cost over all networks; for a network its total.
std::string CostText(const CostReport& report);

// {"space", "unit", "input", "classes", "stem_and_head", "fixed_part", "layers": [{"in", "out", "stride", "input",
// "candidates": [{"name", "cost", "parameters", "memory_bytes"}]}], "least", "mean", "most", "least_parameters",
// "most_parameters", "least_memory_bytes", "most_memory_bytes", "networks"}; costs that are whole numbers are written
// as such.
Json CostJson(const CostReport& report);

// One text for every candidate whose own cost is more than `target`.
std::vector<std::string> CandidatesAbove(const CostReport& report, double target);

}  // namespace danas
