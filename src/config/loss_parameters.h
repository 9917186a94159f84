// The numbers of the cost-aware losses (config section `search.loss`) as a table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "danas/config/cost_loss_config.h"

namespace danas {

struct LossParameter {
  LossKind kind;
  const char* name;           // "exponent"
  std::string_view old_name;  // old_loss_keys.h
  double& (*in)(CostLossConfig& loss);

  std::string Key() const { return std::string("search.loss.") + NameOf(kind) + "." + name; }
  double Default() const {
    CostLossConfig defaults;
    return in(defaults);
  }
};

std::span<const LossParameter> LossParameters();

}  // namespace danas
