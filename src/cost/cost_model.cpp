#include "danas/cost/cost_model.h"

#include <algorithm>
#include <numeric>

#include "convolutions.h"
#include "danas/core/error.h"
#include "danas/core/units.h"

namespace danas {
namespace {

constexpr double kMostCounted = 0x1p53;  // whole numbers up to here are exact

// MACs and parameters: a sum over convolutions.
class CountingModel : public CostModel {
 public:
  CountingModel(std::string unit, double (Convolution::*count)() const) : unit_(std::move(unit)), count_(count) {}

  std::string unit() const override { return unit_; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override {
    return Sum(BlockConvolutions(block, shape));
  }
  double Stem(const SearchSpace& space) const override { return Sum(StemConvolutions(space)); }
  double Head(const SearchSpace& space) const override { return Sum(HeadConvolutions(space)); }

 private:
  double Sum(const std::vector<Convolution>& list) const {
    double sum = 0;
    for (const Convolution& convolution : list) sum += (convolution.*count_)();
    return sum;
  }

  std::string unit_;
  double (Convolution::*count_)() const;
};

int64_t CountOfNetwork(const CostModel& model, const SearchSpace& network) {
  if (!network.IsNetwork())
    throw ConfigError(network.name() + " is a search space, not a network: some layers have several candidates");
  const double count = MakeCostTable(model, network).Least();
  if (count > kMostCounted) {
    throw ConfigError(network.name() + " has more than 2^53 " + model.unit() + ": too many to count exactly");
  }
  return static_cast<int64_t>(count);
}

// fixed + the sum over layers of `of_layer`(costs of the layer's candidates).
template <typename OfLayer>
double SumOverLayers(const CostTable& table, OfLayer of_layer) {
  double sum = table.fixed;
  for (const std::vector<double>& costs : table.candidates_lc) sum += of_layer(costs);
  return sum;
}

}  // namespace

std::unique_ptr<CostModel> MakeMacsModel() { return std::make_unique<CountingModel>("MACs", &Convolution::macs); }

std::unique_ptr<CostModel> MakeParametersModel() {
  return std::make_unique<CountingModel>("parameters", &Convolution::parameters);
}

std::unique_ptr<CostModel> MakeCostModel(const SearchConfig& config) {
  switch (config.cost) {
    case CostKind::kMacs:
      return MakeMacsModel();
    case CostKind::kParameters:
      return MakeParametersModel();
    case CostKind::kLatency:
      if (config.latency_table.empty()) {
        throw ConfigError("search.cost is latency, but search.latency_table names no file; set it");
      }
      return ReadLatencyModel(config.latency_table);
  }
  throw ConfigError("search.cost has no such value");
}

std::string CostText(double cost, const CostTable& costs) { return FormatCost(cost, costs.unit); }

CostTable MakeCostTable(const CostModel& model, const SearchSpace& space) {
  model.CheckCovers(space);
  CostTable table{model.unit(), model.Stem(space) + model.Head(space), {}};
  for (const LayerSpec& layer : space.layers()) {
    std::vector<double>& costs = table.candidates_lc.emplace_back();
    for (const BlockSpec& block : layer.candidates) costs.push_back(model.Block(block, layer.shape));
  }
  return table;
}

double CostTable::Least() const {
  return SumOverLayers(*this, [](const auto& costs) { return *std::min_element(costs.begin(), costs.end()); });
}

double CostTable::Most() const {
  return SumOverLayers(*this, [](const auto& costs) { return *std::max_element(costs.begin(), costs.end()); });
}

double CostTable::Mean() const {
  return SumOverLayers(*this, [](const auto& costs) {
    return std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size());
  });
}

double CostTable::FixedPart() const {
  return SumOverLayers(*this, [](const auto& costs) { return costs.size() == 1 ? costs.front() : 0; });
}

double CostTable::OfNetwork(const std::vector<size_t>& choice) const {
  if (choice.size() != candidates_lc.size()) {
    throw ConfigError("a choice of " + std::to_string(choice.size()) + " candidates for " +
                      std::to_string(candidates_lc.size()) + " layers");
  }
  double cost = fixed;
  for (size_t l = 0; l < choice.size(); ++l) {
    if (choice[l] >= candidates_lc[l].size()) {
      throw ConfigError("layers[" + std::to_string(l) + "] has no candidate " + std::to_string(choice[l]));
    }
    cost += candidates_lc[l][choice[l]];
  }
  return cost;
}

int64_t CountMacs(const SearchSpace& network) { return CountOfNetwork(*MakeMacsModel(), network); }

int64_t CountParameters(const SearchSpace& network) { return CountOfNetwork(*MakeParametersModel(), network); }

}  // namespace danas
