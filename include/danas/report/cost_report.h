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
  // Of a space with deconvolutions, beside costs in MACs: with DeconvolutionMacs::kAtOutput.
  std::optional<CostTable> macs_at_output = {};
};

// `costs` in MACs or milliseconds.
CostReport MakeCostReport(const SearchSpace& space, const CostModel& model);

// A line for every candidate of every layer, equal neighbours taken together, then stem and head, then the least, mean
// and greatest cost over all networks; for a network its total. Then the other count of MACs, where there is one.
std::string CostText(const CostReport& report);

// {"space", "unit", "input", "classes", "stem_and_head", "fixed_part", "layers": [{"in", "out", "stride", "input",
// "candidates": [{"name", "cost", "parameters", "memory_bytes"}]}], "least", "mean", "most", "least_parameters",
// "most_parameters", "least_memory_bytes", "most_memory_bytes", "networks"}; costs that are whole numbers are written
// as such. A layer that enlarges has its "upsample", too, a head of heat maps "head": "heat_maps", and a space with
// deconvolutions "least_macs_at_output" and "most_macs_at_output".
Json CostJson(const CostReport& report);

// One text for every candidate whose own cost is more than `target`.
std::vector<std::string> CandidatesAbove(const CostReport& report, double target);

}  // namespace danas
