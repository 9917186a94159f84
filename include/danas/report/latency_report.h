// What `danas latency` measured, as text and JSON.
#pragma once

#include <optional>
#include <string>

#include "danas/core/json.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/latency_agreement.h"
#include "danas/cost/latency_samples.h"

namespace danas {

struct LatencyReport {
  std::string space = {};
  std::string input = {};  // "32x32"
  std::string file = {};   // the table's
  LatencyConditions conditions = {};
  int64_t rounds = 0, rounds_before = 0;
  std::optional<LatencyQuality> quality = {};  // not of a table that was only read
  CostTable costs = {};                        // of the space by the table
  std::optional<LatencyAgreement> check = {};
  MeasuredNetworks networks = {};  // of the check
};

std::string LatencyText(const LatencyReport& report);
Json LatencyJson(const LatencyReport& report);

// "2 threads, 1 image at a time, fused (avx512)" and where.
std::string ConditionsText(const LatencyConditions& conditions);

}  // namespace danas
