// What the pictures of candidates share.
#pragma once

#include <string>

#include "danas/report/run_record.h"

namespace danas {

// As many finite values as candidates, at least one.
bool IsUsable(const events::LayerAlpha& layer);

// Why a candidate is gone: "dropped after step2"; "not known" where no pruning dropped it.
std::string FateOf(const BudgetRecord& budget, size_t layer, const std::string& candidate);

// "alpha", or "alpha-323M" of one of several budgets.
std::string NamedAfter(const std::string& name, const BudgetRecord& budget);

}  // namespace danas
