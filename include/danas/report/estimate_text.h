// An estimate with its interval, for people.
#pragma once

#include <string>

#include "danas/core/bootstrap.h"

namespace danas {

struct EstimateStyle {
  std::string not_defined = "not defined";
  int decimals = 2;
  double factor = 1;  // of all three numbers: 100 for percent
};

// "0.71 [0.60, 0.80]"
std::string EstimateText(const Estimate& estimate, const EstimateStyle& style = {});

}  // namespace danas
