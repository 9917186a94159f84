// How many parameters the networks of a band of costs have.
#pragma once

#include <optional>

#include "danas/cost/cost_band.h"
#include "danas/cost/cost_model.h"

namespace danas {

// The least and the most parameters of a network whose cost lies in the band; nothing where none is found. A dynamic
// programme over costs in steps: exact where 2^15 whole steps span the space and where the greatest cost counts
// (CostFold::kMax). Else steps are 2^-15 of the way from the cheapest network to the band's upper end, and networks
// within a step a layer of the band's ends may be missing: both numbers are those of networks of the band, and others
// may lie a little beyond. `parameters`: of the same space (MakeParametersModel()).
std::optional<CostBand> ParametersWithin(const CostTable& costs, const CostBand& band, const CostTable& parameters);

}  // namespace danas
