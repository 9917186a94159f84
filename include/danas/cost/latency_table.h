// Tables of latencies as values: what was measured for each key of cost_model.h's layout, and where. In memory, and as
// the YAML that ReadLatencyModel() takes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "danas/arch/space.h"
#include "danas/core/json.h"
#include "danas/cost/cost_model.h"

namespace danas {

// What a measurement depends on beside the layers. `danas` and `date` are told and never compared.
struct LatencyConditions {
  std::string machine;  // DescribeMachine()
  std::string device;   // "cpu", "cuda:0 (NVIDIA H200, 139.8 GiB)"
  int64_t threads = 0;  // 0 on a GPU
  int64_t batch = 1;    // images
  std::string kernels;  // "fused (avx512)"
  std::string danas;    // its version
  std::string date;     // UTC
};

// {"machine", "device", "threads", "batch", "kernels", "danas", "date"}
Json LatencyConditionsJson(const LatencyConditions& on);

// "the machine is A, not B" and so on: in what `here` differs from what the table was measured under.
std::vector<std::string> DifferencesFrom(const LatencyConditions& table, const LatencyConditions& here);

struct LatencyEntry {
  double mean = 0;  // ms; of a table that danas measured the median of its blocks
  // Of a table that danas measured; a foreign one may have others or none.
  int64_t count = 0;         // blocks that count
  double var = 0;            // of these
  double low = 0, high = 0;  // 95 % interval of the median
  int64_t outliers = 0;      // blocks that were left out
};

struct LatencyTable {
  std::optional<LatencyConditions> measured_on = {};  // where the table says so
  std::map<std::string, LatencyEntry> entries = {};
};

// Throws ConfigError for a file of another form, and for an empty one.
LatencyTable ReadLatencyTable(const std::filesystem::path& table);
LatencyTable ParseLatencyTable(std::string_view yaml, const std::string& name);

// YAML: `measured_on` first, then the keys in order. What is read back is the same to the bit.
std::string LatencyTableText(const LatencyTable& table);

// `name` stands for the table in errors.
std::unique_ptr<CostModel> MakeLatencyModel(const LatencyTable& table, const std::string& name);

// The keys of a space's parts in the order of computation: stem, layers, the head's 1x1 and its classifier. "" for
// what takes no time or is not there.
struct LatencyKeys {
  std::string stem;
  std::vector<std::vector<std::string>> candidates_lc;
  std::string expand, logits;

  // Of one network's parts: 3 more than it has layers.
  std::vector<std::string> OfNetwork(const std::vector<size_t>& choice) const;
  std::vector<std::string> Distinct() const;  // sorted, without ""
};

LatencyKeys LatencyKeysOf(const SearchSpace& space);

}  // namespace danas
