#include "danas/cost/cost_model.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <sstream>
#include <stdexcept>

#include "counts.h"
#include "danas/core/error.h"
#include "danas/core/units.h"
#include "danas/cost/latency_table.h"

namespace danas {
namespace {

constexpr double kMostCounted = 0x1p53;  // whole numbers up to here are exact

// MACs or parameters.
class CountingModel : public CostModel {
 public:
  CountingModel(std::string unit, double Counts::*count) : unit_(std::move(unit)), count_(count) {}

  std::string unit() const override { return unit_; }
  double Block(const BlockSpec& block, const LayerShape& shape) const override {
    return CountsOf(GraphOf(block, shape)).*count_;
  }
  double Stem(const SearchSpace& space) const override { return StemCounts(space).*count_; }
  double Head(const SearchSpace& space) const override { return HeadCounts(space).*count_; }

 private:
  std::string unit_;
  double Counts::*count_;
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

// `fixed` joined with `of_layer`(costs of the layer's candidates) of every layer.
template <typename OfLayer>
double JoinOverLayers(const CostTable& table, OfLayer of_layer) {
  double joined = table.fixed;
  for (const std::vector<double>& costs : table.candidates_lc) joined = table.Join(joined, of_layer(costs));
  return joined;
}

double ExpectedSum(const CostTable& table, const std::vector<std::vector<double>>& probability_lc) {
  double cost = table.fixed;
  for (size_t l = 0; l < probability_lc.size(); ++l) {
    for (size_t c = 0; c < probability_lc[l].size(); ++c) cost += probability_lc[l][c] * table.candidates_lc[l][c];
  }
  return cost;
}

double ExpectedMax(const CostTable& table, const std::vector<std::vector<double>>& probability_lc) {
  double cost = 0, before = 0;
  for (const double level : table.Levels()) {
    double up_to = 1;  // the probability that no layer costs more
    for (size_t l = 0; l < probability_lc.size(); ++l) {
      double of_layer = 0;
      for (size_t c = 0; c < probability_lc[l].size(); ++c) {
        if (table.candidates_lc[l][c] <= level) of_layer += probability_lc[l][c];
      }
      up_to *= of_layer;
    }
    cost += level * (up_to - before);
    before = up_to;
  }
  return cost;
}

}  // namespace

std::unique_ptr<CostModel> MakeMacsModel(DeconvolutionMacs counted) {
  const bool at_input = counted == DeconvolutionMacs::kAtInput;
  return std::make_unique<CountingModel>("MACs", at_input ? &Counts::macs : &Counts::macs_at_output);
}

std::unique_ptr<CostModel> MakeParametersModel() {
  return std::make_unique<CountingModel>("parameters", &Counts::parameters);
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
      if (config.latency_table == kMeasureLatency) {
        throw ConfigError(
            "search.latency_table 'measure': a search measures the table into its run folder when it begins, and there "
            "is none yet. Measure one with danas latency, and name its file in search.latency_table");
      }
      return ReadLatencyModel(config.latency_table);
    case CostKind::kMemory:
      return MakeMemoryModel();
  }
  throw ConfigError("search.cost has no such value");
}

std::string CostText(double cost, const CostTable& costs) { return FormatCost(cost, costs.unit); }

CostTable MakeCostTable(const CostModel& model, const SearchSpace& space) {
  model.CheckCovers(space);
  CostTable table{.unit = model.unit(), .fixed = 0, .candidates_lc = {}, .fold = model.fold()};
  table.fixed = table.Join(model.Stem(space), model.Head(space));
  for (const LayerSpec& layer : space.layers()) {
    std::vector<double>& costs = table.candidates_lc.emplace_back();
    for (const BlockSpec& block : layer.candidates) costs.push_back(model.Block(block, layer.shape));
  }
  return table;
}

double CostTable::Least() const {
  return JoinOverLayers(*this, [](const auto& costs) { return *std::min_element(costs.begin(), costs.end()); });
}

double CostTable::Most() const {
  return JoinOverLayers(*this, [](const auto& costs) { return *std::max_element(costs.begin(), costs.end()); });
}

double CostTable::Mean() const {
  if (fold == CostFold::kMax) return Expected(EvenProbabilities(*this));
  return JoinOverLayers(*this, [](const auto& costs) {
    return std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size());
  });
}

double CostTable::FixedPart() const {
  return JoinOverLayers(*this, [](const auto& costs) { return costs.size() == 1 ? costs.front() : 0; });
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
    cost = Join(cost, candidates_lc[l][choice[l]]);
  }
  return cost;
}

double CostTable::Expected(const std::vector<std::vector<double>>& probability_lc) const {
  return fold == CostFold::kSum ? ExpectedSum(*this, probability_lc) : ExpectedMax(*this, probability_lc);
}

std::vector<double> CostTable::Levels() const {
  if (fold == CostFold::kSum) throw std::logic_error("levels of costs that are summed");
  const double least = Least();
  std::vector<double> levels = {least};
  for (const std::vector<double>& costs : candidates_lc) {
    // A network of a candidate above the least cost, and of the cheapest of the other layers, costs what it does.
    std::ranges::copy_if(costs, std::back_inserter(levels), [&](double cost) { return cost > least; });
  }
  std::ranges::sort(levels);
  levels.erase(std::ranges::unique(levels).begin(), levels.end());
  return levels;
}

std::vector<std::vector<double>> EvenProbabilities(const CostTable& costs) {
  std::vector<std::vector<double>> probability_lc;
  for (const std::vector<double>& cost_c : costs.candidates_lc) {
    probability_lc.emplace_back(cost_c.size(), 1.0 / static_cast<double>(cost_c.size()));
  }
  return probability_lc;
}

std::string NearestLevelsText(const CostTable& costs, double low, double high) {
  if (costs.fold == CostFold::kSum) return "";
  const std::vector<double> levels = costs.Levels();
  const auto from_low = std::ranges::lower_bound(levels, low), above = std::ranges::upper_bound(levels, high);
  const bool any_below = from_low != levels.begin(), any_above = above != levels.end();
  if (!any_below && !any_above) return "";
  std::ostringstream text;
  text.precision(12);
  text << "; the nearest that networks have " << (any_below && any_above ? "are " : "is ");
  if (any_below) text << *std::prev(from_low);
  if (any_below && any_above) text << " and ";
  if (any_above) text << *above;
  text << " " << costs.unit;
  return text.str();
}

int64_t CountMacs(const SearchSpace& network, DeconvolutionMacs counted) {
  return CountOfNetwork(*MakeMacsModel(counted), network);
}

int64_t CountParameters(const SearchSpace& network) { return CountOfNetwork(*MakeParametersModel(), network); }

int64_t CountMemoryBytes(const SearchSpace& network) { return CountOfNetwork(*MakeMemoryModel(), network); }

}  // namespace danas
