// A budget as one would write it.
#pragma once

#include <string>

namespace danas {

// 323e6 -> "323M", 322918720 -> "322.91872M": as one would write it in a config, to the last digit. Files of a search
// for several budgets have it in their names (best-323M.json).
std::string BudgetName(double target);

}  // namespace danas
