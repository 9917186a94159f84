#include <map>
#include <set>

#include "danas/core/error.h"
#include "danas/core/log.h"
#include "danas/core/machine.h"
#include "danas/cost/cost_model.h"
#include "danas/cost/latency_table.h"
#include "latency_keys.h"

namespace danas {
namespace {

class LatencyModel : public CostModel {
 public:
  LatencyModel(std::string name, std::map<std::string, double> milliseconds)
      : name_(std::move(name)), milliseconds_(std::move(milliseconds)) {}

  std::string unit() const override { return "ms"; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override { return Find(BlockKey(block, shape)); }
  double Stem(const SearchSpace& space) const override { return Find(StemKey(space)); }
  double Head(const SearchSpace& space) const override {
    double sum = 0;
    for (const std::string& key : HeadKeys(space)) sum += Find(key);
    return sum;
  }

  void CheckCovers(const SearchSpace& space) const override {
    std::vector<std::string> missing;
    std::set<std::string> seen = {""};
    const auto need = [&](const std::string& key) {
      if (seen.insert(key).second && !milliseconds_.contains(key)) missing.push_back(key);
    };
    need(StemKey(space));
    for (const LayerSpec& layer : space.layers()) {
      for (const BlockSpec& block : layer.candidates) need(BlockKey(block, layer.shape));
    }
    for (const std::string& key : HeadKeys(space)) need(key);
    if (missing.empty()) return;
    std::string message = name_ + ": no latency for " + std::to_string(missing.size()) + " of the " +
                          std::to_string(seen.size() - 1) + " keys that " + space.name() +
                          " needs; measure them, or search a space that the table covers. Missing:";
    for (const std::string& key : missing) message += "\n  " + key;
    throw ConfigError(message);
  }

 private:
  double Find(const std::string& key) const {
    if (key.empty()) return 0;
    const auto found = milliseconds_.find(key);
    if (found == milliseconds_.end()) throw ConfigError(name_ + ": no latency for " + key);
    return found->second;
  }

  std::string name_;
  std::map<std::string, double> milliseconds_;
};

}  // namespace

std::unique_ptr<CostModel> MakeLatencyModel(const LatencyTable& table, const std::string& name) {
  std::map<std::string, double> milliseconds;
  for (const auto& [key, entry] : table.entries) milliseconds[key] = entry.mean;
  return std::make_unique<LatencyModel>(name, std::move(milliseconds));
}

std::unique_ptr<CostModel> ReadLatencyModel(const std::filesystem::path& table) {
  const LatencyTable read = ReadLatencyTable(table);
  // Threads and batch are the user's choice, and a GPU is known to the process that opens it.
  if (read.measured_on && read.measured_on->machine != DescribeMachine()) {
    log::warn("{} was measured on another machine ({}, {}); this one is {}: its milliseconds hold there",
              table.string(), read.measured_on->machine, read.measured_on->device, DescribeMachine());
  }
  return MakeLatencyModel(read, table.string());
}

}  // namespace danas
